//! Reads the part of a route that only imports have: `[target]` and `[columns]`.

use super::parse_route::{read_key, sql_name};
use super::{Conflict, Field, Import, Section, Target};
use crate::record::Complaint;

const CONFLICTS: [(&str, Conflict); 3] =
    [("remote_wins", Conflict::RemoteWins), ("local_wins", Conflict::LocalWins), ("ask", Conflict::Ask)];

pub(super) fn read_import(root: &Section<'_>) -> Option<Import> {
    let target = root.need_section("target").and_then(|section| read_target(&section));
    let columns = root.need_section("columns").map(|section| {
        let texts = section.all_texts().into_iter();
        let columns: Vec<_> = texts.map(|(name, expression)| Field { name, expression }).collect();
        let fixed = target.iter().flat_map(|target| [&target.key, &target.origin_column]);
        for own in fixed {
            if let Some(double) = columns.iter().find(|column| column.name.value == own.value) {
                let complaint = Complaint::new("Q1010").fact("key", section.path()).found(&own.value);
                section.complain_located(&double.name, complaint);
            }
        }
        if columns.is_empty() {
            section.complain(Complaint::new("Q1018").fact("key", section.path()));
        }
        columns
    });
    Some(Import { target: target?, columns: columns? })
}

fn read_target(section: &Section<'_>) -> Option<Target> {
    let database = section.need_text("database");
    let table = section.need_text("table").and_then(|table| sql_name(section, "table", table));
    let key = read_key(section).and_then(|mut key| {
        if key.len() > 1 {
            let complaint = Complaint::new("Q1009").fact("key", "target.key").found(key.len());
            section.complain_at("key", complaint.fact("expected", 1));
        }
        key.pop()
    });
    let origin = section.need_text("origin_column");
    let origin_column = origin.and_then(|name| sql_name(section, "origin_column", name));
    let conflict = section.word("conflict", &CONFLICTS).unwrap_or(Conflict::Ask);
    section.finish();
    Some(Target { database: database?, table: table?, key: key?, origin_column: origin_column?, conflict })
}
