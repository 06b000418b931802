//! A table by the versions of its rows: a narrow look at all of them, and a full look at some.

use std::sync::Arc;

use super::cursor::Cursor;
use super::drivers;
use super::reader::City;
use crate::config::{Located, Relation};
use crate::record::{Columns, Complaint};

/// One state of a plain table. Two equal versions of a key are the same row, untouched.
pub struct Versions {
    /// Of every row, in the order of keys: the key's columns, then a text that names the row's version, then one that
    /// names its place.
    pub narrow: Cursor,
    state: drivers::SameState,
}

/// A plain table as its engine writes it.
pub(super) struct PlainTable {
    pub name: String,
    /// The key's columns, and what makes rows sort by them.
    pub key_names: Vec<String>,
    pub order: String,
    pub columns: Columns,
    /// Positions of the key's columns.
    pub key: Vec<usize>,
}

impl City {
    /// Opens a table for a look at versions.
    ///
    /// Errors: as `read`; Q2054 where the engine or the table has no versions of rows.
    pub async fn versions(
        &self,
        relation: &Relation,
        key: &[Located<String>],
    ) -> Result<Versions, Complaint> {
        let (relation, columns) = self.find(relation).await?;
        let none = |reason: &str| {
            let complaint = Complaint::new("Q2054").found(&relation.text().value);
            complaint.fact("database", self.name()).fact("reason", reason)
        };
        let Some(name) = relation.table() else { return Err(none("not a plain table")) };
        let key = key.iter().map(|wanted| self.position(&relation, &columns, wanted));
        let key = key.collect::<Result<Vec<_>, _>>()?;
        let dialect = self.driver.dialect();
        let of_key = || key.iter().map(|position| &columns[*position]);
        let order: Vec<_> = of_key().map(|column| dialect.ordered(column)).collect();
        let table = PlainTable {
            name: dialect.table(name),
            key_names: of_key().map(|column| dialect.quoted(&column.name)).collect(),
            order: order.join(", "),
            columns: columns.iter().map(|column| Arc::from(column.name.as_str())).collect(),
            key,
        };
        let (narrow, state) = self.driver.same_state(table).await.map_err(|reason| none(&reason))?;
        Ok(Versions { narrow, state })
    }
}

impl Versions {
    /// The columns of full rows.
    pub fn columns(&self) -> &Columns {
        self.state.columns()
    }

    /// The full rows at some places, in the order of keys, from the same state as the narrow look.
    ///
    /// Errors: the database's words.
    pub async fn rows(&mut self, places: &[String]) -> Result<Cursor, String> {
        self.state.rows(places).await
    }
}
