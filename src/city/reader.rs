//! One of the city's databases, opened for reading.

use std::borrow::Cow;
use std::sync::Arc;

use super::column::{ColumnInfo, Statement};
use super::cursor::{Cursor, Line};
use super::drivers::{Driver, PLACE_COLUMN, Refusal, Sheet};
use super::since::{Since, under};
use super::survey::{Survey, SurveyedTable};
use crate::config::{Database, Located, Relation};
use crate::record::{Complaint, Value};

/// A database that is only ever read.
#[derive(Clone, Debug)]
pub struct City {
    name: Arc<str>,
    pub(super) driver: Driver,
}

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub relation: &'a Relation,
    /// The columns to order by: numbers before texts, texts by their bytes.
    pub key: &'a [Located<String>],
    /// Rows of one key are ordered by their place in a sheet, then by all other columns, so that a group of children
    /// always reads the same.
    pub settle_ties: bool,
    /// Only the rows of this key, and such as the database takes for the same; parts as people read them.
    pub only: Option<&'a [String]>,
    /// Only rows that were changed lately.
    pub since: Option<&'a Since>,
    /// Only rows under the listings that this question gives.
    pub under: Option<&'a Ask<'a>>,
}

impl City {
    /// Errors: Q2001 if the database cannot be opened and read, Q2060-Q2067 if its files cannot.
    pub async fn open(database: &Database) -> Result<City, Complaint> {
        let driver = Driver::new(database)?;
        driver.prepare().await?;
        let city = City { name: database.name.as_str().into(), driver };
        city.driver.probe().await.map_err(|reason| city.closed(&reason))?;
        Ok(city)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sheets that the tables were read from, where the database is made of files.
    pub async fn sheets(&self) -> Result<&[Sheet], Complaint> {
        self.driver.sheets().await
    }

    /// Names of the tables and views, sorted.
    pub async fn tables(&self) -> Result<Vec<String>, Complaint> {
        self.driver.tables().await.map_err(|reason| self.closed(&reason))
    }

    /// The columns of a relation; reads no row.
    ///
    /// Errors: Q2002 if the database refuses it, Q2030 for a column whose type cannot be read.
    pub async fn describe(&self, relation: &Relation) -> Result<Vec<ColumnInfo>, Complaint> {
        Ok(self.find(relation).await?.1)
    }

    /// The relation as the database spells it, and its columns.
    pub(super) async fn find<'r>(
        &self,
        relation: &'r Relation,
    ) -> Result<(Cow<'r, Relation>, Vec<ColumnInfo>), Complaint> {
        let refused = match self.columns(relation).await {
            Ok(columns) => return Ok((Cow::Borrowed(relation), columns)),
            Err(Refusal::Column(complaint)) => return Err(*complaint),
            Err(Refusal::Words(reason)) => self.refused(relation, &reason),
        };
        let Some(spelt) = self.spelt(relation).await else { return Err(refused) };
        match self.columns(&spelt).await {
            Ok(columns) => Ok((Cow::Owned(spelt), columns)),
            Err(Refusal::Column(complaint)) => Err(*complaint),
            Err(Refusal::Words(_)) => Err(refused),
        }
    }

    async fn columns(&self, relation: &Relation) -> Result<Vec<ColumnInfo>, Refusal> {
        self.driver.describe(format!("SELECT * FROM {}", self.driver.dialect().from(relation))).await
    }

    /// The only table whose name differs from the relation's by case alone: engines fold names to either case.
    async fn spelt(&self, relation: &Relation) -> Option<Relation> {
        let wanted = relation.table()?;
        let tables = self.driver.tables().await.ok()?;
        let mut alike = tables.into_iter().filter(|table| table.eq_ignore_ascii_case(wanted));
        let value = alike.next().filter(|_| alike.next().is_none())?;
        Some(Relation::Table(Located { value, line: wanted.line, column: wanted.column }))
    }

    /// What the database says of itself: tables, columns, comments, keys, references.
    pub async fn survey(&self) -> Result<Survey, Complaint> {
        let mut tables = self.driver.survey().await.map_err(|reason| self.closed(&reason))?;
        tables.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Survey { tables })
    }

    /// Some rows of a table, in no order.
    pub async fn sample(&self, table: &SurveyedTable, rows: usize) -> Result<Vec<Line>, Complaint> {
        let name = self.driver.dialect().table(&table.name);
        let columns = table.columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        let names: Vec<_> =
            table.columns.iter().map(|column| self.driver.dialect().quoted(&column.name)).collect();
        let sql = format!("SELECT {} FROM {name}{}", names.join(", "), self.driver.dialect().limit(rows));
        let statement = Statement { sql, parameters: Vec::new(), columns, key: Vec::new() };
        let cursors = self.driver.open_cursors(vec![statement]).await;
        let mut cursors = cursors.map_err(|reason| self.closed(&reason))?;
        let mut lines = Vec::with_capacity(rows);
        if let Some(cursor) = cursors.first_mut() {
            while lines.len() < rows
                && let Some(line) = cursor.next().await
            {
                lines.push(line.map_err(|reason| self.closed(&reason))?);
            }
        }
        Ok(lines)
    }

    /// One cursor for each question, in their order, all looking at the same state of the database.
    ///
    /// Shape:  the first question is read as it is asked for, the others beforehand and to their ends.
    /// Errors: as `describe`; Q2003 if a key's column is not in its result, Q2001 if the database is not there.
    pub async fn read(&self, asks: &[Ask<'_>]) -> Result<Vec<Cursor>, Complaint> {
        let mut statements = Vec::with_capacity(asks.len());
        for ask in asks {
            statements.push(self.prepare(ask).await?);
        }
        self.driver.open_cursors(statements).await.map_err(|reason| self.closed(&reason))
    }

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Statement, Complaint> {
        let (relation, columns) = self.find(ask.relation).await?;
        let key = ask.key.iter().map(|wanted| self.position(ask.relation, &columns, wanted));
        let key = key.collect::<Result<Vec<_>, _>>()?;
        let dialect = self.driver.dialect();
        let mut parameters = Vec::new();
        let mut conditions = Vec::new();
        for (part, position) in ask.only.unwrap_or_default().iter().zip(&key) {
            conditions.push(dialect.holds(&columns[*position], part, &mut parameters));
        }
        if let Some(since) = ask.since {
            let position = self.position(ask.relation, &columns, &since.column)?;
            let key: Vec<_> = key.iter().map(|position| &columns[*position]).collect();
            conditions.push(since.condition(&dialect, &columns[position], &key, &mut parameters));
        }
        if let Some(listings) = ask.under {
            conditions.push(self.under(listings, &columns, &key, &mut parameters).await?);
        }
        let others = (0..columns.len()).filter(|position| ask.settle_ties && !key.contains(position));
        // Of a sheet's rows the upper one comes first: people write lists in the order that they mean.
        let (place, others): (Vec<_>, Vec<_>) =
            others.partition(|position| columns[*position].name == PLACE_COLUMN);
        let order = key.iter().copied().chain(place).chain(others);
        let order: Vec<_> = order.map(|position| dialect.ordered(&columns[position])).collect();
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        let from = dialect.from(&relation);
        let sql = format!("SELECT * FROM {from}{filter} ORDER BY {}", order.join(", "));
        let columns = columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        Ok(Statement { sql, parameters, columns, key })
    }

    /// The condition that rows whose key stands at these positions are under listings of another question.
    async fn under(
        &self,
        listings: &Ask<'_>,
        columns: &[ColumnInfo],
        key: &[usize],
        parameters: &mut Vec<Value>,
    ) -> Result<String, Complaint> {
        let dialect = self.driver.dialect();
        let theirs = self.describe(listings.relation).await?;
        let position = |wanted| self.position(listings.relation, &theirs, wanted);
        let their_key = listings.key.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        let other: Vec<_> = their_key.iter().map(|position| &theirs[*position]).collect();
        let mut from = dialect.from(listings.relation);
        if let Some(since) = listings.since {
            let column = &theirs[position(&since.column)?];
            from = format!("{from} WHERE {}", since.condition(&dialect, column, &other, parameters));
        }
        let own: Vec<_> = key.iter().map(|position| &columns[*position]).collect();
        Ok(under(&dialect, &own, &other, &from))
    }

    pub(super) fn position(
        &self,
        relation: &Relation,
        columns: &[ColumnInfo],
        wanted: &Located<String>,
    ) -> Result<usize, Complaint> {
        let exact = columns.iter().position(|column| column.name == wanted.value);
        let found =
            exact.or_else(|| columns.iter().position(|column| column.name.eq_ignore_ascii_case(wanted)));
        found.ok_or_else(|| {
            let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
            let complaint = Complaint::new("Q2003").column(&wanted.value).fact("line", relation.text().line);
            complaint.fact("columns", names.join(", "))
        })
    }

    fn closed(&self, reason: &str) -> Complaint {
        Complaint::new("Q2001").fact("database", &self.name).fact("reason", reason)
    }

    fn refused(&self, relation: &Relation, reason: &str) -> Complaint {
        let complaint =
            Complaint::new("Q2002").fact("database", &self.name).fact("line", relation.text().line);
        complaint.fact("reason", reason)
    }
}
