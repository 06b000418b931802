//! How each engine writes SQL where the engines differ.

use chrono::DateTime;

use super::column::{ColumnInfo, Sort};
#[cfg(feature = "odbc")]
use super::drivers::odbc;
use crate::config::Relation;
use crate::record::Value;

/// A condition that no row meets.
pub(super) const NEVER: &str = "1 = 0";

/// An engine's way of writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    Mysql,
    #[cfg(feature = "odbc")]
    Odbc(odbc::Writing),
}

impl Dialect {
    /// A name, whatever characters it has.
    pub fn quoted(&self, name: &str) -> String {
        match self {
            Dialect::Sqlite | Dialect::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
            Dialect::Mysql => format!("`{}`", name.replace('`', "``")),
            #[cfg(feature = "odbc")]
            Dialect::Odbc(writing) => writing.quoted(name),
        }
    }

    /// A table's name; dots part the schema from it.
    pub fn table(&self, name: &str) -> String {
        name.split('.').map(|part| self.quoted(part)).collect::<Vec<_>>().join(".")
    }

    /// The end of a statement that gives no more than so many rows.
    pub fn limit(&self, rows: usize) -> String {
        match self {
            Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => format!(" LIMIT {rows}"),
            #[cfg(feature = "odbc")]
            Dialect::Odbc(writing) => writing.limit(rows),
        }
    }

    /// The relation as something to select from.
    pub fn from(&self, relation: &Relation) -> String {
        match relation {
            Relation::Table(name) => self.table(name),
            // Without AS, which not every database behind ODBC takes and every one can do without.
            Relation::Query(query) => format!("(\n{}\n) listing", query.value),
        }
    }

    /// A column with whatever makes it sort as `Key` does.
    pub fn ordered(&self, column: &ColumnInfo) -> String {
        let name = self.quoted(&column.name);
        match (self, column.sort) {
            (Dialect::Sqlite, Sort::Number | Sort::Text | Sort::Other) => format!("{name} COLLATE BINARY"),
            (Dialect::Postgres, Sort::Number) => name,
            // The order of the values is that of their texts, since the years 1 to 9999 all have four digits and an
            // identifier's digits are its bytes; so an index can serve it.
            (Dialect::Postgres, Sort::Other)
                if matches!(column.declared_type.as_str(), "DATE" | "TIMESTAMP" | "UUID") =>
            {
                name
            }
            (Dialect::Postgres, Sort::Text) if is_plain_text(column) => format!("{name} COLLATE \"C\""),
            (Dialect::Postgres, Sort::Text | Sort::Other) => format!("CAST({name} AS text) COLLATE \"C\""),
            (Dialect::Mysql, sort) => mysql::ordered(&name, &column.declared_type, sort),
            #[cfg(feature = "odbc")]
            (Dialect::Odbc(writing), _) => writing.ordered(&name, column),
        }
    }

    /// The condition that a column of the key holds what reads as `part`; the parameters that it needs are added.
    pub fn holds(&self, column: &ColumnInfo, part: &str, parameters: &mut Vec<Value>) -> String {
        let name = self.quoted(&column.name);
        let number = part.parse().map(Value::Int);
        let mut place = |value| {
            parameters.push(value);
            parameters.len()
        };
        match (self, column.sort) {
            // Its columns may hold anything, and a number is the same only as a number, a text only as a text.
            (Dialect::Sqlite, Sort::Number | Sort::Text | Sort::Other) => {
                let text = place(Value::text(part));
                let number = number.map(|number| format!(", ${}", place(number))).unwrap_or_default();
                format!("{name} IN (${text}{number})")
            }
            (Dialect::Postgres, Sort::Number) => match number {
                Ok(number) => format!("{name} = ${}", place(number)),
                Err(_) => NEVER.to_owned(),
            },
            (Dialect::Postgres, Sort::Text) if column.declared_type == "CHAR" => {
                format!("{name} = CAST(${} AS bpchar)", place(Value::text(part)))
            }
            (Dialect::Postgres, Sort::Text) if is_plain_text(column) => {
                format!("{name} = ${}", place(Value::text(part)))
            }
            (Dialect::Postgres, Sort::Other) if column.declared_type.starts_with("TIMESTAMP") => {
                match DateTime::parse_from_rfc3339(part) {
                    Ok(_) => {
                        let moment = format!("CAST(${} AS timestamptz)", place(Value::text(part)));
                        format!("{name} = CAST({moment} AS {})", column.declared_type)
                    }
                    Err(_) => NEVER.to_owned(),
                }
            }
            (Dialect::Postgres, Sort::Text | Sort::Other) => {
                format!("CAST({name} AS text) = ${}", place(Value::text(part)))
            }
            (Dialect::Mysql, sort) => match mysql::holds(&name, &column.declared_type, sort, part) {
                Some((condition, parameter)) => {
                    parameters.push(parameter);
                    condition
                }
                None => NEVER.to_owned(),
            },
            #[cfg(feature = "odbc")]
            (Dialect::Odbc(writing), _) => writing.holds(&name, column, part, parameters),
        }
    }
}

/// PostgreSQL has other types whose values are texts, but which collate or compare in their own ways.
fn is_plain_text(column: &ColumnInfo) -> bool {
    matches!(column.declared_type.as_str(), "TEXT" | "VARCHAR")
}

/// What MySQL and MariaDB need more words for.
mod mysql {
    use chrono::{DateTime, FixedOffset, NaiveDate};

    use super::{Sort, Value};

    /// Texts by their bytes in UTF-8, whatever the column's character set and collation: an ENUM's too, which else
    /// sorts by its numbers. Only the first kilobyte of a text counts for the server, so its hash settles the rest.
    pub fn ordered(name: &str, declared: &str, sort: Sort) -> String {
        let is_long = declared.ends_with("TEXT") || declared.ends_with("BLOB") || declared == "JSON";
        let settle = if is_long { format!(", SHA2({name}, 256)") } else { String::new() };
        match (sort, declared) {
            (Sort::Text, _) | (Sort::Other, "TIME") => {
                format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY){settle}")
            }
            // A date's order is that of its text, and an index can serve it.
            (Sort::Number | Sort::Other, _) => format!("{name}{settle}"),
        }
    }

    /// The condition and its parameter. `None` for what no cell of the column can read as: beside a number a text
    /// would be taken for 0, and beside a date it is an error.
    pub fn holds(name: &str, declared: &str, sort: Sort, part: &str) -> Option<(String, Value)> {
        let equals = format!("{name} = ?");
        Some(match (sort, declared) {
            (Sort::Number, _) => (equals, Value::Int(part.parse().ok()?)),
            (_, "DATE") => (equals, Value::text(part.parse::<NaiveDate>().ok()?.to_string())),
            (_, "DATETIME") => (equals, Value::text(time(part)?.naive_local().to_string())),
            // The session has an offset of its own; seconds since 1970 have none.
            (_, "TIMESTAMP") => {
                let time = time(part)?;
                let seconds = format!("{}.{:06}", time.timestamp(), time.timestamp_subsec_micros());
                (format!("{name} = FROM_UNIXTIME(CAST(? AS DECIMAL(20, 6)))"), Value::text(seconds))
            }
            // Every character set has these characters, so that the column's index can be used.
            (_, _) if part.is_ascii() => (equals, Value::text(part)),
            (_, _) => (format!("CONVERT({name} USING utf8mb4) = ?"), Value::text(part)),
        })
    }

    fn time(part: &str) -> Option<DateTime<FixedOffset>> {
        DateTime::parse_from_rfc3339(part).ok()
    }
}
