//! One of the city's databases, or a folder of its files.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use super::Located;
use crate::record::Complaint;

/// Where listings are read or imports are written: `[databases.NAME]`.
#[derive(Clone, Debug)]
pub struct Database {
    pub name: String,
    pub engine: Engine,
    /// The zone of its naive times.
    pub zone: Tz,
    /// Relative secrets start here.
    pub root: PathBuf,
    /// Where the file names it.
    pub at: Located<()>,
}

impl Database {
    /// One that no file names: of a program that makes it, and of tests.
    ///
    /// Errors: as `Engine::parse`.
    pub fn from_url(name: &str, url: &str, zone: Tz) -> Result<Database, Complaint> {
        let engine = Engine::parse(url, None, Path::new(""))?;
        let at = Located { value: (), line: 1, column: 1 };
        Ok(Database { name: name.to_owned(), engine, zone, root: PathBuf::new(), at })
    }
}

/// What answers there, and how it is reached.
#[derive(Clone, Debug)]
pub enum Engine {
    /// `sqlite:PATH`.
    Sqlite(PathBuf),
    /// `files:PATH`: one `.xlsx` or `.csv` file, or a folder of them.
    Files(PathBuf),
    /// `postgres://USER@HOST:PORT/DATABASE?sslmode=…`.
    Postgres(Server),
    /// `mysql://USER@HOST:PORT/DATABASE?ssl-mode=…`, MariaDB too.
    Mysql(Server),
    /// `odbc:DSN=NAME;…`: the connection string of the vendor's driver.
    Odbc(Server),
}

/// A server and how to sign in.
#[derive(Clone)]
pub struct Server {
    /// Without a password.
    pub url: String,
    /// A reference, as in a platform's `[credentials]`.
    pub password: Option<Located<String>>,
}

/// The schemes that a URL may have, as a complaint shows them.
pub(super) const SCHEMES: &str = "sqlite:, files:, postgres://, mysql://, odbc:";

impl Engine {
    /// The engine behind a URL. Relative paths start at `root`.
    ///
    /// Errors: Q1017 for an unknown scheme, Q1019 for a password inside; what follows the scheme is not repeated.
    pub fn parse(url: &str, password: Option<Located<String>>, root: &Path) -> Result<Engine, Complaint> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        let unknown = || Complaint::new("Q1017").found(scheme).fact("expected", SCHEMES);
        let path = || {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if path.is_empty() { Err(unknown()) } else { Ok(root.join(path)) }
        };
        let server = |url: String| Server { url, password };
        match scheme {
            "sqlite" => path().map(Engine::Sqlite),
            "files" => path().map(Engine::Files),
            "postgres" | "postgresql" | "mysql" | "mariadb" => {
                let (_, place) = rest.split_once("//").ok_or_else(unknown)?;
                let authority = place.split(['/', '?']).next().unwrap_or_default();
                let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
                if user.contains(':')
                    || names_a_secret(place.split_once('?').map_or("", |(_, query)| query), '&')
                {
                    return Err(Complaint::new("Q1019"));
                }
                if authority.is_empty() {
                    return Err(unknown());
                }
                Ok(if scheme.starts_with("postgres") {
                    Engine::Postgres(server(format!("postgres://{place}")))
                } else {
                    Engine::Mysql(server(format!("mysql://{place}")))
                })
            }
            "odbc" if names_a_secret(rest, ';') => Err(Complaint::new("Q1019")),
            "odbc" if !rest.is_empty() => Ok(Engine::Odbc(server(rest.to_owned()))),
            _ => Err(unknown()),
        }
    }
}

/// Whether one of `name=value;…` is a password.
fn names_a_secret(pairs: &str, between: char) -> bool {
    let mut names = pairs.split(between).filter_map(|pair| pair.split_once('='));
    names.any(|(name, _)| ["pwd", "password"].contains(&name.trim().to_ascii_lowercase().as_str()))
}

/// The URL may name people and hosts, but holds no secret.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        match Engine::parse(url, None, Path::new("/i")) {
            Ok(engine) => format!("{engine:?}"),
            Err(complaint) => complaint.id,
        }
    }

    #[test]
    fn a_url_names_its_engine() {
        let rows = [
            ("sqlite:data/market.db", "Sqlite(\"/i/data/market.db\")"),
            ("sqlite:///srv/market.db", "Sqlite(\"/srv/market.db\")"),
            ("files:征集表", "Files(\"/i/征集表\")"),
            ("postgresql://reader@10.0.0.5/market", "Postgres(postgres://reader@10.0.0.5/market)"),
            (
                "mariadb://reader@db:3306/market?ssl-mode=required",
                "Mysql(mysql://reader@db:3306/market?ssl-mode=required)",
            ),
            ("odbc:DSN=dm8;UID=READER", "Odbc(DSN=dm8;UID=READER)"),
            ("sqlite:", "Q1017"),
            ("sqlite://", "Q1017"),
            ("mysql:reader@db", "Q1017"),
            ("mysql:///market", "Q1017"),
            ("oracle://x", "Q1017"),
            ("market.db", "Q1017"),
            ("postgres://reader:hunter2@db/market", "Q1019"),
            ("mysql://reader@db/market?password=hunter2", "Q1019"),
            ("odbc:DSN=dm8; PWD=hunter2", "Q1019"),
        ];
        for (url, expect) in rows {
            assert_eq!(shown(url), expect, "{url}");
        }
    }
}
