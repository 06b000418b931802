//! Events of the audit log for people, each look noted in the log itself.

use serde_json::{Value as Json, json};

use super::audit::{ListArguments, ShowArguments};
use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::moment::moment;
use super::runs::counts;
use super::screen::Screen;
use super::table::{Table, count};
use crate::audit::{self, Deed, Entry, EntryItem, Event, Filter, Page};
use crate::clock::Timestamp;
use crate::config::Instance;
use crate::ledger::Ledger;
use crate::record::Language;

pub async fn list(desk: &Desk, instance: &Instance, arguments: ListArguments) -> Result<Exit, Failure> {
    let filter = Filter {
        since: arguments.since.as_deref().map(|text| time(desk, text)).transpose()?,
        until: arguments.until.as_deref().map(|text| time(desk, text)).transpose()?,
        kind: arguments.kind,
        actor: arguments.actor,
        event: arguments.event,
        route: arguments.route,
        platform: None,
        run: arguments.run,
        outcome: arguments.outcome,
        record: arguments.record,
    };
    let ledger = desk.ledger(instance).await?;
    let page = Page { before: None, limit: arguments.limit };
    let entries = audit::list(ledger.db(), &filter, page).await?;
    note(desk, &ledger, Deed::Viewed, &words(&filter, entries.len())).await?;
    ledger.db().close().await;
    let screen = &desk.screen;
    screen.document(&entries.iter().map(entry_json).collect::<Vec<_>>());
    let mut table = Table::new()
        .numbers(screen.pick("序号", "event"))
        .words(screen.pick("时间", "time"))
        .words(screen.pick("事件", "what"))
        .words(screen.pick("操作人", "by"))
        .words(screen.pick("路线或平台", "route or platform"))
        .numbers(screen.pick("条目", "items"))
        .words_to(screen.pick("说明", "about"), 70);
    for one in &entries {
        let place = if one.route.is_empty() { &one.platform } else { &one.route };
        table.row([
            one.index.to_string(),
            screen.time(one.at.0),
            name(one, screen.language),
            one.actor.clone(),
            place.clone(),
            count(one.items as u64),
            about(one),
        ]);
    }
    screen.table(&table);
    Ok(Exit::Well)
}

pub async fn show(desk: &Desk, instance: &Instance, arguments: ShowArguments) -> Result<Exit, Failure> {
    let index = arguments.index;
    let ledger = desk.ledger(instance).await?;
    let page = Page { before: index.checked_add(1), limit: 1 };
    let entry =
        audit::list(ledger.db(), &Filter::default(), page).await?.into_iter().find(|one| one.index == index);
    let Some(entry) = entry else {
        let size = audit::size(ledger.db()).await?;
        return Err(Failure::usage(
            format!("没有第 {index} 个事件，日志共 {size} 个（从 0 起）"),
            format!("there is no event {index}: the log has {size}, counted from 0"),
            "qilu audit list 列出最近的事件。",
            "`qilu audit list` shows the newest",
        ));
    };
    let items = audit::items(ledger.db(), index).await?;
    let screen = &desk.screen;
    note(desk, &ledger, Deed::Viewed, &format!("event {index}")).await?;
    let mut evidence = None;
    if let Some(folder) = &arguments.evidence {
        let number = u64::try_from(index).unwrap_or(0);
        let proof = audit::prove(ledger.db(), number).await?.ok_or_else(|| {
            Failure::usage(
                format!("第 {index} 个事件尚未封存签名"),
                format!("event {index} is not yet under a signed checkpoint"),
                "先运行 qilu audit checkpoint。",
                "run `qilu audit checkpoint` first",
            )
        })?;
        evidence = Some(audit::export_evidence(&proof, folder)?);
        note(desk, &ledger, Deed::Exported, &format!("evidence of event {index}")).await?;
    }
    ledger.db().close().await;
    let rows: Vec<Json> = items.iter().map(item_json).collect();
    screen.document(&json!({"event": entry_json(&entry), "items": rows, "evidence": evidence}));
    show_entry(screen, &entry, &items);
    if let Some(path) = evidence {
        screen.line(format_args!(
            "\n{} {}",
            screen.pick("证据已写入", "evidence written to"),
            path.display()
        ));
    }
    Ok(Exit::Well)
}

fn show_entry(screen: &Screen, entry: &Entry, items: &[EntryItem]) {
    screen.line(format_args!(
        "{} {}  {}",
        screen.pick("事件", "Event"),
        entry.index,
        name(entry, screen.language)
    ));
    let mut facts = Table::new().words("").words("");
    let version =
        |print: Option<crate::record::Fingerprint>| print.map(|print| print.to_string()).unwrap_or_default();
    for (chinese, english, value) in [
        ("时间", "time", screen.time(entry.at.0)),
        ("操作人", "by", format!("{} ({})", entry.actor, entry.role)),
        ("运行", "run", entry.run.clone()),
        ("平台", "platform", entry.platform.clone()),
        ("类别", "kind", entry.kind.clone()),
        ("路线", "route", entry.route.clone()),
        ("映射版本", "mapping", version(entry.versions.mapping)),
        ("规范版本", "schema", version(entry.versions.schema)),
        ("平台配置版本", "profile", version(entry.versions.profile)),
        ("程序版本", "program", version(entry.versions.program)),
    ] {
        if !value.is_empty() {
            facts.row([screen.pick(chinese, english).to_owned(), value]);
        }
    }
    screen.table(&facts);
    for line in entry.subject.lines() {
        screen.line(format_args!("  {line}"));
    }
    let mut table = Table::new()
        .words(screen.pick("记录号", "record"))
        .numbers(screen.pick("版本", "version"))
        .words(screen.pick("动作", "action"))
        .words(screen.pick("结果", "outcome"));
    for item in items {
        table.row([item.record.clone(), item.version.to_string(), item.action.clone(), item.outcome.clone()]);
    }
    if !table.is_empty() {
        screen.line("");
        screen.table(&table);
    }
}

/// Notes in the log that somebody looked or took.
pub async fn note(desk: &Desk, ledger: &Ledger, deed: Deed, subject: &str) -> Result<(), Failure> {
    let event = Event::new(deed, desk.clock.now(), &desk.actor.name, &desk.actor.role).subject(subject);
    let mut tx = ledger.db().begin().await?;
    audit::append(&mut tx, &event).await?;
    Ok(tx.commit().await?)
}

/// An event's word, for the command line. Errors: the list of all.
pub fn deed(word: &str) -> Result<Deed, String> {
    Deed::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Deed::ALL.iter().map(|deed| deed.word()).collect();
        format!("`{word}` is no event; there are: {}", words.join(", "))
    })
}

fn time(desk: &Desk, text: &str) -> Result<Timestamp, Failure> {
    moment(text, desk.screen.zone, desk.clock.now()).ok_or_else(|| {
        Failure::usage(
            format!("看不懂时间 {text}"),
            format!("{text} is no time"),
            "写成 2026-05-01、2026-05-01T08:30、带时区的 RFC 3339，或 7d、12h（多久以前）。",
            "write 2026-05-01, 2026-05-01T08:30, RFC 3339 with a zone, or 7d, 12h for so long ago",
        )
    })
}

fn name(entry: &Entry, language: Language) -> String {
    entry.deed.map_or_else(|| entry.word.clone(), |deed| deed.name(language).to_owned())
}

/// The subject's first line, and how the items came out.
fn about(entry: &Entry) -> String {
    let outcomes: Vec<String> =
        entry.outcomes.iter().map(|(word, times)| format!("{word} {times}")).collect();
    let first = entry.subject.lines().next().unwrap_or_default();
    // A run's end carries its counts as JSON.
    let run = first.split_once(": {").and_then(|(word, rest)| {
        let fields = serde_json::from_str(&format!("{{{rest}")).ok()?;
        Some(format!("{word}: {}", counts(&fields)))
    });
    let first = run.as_deref().unwrap_or(first);
    [first, &outcomes.join(", ")].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

fn words(filter: &Filter, found: usize) -> String {
    let mut words = vec![format!("{found} events")];
    let mut add =
        |name: &str, value: Option<String>| words.extend(value.map(|value| format!("{name} {value}")));
    add("since", filter.since.map(|at| at.to_string()));
    add("until", filter.until.map(|at| at.to_string()));
    add("kind", filter.kind.clone());
    add("actor", filter.actor.clone());
    add("event", filter.event.map(|deed| deed.to_string()));
    add("route", filter.route.clone());
    add("run", filter.run.clone());
    add("outcome", filter.outcome.clone());
    add("record", filter.record.clone());
    words.join(", ")
}

fn entry_json(entry: &Entry) -> Json {
    let version = |print: Option<crate::record::Fingerprint>| print.map(|print| print.to_string());
    json!({
        "index": entry.index, "at": entry.at.rfc3339(), "event": entry.word, "actor": entry.actor, "role": entry.role,
        "run": entry.run, "platform": entry.platform, "kind": entry.kind, "route": entry.route,
        "subject": entry.subject, "items": entry.items, "outcomes": entry.outcomes,
        "versions": {
            "mapping": version(entry.versions.mapping), "schema": version(entry.versions.schema),
            "profile": version(entry.versions.profile), "program": version(entry.versions.program),
        },
    })
}

fn item_json(item: &EntryItem) -> Json {
    json!({"record": item.record, "version": item.version, "action": item.action, "outcome": item.outcome})
}
