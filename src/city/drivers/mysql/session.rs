//! How the server is reached, and what a session is told before anything is asked.

use std::fmt;
use std::path::Path;

use chrono::{FixedOffset, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row};

use super::super::greeting;
use super::kind::Zones;
use super::words;
use crate::config::{Database, Secret, Server};
use crate::record::Complaint;

/// How long the server waits for us to take a row, and for the next question: a scan is read as fast as what
/// is done with its rows, and the server's own minute is too short for that.
const PATIENCE_S: u32 = 86_400;
/// MySQL cuts what GROUP_CONCAT gives after 1024 bytes and says so to nobody; this is what MariaDB allows.
const GROUP_CONCAT_BYTES: u32 = 1 << 20;
/// How much of a text counts when texts are sorted, as servers have it from their makers.
const SORT_BYTES: u32 = 1024;
/// How long to wait for a table that somebody alters or locks.
const LOCK_S: u32 = 60;
/// Parameters of the URL; those that name files first.
const FILES: [&str; 6] = ["ssl-ca", "sslca", "ssl-cert", "sslcert", "ssl-key", "sslkey"];
const PARAMETERS: [&str; 3] = ["ssl-mode", "sslmode", "socket"];

/// A server with an account that may sign in.
#[derive(Clone)]
pub(super) struct Address {
    options: MySqlConnectOptions,
    zone: Tz,
    url: String,
}

impl Address {
    /// Errors: Q2001 and Q2041 for the URL, Q1013-Q1015 for the password.
    pub fn new(database: &Database, server: &Server) -> Result<Self, Complaint> {
        let url = with_files(&server.url, &database.root, &database.name)?;
        let options: Result<MySqlConnectOptions, _> = url.parse();
        let mut options = options.map_err(|error| {
            Complaint::new("Q2001").fact("database", &database.name).fact("reason", words(&error))
        })?;
        if let Some(reference) = &server.password {
            options = options.password(Secret::resolve(reference, &database.root)?.expose());
        }
        // The session keeps the server's own sql_mode, so that the city's SQL means what it means there.
        options =
            options.charset("utf8mb4").timezone(None).pipes_as_concat(false).no_engine_substitution(false);
        let options = options.disable_statement_logging();
        Ok(Address { options, zone: database.zone, url: server.url.clone() })
    }

    /// A session that can only read. NOW() is the city's time, and nothing ends a result before its last row.
    pub async fn reader(&self) -> Result<(MySqlConnection, Zones), String> {
        let mut connection = self.connect().await?;
        let offset = self.offset(&mut connection).await?;
        // sqlx asks for IGNORE_SPACE, which turns the names of functions into reserved words. A limit of rows that
        // the server sets for everybody would end a scan without a word. One of time is called otherwise by MySQL
        // than by MariaDB, and each takes what is written for the other for a comment.
        let settings = format!(
            "SET SESSION time_zone = '{offset}', sql_select_limit = 18446744073709551615, \
             sql_mode = IF(FIND_IN_SET('IGNORE_SPACE', @@GLOBAL.sql_mode), @@SESSION.sql_mode, \
             TRIM(BOTH ',' FROM REPLACE(CONCAT(',', @@SESSION.sql_mode, ','), ',IGNORE_SPACE,', ','))), \
             group_concat_max_len = GREATEST(@@group_concat_max_len, {GROUP_CONCAT_BYTES}), \
             max_sort_length = GREATEST(@@max_sort_length, {SORT_BYTES}), \
             net_write_timeout = {PATIENCE_S}, wait_timeout = {PATIENCE_S}, lock_wait_timeout = {LOCK_S} \
             /*M!100101 , max_statement_time = 0 */ /*!50708 , max_execution_time = 0 */"
        );
        for sql in [&settings, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"] {
            self.tell(&mut connection, sql).await?;
        }
        Ok((connection, Zones { city: self.zone, session: Some(offset) }))
    }

    /// A session that writes, or fails: what does not fit is never cut, and each statement sees what others
    /// have committed.
    pub async fn writer(&self) -> Result<(MySqlConnection, Zones), String> {
        let mut connection = self.connect().await?;
        let strict = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')";
        for sql in [strict, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"] {
            self.tell(&mut connection, sql).await?;
        }
        // TIMESTAMP takes local times of the whole year, so the zone by its name is right. A server that was
        // never told of zones knows only the offset, which is as good where clocks are not changed.
        let by_name = format!("SET SESSION time_zone = '{}'", self.zone.name());
        if connection.execute(AssertSqlSafe(by_name)).await.is_ok() {
            return Ok((connection, Zones { city: self.zone, session: None }));
        }
        let offset = self.offset(&mut connection).await?;
        self.tell(&mut connection, &format!("SET SESSION time_zone = '{offset}'")).await?;
        Ok((connection, Zones { city: self.zone, session: Some(offset) }))
    }

    async fn connect(&self) -> Result<MySqlConnection, String> {
        let connected = greeting(self.options.connect()).await;
        connected.map_err(|words| {
            // Servers of before 2018 offer only such encryption as is given up since, and sqlx only says so.
            let is_old =
                words.contains("fatal alert: ProtocolVersion") || words.contains("fatal alert: Handshake");
            let hint = if is_old {
                " (the server's encryption is too old; ssl-mode=disabled goes without)"
            } else {
                ""
            };
            format!("{}: {words}{hint}", self.url)
        })
    }

    /// What the zone's clocks are ahead of UTC now, by the server's own clock.
    async fn offset(&self, connection: &mut MySqlConnection) -> Result<FixedOffset, String> {
        let row = connection.fetch_one("SELECT UTC_TIMESTAMP()").await.map_err(|error| words(&error))?;
        let now: NaiveDateTime = row.try_get(0).map_err(|error| words(&error))?;
        Ok(self.zone.offset_from_utc_datetime(&now).fix())
    }

    async fn tell(&self, connection: &mut MySqlConnection, sql: &str) -> Result<(), String> {
        let told = connection.execute(AssertSqlSafe(sql)).await;
        told.map(drop).map_err(|error| format!("{}: {}", self.url, words(&error)))
    }
}

/// The options hold the password.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// The URL with the files that it names found from `root`.
///
/// Errors: Q2041 for a parameter that would be passed over: one that asks for encryption must not be.
fn with_files(url: &str, root: &Path, database: &str) -> Result<String, Complaint> {
    let Some((place, query)) = url.split_once('?') else { return Ok(url.to_owned()) };
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push(if FILES.contains(&name) && !value.starts_with(['/', '%']) {
            format!("{name}={}/{value}", encoded(root))
        } else if FILES.contains(&name) || PARAMETERS.contains(&name) {
            pair.to_owned()
        } else {
            let known =
                [&PARAMETERS[..1], &["ssl-ca", "ssl-cert", "ssl-key"], &PARAMETERS[2..]].concat().join(", ");
            return Err(Complaint::new("Q2041")
                .fact("database", database)
                .found(name)
                .fact("expected", known));
        });
    }
    Ok(format!("{place}?{}", pairs.join("&")))
}

fn encoded(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let encode = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    };
    bytes.map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_obeyed_in_full_or_refused() {
        let rows = [
            ("mysql://r@db/market", "mysql://r@db/market"),
            (
                "mysql://r@db/market?ssl-mode=verify_ca&ssl-ca=certs/ca.pem",
                "ssl-mode=verify_ca&ssl-ca=/srv/%E6%B7%84/certs/ca.pem",
            ),
            ("mysql://r@db/market?ssl-ca=/etc/ca.pem", "ssl-ca=/etc/ca.pem"),
            ("mysql://r@db/market?useSSL=true", "Q2041"),
            ("mysql://r@db/market?ssl_mode=required", "Q2041"),
            ("mysql://r@db/market?charset=gbk", "Q2041"),
        ];
        for (url, expect) in rows {
            let found =
                with_files(url, Path::new("/srv/淄"), "market").unwrap_or_else(|complaint| complaint.id);
            assert!(found.ends_with(expect), "{url}: {found}");
        }
    }

    #[test]
    fn a_password_cannot_be_printed() {
        let server = Server { url: "mysql://r@db/market".to_owned(), password: None };
        let database = Database::from_url("market", &server.url, Tz::Asia__Shanghai).expect("a good URL");
        let mut address = Address::new(&database, &server).expect("a good URL");
        address.options = address.options.password("hunter2");
        assert_eq!(format!("{address:?}"), "mysql://r@db/market");
    }
}
