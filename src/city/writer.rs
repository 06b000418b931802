//! One of the city's databases, opened for writing what was imported.

use std::sync::Arc;

use chrono_tz::Tz;

use super::drivers::{self, WriteDriver};
use crate::config::Database;
use crate::record::{Complaint, Value};

/// A database that imports are written to. One writer at a time per database file is enough and best.
#[derive(Clone, Debug)]
pub struct Writer {
    name: Arc<str>,
    zone: Tz,
    driver: WriteDriver,
}

/// Writes that take effect together, at `commit`; dropped, they never happened.
pub struct Batch {
    name: Arc<str>,
    zone: Tz,
    driver: drivers::Batch,
}

/// What an upsert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upsert {
    Inserted,
    Updated,
}

impl Writer {
    /// Errors: Q2001 if the database cannot be opened for writing. A missing file is not made.
    pub async fn open(database: &Database) -> Result<Writer, Complaint> {
        let driver = WriteDriver::new(database)?;
        let writer = Writer { name: database.name.as_str().into(), zone: database.zone, driver };
        writer.driver.probe().await.map_err(|reason| writer.closed(&reason))?;
        Ok(writer)
    }

    /// Starts a transaction that holds the right to write from the beginning.
    pub async fn begin(&self) -> Result<Batch, Complaint> {
        let driver = self.driver.begin().await.map_err(|reason| self.closed(&reason))?;
        Ok(Batch { name: self.name.clone(), zone: self.zone, driver })
    }

    fn closed(&self, reason: &str) -> Complaint {
        Complaint::new("Q2001").fact("database", &self.name).fact("reason", reason)
    }
}

impl Batch {
    /// Updates the row whose `key_column` holds `key`, or inserts one.
    ///
    /// Shape:  `columns` and `values` go together and leave the key out; the table needs no unique index.
    ///         Decimals are written as exact text, which the column's affinity turns into its own type; dates
    ///         as `yyyy-MM-dd`; times as `yyyy-MM-dd HH:mm:ss` in the database's zone.
    /// Errors: Q2020 in the database's words, Q2021 for a list or map, Q2022 if several rows have the key.
    pub async fn upsert(
        &mut self,
        table: &str,
        key_column: &str,
        key: &Value,
        columns: &[&str],
        values: &[Value],
    ) -> Result<Upsert, Complaint> {
        debug_assert_eq!(columns.len(), values.len());
        let dialect = self.driver.dialect();
        let mut cells = Vec::with_capacity(values.len() + 1);
        for (column, value) in columns.iter().zip(values).chain([(&key_column, key)]) {
            cells.push(self.cell(column, value)?);
        }
        let all: Vec<_> = columns.iter().copied().chain([key_column]).collect();
        let places = self.places(table, &all).await?;
        let updated = if columns.is_empty() {
            self.count(table, key_column, &cells[0]).await?
        } else {
            let pairs = columns.iter().zip(&places);
            let sets: Vec<_> =
                pairs.map(|(column, place)| format!("{} = {place}", dialect.quoted(column))).collect();
            let (table_name, key_name) = (dialect.table(table), dialect.quoted(key_column));
            let last = &places[columns.len()];
            let sql = format!("UPDATE {table_name} SET {} WHERE {key_name} = {last}", sets.join(", "));
            self.driver.execute(sql, &cells).await.map_err(|reason| self.refused(table, &reason))?
        };
        match updated {
            0 => {
                let names: Vec<_> = all.iter().map(|column| dialect.quoted(column)).collect();
                let (table_name, names, places) = (dialect.table(table), names.join(", "), places.join(", "));
                let sql = format!("INSERT INTO {table_name} ({names}) VALUES ({places})");
                self.driver.execute(sql, &cells).await.map_err(|reason| self.refused(table, &reason))?;
                Ok(Upsert::Inserted)
            }
            1 => Ok(Upsert::Updated),
            _ => {
                let complaint = Complaint::new("Q2022").fact("table", table).column(key_column);
                Err(complaint.found(key))
            }
        }
    }

    /// The named columns of the row whose `key_column` holds `key`, in their order; `None` if there is none.
    ///
    /// Errors: Q2020 in the database's words, Q2022 if several rows have the key, Q2013 for an unreadable cell.
    pub async fn select_by_key(
        &mut self,
        table: &str,
        key_column: &str,
        key: &Value,
        columns: &[&str],
    ) -> Result<Option<Vec<Value>>, Complaint> {
        let dialect = self.driver.dialect();
        // With the table's name in front: SQLite takes a lone quoted name that is no column for a text.
        let (table_name, key_name) = (dialect.table(table), dialect.quoted(key_column));
        let names: Vec<_> =
            columns.iter().map(|column| format!("{table_name}.{}", dialect.quoted(column))).collect();
        let names = names.join(", ");
        let place = self.places(table, &[key_column]).await?.concat();
        let sql = format!(
            "SELECT {names} FROM {table_name} WHERE {table_name}.{key_name} = {place}{}",
            dialect.limit(2)
        );
        let cells = [self.cell(key_column, key)?];
        let found = self.driver.select(sql, &cells, columns).await;
        let mut lines = found.map_err(|reason| self.refused(table, &reason))?;
        if lines.len() > 1 {
            return Err(Complaint::new("Q2022").fact("table", table).column(key_column).found(key));
        }
        match lines.pop() {
            None => Ok(None),
            Some(line) => match line.troubles.into_iter().next() {
                Some(trouble) => Err(trouble),
                None => Ok(Some(line.cells)),
            },
        }
    }

    /// Makes the batch's writes last.
    pub async fn commit(self) -> Result<(), Complaint> {
        let Batch { name, driver, .. } = self;
        let closed = |reason: String| Complaint::new("Q2001").fact("database", &name).fact("reason", reason);
        driver.commit().await.map_err(closed)
    }

    async fn count(&mut self, table: &str, key_column: &str, key: &Value) -> Result<u64, Complaint> {
        let dialect = self.driver.dialect();
        let (table_name, key_name) = (dialect.table(table), dialect.quoted(key_column));
        let place = self.places(table, &[key_column]).await?.concat();
        let sql = format!("SELECT 1 FROM {table_name} WHERE {key_name} = {place}{}", dialect.limit(2));
        let found = self.driver.select(sql, std::slice::from_ref(key), &[key_column]).await;
        Ok(found.map_err(|reason| self.refused(table, &reason))?.len() as u64)
    }

    async fn places(&mut self, table: &str, columns: &[&str]) -> Result<Vec<String>, Complaint> {
        self.driver.places(table, columns).await.map_err(|reason| self.refused(table, &reason))
    }

    /// A value as a cell holds it: null, whole number, text or bytes.
    fn cell(&self, column: &str, value: &Value) -> Result<Value, Complaint> {
        Ok(match value {
            Value::Null | Value::Int(_) | Value::Text(_) | Value::Bytes(_) => value.clone(),
            Value::Bool(flag) => Value::Int(i64::from(*flag)),
            Value::Decimal(_) | Value::Date(_) => Value::text(value.to_string()),
            Value::DateTime(time) => {
                Value::text(time.with_timezone(&self.zone).format("%Y-%m-%d %H:%M:%S").to_string())
            }
            Value::List(_) | Value::Map(_) => {
                return Err(Complaint::new("Q2021").column(column).fact("type", value.type_name()));
            }
        })
    }

    fn refused(&self, table: &str, reason: &str) -> Complaint {
        let complaint = Complaint::new("Q2020").fact("database", &self.name).fact("table", table);
        complaint.fact("reason", reason)
    }
}
