//! A push route with everything it needs, compiled.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::{Act, Push, Route, Withdraw};
use crate::mapping::{Mapped, Mapping, Wish};
use crate::plan::Wanted;
use crate::record::{Complaint, Fingerprint, Fingerprinter, Row};
use crate::schema::{Checked, Kind, natural_keys};

/// A push route, ready to run.
#[derive(Clone)]
pub struct PushRoute {
    pub route: Arc<Route>,
    pub push: Push,
    pub mapping: Arc<Mapping>,
    pub kind: Arc<Kind>,
    /// Of fields, predicates, schema, code tables, crosswalks and filters: what a verdict depends on besides the row.
    pub version: Fingerprint,
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
        PushRoute { route, push, mapping: Arc::new(mapping), kind, version }
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

    /// Row → document → checked, with every complaint on the way.
    pub fn judge(&self, row: &Row, today: NaiveDate) -> Judged {
        let Mapped { wish, document, mut complaints, title } = self.mapping.map(row);
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
