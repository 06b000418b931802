//! A table by the versions of its rows: a narrow look at all of them, and a full look at some.

use std::sync::Arc;

use super::column::Statement;
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
    /// What gives full rows, up to the places.
    select: String,
    order: String,
    columns: Columns,
    key: Vec<usize>,
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
        let Some(table) = relation.table() else { return Err(none("not a plain table")) };
        let positions = key.iter().map(|wanted| self.position(&relation, &columns, wanted));
        let positions = positions.collect::<Result<Vec<_>, _>>()?;
        let dialect = self.driver.dialect();
        let table = dialect.table(table);
        let names: Vec<_> =
            positions.iter().map(|position| dialect.quoted(&columns[*position].name)).collect();
        let order: Vec<_> = positions.iter().map(|position| dialect.ordered(&columns[*position])).collect();
        let (names, order) = (names.join(", "), order.join(", "));
        let narrow = Statement {
            sql: format!(
                "SELECT {names}, concat(tableoid, '/', xmin, '/', ctid) AS version, CAST(ctid AS text) AS place \
                 FROM {table} ORDER BY {order}"
            ),
            parameters: Vec::new(),
            columns: key
                .iter()
                .map(|one| Arc::from(one.as_str()))
                .chain(["version".into(), "place".into()])
                .collect(),
            key: (0..key.len()).collect(),
        };
        let (narrow, state) =
            self.driver.same_state(table.clone(), narrow).await.map_err(|reason| none(&reason))?;
        let columns = columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        let select = format!("SELECT * FROM {table} WHERE ctid = ANY(CAST(");
        Ok(Versions { narrow, state, select, order, columns, key: positions })
    }
}

impl Versions {
    /// The columns of full rows.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The full rows at some places, in the order of keys, from the same state as the narrow look.
    ///
    /// Errors: the database's words.
    pub async fn rows(&mut self, places: &[String]) -> Result<Cursor, String> {
        // A place is two numbers in brackets, as the server wrote it.
        let places: Vec<_> = places.iter().map(|place| format!("\"{place}\"")).collect();
        let places = format!("{{{}}}", places.join(","));
        let sql = format!("{}$1 AS tid[])) ORDER BY {}", self.select, self.order);
        let parameters = vec![crate::record::Value::text(places)];
        let statement = Statement { sql, parameters, columns: self.columns.clone(), key: self.key.clone() };
        self.state.read(statement).await
    }
}
