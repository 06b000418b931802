//! What the program can explain offline: complaint ids, filters, retries.

use std::time::Duration;

use serde_json::json;

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use super::table::Table;
use crate::delivery::next_wait;
use crate::expression::{Filter, filters};
use crate::platform::Profile;
use crate::record::{Complaint, ID_PREFIXES, Severity, catalogue, entry};
use crate::sync::Error;

/// What an id means, without an instance. The places for found values stay open.
pub fn complaint(screen: &Screen, id: &str) -> Result<Exit, Failure> {
    let id = id.to_uppercase();
    let Some(known) = entry(&id) else {
        let near: Vec<&str> = catalogue()
            .map(|one| one.id)
            .filter(|one| id.len() >= 3 && one.starts_with(&id[..3.min(id.len())]))
            .collect();
        let near = if near.is_empty() { String::new() } else { format!(": {}", near.join(" ")) };
        return Err(Failure::usage(
            format!("没有编号为 {id} 的意见"),
            format!("there is no complaint {id}; a listing needs its kind and key"),
            format!("编号形如 Q4103；解释记录用 qilu explain 类别 编号{near}"),
            format!("ids look like Q4103; for a listing: `qilu explain KIND KEY`{near}"),
        ));
    };
    let (zh, en) = (known.zh, known.en);
    let owner = Complaint::new(&id).owner.name(screen.language);
    screen.document(&json!({
        "id": known.id, "severity": known.severity, "owner": known.owner,
        "zh": zh, "en": en, "advice_zh": known.advice_zh, "advice_en": known.advice_en,
    }));
    let topic = ID_PREFIXES.iter().find(|(prefix, ..)| id.starts_with(prefix));
    let topic = topic.map_or("", |(_, zh, en)| screen.pick(zh, en));
    let severity = match known.severity {
        Severity::Error => screen.pick("错误：改好之前不报送", "error: it stays at home until mended"),
        Severity::Warning => screen.pick("提示：照常报送", "warning: it is sent all the same"),
    };
    screen.line(format_args!("{id}  {topic}"));
    screen.line(format_args!("  {}", screen.pick(zh, en)));
    screen.line(format_args!("  → {owner}: {}", screen.pick(known.advice_zh, known.advice_en)));
    screen.line(format_args!("  {severity}"));
    Ok(Exit::Well)
}

/// All filters with their examples.
pub fn filter_list(screen: &Screen) -> Exit {
    let view = |filter: &Filter| {
        let examples = filter.examples.iter().map(|(from, to)| json!({"expression": from, "gives": to}));
        let examples: Vec<_> = examples.collect();
        let Filter { name, signature, zh, en, .. } = filter;
        json!({"name": name, "signature": signature, "zh": zh, "en": en, "examples": examples})
    };
    screen.document(&filters().iter().map(view).collect::<Vec<_>>());
    for filter in filters() {
        screen.line(format_args!("{}\n    {}", filter.signature, screen.pick(filter.zh, filter.en)));
        for (from, to) in filter.examples {
            screen.line(format_args!("    {from}  →  {to}"));
        }
    }
    Exit::Well
}

/// When a platform's batches go again.
pub fn retries(desk: &Desk, name: &str) -> Result<Exit, Failure> {
    let instance = desk.instance()?;
    let platform = instance.platforms.get(name).ok_or_else(|| {
        let known = instance.platforms.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        Error::Unknown { what: "platform", name: name.to_owned(), known }
    })?;
    let profile = Profile::compile(platform.clone())?;
    let mut waits = Vec::new();
    for attempts in 1.. {
        // The lowest throw of the dice is the plain wait; the highest adds the whole jitter.
        let (Some(least), Some(most)) =
            (next_wait(&profile, attempts, [0; 8]), next_wait(&profile, attempts, [255; 8]))
        else {
            break;
        };
        waits.push((attempts, least, most));
    }
    let screen = &desk.screen;
    let rows: Vec<_> = waits
        .iter()
        .map(|(attempts, least, most)| {
            json!({"after_attempt": attempts, "wait_ms_min": least.as_millis() as u64, "wait_ms_max": most.as_millis() as u64})
        })
        .collect();
    screen.document(&json!({"platform": name, "attempts_max": platform.retry.attempts_max, "waits": rows}));
    let mut table = Table::new()
        .numbers(screen.pick("第几次之后", "after attempt"))
        .words(screen.pick("等待", "wait"))
        .words(screen.pick("累计至少", "since the first, at least"));
    let mut total = Duration::ZERO;
    for (attempts, least, most) in waits {
        total += least;
        table.row([attempts.to_string(), format!("{} – {}", span(least), span(most)), span(total)]);
    }
    screen.table(&table);
    screen.line(format_args!(
        "  {} {}",
        screen.pick("最多发送次数（之后转人工）：", "attempts in all, then a person must look:"),
        platform.retry.attempts_max
    ));
    Ok(Exit::Well)
}

/// `1h 20m`, `5s`, `250ms`.
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if shown.is_empty() { format!("{}ms", duration.as_millis()) } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short_and_exact_to_the_second() {
        for (given, expect) in [
            (0, "0ms"),
            (250, "250ms"),
            (5_000, "5s"),
            (80_000, "1m 20s"),
            (21_600_000, "6h"),
            (3_661_000, "1h 1m 1s"),
        ] {
            assert_eq!(span(Duration::from_millis(given)), expect);
        }
    }
}
