//! What differs between the databases behind ODBC: one driver interface, many products.

use chrono::DateTime;
use chrono_tz::Tz;

use super::super::super::column::{ColumnInfo, Sort};
use super::super::super::dialect::NEVER;
use super::column::{GUID_NAME, LONG_TEXT, MOMENT};
use crate::record::Value;

/// A family of databases, by what they call themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// PostgreSQL, and what grew out of it: 人大金仓 and others.
    Postgres,
    SqlServer,
    /// 达梦.
    Dameng,
    Sqlite,
    /// Not known: standard SQL, and rows are read in whatever order it thinks right.
    Other,
}

/// Beginnings of names.
const NAMES: [(&str, Product); 9] = [
    ("postgresql", Product::Postgres),
    ("kingbase", Product::Postgres),
    ("opengauss", Product::Postgres),
    ("gaussdb", Product::Postgres),
    ("vastbase", Product::Postgres),
    ("highgo", Product::Postgres),
    ("microsoft sql server", Product::SqlServer),
    ("dm", Product::Dameng),
    ("sqlite", Product::Sqlite),
];

impl Product {
    /// The family of a name that a driver gives as its DBMS.
    pub fn named(dbms: &str) -> Self {
        let name = dbms.trim().to_ascii_lowercase();
        let known = NAMES.iter().find(|(start, _)| name.starts_with(start));
        known.map_or(Product::Other, |(_, product)| *product)
    }

    /// What a connection string gets where it does not say otherwise.
    ///
    /// PostgreSQL's driver keeps the whole result in memory unless told to fetch bit by bit, calls every text
    /// without a length 255 characters long, and booleans texts. Announcing such texts as very long makes them
    /// read piece by piece instead of cut.
    pub fn attributes(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Product::Postgres => &[
                ("UseDeclareFetch", "1"),
                ("Fetch", "1000"),
                ("BoolsAsChar", "0"),
                ("UnknownsAsLongVarchar", "1"),
                ("MaxVarcharSize", "1000000"),
            ],
            Product::SqlServer | Product::Dameng | Product::Sqlite | Product::Other => &[],
        }
    }

    /// Whether a text is never longer than its column's declared length.
    pub fn keeps_lengths(self) -> bool {
        self != Product::Sqlite
    }

    /// What is said before the reading's transaction begins, and has to be agreed to: read-only, one state for all
    /// questions, and instants in the zone of the database's naive times.
    pub fn session(self, zone: Tz) -> Vec<String> {
        match self {
            Product::Postgres => vec![
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                    .into(),
                format!("SET TIME ZONE '{}'", zone.name()),
                // A scan takes as long as it takes; only for a table that somebody locks it does not wait for ever.
                "SET statement_timeout = 0".into(),
                "SET lock_timeout = '60s'".into(),
            ],
            // Where the database keeps no versions, readers see what is committed at each moment.
            Product::SqlServer => vec![
                "IF (SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()) = 1 \
                 SET TRANSACTION ISOLATION LEVEL SNAPSHOT"
                    .into(),
            ],
            Product::Sqlite => vec!["PRAGMA query_only = ON".into()],
            Product::Dameng | Product::Other => Vec::new(),
        }
    }

    /// What is said first in the transaction; editions differ, and a refusal changes no data.
    pub fn wishes(self) -> &'static [&'static str] {
        match self {
            Product::Dameng => &["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET TRANSACTION READ ONLY"],
            Product::Postgres | Product::SqlServer | Product::Sqlite | Product::Other => &[],
        }
    }

    /// A query for a text, written as the texts of `sql` are.
    ///
    /// SQL Server takes names and N'…' as they are, but a plain '…' through the character set of the database.
    pub fn echo(self, text: &str, sql: &str) -> String {
        let mark = if self == Product::SqlServer && !has_plain_letters(sql) { "N" } else { "" };
        format!("SELECT {mark}'{text}'")
    }

    /// A query for the catalog whose tables are meant; the driver's own choice where there is none.
    pub fn own_catalog(self) -> Option<&'static str> {
        (self == Product::SqlServer).then_some("SELECT DB_NAME()")
    }

    /// A query for the schema that a table without one is in.
    pub fn own_schema(self) -> Option<&'static str> {
        match self {
            Product::Postgres => Some("SELECT current_schema()"),
            Product::SqlServer => Some("SELECT SCHEMA_NAME()"),
            Product::Dameng => Some("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')"),
            Product::Sqlite | Product::Other => None,
        }
    }

    /// A query for the schemas and names of the tables that the account may read, where the driver tells of others too.
    pub fn readable(self) -> Option<&'static str> {
        (self == Product::Postgres).then_some(
            "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE has_schema_privilege(n.oid, 'USAGE')
               AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))",
        )
    }

    /// A query for comments that drivers leave out: schema, table, column or nothing for the table's own, comment.
    pub fn comments(self) -> Option<&'static str> {
        match self {
            Product::Postgres => Some(
                "SELECT n.nspname, c.relname, a.attname, d.description FROM pg_catalog.pg_description d
                 JOIN pg_catalog.pg_class c ON c.oid = d.objoid
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND a.attnum > 0
                 WHERE d.classoid = 'pg_catalog.pg_class'::regclass",
            ),
            Product::SqlServer => Some(
                "SELECT s.name, o.name, c.name, CAST(p.value AS nvarchar(4000)) FROM sys.extended_properties p
                 JOIN sys.objects o ON o.object_id = p.major_id JOIN sys.schemas s ON s.schema_id = o.schema_id
                 LEFT JOIN sys.columns c ON c.object_id = o.object_id AND c.column_id = p.minor_id
                 WHERE p.class = 1 AND p.name = 'MS_Description'",
            ),
            Product::Dameng => Some(
                "SELECT OWNER, TABLE_NAME, NULL, COMMENTS FROM ALL_TAB_COMMENTS WHERE COMMENTS IS NOT NULL
                 UNION ALL
                 SELECT OWNER, TABLE_NAME, COLUMN_NAME, COMMENTS FROM ALL_COL_COMMENTS WHERE COMMENTS IS NOT NULL",
            ),
            Product::Sqlite | Product::Other => None,
        }
    }

    /// The end of a statement that gives no more than so many rows.
    pub fn limit(self, rows: usize) -> String {
        match self {
            Product::SqlServer => {
                format!(" ORDER BY (SELECT NULL) OFFSET 0 ROWS FETCH NEXT {rows} ROWS ONLY")
            }
            Product::Postgres | Product::Dameng | Product::Sqlite | Product::Other => {
                format!(" LIMIT {rows}")
            }
        }
    }

    /// A column, its name quoted already, with whatever makes it sort as `Key` does.
    ///
    /// SQL Server compares UTF-16 units, which puts characters beyond U+FFFF before those from U+E000 on; 达梦
    /// compares the bytes of its own character set. Keys that this puts elsewhere than UTF-8 does end the scan
    /// as out of order.
    pub fn ordered(self, name: &str, column: &ColumnInfo) -> String {
        match (self, column.sort) {
            (Product::Postgres, Sort::Text) => format!("CAST({name} AS text) COLLATE \"C\""),
            // Its own order of identifiers begins with their last bytes.
            (Product::SqlServer, sort) if sort == Sort::Text || column.declared_type == GUID_NAME => {
                format!("CAST({name} AS nvarchar(4000)) COLLATE Latin1_General_BIN2")
            }
            // It sorts no text that has a place of its own.
            (Product::Dameng, Sort::Text) if column.declared_type == LONG_TEXT => {
                format!("CAST(SUBSTR({name}, 1, 1000) AS VARCHAR(4000))")
            }
            (Product::Sqlite, _) => format!("{name} COLLATE BINARY"),
            (_, Sort::Number | Sort::Text | Sort::Other) => name.to_owned(),
        }
    }

    /// The condition that a column holds what reads as `part`.
    ///
    /// A number is never compared as text: the database would have to guess, and some refuse to.
    pub fn holds(self, name: &str, column: &ColumnInfo, part: &str, parameters: &mut Vec<Value>) -> String {
        let (value, condition) = match column.sort {
            Sort::Number => match part.parse() {
                Ok(number) => (Value::Int(number), format!("{name} = ?")),
                Err(_) => return NEVER.to_owned(),
            },
            Sort::Other if column.declared_type == MOMENT => match DateTime::parse_from_rfc3339(part) {
                // It stands in the database's zone already.
                Ok(time) => {
                    let local = time.naive_local().format("%Y-%m-%d %H:%M:%S%.f").to_string();
                    (Value::text(local), format!("{name} = CAST(? AS {})", self.moment()))
                }
                Err(_) => return NEVER.to_owned(),
            },
            Sort::Other if self == Product::Postgres => {
                (Value::text(part), format!("CAST({name} AS text) = ?"))
            }
            Sort::Text | Sort::Other => (Value::text(part), format!("{name} = ?")),
        };
        parameters.push(value);
        condition
    }

    fn moment(self) -> &'static str {
        match self {
            Product::SqlServer => "datetime2",
            Product::Sqlite => "text",
            Product::Postgres | Product::Dameng | Product::Other => "timestamp",
        }
    }
}

/// Whether a letter outside ASCII stands in a '…' without an N before it.
fn has_plain_letters(sql: &str) -> bool {
    let mut before = ' ';
    let mut parts = sql.split('\'');
    // Statement and text lie in turn between the quotes; a doubled quote has an empty statement between two texts.
    while let Some(statement) = parts.next() {
        before = statement.chars().next_back().unwrap_or(before);
        let text = parts.next().unwrap_or_default();
        if !before.eq_ignore_ascii_case(&'n') && !text.is_ascii() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_is_told_from_names_and_national_texts() {
        let rows = [
            ("SELECT 名称 FROM [成果] WHERE zt = N'已发布'", false),
            ("SELECT 名称 FROM 成果 WHERE zt = '已发布'", true),
            ("WHERE zt = 'a' OR zt = N'甲''乙' OR zt = '丙'", true),
            ("WHERE zt = N'甲''乙' AND x = 1", false),
            ("WHERE zt = ''", false),
        ];
        for (sql, expect) in rows {
            assert_eq!(has_plain_letters(sql), expect, "{sql}");
        }
    }

    #[test]
    fn products_are_known_by_the_beginning_of_their_name() {
        let rows = [
            ("PostgreSQL", Product::Postgres),
            ("KingbaseES", Product::Postgres),
            ("Microsoft SQL Server", Product::SqlServer),
            ("DM DBMS", Product::Dameng),
            ("DM8", Product::Dameng),
            ("SQLite", Product::Sqlite),
            ("Oracle", Product::Other),
            ("", Product::Other),
        ];
        for (name, expect) in rows {
            assert_eq!(Product::named(name), expect, "{name}");
        }
    }
}
