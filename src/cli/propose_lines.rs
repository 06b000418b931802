//! What `qilu propose` shows.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::screen::Screen;
use super::table::Table;
use crate::propose::{Confidence, Draft, OPEN, Resemblance};
use crate::schema::SchemaSet;

/// A draft with its file.
pub struct Written {
    pub draft: Draft,
    pub text: String,
    /// `None` where it is only printed.
    pub file: Option<PathBuf>,
    /// A file was there already and was left alone.
    pub was_there: bool,
}

/// Which tables look like which kinds.
pub fn overview(
    screen: &Screen,
    schemas: &SchemaSet,
    found: &[Resemblance],
    unreadable: &[(String, String)],
) {
    /// A table below this is no candidate that anybody wants to see.
    const SHOWN: f64 = 0.3;
    screen.document(&json!({"tables": found, "unreadable": unreadable_json(unreadable)}));
    let mut table = Table::new()
        .words(screen.pick("类别", "kind"))
        .words("")
        .words(screen.pick("表", "table"))
        .numbers(screen.pick("相似度", "likeness"))
        .numbers(screen.pick("有列的字段", "fields with a column"))
        .numbers(screen.pick("缺的必填", "required, missing"))
        .words("");
    for kind in schemas.kinds() {
        let own: Vec<&Resemblance> = found
            .iter()
            .filter(|one| one.kind == kind.name.as_ref() && (one.is_convincing || one.score >= SHOWN))
            .collect();
        let name = kind.name.as_ref();
        if own.is_empty() {
            table.row([name, kind.title.as_str(), "–", "", "", "", ""]);
        }
        for one in own {
            let percent = format!("{:.0}%", one.score * 100.0);
            let mark = if one.is_convincing { screen.pick("← 用它", "← this one") } else { "" };
            let fields = format!("{}/{}", one.matched, one.fields);
            let missing = one.missing.to_string();
            table.row([name, &kind.title, &one.table, &percent, &fields, &missing, mark]);
        }
    }
    screen.heading(screen.pick("哪张表像哪一类", "Which tables look like which kinds"));
    screen.table(&table);
    unreadable_lines(screen, unreadable);
    screen.heading(screen.pick("接下来：", "Next:"));
    screen.line(screen.pick(
        "  qilu propose KIND    写出一条路线的初稿；--table 指定别的表\n  qilu propose --all   有把握的各写一条",
        "  qilu propose KIND    writes a first route; `--table` names another table\n  qilu propose --all   one for every kind that has a convincing table",
    ));
}

/// What was written, and what is left to do.
pub fn drafts(screen: &Screen, written: &[Written], is_printed: bool, unreadable: &[(String, String)]) {
    let routes: Vec<Json> = written.iter().map(document).collect();
    screen.document(&json!({"routes": routes, "unreadable": unreadable_json(unreadable)}));
    if is_printed {
        for one in written {
            screen.line(one.text.trim_end());
        }
        return;
    }
    for one in written {
        summary(screen, one);
    }
    unreadable_lines(screen, unreadable);
    if written.iter().any(|one| !one.was_there) {
        screen.heading(screen.pick("接下来：", "Next:"));
        screen.line(match screen.language {
            crate::record::Language::Chinese => {
                format!("  打开文件，搜“{OPEN}”，逐处填好；再运行 qilu check，然后 qilu plan 预演。")
            }
            crate::record::Language::English => {
                format!("  open the files, search for {OPEN} and fill each place; then `qilu check`, then `qilu plan`")
            }
        });
    }
}

fn summary(screen: &Screen, written: &Written) {
    let draft = &written.draft;
    let file = written.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    screen.heading(format_args!("{} ← {}", draft.title, draft.table));
    if written.was_there {
        screen.line(format_args!(
            "  {file} {}",
            screen.pick("已经存在，没有改动它", "is there already and was left alone")
        ));
        return;
    }
    let (sure, likely, guess) = counts(draft);
    screen.line(match screen.language {
        crate::record::Language::Chinese => {
            format!("  {file}：肯定 {sure}，很可能 {likely}，猜测 {guess}（未启用）")
        }
        crate::record::Language::English => {
            format!("  {file}: sure {sure}, likely {likely}, guess {guess} (not in use)")
        }
    });
    for group in &draft.children {
        screen.line(format_args!("  {} {} ← {}", screen.pick("子表", "children"), group.name, group.table));
    }
    let missing: Vec<&str> =
        draft.unmatched.iter().filter(|one| one.required).map(|one| one.field.as_str()).collect();
    if !missing.is_empty() {
        screen.line(format_args!(
            "  {} {}",
            screen.pick("必填而没有列：", "required, without a column:"),
            missing.join(", ")
        ));
    }
    let places = written.text.matches(OPEN).count().saturating_sub(1);
    screen.line(format_args!("  {} {places}", screen.pick("待填之处：", "places to fill:")));
}

fn counts(draft: &Draft) -> (usize, usize, usize) {
    let all = draft.fields.iter().chain(draft.children.iter().flat_map(|group| &group.fields));
    let count = |confidence| all.clone().filter(|one| one.confidence == confidence).count();
    (count(Confidence::Sure), count(Confidence::Likely), count(Confidence::Guess))
}

fn document(written: &Written) -> Json {
    let mut json = serde_json::to_value(&written.draft).unwrap_or_default();
    json["file"] = json!(written.file);
    json["written"] = json!(written.file.is_some() && !written.was_there);
    json["text"] = json!(written.text);
    json
}

fn unreadable_json(unreadable: &[(String, String)]) -> Vec<Json> {
    unreadable.iter().map(|(table, reason)| json!({"table": table, "reason": reason})).collect()
}

fn unreadable_lines(screen: &Screen, unreadable: &[(String, String)]) {
    if unreadable.is_empty() {
        return;
    }
    screen.heading(
        screen.pick("读不到、只看了列名的表：", "Tables that could not be read, known by their names only:"),
    );
    for (table, reason) in unreadable {
        screen.line(format_args!("  {table}: {reason}"));
    }
}
