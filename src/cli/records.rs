//! `qilu records`: list, detail, tally, quarantine.

use clap::{Args, Subcommand};

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::masked::masked;
use super::quarantine;
use super::record_lines;
use super::screen::Screen;
use super::table::{Table, count};
use crate::ledger::{Ledger, RecordFilter, RecordView, Status, Tally};
use crate::record::Language;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub list: ListArguments,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 清单 · List
    List(ListArguments),
    /// 一条记录的全部：版本、发送、请求与答复、意见、审核 · Everything about one record
    Show(ShowArguments),
    /// 按类别和状态统计 · Counts by kind and status
    Tally,
    /// 没通过检查、还没落到本市库的导入 · Imported records that failed a check and wait
    Quarantine(quarantine::Arguments),
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// 类别 · The kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// 状态，如 invalid needs_person refused published，或中文 · The status, in either language
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub status: Option<Status>,
    /// 名称的一部分，或编号 · Part of a title, or an id
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// 最多列几条 · How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub struct ShowArguments {
    /// 类别 · The kind
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// 编号 · The key
    #[arg(value_name = "KEY")]
    pub key: String,
    /// 显示整批的请求和答复 · Whole requests and answers, not only this record's part
    #[arg(long)]
    pub whole: bool,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let instance = desk.instance_alone()?;
    let ledger = desk.ledger(&instance).await?;
    let done = match arguments.verb {
        Some(Verb::List(list)) => show_list(desk, &ledger, list).await,
        None => show_list(desk, &ledger, arguments.list).await,
        Some(Verb::Show(one)) => show_one(desk, &ledger, one).await,
        Some(Verb::Tally) => show_tally(desk, &ledger).await,
        Some(Verb::Quarantine(waiting)) => quarantine::show(desk, &ledger, waiting).await,
    };
    ledger.db().close().await;
    done
}

async fn show_list(desk: &Desk, ledger: &Ledger, arguments: ListArguments) -> Result<Exit, Failure> {
    let filter = RecordFilter { kind: arguments.kind, status: arguments.status, search: arguments.search };
    // One more than asked for tells whether there are more.
    let limit = i64::try_from(arguments.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut records = ledger.records(&filter, limit).await?;
    let more = records.len() > arguments.limit;
    records.truncate(arguments.limit);
    let screen = &desk.screen;
    screen.document(&records);
    if records.is_empty() {
        screen.line(screen.pick("没有符合条件的记录。", "no such records"));
        return Ok(Exit::Well);
    }
    screen.table(&list_table(screen, &records));
    if more {
        screen.line(screen.pick("  还有更多；用 --limit 调整。", "  there are more; see --limit"));
    }
    Ok(Exit::Well)
}

fn list_table(screen: &Screen, records: &[RecordView]) -> Table {
    let mut table = Table::new()
        .words(screen.pick("类别", "kind"))
        .words(screen.pick("编号", "key"))
        .words_to(screen.pick("名称", "title"), 44)
        .words(screen.pick("状态", "status"))
        .words(screen.pick("省里编号", "provincial id"))
        .words(screen.pick("变动时间", "changed"));
    for one in records {
        table.row([
            one.kind.clone(),
            one.key.clone(),
            one.title.clone(),
            one.status.name(screen.language).to_owned(),
            one.remote_id.clone().unwrap_or_default(),
            screen.time(one.changed_at),
        ]);
    }
    table
}

async fn show_one(desk: &Desk, ledger: &Ledger, arguments: ShowArguments) -> Result<Exit, Failure> {
    let ShowArguments { kind, key, whole } = arguments;
    let Some(mut detail) = ledger.record(&kind, &key).await? else {
        return Err(Failure::usage(
            format!("台账里没有 {kind} {key}"),
            format!("the ledger has no {kind} {key}"),
            "按名称查找用 qilu why；还没同步过的先运行 qilu sync。",
            "`qilu why TEXT` finds records by title; `qilu sync` reads what is new",
        ));
    };
    for delivery in &mut detail.deliveries {
        delivery.document = delivery.document.take().map(masked);
    }
    desk.screen.document(&detail);
    record_lines::show(&desk.screen, &detail, whole);
    Ok(Exit::Well)
}

async fn show_tally(desk: &Desk, ledger: &Ledger) -> Result<Exit, Failure> {
    let tallies = ledger.tally().await?;
    desk.screen.document(&tallies);
    show_tallies(&desk.screen, &tallies);
    Ok(Exit::Well)
}

/// Kinds down, statuses across, and below what each status asks of a person.
pub fn show_tallies(screen: &Screen, tallies: &[Tally]) {
    let mut statuses: Vec<Status> = tallies.iter().map(|one| one.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let mut kinds: Vec<&str> = tallies.iter().map(|one| one.kind.as_str()).collect();
    kinds.dedup();
    let table = Table::new().words(screen.pick("类别", "kind")).numbers(screen.pick("合计", "all"));
    let mut table = statuses.iter().fold(table, |table, status| table.numbers(status.name(screen.language)));
    for kind in kinds {
        let number = |status: Option<&Status>| -> i64 {
            let wanted =
                tallies.iter().filter(|one| one.kind == kind && status.is_none_or(|s| *s == one.status));
            wanted.map(|one| one.count).sum()
        };
        let numbers = [None].into_iter().chain(statuses.iter().map(Some)).map(|status| count(number(status)));
        table.row([kind.to_owned()].into_iter().chain(numbers));
    }
    screen.table(&table);
    let mut to_do = Table::new().words("").words("");
    for status in statuses.iter().filter(|status| status.needs_somebody()) {
        to_do.row([status.name(screen.language), status.what_to_do(screen.language)]);
    }
    if !to_do.is_empty() {
        screen.line("");
        screen.table(&to_do);
    }
}

/// A status by its word in a document or its name in either language.
fn status(text: &str) -> Result<Status, String> {
    let word = |status: Status| {
        serde_json::to_value(status)
            .ok()
            .and_then(|json| json.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let is_it = |status: &Status| {
        let names = [Language::Chinese, Language::English].map(|language| status.name(language).to_owned());
        word(*status) == text.to_lowercase().replace('-', "_") || names.iter().any(|name| name == text)
    };
    Status::ALL.into_iter().find(is_it).ok_or_else(|| {
        let words: Vec<String> = Status::ALL.into_iter().map(word).collect();
        format!("`{text}` is no status; there are: {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_known_by_word_and_by_name() {
        for (given, expect) in [
            ("needs_person", Some(Status::NeedsPerson)),
            ("needs-person", Some(Status::NeedsPerson)),
            ("被省平台拒收", Some(Status::Refused)),
            ("in doubt", Some(Status::InDoubt)),
            ("lost", None),
        ] {
            assert_eq!(status(given).ok(), expect, "{given}");
        }
    }
}
