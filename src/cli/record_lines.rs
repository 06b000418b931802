//! One record with its whole history, as people read it.

use std::time::Duration;

use serde_json::Value as Json;

use super::difference::differences;
use super::explain_lines::{pretty, short};
use super::explain_words::span;
use super::part::object_with;
use super::screen::Screen;
use super::table::Table;
use crate::ledger::{AttemptView, DeliveryView, RecordDetail, State};
use crate::record::Language;

/// A body without this record is shown up to this length.
const SHORT_BYTES: usize = 1000;

/// Everything about a record. Of a batch only this record's part is shown, unless the `whole` is asked for.
pub fn show(screen: &Screen, detail: &RecordDetail, whole: bool) {
    let record = &detail.record;
    screen.line(format_args!("{} {}  {}", record.kind, record.key, record.title));
    let mut facts = Table::new().words("").words("");
    let accepted = record.accepted_version.map_or("-".to_owned(), |version| version.to_string());
    for (chinese, english, value) in [
        ("状态", "status", record.status.name(screen.language).to_owned()),
        ("要做什么", "what to do", record.status.what_to_do(screen.language).to_owned()),
        ("路线", "route", record.route.clone()),
        ("记录号", "record id", record.id.clone()),
        ("省里编号", "provincial id", record.remote_id.clone().unwrap_or_default()),
        ("来历", "origin", origin(&record.origin, screen).to_owned()),
        ("版本（已接收）", "version (accepted)", format!("{} ({accepted})", record.version)),
        ("省级审核", "review", review(&record.review, screen)),
        ("审核意见", "opinion", record.opinion.clone()),
        ("变动时间", "changed", screen.time(record.changed_at)),
    ] {
        if !value.is_empty() {
            facts.row([screen.pick(chinese, english).to_owned(), value]);
        }
    }
    screen.table(&facts);
    if !detail.complaints.is_empty() {
        screen.heading(screen.pick("意见", "Complaints"));
        for one in &detail.complaints {
            screen.complaint(&one.complaint, "  ");
        }
    }
    let mut before: Option<&Json> = None;
    for delivery in &detail.deliveries {
        show_delivery(screen, delivery, before, &record.id, whole);
        before = delivery.document.as_ref().or(before);
    }
}

fn show_delivery(screen: &Screen, delivery: &DeliveryView, before: Option<&Json>, record: &str, whole: bool) {
    let action = action(&delivery.action, screen);
    screen.heading(format_args!(
        "{} {}  {action}  {}  {}",
        screen.pick("版本", "Version"),
        delivery.version,
        state(&delivery.state, screen),
        screen.time(delivery.created_at)
    ));
    if !delivery.reason.is_empty() {
        screen.line(format_args!("  {} {}", screen.pick("原因：", "reason:"), delivery.reason));
    }
    if !delivery.schema.is_empty() {
        screen.line(format_args!("  {} {}", screen.pick("规范：", "schema:"), delivery.schema));
    }
    if let Some(key) = &delivery.batch_key {
        screen.line(format_args!("  {} {key}", screen.pick("批次：", "batch:")));
    }
    if delivery.state == "waiting_time" {
        screen.line(format_args!(
            "  {} {}",
            screen.pick("下次发送：", "next attempt:"),
            screen.time(delivery.next_at)
        ));
    }
    match (&delivery.document, before) {
        (Some(document), Some(before)) => show_changes(screen, before, document),
        (Some(document), None) => screen.line(pretty(document)),
        (None, _) => (),
    }
    for attempt in &delivery.exchanges {
        show_attempt(screen, attempt, record, whole);
    }
}

fn show_changes(screen: &Screen, before: &Json, after: &Json) {
    let mut table = Table::new()
        .words(screen.pick("字段", "field"))
        .words_to(screen.pick("原来", "before"), 50)
        .words_to(screen.pick("现在", "after"), 50);
    for one in differences(before, after) {
        table.row([one.pointer, short(one.before.as_ref()), short(one.after.as_ref())]);
    }
    if table.is_empty() {
        screen.line(screen.pick("  内容与上一版相同", "  the same content as the version before"));
    } else {
        screen.table(&table);
    }
}

fn show_attempt(screen: &Screen, attempt: &AttemptView, record: &str, whole: bool) {
    let took = span(Duration::from_micros(u64::try_from(attempt.took_us).unwrap_or(0)));
    let (number, at, outcome) =
        (attempt.number, screen.time(attempt.started_at), outcome(&attempt.outcome, screen));
    let status = attempt.status.map_or_else(String::new, |status| format!("HTTP {status}  "));
    screen.line(match screen.language {
        Language::Chinese => format!("  第 {number} 次发送  {at}  {status}{outcome}  {took}"),
        Language::English => format!("  attempt {number}  {at}  {status}{outcome}  {took}"),
    });
    for (mark, text) in [(">", &attempt.request), ("<", &attempt.answer)] {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        for line in head.lines() {
            screen.line(format_args!("    {mark} {line}"));
        }
        let part = if whole { None } else { object_with(body, record) };
        match part.map(|part| (part, serde_json::from_str::<Json>(part))) {
            Some((_, Ok(json))) => {
                for line in pretty(&json).lines() {
                    screen.line(format_args!("    {mark} {line}"));
                }
            }
            Some((part, Err(_))) => screen.line(format_args!("    {mark}   {part}")),
            None if whole || body.len() <= SHORT_BYTES => {
                for line in body.lines() {
                    screen.line(format_args!("    {mark}   {line}"));
                }
            }
            None => screen.line(format_args!(
                "    {mark}   {}",
                screen.pick("（内容较长，--whole 显示全部）", "(long; --whole shows all of it)")
            )),
        }
    }
}

fn outcome<'a>(word: &'a str, screen: &'a Screen) -> &'a str {
    match word {
        "settled" => screen.pick("已有逐条结果", "settled item by item"),
        "not accepted" => screen.pick("未被接收", "not accepted"),
        "in doubt" => screen.pick("结果不明", "in doubt"),
        other => other,
    }
}

fn origin(word: &str, screen: &Screen) -> &'static str {
    match word {
        "adopted" => screen.language.pick("认领自省平台", "adopted: the province had it first"),
        _ => screen.language.pick("本市报送", "reported by the city"),
    }
}

fn review(word: &str, screen: &Screen) -> String {
    let name = match word {
        "none" => "",
        "in_review" => screen.pick("审核中", "in review"),
        "published" => screen.pick("已发布", "published"),
        "returned" => screen.pick("退回", "returned"),
        "rejected" => screen.pick("不通过", "rejected"),
        "delisted" => screen.pick("下架", "delisted"),
        other => other,
    };
    name.to_owned()
}

/// What a delivery does, in a word.
pub fn action<'a>(word: &'a str, screen: &'a Screen) -> &'a str {
    match word {
        "create" => screen.pick("新增", "create"),
        "update" => screen.pick("更新", "update"),
        "withdraw" => screen.pick("撤下", "withdraw"),
        other => other,
    }
}

/// Where a delivery is, in a word.
pub fn state<'a>(word: &'a str, screen: &'a Screen) -> &'a str {
    match State::parse(word) {
        Some(state) => state.name(screen.language),
        None => word,
    }
}
