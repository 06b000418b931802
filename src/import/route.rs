//! An import route with everything it needs, compiled.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::{Asia, Tz};

use crate::codes::{Codes, nearest};
use crate::config::{Fault, Import, Located, Route};
use crate::delivery::RemoteRecord;
use crate::expression::{Expression, Hint, MEANING_VERSION, Names, Scope};
use crate::record::{Complaint, Document, Fingerprint, Fingerprinter, Value};
use crate::schema::Kind;

/// Names of an import's columns besides the document's fields.
const ENVELOPE: [&str; 3] = ["remoteId", "city", "updatedAt"];
/// The zone of the province's times that are written without one.
const ZONE: Tz = Asia::Shanghai;

/// An import route, ready to run.
#[derive(Clone)]
pub struct ImportRoute {
    pub route: Arc<Route>,
    pub import: Import,
    pub kind: Arc<Kind>,
    /// Of target, columns, schema, code tables and filters: what a local row depends on besides the remote record.
    pub version: Fingerprint,
    /// Of database, table and key.
    pub(super) table: Fingerprint,
    columns: Vec<Column>,
    codes: Codes,
    /// The kind's top-level fields.
    fields: Arc<BTreeSet<String>>,
    uses_time: bool,
}

#[derive(Clone)]
struct Column {
    name: String,
    expression: Expression,
}

impl ImportRoute {
    /// Compiles the columns.
    ///
    /// Errors: every fault of every expression; Q3101 for a name that neither the kind nor the envelope has, Q5102
    /// for a code table that is not there, Q8001 for a reference to a parent.
    pub fn compile(
        route: &Arc<Route>,
        import: &Import,
        kind: Arc<Kind>,
        codes: &Codes,
    ) -> Result<ImportRoute, Vec<Fault>> {
        let outer = kind.fields.iter().map(|field| &field.name).filter(|name| !name.contains('.'));
        let fields: BTreeSet<String> = outer.cloned().collect();
        let mut reader = Reader { route, fields: &fields, codes, faults: Vec::new() };
        let columns: Vec<Column> = import
            .columns
            .iter()
            .filter_map(|field| {
                let expression = reader.expression(&field.expression)?;
                Some(Column { name: field.name.value.clone(), expression })
            })
            .collect();
        if !reader.faults.is_empty() {
            return Err(reader.faults);
        }
        let target = &import.target;
        let mut printer = Fingerprinter::new("import table");
        for part in [&target.database, &target.table, &target.key] {
            printer.part(part.as_bytes());
        }
        let table = printer.finish();
        let mut printer = Fingerprinter::new("import route");
        printer.number(MEANING_VERSION).part(table.as_bytes()).part(target.origin_column.as_bytes());
        printer.part(kind.fingerprint().as_bytes()).part(codes.fingerprint().as_bytes());
        for column in &columns {
            printer.part(column.name.as_bytes()).part(column.expression.text().as_bytes());
        }
        let uses_time =
            columns.iter().any(|column| column.expression.names().iter().any(|name| **name == *"updatedAt"));
        Ok(ImportRoute {
            route: route.clone(),
            import: import.clone(),
            kind,
            version: printer.finish(),
            table,
            columns,
            codes: codes.clone(),
            fields: Arc::new(fields),
            uses_time,
        })
    }

    /// The local columns that a row is written to, the origin last; the key is not among them.
    pub(super) fn column_names(&self) -> Vec<&str> {
        let columns = self.columns.iter().map(|column| column.name.as_str());
        columns.chain([self.import.target.origin_column.as_str()]).collect()
    }

    /// The cells of a record, in the order of the columns, without the origin.
    ///
    /// Errors: one complaint for each column that cannot be made, all at once.
    pub(super) fn map(
        &self,
        record: &RemoteRecord,
        document: &Document,
    ) -> Result<Vec<Value>, Vec<Complaint>> {
        let names = Remote { record, document };
        let scope = Scope::new(&names, &self.codes, ZONE);
        let mut cells = Vec::with_capacity(self.columns.len());
        let mut complaints = Vec::new();
        for column in &self.columns {
            let made = column.expression.evaluate(&scope).and_then(|value| match value {
                Value::List(_) | Value::Map(_) => {
                    Err(Complaint::new("Q2021").fact("type", value.type_name()).found(value))
                }
                cell => Ok(cell),
            });
            match made {
                Ok(cell) => cells.push(cell),
                Err(complaint) => complaints.push(complaint.column(&column.name)),
            }
        }
        if complaints.is_empty() { Ok(cells) } else { Err(complaints) }
    }

    /// The record's document, taken out of it, without fields that the kind does not know: a province that adds
    /// one must not bring the import to a halt, and nothing here could read it.
    pub(super) fn take_document(&self, record: &mut RemoteRecord) -> Document {
        let mut fields = std::mem::take(&mut record.data);
        fields.retain(|name, _| self.fields.contains(name));
        Document(fields)
    }

    /// Of everything that a judgement of the record depends on.
    pub(super) fn print(&self, record: &RemoteRecord, document: &Document) -> Fingerprint {
        let mut printer = Fingerprinter::new("remote record");
        printer.part(self.version.as_bytes());
        printer.part(document.fingerprint(&self.kind.volatile).as_bytes());
        printer.part(record.city.as_deref().unwrap_or_default().as_bytes());
        if self.uses_time {
            printer.part(record.updated_at.as_deref().unwrap_or_default().as_bytes());
        }
        printer.finish()
    }
}

/// The names of a remote record: those of its envelope, then its fields. A field that it leaves out is null.
struct Remote<'a> {
    record: &'a RemoteRecord,
    document: &'a Document,
}

impl Names for Remote<'_> {
    fn get(&self, name: &str, hint: &Hint) -> Option<Cow<'_, Value>> {
        let text = |text: Option<&str>| Some(Cow::Owned(text.map_or(Value::Null, Value::text)));
        match name {
            "remoteId" => text(Some(&self.record.remote_id)),
            "city" => text(self.record.city.as_deref()),
            "updatedAt" => text(self.record.updated_at.as_deref()),
            field => Names::get(self.document, field, hint),
        }
    }

    fn known(&self) -> Vec<Arc<str>> {
        ENVELOPE.into_iter().map(Arc::from).chain(self.document.known()).collect()
    }
}

struct Reader<'a> {
    route: &'a Route,
    fields: &'a BTreeSet<String>,
    codes: &'a Codes,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn expression(&mut self, text: &Located<String>) -> Option<Expression> {
        let expression = match Expression::compile(text) {
            Ok(expression) => expression,
            Err(faults) => {
                for fault in faults {
                    self.refuse(text, fault.column, fault.complaint);
                }
                return None;
            }
        };
        for name in expression.names() {
            if !self.fields.contains(&**name) && !ENVELOPE.contains(&&**name) {
                let known = self.fields.iter().map(String::as_str).chain(ENVELOPE);
                let near = nearest(name, known, 3).join(", ");
                let near = if near.is_empty() { "–".to_owned() } else { near };
                self.refuse_word(text, name, Complaint::new("Q3101").found(name).fact("near", near));
            }
        }
        for table in expression.tables() {
            if let Err(complaint) = self.codes.table(table) {
                self.refuse_word(text, table, complaint);
            }
        }
        for parent in expression.parents() {
            self.refuse_word(text, parent, Complaint::new("Q8001").found(parent));
        }
        Some(expression)
    }

    fn refuse_word(&mut self, text: &Located<String>, word: &str, complaint: Complaint) {
        let column = text.find(word).map_or(0, |at| text[..at].chars().count());
        self.refuse(text, column, complaint);
    }

    /// A fault at a character of an expression.
    fn refuse(&mut self, text: &Located<String>, column: usize, complaint: Complaint) {
        // In a text over several lines only its beginning is known.
        let offset = if text.contains('\n') { 0 } else { column };
        self.faults.push(text.fault(&self.route.file, offset, complaint));
    }
}
