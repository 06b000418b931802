//! A push route with everything it needs, compiled.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::attachment::Shelf;
use crate::config::{Act, Located, Push, Route, Withdraw};
use crate::mapping::{Mapped, Mapping, Wish};
use crate::plan::Wanted;
use crate::record::{Complaint, Document, FileRef, FileSource, Fingerprint, Fingerprinter, Row};
use crate::schema::{Checked, Class, Kind, natural_keys};

/// A push route, ready to run.
#[derive(Clone)]
pub struct PushRoute {
    pub route: Arc<Route>,
    pub push: Push,
    pub mapping: Arc<Mapping>,
    pub kind: Arc<Kind>,
    /// Of fields, predicates, schema, code tables, crosswalks and filters: what a verdict depends on besides the row.
    pub version: Fingerprint,
    without_basis: Vec<WithoutBasis>,
    has_files: bool,
    /// Where its files may be taken from; `None` where the province takes none.
    pub(super) shelf: Option<(Shelf, usize)>,
}

/// A personal field that the route maps without saying why it may be sent.
#[derive(Clone, Debug)]
pub struct WithoutBasis {
    /// The route's field, as in `contact.phone`.
    pub name: String,
    pub title: String,
    pub class: Class,
    pub at: Located<String>,
}

/// What one row turned out to be.
#[derive(Debug)]
pub struct Judged {
    pub title: String,
    pub wanted: Wanted,
    pub checked: Option<Checked>,
    pub complaints: Vec<Complaint>,
    pub natural_keys: Vec<Fingerprint>,
}

impl PushRoute {
    pub fn new(route: Arc<Route>, push: Push, mapping: Mapping, kind: Arc<Kind>) -> Self {
        let mut printer = Fingerprinter::new("route version");
        printer.part(mapping.fingerprint().as_bytes()).part(kind.fingerprint().as_bytes());
        let version = printer.finish();
        let without_basis = without_basis(&push, &kind);
        let has_files = mapping.has_files();
        PushRoute {
            route,
            push,
            mapping: Arc::new(mapping),
            kind,
            version,
            without_basis,
            has_files,
            shelf: None,
        }
    }

    /// Whether the province takes files at all.
    pub fn takes_files(&self) -> bool {
        self.shelf.is_some()
    }

    /// Personal and sensitive fields, mapped or inside what is mapped, that no `[basis]` lets out.
    pub fn without_basis(&self) -> &[WithoutBasis] {
        &self.without_basis
    }

    pub(super) fn with_shelf(self, shelf: Option<(Shelf, usize)>) -> Self {
        PushRoute { shelf, ..self }
    }

    /// Whether any field is an attachment.
    pub fn has_files(&self) -> bool {
        self.has_files
    }

    /// What signs of withdrawal lead to: the route's word, or the kind's.
    ///
    /// The kinds that never withdraw by themselves keep that whatever the route says: `auto` becomes `ask`.
    pub fn withdraw_rule(&self) -> Withdraw {
        let own = self.push.source.withdraw.unwrap_or(self.kind.withdraw);
        let tame = |act: Act, kind: Act| if kind == Act::Never && act == Act::Auto { Act::Ask } else { act };
        Withdraw {
            flag: tame(own.flag, self.kind.withdraw.flag),
            absence: tame(own.absence, self.kind.withdraw.absence),
        }
    }

    /// Row → document → checked, with every complaint on the way. Files are not looked at.
    pub fn judge(&self, row: &Row, today: NaiveDate) -> Judged {
        let mut mapped = self.mapping.map(row);
        if self.has_files {
            // A content inside a document would be shown and compared as if it were a text.
            mapped.document.change_files(&mut |text| {
                let file = FileRef::parse(text)?;
                let FileSource::Here(content) = &file.source else { return None };
                let source = FileSource::Kept(Fingerprint::of(content));
                Some(FileRef { source, ..file.clone() }.to_text())
            });
        }
        self.judge_mapped(mapped, today)
    }

    /// As `judge`, of a row that is mapped already.
    pub fn judge_mapped(&self, mapped: Mapped, today: NaiveDate) -> Judged {
        let Mapped { wish, document, mut complaints, title } = mapped;
        let plain = |title, wanted, complaints| Judged {
            title,
            wanted,
            checked: None,
            complaints,
            natural_keys: Vec::new(),
        };
        match wish {
            Wish::Filtered => return plain(title, Wanted::Filtered, Vec::new()),
            Wish::Withdraw => return plain(title, Wanted::Withdraw, Vec::new()),
            Wish::Hold(complaint) => return plain(title, Wanted::Held, vec![complaint]),
            Wish::Publish => (),
        }
        let broken = complaints.iter().any(Complaint::is_error);
        match self.kind.check(document, &|pointer| self.mapping.column_of(pointer), today) {
            Ok(checked) => {
                complaints.extend(checked.warnings().iter().cloned());
                if broken {
                    return plain(title, Wanted::Invalid, complaints);
                }
                if let Some(bare) =
                    self.without_basis.iter().find(|bare| holds(checked.document(), &bare.name))
                {
                    let complaint = Complaint::new("Q6022").found(&bare.name).label(&bare.title);
                    return plain(title, Wanted::Held, vec![complaint]);
                }
                let natural_keys = natural_keys(&self.kind, &checked.document().0);
                let wanted = Wanted::Publish(checked.fingerprint());
                Judged { title, wanted, checked: Some(checked), complaints, natural_keys }
            }
            Err(found) => {
                // A field that could not be mapped is missing too; saying so twice helps nobody.
                let said: Vec<_> = complaints.iter().map(|one| one.pointer.clone()).collect();
                complaints.extend(found.into_iter().filter(|one| !said.contains(&one.pointer)));
                plain(title, Wanted::Invalid, complaints)
            }
        }
    }
}

fn without_basis(push: &Push, kind: &Kind) -> Vec<WithoutBasis> {
    let inside = |name: &str, of: &str| {
        name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let has_basis = |field: &str| push.basis.iter().any(|(name, _)| inside(field, name));
    let children = push.children.iter().flat_map(|child| {
        child.fields.iter().map(|field| (format!("{}.{}", child.name.value, field.name.value), &field.name))
    });
    let own = push.fields.iter().map(|field| (field.name.value.clone(), &field.name));
    let personal = |(name, at): (String, &Located<String>)| {
        let mut fields = kind.fields.iter().filter(|field| inside(&field.name, &name));
        let field = fields.find(|field| field.class.needs_basis())?;
        let (title, class) = (field.title.clone(), field.class);
        (!has_basis(&name)).then(|| WithoutBasis { name, title, class, at: at.clone() })
    };
    own.chain(children).filter_map(personal).collect()
}

/// Does the document hold a field of this dotted name, in itself or in the items of a list?
fn holds(document: &Document, name: &str) -> bool {
    fn walk<'a>(value: &serde_json::Value, mut path: std::str::Split<'a, char>) -> bool {
        if let serde_json::Value::Array(items) = value {
            return items.iter().any(|item| walk(item, path.clone()));
        }
        match path.next() {
            Some(name) => value.get(name).is_some_and(|inner| walk(inner, path)),
            None => true,
        }
    }
    let mut path = name.split('.');
    path.next().and_then(|first| document.0.get(first)).is_some_and(|value| walk(value, path))
}
