//! The condition that a listing was changed lately, in each engine's words.

use chrono_tz::Tz;

use super::column::{ColumnInfo, Sort};
use super::dialect::Dialect;
use super::stamp::{Reading, Stamp};
use crate::clock::Timestamp;
use crate::config::Located;
use crate::record::Value;

/// Only rows that were stamped at a time or later, those that never were, and some that are named.
///
/// Shape: times are literals, dates and digits that no text from outside can get into, since every engine compares
///        those with its own types; keys are parameters.
#[derive(Clone, Debug)]
pub struct Since {
    pub column: Located<String>,
    pub stamp: Stamp,
    pub from: Timestamp,
    /// Of naive times.
    pub zone: Tz,
    /// Keys of rows that are wanted whatever their stamps say; parts as people read them.
    pub also: Vec<Vec<String>>,
}

impl Since {
    /// Whether a row with this value in the column is among those asked for.
    pub fn covers(&self, value: &Value) -> bool {
        let Reading::Stamped(_, time) = Stamp::read(value, self.zone) else { return true };
        if time.is_some_and(|time| time >= self.from) {
            return true;
        }
        let least = self.stamp.write(self.from, Some(self.zone));
        match (self.stamp, value) {
            (Stamp::Text { .. }, Value::Text(text)) => text.as_ref() >= least.as_str(),
            (Stamp::Seconds | Stamp::Millis | Stamp::Number(_), Value::Int(number)) => {
                least.parse().is_ok_and(|least: i64| *number >= least)
            }
            (Stamp::Date, Value::Date(date)) => least.parse().is_ok_and(|least| *date >= least),
            _ => false,
        }
    }

    /// The condition on the relation that is asked, with its cursor's column and those of its key; the parameters that
    /// it needs are added.
    pub(super) fn condition(
        &self,
        dialect: &Dialect,
        column: &ColumnInfo,
        key: &[&ColumnInfo],
        parameters: &mut Vec<Value>,
    ) -> String {
        let name = dialect.quoted(&column.name);
        let naive = || self.stamp.write(self.from, Some(self.zone));
        let (least, unset) = match self.stamp {
            Stamp::Seconds | Stamp::Millis | Stamp::Number(_) => (naive(), Some("0")),
            Stamp::Text { .. } => (format!("'{}'", naive()), Some("''")),
            Stamp::Date => (date(dialect, &naive()), None),
            Stamp::Time => (self.time(dialect, column), None),
        };
        let unset = unset.map(|unset| format!(" OR {name} = {unset}")).unwrap_or_default();
        let mut condition = format!("({name} >= {least} OR {name} IS NULL{unset}");
        for parts in self.also.iter().filter(|parts| parts.len() == key.len()) {
            let parts = key.iter().zip(parts).map(|(column, part)| dialect.holds(column, part, parameters));
            condition += &format!(" OR ({})", parts.collect::<Vec<_>>().join(" AND "));
        }
        condition + ")"
    }

    /// The time in the words of the column's own type: one that keeps what a clock showed must not be compared with
    /// an instant, which the session's zone would turn into another time.
    fn time(&self, dialect: &Dialect, column: &ColumnInfo) -> String {
        let naive = || self.stamp.write(self.from, Some(self.zone));
        let utc = || self.stamp.write(self.from, None);
        match dialect {
            // It has no times of its own, so that none was ever read.
            Dialect::Sqlite => format!("'{}'", naive()),
            Dialect::Postgres if column.declared_type == "TIMESTAMPTZ" => {
                format!("TIMESTAMP WITH TIME ZONE '{}+00'", utc())
            }
            // The session has an offset of its own; what counts from 1970 has none.
            Dialect::Mysql if column.declared_type == "TIMESTAMP" => {
                let (seconds, micros) =
                    (self.from.0.div_euclid(1_000_000), self.from.0.rem_euclid(1_000_000));
                format!("FROM_UNIXTIME({seconds}.{micros:06})")
            }
            Dialect::Postgres | Dialect::Mysql => format!("TIMESTAMP '{}'", naive()),
            // Not every driver tells whether a column holds instants, nor what the session's zone is. No zone is
            // further from another: a few hours more are read, and no row is missed.
            #[cfg(feature = "odbc")]
            Dialect::Odbc(_) => {
                let from = self.from.minus(std::time::Duration::from_secs(26 * 60 * 60));
                format!("{{ts '{}'}}", &self.stamp.write(from, None)[..19])
            }
        }
    }
}

fn date(dialect: &Dialect, date: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => format!("DATE '{date}'"),
        #[cfg(feature = "odbc")]
        Dialect::Odbc(_) => format!("{{d '{date}'}}"),
    }
}

/// The condition that a child row stands under one of the listings that `listings` selects.
pub(super) fn under(
    dialect: &Dialect,
    child: &[&ColumnInfo],
    listing: &[&ColumnInfo],
    listings: &str,
) -> String {
    let pairs = child.iter().zip(listing).map(|(child, listing)| {
        let alike = child.sort == Sort::Other && child.declared_type == listing.declared_type;
        if alike || child.sort == Sort::Number && listing.sort == Sort::Number {
            return (dialect.quoted(&child.name), dialect.quoted(&listing.name));
        }
        (as_text(dialect, child), as_text(dialect, listing))
    });
    let (own, other): (Vec<_>, Vec<_>) = pairs.unzip();
    let own = if let [own] = &own[..] { own.clone() } else { format!("({})", own.join(", ")) };
    format!("{own} IN (SELECT {} FROM {listings})", other.join(", "))
}

/// A column as a text that compares by its bytes: engines refuse to compare other types, and texts of two tables that
/// collate differently.
fn as_text(dialect: &Dialect, column: &ColumnInfo) -> String {
    let name = dialect.quoted(&column.name);
    match dialect {
        Dialect::Sqlite => format!("{name} COLLATE BINARY"),
        Dialect::Postgres => format!("CAST({name} AS text) COLLATE \"C\""),
        Dialect::Mysql => format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)"),
        #[cfg(feature = "odbc")]
        Dialect::Odbc(writing) => writing.ordered(&name, column),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz::Asia__Shanghai;

    use super::super::stamp::Precision;
    use super::*;

    fn since(stamp: Stamp) -> Since {
        let column = Located { value: "gxsj".to_owned(), line: 1, column: 1 };
        // 2026-05-01 08:30:00 in Shanghai.
        Since {
            column,
            stamp,
            from: Timestamp(1_777_595_400_000_000),
            zone: Asia__Shanghai,
            also: Vec::new(),
        }
    }

    const TEXT: Stamp = Stamp::Text { sign: Some('-'), join: Some(' '), precision: Precision::Second };
    const DAYS: Stamp = Stamp::Text { sign: Some('-'), join: None, precision: Precision::Day };

    #[test]
    fn the_condition_fits_the_form_and_lets_what_was_never_stamped_through() {
        let column = ColumnInfo { name: "gx\"sj".into(), declared_type: "TEXT".into(), sort: Sort::Text };
        let rows = [
            (Stamp::Seconds, "(\"gx\"\"sj\" >= 1777595400 OR \"gx\"\"sj\" IS NULL OR \"gx\"\"sj\" = 0)"),
            (TEXT, "(\"gx\"\"sj\" >= '2026-05-01 08:30:00' OR \"gx\"\"sj\" IS NULL OR \"gx\"\"sj\" = '')"),
            (Stamp::Date, "(\"gx\"\"sj\" >= DATE '2026-05-01' OR \"gx\"\"sj\" IS NULL)"),
        ];
        for (stamp, expect) in rows {
            assert_eq!(
                since(stamp).condition(&Dialect::Sqlite, &column, &[], &mut Vec::new()),
                expect,
                "{stamp:?}"
            );
        }
    }

    #[test]
    fn times_are_written_in_the_words_of_the_columns_type() {
        let rows = [
            (Dialect::Postgres, "TIMESTAMP", "TIMESTAMP '2026-05-01 08:30:00.000000'"),
            (Dialect::Postgres, "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE '2026-05-01 00:30:00.000000+00'"),
            (Dialect::Mysql, "DATETIME", "TIMESTAMP '2026-05-01 08:30:00.000000'"),
            (Dialect::Mysql, "TIMESTAMP", "FROM_UNIXTIME(1777595400.000000)"),
        ];
        for (dialect, declared, expect) in rows {
            let column = ColumnInfo { name: "t".into(), declared_type: declared.into(), sort: Sort::Other };
            let condition = since(Stamp::Time).condition(&dialect, &column, &[], &mut Vec::new());
            assert!(condition.contains(&format!(" >= {expect} OR ")), "{condition}");
        }
    }

    #[test]
    fn named_rows_are_let_through_by_their_keys() {
        let column = |name: &str, sort| ColumnInfo { name: name.into(), declared_type: "TEXT".into(), sort };
        let (stamp, id, dw) =
            (column("s", Sort::Number), column("id", Sort::Number), column("dw", Sort::Text));
        let also = vec![vec!["7".to_owned(), "甲' OR 1".to_owned()], vec!["x".to_owned(), "乙".to_owned()]];
        let since = Since { also, ..since(Stamp::Seconds) };
        let mut parameters = Vec::new();
        let condition = since.condition(&Dialect::Postgres, &stamp, &[&id, &dw], &mut parameters);
        let also = " OR (\"id\" = $1 AND \"dw\" = $2) OR (1 = 0 AND \"dw\" = $3))";
        assert!(condition.ends_with(&format!("\"s\" = 0{also}")), "{condition}");
        assert_eq!(parameters, [Value::Int(7), Value::text("甲' OR 1"), Value::text("乙")]);
    }

    #[test]
    fn a_value_is_covered_when_the_condition_lets_it_through() {
        let rows = [
            (TEXT, Value::text("2026-05-01 08:30:00"), true),
            (TEXT, Value::text("2026-05-01 08:29:59.9"), false),
            (TEXT, Value::text("2099-01-01 00:00:00"), true),
            (TEXT, Value::text(""), true),
            (TEXT, Value::Null, true),
            (DAYS, Value::text("2026-05-01"), true),
            (DAYS, Value::text("2026-04-30"), false),
            (Stamp::Seconds, Value::Int(1_777_595_400), true),
            (Stamp::Seconds, Value::Int(1_777_595_399), false),
            (Stamp::Seconds, Value::Int(0), true),
            (Stamp::Date, Value::Date("2026-05-01".parse().expect("a date")), true),
            (Stamp::Date, Value::Date("2026-04-30".parse().expect("a date")), false),
        ];
        for (stamp, value, expect) in rows {
            assert_eq!(since(stamp).covers(&value), expect, "{stamp:?} {value:?}");
        }
    }

    #[test]
    fn children_are_asked_for_under_the_listings_alone() {
        let column = |name: &str, sort| ColumnInfo { name: name.into(), declared_type: String::new(), sort };
        let (id, pid) = (column("id", Sort::Number), column("pid", Sort::Number));
        let (year, nf) = (column("year", Sort::Text), column("nf", Sort::Text));
        assert_eq!(under(&Dialect::Sqlite, &[&pid], &[&id], "t"), "\"pid\" IN (SELECT \"id\" FROM t)");
        assert_eq!(
            under(&Dialect::Mysql, &[&nf], &[&id], "t"),
            "CAST(CONVERT(`nf` USING utf8mb4) AS BINARY) IN (SELECT CAST(CONVERT(`id` USING utf8mb4) AS BINARY) FROM t)"
        );
        assert_eq!(
            under(&Dialect::Sqlite, &[&pid, &nf], &[&id, &year], "t"),
            "(\"pid\", \"nf\" COLLATE BINARY) IN (SELECT \"id\", \"year\" COLLATE BINARY FROM t)"
        );
    }
}
