//! The schema's own keywords, checked in one walk over fields and document side by side.

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::complain::Desk;
use super::field::{DecimalLimits, Node};
use super::place::step;
use super::text::{Odd, is_blank, odd};
use crate::codes::{CodeTable, nearest};
use crate::record::{Complaint, ParentRef};

/// What stands in a field that refers to a parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum References {
    /// `urn:qilu:parent:KIND:KEY`, before the province's id is known.
    Ours,
    /// The province's ids.
    Theirs,
}

/// One walk. Complaints are pushed in document order.
pub(super) struct Walk<'a> {
    pub desk: &'a Desk<'a>,
    pub today: NaiveDate,
    pub references: References,
    pub found: Vec<Complaint>,
}

/// Where the walk stands; written out only when there is something to say.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    up: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Item(usize),
}

impl At<'_> {
    pub const ROOT: At<'static> = At { up: None, step: Step::Root };
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(up) = self.up {
            write!(f, "{up}")?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Name(name) => write!(f, "/{}", step(name)),
            Step::Item(index) => write!(f, "/{index}"),
        }
    }
}

impl Walk<'_> {
    /// Shape: a member that the schema does not know is left to `additionalProperties`.
    pub fn look(&mut self, node: &Node, value: &Json, at: &At<'_>) {
        match value {
            Json::Object(fields) => {
                let mut after = 0;
                for (name, value) in fields {
                    if let Some((place, member)) = node.member_after(after, name) {
                        after = place + 1;
                        self.look(member, value, &At { up: Some(at), step: Step::Name(name) });
                    }
                }
            }
            Json::Array(items) => {
                let Some(item) = &node.item else { return };
                for (index, value) in items.iter().enumerate() {
                    self.look(item, value, &At { up: Some(at), step: Step::Item(index) });
                }
            }
            Json::String(text) => self.text(node, text, value, at),
            Json::Null | Json::Bool(_) | Json::Number(_) => (),
        }
    }

    fn text(&mut self, node: &Node, text: &str, value: &Json, at: &At<'_>) {
        let desk = self.desk;
        let here = |id: &str| desk.complaint(id, &at.to_string(), Some(value));
        if is_blank(text) {
            self.found.push(here("Q4103"));
            return;
        }
        let code_point = |c: char| format!("U+{:04X}", u32::from(c));
        match odd(text) {
            None => (),
            Some(Odd::Control(c)) => self.found.push(here("Q4204").fact("character", code_point(c))),
            Some(Odd::Bidirectional(c)) => self.found.push(here("Q4205").fact("character", code_point(c))),
            Some(Odd::Broken) => self.found.push(here("Q4206")),
        }
        let keywords = &node.keywords;
        if let (Some(kind), References::Ours) = (&keywords.parent, self.references) {
            match ParentRef::parse(text) {
                Some(parent) if parent.kind == *kind && !parent.key.is_empty() => (),
                Some(parent) => {
                    self.found.push(here("Q4602").fact("expected", kind).fact("is", parent.kind));
                }
                None => self.found.push(here("Q4601").fact("expected", kind)),
            }
        }
        if let Some(table) = &keywords.table
            && let Ok(table) = desk.kind.codes.table(table)
            && let Some((id, facts)) = code(table, text, self.today)
        {
            let complaint = here(id).fact("table", table.name());
            self.found.push(facts.into_iter().fold(complaint, |one, (name, fact)| one.fact(name, fact)));
        }
        if let Some((charset, limit)) = keywords.bytes {
            let length = charset.bytes(text);
            if length > limit {
                let complaint = here("Q4203").fact("limit", limit).fact("length", length);
                self.found.push(complaint.fact("charset", charset.name()));
            }
        }
        if let Some(limits) = &keywords.decimal
            && let Some((id, facts)) = decimal(limits, text)
        {
            self.found.push(facts.into_iter().fold(here(id), |one, (name, fact)| one.fact(name, fact)));
        }
    }
}

type Miss = (&'static str, Vec<(&'static str, String)>);

/// A code that is not there, not yet, or not any more.
fn code(table: &CodeTable, code: &str, today: NaiveDate) -> Option<Miss> {
    let listed =
        |entries: Vec<String>| if entries.is_empty() { "–".to_owned() } else { entries.join("; ") };
    let Some(row) = table.row(code) else {
        let near = table.near(code).iter().map(ToString::to_string).collect();
        return Some(("Q4501", vec![("near", listed(near))]));
    };
    if row.is_current(today) {
        return None;
    }
    if let Some(from) = row.from.filter(|from| today < *from) {
        return Some(("Q4505", vec![("name", row.name.to_string()), ("from", from.to_string())]));
    }
    // Tables do not name successors; a code in force with a like name, 莱芜市 → 莱芜区, is a good hint.
    let current = || table.rows().iter().filter(|other| other.is_current(today));
    let stem = row.name.trim_end_matches(['省', '市', '区', '县', '类']);
    let mut names: Vec<&str> =
        current().map(|other| other.name.as_ref()).filter(|name| name.contains(stem)).collect();
    names.extend(nearest(&row.name, current().map(|other| other.name.as_ref()), 3));
    let mut near: Vec<String> = Vec::new();
    for name in names {
        let shown = current()
            .filter(|other| *other.name == *name)
            .map(|other| format!("{} {}", other.code, other.name));
        near.extend(shown.filter(|entry| !near.contains(entry)).collect::<Vec<_>>());
    }
    near.truncate(3);
    let to = row.to.map_or_else(String::new, |to| to.to_string());
    Some(("Q4502", vec![("name", row.name.to_string()), ("to", to), ("near", listed(near))]))
}

/// A decimal that stands as text. One that is not a decimal at all is left to the format.
fn decimal(limits: &DecimalLimits, text: &str) -> Option<Miss> {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('0'));
    let limit =
        |limit: &Decimal| vec![("limit", limit.normalize().to_string()), ("unit", limits.unit.clone())];
    let Ok(number) = Decimal::from_str_exact(text) else {
        // Well formed but beyond 28 digits: above every limit, or finer than every scale.
        let whole = text.trim_start_matches('-').split('.').next().unwrap_or_default();
        return match &limits.maximum {
            Some(maximum) if whole.len() > 28 => Some(("Q4302", limit(maximum))),
            _ => Some((
                "Q4306",
                vec![("scale", limits.scale.to_string()), ("length", fraction.len().to_string())],
            )),
        };
    };
    if let Some(minimum) = limits.minimum.as_ref().filter(|minimum| number < **minimum) {
        return Some(("Q4301", limit(minimum)));
    }
    if let Some(maximum) = limits.maximum.as_ref().filter(|maximum| number > **maximum) {
        return Some(("Q4302", limit(maximum)));
    }
    if fraction.len() > limits.scale {
        return Some((
            "Q4306",
            vec![("scale", limits.scale.to_string()), ("length", fraction.len().to_string())],
        ));
    }
    None
}
