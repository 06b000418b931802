//! The thread of one reading: ODBC blocks, so each reading has a thread of its own, which hands its rows over a
//! short channel and ends when nobody takes them any more.

use std::borrow::BorrowMut;
use std::sync::Arc;

use async_stream::stream;
use chrono_tz::Tz;
use futures_util::stream::Stream;
use odbc_api::parameter::{InputParameter, VarWCharBox};
use odbc_api::{Connection, Error};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::super::super::column::Statement;
use super::super::super::cursor::Line;
use super::super::{SILENCE_MAX, silent};
use super::column::{Unreadable, columns};
use super::rows;
use super::session::{self, Known, words};
use crate::record::Value;

/// Parts that may wait to be taken.
const PARTS_AHEAD: usize = 2;
/// What is said of a driver that took its thread down.
pub const BROKEN: &str = "the ODBC driver broke down";

/// What the thread hands over.
pub enum Part {
    Lines(Vec<Line>),
    /// The connection is open; later: the question is answered to its end.
    Done,
    /// In the database's words.
    Failed(String),
}

/// Why the thread stops.
pub enum Stop {
    Failed(String),
    /// Nobody takes the rows.
    Unwanted,
}

/// Reads the answers to all questions, one after the other, in one transaction.
///
/// Shape:  first `Done` or `Failed` for the connection, then for each question its lines and `Done` or `Failed`;
///         a channel that closes earlier is a driver that broke down.
/// Errors: no thread could be had.
pub fn start(
    string: Arc<str>,
    known: Option<Known>,
    zone: Tz,
    statements: Vec<Statement>,
) -> Result<Receiver<Part>, String> {
    let (sender, receiver) = channel(PARTS_AHEAD);
    let run = move || {
        let count = statements.len();
        let mut answered = 0;
        if let Err(Stop::Failed(words)) = read(&string, known, zone, statements, &sender, &mut answered) {
            // Each question that is still open learns of it.
            for _ in answered..=count {
                if sender.blocking_send(Part::Failed(words.clone())).is_err() {
                    return;
                }
            }
        }
    };
    let thread = std::thread::Builder::new().name("odbc".into()).spawn(run);
    thread.map(|_| receiver).map_err(|error| error.to_string())
}

/// The next part; `None` if the driver broke down.
pub async fn next(parts: &mut Receiver<Part>) -> Option<Part> {
    let part = tokio::time::timeout(SILENCE_MAX, parts.recv()).await;
    part.unwrap_or_else(|_| Some(Part::Failed(silent(SILENCE_MAX))))
}

/// The lines of the next question.
pub fn lines(
    mut parts: impl BorrowMut<Receiver<Part>> + Send,
) -> impl Stream<Item = Result<Line, String>> + Send {
    stream! {
        loop {
            match next(parts.borrow_mut()).await {
                Some(Part::Lines(lines)) => {
                    for line in lines {
                        yield Ok(line);
                    }
                }
                Some(Part::Done) => break,
                Some(Part::Failed(words)) => {
                    yield Err(words);
                    break;
                }
                None => {
                    yield Err(BROKEN.to_owned());
                    break;
                }
            }
        }
    }
}

fn read(
    string: &str,
    known: Option<Known>,
    zone: Tz,
    statements: Vec<Statement>,
    parts: &Sender<Part>,
    answered: &mut usize,
) -> Result<(), Stop> {
    let (connection, known) = session::begin(string, known, zone).map_err(Stop::Failed)?;
    hand_over(parts, Part::Done)?;
    *answered += 1;
    let taken = statements.into_iter().try_for_each(|statement| {
        answer(&connection, known, zone, statement, parts)?;
        hand_over(parts, Part::Done)?;
        *answered += 1;
        Ok(())
    });
    // Nothing was written; a connection that cannot even take that back is gone anyway.
    let _ = connection.rollback();
    taken
}

fn answer(
    connection: &Connection<'_>,
    known: Known,
    zone: Tz,
    statement: Statement,
    parts: &Sender<Part>,
) -> Result<(), Stop> {
    let parameters: Vec<Box<dyn InputParameter>> = statement.parameters.iter().map(parameter).collect();
    let cursor = connection.execute(&statement.sql, parameters.as_slice(), None).map_err(failed)?;
    let Some(mut cursor) = cursor else { return Ok(()) };
    let found =
        columns(&mut cursor, known.product.keeps_lengths()).map_err(|unreadable| match unreadable {
            Unreadable::Words(words) => Stop::Failed(words),
            Unreadable::Column(complaint) => Stop::Failed(complaint.to_string()),
        })?;
    if found.len() != statement.columns.len() {
        return Err(Stop::Failed("the columns of the query have changed".into()));
    }
    rows::read(cursor, &found, &statement.columns, zone, parts)
}

/// What `Dialect::holds` asks for.
fn parameter(value: &Value) -> Box<dyn InputParameter> {
    match value {
        Value::Int(number) => Box::new(*number),
        Value::Null => Box::new(VarWCharBox::null()),
        other => Box::new(VarWCharBox::from_str_slice(&other.to_string())),
    }
}

pub fn failed(error: Error) -> Stop {
    Stop::Failed(words(&error))
}

pub fn hand_over(parts: &Sender<Part>, part: Part) -> Result<(), Stop> {
    parts.blocking_send(part).map_err(|_| Stop::Unwanted)
}
