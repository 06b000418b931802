//! One of the city's databases, opened for reading.

use std::sync::Arc;

use super::cursor::Cursor;
use super::drivers::Driver;
use crate::config::{Database, Located, quoted};
use crate::record::{Columns, Complaint, KeyPart};

/// A database that is only ever read.
#[derive(Clone, Debug)]
pub struct City {
    name: Arc<str>,
    driver: Driver,
}

/// A column of a query's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    /// As the database declares it; an SQLite cell may hold something else.
    pub declared_type: String,
}

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// One `SELECT`, as the room `config` has checked it.
    pub query: &'a Located<String>,
    /// The columns to order by: numbers before texts, texts by their bytes.
    pub key: &'a [Located<String>],
    /// Rows of one key are ordered by all other columns, so that a group of children always reads the same.
    pub settle_ties: bool,
    /// Only the rows of this key, and such as the database takes for the same; parts as people read them.
    pub only: Option<&'a [String]>,
}

impl City {
    /// Errors: Q2001 if the database cannot be opened and read.
    pub async fn open(database: &Database) -> Result<City, Complaint> {
        let driver = Driver::new(&database.url);
        let city = City { name: database.name.as_str().into(), driver };
        city.driver.probe().await.map_err(|reason| city.closed(&reason))?;
        Ok(city)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of the tables and views, sorted.
    pub async fn tables(&self) -> Result<Vec<String>, Complaint> {
        self.driver.tables().await.map_err(|reason| self.closed(&reason))
    }

    /// The columns of a query's result; reads no row.
    pub async fn describe(&self, query: &Located<String>) -> Result<Vec<ColumnInfo>, Complaint> {
        let sql = format!("SELECT * FROM (\n{}\n)", query.value);
        self.driver.describe(sql).await.map_err(|reason| self.refused(query, &reason))
    }

    /// One cursor for each question, all looking at the same state of the database.
    ///
    /// Errors: Q2002 if the database refuses a query, Q2003 if a key's column is not in its result, Q2006 if
    ///         the database does not hold still long enough.
    pub async fn read(&self, asks: &[Ask<'_>]) -> Result<Vec<Cursor>, Complaint> {
        let mut statements = Vec::with_capacity(asks.len());
        for ask in asks {
            statements.push(self.prepare(ask).await?);
        }
        self.driver.open_cursors(statements).await.map_err(|reason| match reason {
            Some(reason) => self.closed(&reason),
            None => Complaint::new("Q2006").fact("database", &self.name),
        })
    }

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Statement, Complaint> {
        let columns = self.describe(ask.query).await?;
        let key = ask.key.iter().map(|wanted| self.position(ask.query, &columns, wanted));
        let key = key.collect::<Result<Vec<_>, _>>()?;
        let mut parameters = Vec::new();
        let mut conditions = Vec::new();
        for (part, position) in ask.only.unwrap_or_default().iter().zip(&key) {
            // A column without a type takes a number only for a number, and a text only for a text.
            let forms = std::iter::once(KeyPart::Text(part.clone())).chain(part.parse().map(KeyPart::Int));
            let places = forms.map(|form| {
                parameters.push(form);
                format!("${}", parameters.len())
            });
            let places: Vec<_> = places.collect();
            conditions.push(format!("{} IN ({})", quoted(&columns[*position].name), places.join(", ")));
        }
        let others = (0..columns.len()).filter(|position| ask.settle_ties && !key.contains(position));
        let order = key.iter().copied().chain(others);
        let order: Vec<_> =
            order.map(|position| self.driver.ordered(&quoted(&columns[position].name))).collect();
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        let sql = format!("SELECT * FROM (\n{}\n){filter} ORDER BY {}", ask.query.value, order.join(", "));
        let columns = columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        Ok(Statement { sql, parameters, columns, key })
    }

    fn position(
        &self,
        query: &Located<String>,
        columns: &[ColumnInfo],
        wanted: &Located<String>,
    ) -> Result<usize, Complaint> {
        let exact = columns.iter().position(|column| column.name == wanted.value);
        let found =
            exact.or_else(|| columns.iter().position(|column| column.name.eq_ignore_ascii_case(wanted)));
        found.ok_or_else(|| {
            let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
            let complaint = Complaint::new("Q2003").column(&wanted.value).fact("line", query.line);
            complaint.fact("columns", names.join(", "))
        })
    }

    fn closed(&self, reason: &str) -> Complaint {
        Complaint::new("Q2001").fact("database", &self.name).fact("reason", reason)
    }

    fn refused(&self, query: &Located<String>, reason: &str) -> Complaint {
        let complaint = Complaint::new("Q2002").fact("database", &self.name).fact("line", query.line);
        complaint.fact("reason", reason)
    }
}

/// A question made ready for the driver.
pub(super) struct Statement {
    pub sql: String,
    pub parameters: Vec<KeyPart>,
    pub columns: Columns,
    /// Positions of the key's columns.
    pub key: Vec<usize>,
}
