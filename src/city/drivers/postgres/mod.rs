//! PostgreSQL servers, and what speaks their protocol.
//!
//! Every question is asked inside one read-only transaction of a connection of its own, whose settings are set for
//! that transaction alone: nothing is left behind in a connection that a pooler gives to others after us.

mod decode;
mod survey;
mod versions;
mod write;

use std::fmt;
use std::sync::Arc;

use async_stream::stream;
use chrono_tz::Tz;
use futures_util::stream::Stream;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, SqlSafeStr, Statement as _};

use super::super::column::{ColumnInfo, Statement};
use super::super::cursor::{Cursor, Line};
use super::super::survey::SurveyedTable;
use super::spool::Spool;
use super::{Held, Refusal, greeting, next_row, words};
use crate::config::{Database, Secret, Server};
use crate::record::{Complaint, Value};
use decode::Decoder;
pub use versions::SameState;
pub use write::{Batch, Writer};

/// How to reach the server, and the zone of its times.
#[derive(Clone)]
struct Access {
    options: Arc<PgConnectOptions>,
    zone: Tz,
}

/// A database that is only read.
#[derive(Clone, Debug)]
pub struct Reader {
    access: Access,
}

/// The options hold the password.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.options.get_host(), self.options.get_port())
    }
}

impl Access {
    /// Errors: Q2001 for a URL that says something impossible, Q1013-Q1015 for the password.
    fn new(database: &Database, server: &Server) -> Result<Self, Complaint> {
        let options: PgConnectOptions = server.url.parse().map_err(|error: sqlx::Error| {
            let complaint = Complaint::new("Q2001").fact("database", &database.name);
            complaint.fact("reason", error.to_string())
        })?;
        // The one setting that poolers refuse at the start; it is set with the others.
        let mut options =
            options.application_name("qilu").extra_float_digits(None).disable_statement_logging();
        if let Some(reference) = &server.password {
            options = options.password(Secret::resolve(reference, &database.root)?.expose());
        }
        Ok(Access { options: Arc::new(options), zone: database.zone })
    }

    async fn connect(&self) -> Result<PgConnection, String> {
        greeting(self.options.connect()).await
    }

    /// A connection inside a transaction in which the city's SQL means the same everywhere.
    async fn begin(&self, transaction: &str) -> Result<PgConnection, String> {
        let mut connection = self.connect().await?;
        let sql = format!("BEGIN {transaction}; {}", settings(self.zone));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map_err(|error| words(&error))?;
        Ok(connection)
    }
}

/// Sets what a role, a database or a server's file may have set otherwise; what an older server lacks is passed over.
fn settings(zone: Tz) -> String {
    let known = [
        // What texts and times mean.
        ("TimeZone", zone.name()),
        ("DateStyle", "ISO, YMD"),
        ("IntervalStyle", "postgres"),
        ("bytea_output", "hex"),
        ("extra_float_digits", "1"),
        ("standard_conforming_strings", "on"),
        ("transform_null_equals", "off"),
        ("array_nulls", "on"),
        ("xmlbinary", "base64"),
        ("lc_monetary", "C"),
        ("lc_numeric", "C"),
        ("lc_time", "C"),
        // A scan takes as long as it takes; only for a table that somebody locks it does not wait for ever.
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("transaction_timeout", "0"),
        ("lock_timeout", "60s"),
    ];
    let rows: Vec<_> = known.iter().map(|(name, value)| format!("('{name}', '{value}')")).collect();
    format!(
        "SELECT pg_catalog.set_config(name, value, true) FROM (VALUES {}) AS known (name, value) \
         WHERE pg_catalog.current_setting(name, true) IS NOT NULL",
        rows.join(", ")
    )
}

impl Reader {
    pub fn new(database: &Database, server: &Server) -> Result<Self, Complaint> {
        Access::new(database, server).map(|access| Reader { access })
    }

    pub async fn probe(&self) -> Result<(), String> {
        self.begin().await?.close().await.map_err(|error| words(&error))
    }

    /// By every name that a query may use: with its schema, and without it where the account's search path allows.
    pub async fn tables(&self) -> Result<Vec<String>, String> {
        let mut connection = self.begin().await?;
        let names = survey::names(&mut connection).await.map_err(|error| words(&error))?;
        Held::Own(connection).done().await;
        Ok(names)
    }

    pub async fn survey(&self) -> Result<Vec<SurveyedTable>, String> {
        let mut connection = self.begin().await?;
        let tables = survey::tables(&mut connection).await.map_err(|error| words(&error))?;
        Held::Own(connection).done().await;
        Ok(tables)
    }

    pub async fn describe(&self, sql: String) -> Result<Vec<ColumnInfo>, Refusal> {
        let mut connection = self.begin().await.map_err(Refusal::Words)?;
        let statement = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await;
        let statement = statement.map_err(|error| Refusal::Words(words(&error)))?;
        Held::Own(connection).done().await;
        let column = |column: &sqlx::postgres::PgColumn| {
            let decoder = Decoder::new(column.type_info(), self.access.zone);
            let declared_type = decode::type_name(column.type_info());
            if let Decoder::Unknown(_) = decoder {
                return Err(Refusal::Column(Box::new(decode::unknown(column.name(), declared_type))));
            }
            let declared_type = declared_type.to_owned();
            Ok(ColumnInfo { name: column.name().to_owned(), declared_type, sort: decoder.sort() })
        };
        statement.columns().iter().map(column).collect()
    }

    pub async fn open_cursors(&self, statements: Vec<Statement>) -> Result<Vec<Cursor>, String> {
        let mut statements = statements.into_iter();
        let Some(first) = statements.next() else { return Ok(Vec::new()) };
        let (mut connection, zone) = (self.begin().await?, self.access.zone);
        let mut others = Vec::with_capacity(statements.len());
        for statement in statements {
            let (columns, key) = (statement.columns.clone(), statement.key.clone());
            let spool = Spool::fill(lines(Held::Lent(&mut connection), statement, zone)).await?;
            others.push(Cursor::new(columns, key, spool.read()));
        }
        let (columns, key) = (first.columns.clone(), first.key.clone());
        let cursor = Cursor::new(columns, key, lines(Held::Own(connection), first, zone));
        Ok(std::iter::once(cursor).chain(others).collect())
    }

    /// All statements of the transaction see the state at its first one.
    async fn begin(&self) -> Result<PgConnection, String> {
        self.access.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }
}

fn lines(
    mut connection: Held<'_, PgConnection>,
    statement: Statement,
    zone: Tz,
) -> impl Stream<Item = Result<Line, String>> + Send {
    stream! {
        let Statement { sql, parameters, columns, .. } = statement;
        // Under a name: finding out a type of the city's own would make the server forget one without.
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for parameter in parameters {
            query = match parameter {
                Value::Int(number) => query.bind(number),
                text => query.bind(text.to_string()),
            };
        }
        let mut rows = query.fetch(connection.get());
        let mut decoders = None;
        loop {
            match next_row(&mut rows).await {
                Ok(Some(Ok(row))) => {
                    let decoders =
                        decoders.get_or_insert_with(|| decode::decoders(row.columns(), zone));
                    yield Ok(decode::line(&row, decoders, &columns));
                }
                Ok(None) => break,
                Ok(Some(Err(error))) => {
                    yield Err(words(&error));
                    break;
                }
                Err(silence) => {
                    yield Err(silence);
                    break;
                }
            }
        }
        drop(rows);
        connection.done().await;
    }
}
