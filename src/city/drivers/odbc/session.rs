//! Connections: the string that opens one, what is said first, and errors in the driver's words.

use chrono_tz::Tz;
use odbc_api::{Connection, ConnectionOptions, Cursor, Environment, Error};

use super::product::Product;
use crate::record::Complaint;

/// How long a server may take to let us in.
const LOGIN_SECONDS: u32 = 30;
/// Chinese, a letter outside ASCII that every city's database holds.
const PROBE: &str = "验";

/// What is known of a database once it has been connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub product: Product,
    /// What stands around a name; `None` where the product quotes none.
    pub quote: Option<char>,
}

/// Errors: why there is no ODBC on this machine.
pub fn environment() -> Result<&'static Environment, String> {
    odbc_api::environment().map_err(|error| words(&error))
}

/// A connection string with the password in it.
pub fn with_password(url: &str, password: Option<&str>) -> String {
    match password {
        Some(password) => format!("{};PWD={}", url.trim_end_matches(';'), escaped(password)),
        None => url.to_owned(),
    }
}

/// A value of a connection string. In braces only where it has to be: not every driver takes them off.
fn escaped(value: &str) -> String {
    let is_plain = !value.contains([';', '{', '}', '+', '%', '=']) && value.trim() == value;
    if is_plain { value.to_owned() } else { format!("{{{}}}", value.replace('}', "}}")) }
}

/// A value in a connection string, by its name.
pub fn attribute<'s>(string: &'s str, name: &str) -> Option<&'s str> {
    let mut pairs = string.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(found, _)| found.trim().eq_ignore_ascii_case(name))?;
    let value = value.trim();
    Some(value.strip_prefix('{').and_then(|value| value.strip_suffix('}')).unwrap_or(value))
}

/// Connects, and again with what the product's driver has to be told, once it is known.
pub fn connect(string: &str, known: Option<Known>) -> Result<(Connection<'static>, Known), String> {
    let environment = environment()?;
    let open = |string: &str| {
        let options =
            ConnectionOptions { login_timeout_sec: Some(LOGIN_SECONDS), ..ConnectionOptions::default() };
        environment.connect_with_connection_string(string, options).map_err(|error| words(&error))
    };
    if let Some(known) = known {
        return Ok((open(&completed(string, known.product))?, known));
    }
    let connection = open(string)?;
    let name = connection.database_management_system_name().map_err(|error| words(&error))?;
    // A blank says that the product quotes nothing.
    let quote = connection.identifier_quote_char().map_err(|error| words(&error))?;
    let known = Known { product: Product::named(&name), quote: quote.filter(|sign| *sign != ' ') };
    let full = completed(string, known.product);
    if full == string { Ok((connection, known)) } else { Ok((open(&full)?, known)) }
}

fn completed(string: &str, product: Product) -> String {
    let missing = product.attributes().iter().filter(|(name, _)| attribute(string, name).is_none());
    missing.fold(string.trim_end_matches(';').to_owned(), |string, (name, value)| {
        format!("{string};{name}={value}")
    })
}

/// A connection in a read-only transaction whose state all questions see, as far as the product offers one.
///
/// Errors: in the database's words.
pub fn begin(string: &str, known: Option<Known>, zone: Tz) -> Result<(Connection<'static>, Known), String> {
    let (connection, known) = connect(string, known)?;
    for statement in known.product.session(zone) {
        connection.execute(&statement, (), None).map_err(|error| words(&error))?;
    }
    connection.set_autocommit(false).map_err(|error| words(&error))?;
    for statement in known.product.wishes() {
        if let Err(error) = connection.execute(statement, (), None) {
            tracing::debug!(statement, reason = words(&error), "the database does not offer it");
        }
    }
    Ok((connection, known))
}

/// Makes sure that a statement reaches the database as it is written.
///
/// A driver that knows no Unicode gets a statement whose Chinese was taken out on the way: a condition on a status
/// would then hold for no row, and every listing would seem to have vanished.
///
/// Errors: Q2072.
pub fn check_letters(connection: &Connection<'_>, product: Product, sql: &str) -> Result<(), Complaint> {
    if sql.is_ascii() {
        return Ok(());
    }
    match text(connection, &product.echo(PROBE, sql)) {
        Ok(echo) if echo == PROBE => Ok(()),
        Ok(echo) => Err(Complaint::new("Q2072").found(echo)),
        Err(words) => Err(Complaint::new("Q2072").found(words)),
    }
}

/// The only cell of a query; empty where it is NULL or there is none.
pub fn text(connection: &Connection<'_>, sql: &str) -> Result<String, String> {
    let said = |error: Error| words(&error);
    let mut units = Vec::new();
    if let Some(mut cursor) = connection.execute(sql, (), None).map_err(said)?
        && let Some(mut row) = cursor.next_row().map_err(said)?
    {
        row.get_wide_text(1, &mut units).map_err(said)?;
    }
    Ok(String::from_utf16_lossy(&units))
}

/// An error in the words of the driver or the database, with its SQLSTATE.
pub fn words(error: &Error) -> String {
    match error {
        Error::Diagnostics { record, .. } => {
            let shown = record.to_string();
            let message = shown.split_once("Message: ").map_or(shown.as_str(), |(_, message)| message);
            format!("{} (SQLSTATE {})", message.trim(), record.state.as_str())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_put_in_braces_where_it_would_break_the_string() {
        let rows = [
            ("abc", "DSN=dm8;UID=READER;PWD=abc"),
            ("p@ss,w(o)rd!", "DSN=dm8;UID=READER;PWD=p@ss,w(o)rd!"),
            ("a;b", "DSN=dm8;UID=READER;PWD={a;b}"),
            ("a}b", "DSN=dm8;UID=READER;PWD={a}}b}"),
            ("{a", "DSN=dm8;UID=READER;PWD={{a}"),
            ("a+b%", "DSN=dm8;UID=READER;PWD={a+b%}"),
            (" a", "DSN=dm8;UID=READER;PWD={ a}"),
        ];
        for (password, expect) in rows {
            assert_eq!(with_password("DSN=dm8;UID=READER;", Some(password)), expect);
        }
        assert_eq!(with_password("DSN=dm8", None), "DSN=dm8");
    }

    #[test]
    fn what_the_string_says_itself_is_not_said_again() {
        let string = completed("Driver={PostgreSQL Unicode}; usedeclarefetch = 0;", Product::Postgres);
        assert_eq!(attribute(&string, "UseDeclareFetch"), Some("0"));
        assert_eq!(attribute(&string, "Fetch"), Some("1000"));
        assert_eq!(attribute(&string, "driver"), Some("PostgreSQL Unicode"));
        assert_eq!(completed("DSN=dm8", Product::Dameng), "DSN=dm8");
    }
}
