//! May this remote record come in? Every complaint about it at once, or the cells of its local row.

use chrono::NaiveDate;
use serde_json::Value as Json;

use super::markup::active;
use super::route::ImportRoute;
use crate::config::platform::{Operation, ReviewState};
use crate::delivery::RemoteRecord;
use crate::platform::Profile;
use crate::record::{Complaint, Document, Value};
use crate::schema::Kind;

/// The largest document that is looked at: a hundred times an ordinary one. Texts have limits of their own.
const DOCUMENT_BYTES_MAX: usize = 256 * 1024;
/// The longest id, city code or time.
const WORD_CHARS_MAX: usize = 200;
/// The longest title in quarantine.
const TITLE_CHARS_MAX: usize = 100;

/// Whether the province has taken a record off its shelf.
pub(super) fn is_delisted(profile: &Profile, record: &RemoteRecord) -> bool {
    let states = &profile.answer(Operation::List).states;
    let state = record.status.as_ref().and_then(|word| states.get(word));
    record.withdrawn || matches!(state, Some(ReviewState::Delisted | ReviewState::Rejected))
}

/// The cells of the record's local row, without the origin.
///
/// Shape:  size, characters and web content, then the province's own schema, then the route's columns; each only
///         if there is something for it to look at.
/// Errors: every complaint of the step that failed.
pub(super) fn judge(
    route: &ImportRoute,
    record: &RemoteRecord,
    document: &Document,
    today: NaiveDate,
) -> Result<Vec<Value>, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let words = [Some(&record.remote_id), record.city.as_ref(), record.updated_at.as_ref()];
    let unfit = words.into_iter().flatten().filter(|word| !is_plain_word(word));
    complaints.extend(unfit.map(|word| Complaint::new("Q8102").found(visible(word, WORD_CHARS_MAX))));
    let bytes = weight(&document.0);
    if bytes > DOCUMENT_BYTES_MAX {
        complaints.push(Complaint::new("Q8101").fact("bytes", bytes).fact("limit", DOCUMENT_BYTES_MAX));
        return Err(complaints);
    }
    for (name, value) in &document.0 {
        find_active(route, value, &mut format!("/{name}"), &mut complaints);
    }
    if let Err(found) = route.kind.check_remote(document.clone(), today) {
        complaints.extend(found);
    }
    if complaints.iter().any(Complaint::is_error) {
        return Err(complaints);
    }
    route.map(record, document)
}

/// What people call a remote record, fit to be shown.
pub(super) fn title(kind: &Kind, document: &Document) -> String {
    visible(kind.label_of(&document.0), TITLE_CHARS_MAX)
}

/// What quarantine keeps of the document: all of it, or nothing of one that is too large.
pub(super) fn kept_data(document: &Document) -> String {
    if weight(&document.0) > DOCUMENT_BYTES_MAX { String::new() } else { document.to_text() }
}

/// About as many bytes as the document has as JSON; quick, and never less than its texts.
fn weight(fields: &serde_json::Map<String, Json>) -> usize {
    fn of(value: &Json) -> usize {
        match value {
            Json::String(text) => text.len() + 2,
            Json::Array(items) => items.iter().map(|item| of(item) + 1).sum::<usize>() + 2,
            Json::Object(fields) => weight(fields),
            Json::Null | Json::Bool(_) | Json::Number(_) => 5,
        }
    }
    fields.iter().map(|(name, value)| name.len() + 4 + of(value)).sum::<usize>() + 2
}

fn find_active(route: &ImportRoute, value: &Json, pointer: &mut String, complaints: &mut Vec<Complaint>) {
    let length = pointer.len();
    match value {
        Json::String(text) => {
            if let Some(what) = active(text) {
                let label = route.kind.field(pointer).map_or("", |field| field.title.as_str());
                let complaint = Complaint::new("Q8103").at(pointer.as_str()).label(label);
                complaints.push(complaint.fact("what", what).found(visible(text, TITLE_CHARS_MAX)));
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                find_active(route, item, pointer, complaints);
                pointer.truncate(length);
            }
        }
        Json::Object(fields) => {
            for (name, value) in fields {
                pointer.push_str(&format!("/{name}"));
                find_active(route, value, pointer, complaints);
                pointer.truncate(length);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => (),
    }
}

/// Short, and every character one that people see.
fn is_plain_word(word: &str) -> bool {
    word.chars().count() <= WORD_CHARS_MAX && !word.chars().any(is_hidden)
}

/// The text without characters that people do not see, cut to a length.
fn visible(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(chars_max).collect()
}

/// Controls and marks that turn the direction of writing around. Source: UAX #9.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
