//! Files to hand in and receipts, as people read them.

use std::path::Path;

use super::codes_drift;
use super::record_lines::action;
use super::screen::Screen;
use super::table::{Table, count};
use crate::ledger::Handover;
use crate::record::{Complaint, Language};
use crate::sync::{HandStanding, ReceiptReport};

/// The files, and what is to be done with each.
pub fn show(screen: &Screen, standing: &[HandStanding], complaints: &[Complaint]) {
    if standing.is_empty() {
        screen.line(
            screen.pick("没有等待递交或等待回执的文件。", "no file waits to be handed in or for its receipt"),
        );
    } else {
        screen.table(&table(screen, standing));
    }
    for batch in standing {
        screen.line("");
        let (number, path) = (batch.handover.batch, batch.path.display());
        screen.line(format_args!("  {number}  {path}"));
        screen.line(format_args!("     SHA-256 {}", batch.handover.sha256));
        screen.line(format_args!("     {}", next_step(screen, batch)));
    }
    for complaint in complaints {
        screen.complaint(complaint, "  ");
    }
}

fn table(screen: &Screen, standing: &[HandStanding]) -> Table {
    let mut table = Table::new()
        .numbers(screen.pick("批次", "batch"))
        .words(screen.pick("平台", "platform"))
        .words(screen.pick("类别", "kind"))
        .words(screen.pick("操作", "action"))
        .numbers(screen.pick("条数", "records"))
        .numbers(screen.pick("未定", "undecided"))
        .words(screen.pick("状态", "state"))
        .words(screen.pick("批准人", "approved by"))
        .words(screen.pick("递交人", "handed in by"));
    for HandStanding { handover, .. } in standing {
        table.row([
            handover.batch.to_string(),
            handover.platform.clone(),
            handover.kind.clone(),
            action(&handover.action, screen).to_owned(),
            count(handover.records),
            count(handover.undecided),
            state(screen, &handover.state).to_owned(),
            handover.approved_by.clone(),
            handover.handed_by.clone(),
        ]);
    }
    table
}

/// The state of a batch by hand in words.
fn state<'a>(screen: &Screen, word: &'a str) -> &'a str {
    match word {
        "by_hand" => screen.language.pick("待递交", "to be handed in"),
        "pending" => screen.language.pick("待回执", "waits for its receipt"),
        "in_doubt" => screen.language.pick("待核实", "in doubt"),
        "settled" => screen.language.pick("已有结果", "decided"),
        "dissolved" => screen.language.pick("已取消", "dropped"),
        other => other,
    }
}

/// What a person does next with a batch.
fn next_step(screen: &Screen, batch: &HandStanding) -> String {
    let number = batch.handover.batch;
    let pick = |chinese: String, english: String| screen.pick(&chinese, &english).to_owned();
    match batch.handover.state.as_str() {
        "by_hand" if batch.on_disk == "altered" => pick(
            "文件被改动过，不能递交：移走后再运行 qilu hand list，会重新生成".to_owned(),
            "the file was changed and must not be handed in: move it away, and `qilu hand list` lays it out again"
                .to_owned(),
        ),
        "by_hand" if batch.needs_approval && batch.handover.approved_at.is_none() => pick(
            format!("看过文件后批准：qilu hand approve {number} --approved-by 姓名"),
            format!("look at the file, then `qilu hand approve {number} --approved-by NAME`"),
        ),
        "by_hand" => pick(
            format!("递交后登记：qilu hand done {number} --by 姓名；不递交：qilu hand drop {number} --reason 原因"),
            format!("hand it in, then `qilu hand done {number} --by NAME`; or `qilu hand drop {number} --reason WHY`"),
        ),
        "pending" => pick(
            "收到回执后导入：qilu hand receipt 文件".to_owned(),
            "when the receipt is there: `qilu hand receipt FILE`".to_owned(),
        ),
        "in_doubt" => pick(
            "回执没有说清全部记录：核实后再导入一张回执，见 qilu records list --status in_doubt".to_owned(),
            "the receipt left records open: find out and import another; `qilu records list --status in_doubt`"
                .to_owned(),
        ),
        "dissolved" => pick("已取消，记录重新排队".to_owned(), "dropped; its records queue again".to_owned()),
        _ => pick("已有结果".to_owned(), "decided".to_owned()),
    }
}

/// Where a record is that a person carries, in a sentence.
pub fn whose_turn(language: Language, batch: &Handover) -> String {
    let (number, file, by) = (batch.batch, &batch.file, &batch.handed_by);
    match (batch.waits_to_be_handed_in(), language) {
        (true, Language::Chinese) => format!("在第 {number} 批文件 {file} 里等待人工递交：qilu hand list"),
        (true, Language::English) => {
            format!("it waits to be handed in with batch {number}, file {file}: `qilu hand list`")
        }
        (false, Language::Chinese) => {
            format!("已由 {by} 随第 {number} 批递交，等省里的回执：qilu hand receipt 文件")
        }
        (false, Language::English) => {
            format!("{by} handed it in with batch {number}; its receipt is awaited: `qilu hand receipt FILE`")
        }
    }
}

/// A batch after something was done with it.
pub fn show_next(screen: &Screen, batch: &HandStanding) {
    let handover = &batch.handover;
    screen.line(format_args!(
        "{} {} {}: {}",
        screen.pick("批次", "batch"),
        handover.batch,
        handover.file,
        state(screen, &handover.state)
    ));
    screen.line(format_args!("  {}", next_step(screen, batch)));
}

/// A batch that is not handed in.
pub fn show_dropped(screen: &Screen, batch: &HandStanding, aside: Option<&Path>) {
    let (number, records) = (batch.handover.batch, batch.handover.records);
    screen.line(match screen.language {
        Language::Chinese => format!("已取消第 {number} 批，{records} 条记录重新排队；下次 qilu sync 生成新文件"),
        Language::English => {
            format!("batch {number} is dropped and its {records} records queue again; the next `qilu sync` makes a new file")
        }
    });
    if let Some(aside) = aside {
        let note = screen.pick("文件移到了", "the file is now");
        screen.line(format_args!("  {note} {}", aside.display()));
    }
}

/// What a receipt did.
pub fn show_receipt(screen: &Screen, report: &ReceiptReport) {
    let (file, results) = (&report.file, report.results);
    if let Some(seen) = &report.seen {
        let at = screen.time(seen.read_at);
        screen.line(match screen.language {
            Language::Chinese => {
                format!("这张回执已由 {} 于 {at} 导入过（{}），这次什么也没有改动", seen.by, seen.file)
            }
            Language::English => {
                format!("{} imported this receipt at {at} as {}; nothing was changed", seen.by, seen.file)
            }
        });
        return;
    }
    if report.run.is_none() {
        screen.line(match screen.language {
            Language::Chinese => {
                format!("{file}: {results} 条结果，所说的记录都早已有了结果，什么也没有改动")
            }
            Language::English => {
                format!(
                    "{file}: {results} results, all for records that were decided before; nothing was changed"
                )
            }
        });
    } else {
        let batches: Vec<String> = report.batches.iter().map(ToString::to_string).collect();
        let (batches, counts) = (batches.join(", "), &report.counts);
        let (accepted, refused, doubtful) = (counts.accepted, counts.refused, counts.doubtful);
        screen.line(match screen.language {
            Language::Chinese => format!(
                "{file}: {results} 条结果，批次 {batches}：接收 {accepted}，退回 {refused}，待核实 {doubtful}"
            ),
            Language::English => format!(
                "{file}: {results} results, batch {batches}: {accepted} accepted, {refused} refused, {doubtful} in doubt"
            ),
        });
        screen.line(format_args!("  SHA-256 {}", report.sha256));
        codes_drift::alarms(screen, &report.alarms);
        if refused > 0 {
            screen.line(screen.pick(
                "  退回的见 qilu records list --status refused",
                "  what was refused: `qilu records list --status refused`",
            ));
        }
        if doubtful > 0 {
            screen.line(screen.pick(
                "  待核实的见 qilu records list --status in_doubt；核实后再导入一张回执",
                "  what is in doubt: `qilu records list --status in_doubt`; find out and import another receipt",
            ));
        }
    }
    for remark in &report.remarks {
        screen.complaint(remark, "  ");
    }
}
