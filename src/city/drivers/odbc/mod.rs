//! Databases that only their vendor's ODBC driver reaches: 达梦, SQL Server, 人大金仓 in its other modes.
//!
//! Reading only. ODBC has no asynchronous calls that drivers agree on, so each piece of work has a thread. Rows come
//! in sets that the driver writes into our buffers; where a column is longer than its type can tell, cell by cell,
//! so that no text is ever cut. An SQLite file is better read by its own engine, which knows each cell's type.

mod catalog;
mod cell;
mod column;
mod product;
mod reading;
mod rows;
mod session;

use std::sync::{Arc, OnceLock};

use chrono_tz::Tz;

use self::column::{Column, Unreadable};
use self::product::Product;
use self::reading::{BROKEN, Part};
use self::session::Known;
use super::super::column::{ColumnInfo, Statement};
use super::super::cursor::Cursor;
use super::super::survey::SurveyedTable;
use super::spool::Spool;
use super::{Refusal, SILENCE_MAX, silent};
use crate::config::{Database, Secret, Server};
use crate::record::{Complaint, Value};

/// A database behind a driver.
#[derive(Clone)]
pub struct Reader {
    /// The connection string, with the password.
    string: Arc<str>,
    zone: Tz,
    /// Set by the first connection.
    known: Arc<OnceLock<Known>>,
}

/// How its SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    known: Known,
}

impl Reader {
    /// Errors: Q1013-Q1015 for the password, Q2070 for a data source and Q2071 for a driver that is not there.
    pub fn new(database: &Database, server: &Server) -> Result<Self, Complaint> {
        let password =
            server.password.as_ref().map(|reference| Secret::resolve(&reference.value, &database.root));
        let password = password.transpose()?;
        check_names(&server.url).map_err(|complaint| complaint.fact("database", &database.name))?;
        let string = session::with_password(&server.url, password.as_ref().map(Secret::expose)).into();
        Ok(Reader { string, zone: database.zone, known: Arc::default() })
    }

    pub fn writing(&self) -> Writing {
        let known = self.known.get().copied();
        Writing { known: known.unwrap_or(Known { product: Product::Other, quote: Some('"') }) }
    }

    pub async fn probe(&self) -> Result<(), String> {
        self.work(|reader| reader.connect().map(drop)).await
    }

    pub async fn tables(&self) -> Result<Vec<String>, String> {
        self.work(|reader| {
            reader.connect().and_then(|(connection, known)| catalog::tables(&connection, known))
        })
        .await
    }

    pub async fn survey(&self) -> Result<Vec<SurveyedTable>, String> {
        self.work(|reader| {
            reader.connect().and_then(|(connection, known)| catalog::survey(&connection, known))
        })
        .await
    }

    pub async fn describe(&self, sql: String) -> Result<Vec<ColumnInfo>, Refusal> {
        let described = self.work(move |reader| {
            // Some drivers answer a question before they tell of its columns.
            let (connection, known) =
                session::begin(&reader.string, reader.known.get().copied(), reader.zone)?;
            let _ = reader.known.set(known);
            if let Err(complaint) = session::check_letters(&connection, known.product, &sql) {
                return Ok(Err(Unreadable::Column(Box::new(complaint))));
            }
            let prepared = connection.prepare(&sql);
            let mut prepared = prepared.map_err(|error| session::words(&error))?;
            Ok(column::columns(&mut prepared, known.product.keeps_lengths()))
        });
        match described.await.map_err(Refusal::Words)? {
            Ok(columns) => Ok(columns.into_iter().map(Column::info).collect()),
            Err(Unreadable::Words(words)) => Err(Refusal::Words(words)),
            Err(Unreadable::Column(complaint)) => Err(Refusal::Column(complaint)),
        }
    }

    pub async fn open_cursors(&self, statements: Vec<Statement>) -> Result<Vec<Cursor>, String> {
        let shapes: Vec<_> =
            statements.iter().map(|statement| (statement.columns.clone(), statement.key.clone())).collect();
        let mut shapes = shapes.into_iter();
        let Some((columns, key)) = shapes.next() else { return Ok(Vec::new()) };
        // The first question is answered last, when the others have been.
        let mut statements = statements;
        statements.rotate_left(1);
        let known = self.known.get().copied();
        let mut parts = reading::start(self.string.clone(), known, self.zone, statements)?;
        match reading::next(&mut parts).await {
            Some(Part::Done) => (),
            Some(Part::Failed(words)) => return Err(words),
            Some(Part::Lines(_)) | None => return Err(BROKEN.to_owned()),
        }
        let mut others = Vec::with_capacity(shapes.len());
        for (columns, key) in shapes {
            let spool = Spool::fill(reading::lines(&mut parts)).await?;
            others.push(Cursor::new(columns, key, spool.read()));
        }
        let cursor = Cursor::new(columns, key, reading::lines(parts));
        Ok(std::iter::once(cursor).chain(others).collect())
    }

    fn connect(&self) -> Result<(odbc_api::Connection<'static>, Known), String> {
        let (connection, known) = session::connect(&self.string, self.known.get().copied())?;
        let _ = self.known.set(known);
        Ok((connection, known))
    }

    /// Runs a piece of work where it may block.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let reader = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&reader));
        match tokio::time::timeout(SILENCE_MAX, done).await {
            Ok(done) => done.unwrap_or_else(|_| Err(BROKEN.to_owned())),
            Err(_) => Err(silent(SILENCE_MAX)),
        }
    }
}

/// The connection string holds the password.
impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("known", &self.known.get()).finish_non_exhaustive()
    }
}

impl Writing {
    pub fn quoted(&self, name: &str) -> String {
        match self.known.quote {
            Some(sign) => format!("{sign}{}{sign}", name.replace(sign, &format!("{sign}{sign}"))),
            None => name.to_owned(),
        }
    }

    pub fn limit(&self, rows: usize) -> String {
        self.known.product.limit(rows)
    }

    pub fn ordered(&self, name: &str, column: &ColumnInfo) -> String {
        self.known.product.ordered(name, column)
    }

    pub fn holds(&self, name: &str, column: &ColumnInfo, part: &str, parameters: &mut Vec<Value>) -> String {
        self.known.product.holds(name, column, part, parameters)
    }
}

/// Whether the data source or driver that a connection string names is known to this machine.
fn check_names(string: &str) -> Result<(), Complaint> {
    let closed = |words: String| Complaint::new("Q2001").fact("reason", words);
    let missing = |id: &str, name: &str, known: &[String]| {
        let is_known = known.iter().any(|one| one.eq_ignore_ascii_case(name));
        let known = if known.is_empty() { "-".to_owned() } else { known.join(", ") };
        if is_known { Ok(()) } else { Err(Complaint::new(id).found(name).fact("known", known)) }
    };
    if let Some(name) = session::attribute(string, "DSN") {
        let sources = session::environment().map_err(closed)?.data_sources();
        let sources = sources.map_err(|error| closed(session::words(&error)))?;
        let known: Vec<_> = sources.into_iter().map(|source| source.server_name).collect();
        missing("Q2070", name, &known)?;
    }
    match session::attribute(string, "Driver") {
        Some(path) if path.starts_with('/') && std::path::Path::new(path).exists() => Ok(()),
        Some(name) => {
            let drivers = session::environment().map_err(closed)?.drivers();
            let drivers = drivers.map_err(|error| closed(session::words(&error)))?;
            let known: Vec<_> = drivers.into_iter().map(|driver| driver.description).collect();
            missing("Q2071", name, &known)
        }
        None => Ok(()),
    }
}
