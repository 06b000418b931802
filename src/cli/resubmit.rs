//! `qilu resubmit`: sends selected records again, after showing what that means.

use std::io::Write;

use clap::Args;

use super::desk::{Desk, PATIENCE};
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use super::table::Table;
use crate::ledger::{RunCause, Selection};
use crate::sync::{Connector, ResubmitReport};

/// How many records are shown before somebody agrees.
const SAMPLES: usize = 10;

#[derive(Debug, Args)]
pub struct Arguments {
    /// 类别 · The kind
    #[arg(long, value_name = "KIND")]
    pub kind: String,
    /// 处于这种状态的：refused parked accepted returned rejected … · All in this state
    #[arg(long, value_name = "STATE", required_unless_present = "keys")]
    pub state: Option<String>,
    /// 指定编号，用逗号隔开 · These keys, separated by commas
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    pub keys: Vec<String>,
    /// 重报理由，记入审计 · Why; kept in the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// 只看会重报哪些 · Shows what would be sent, does nothing
    #[arg(long)]
    pub dry_run: bool,
    /// 不再询问 · Does not ask
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let connector = desk.connector().await?;
    let done = resubmit(desk, &connector, arguments).await;
    connector.close().await;
    done
}

async fn resubmit(desk: &Desk, connector: &Connector, arguments: Arguments) -> Result<Exit, Failure> {
    let screen = &desk.screen;
    let platform = connector.route_of_kind(&arguments.kind)?.route.platform.clone();
    let state = arguments.state.map(|word| word.to_lowercase());
    let selection = Selection { platform, kind: arguments.kind, state, keys: arguments.keys };
    let preview = connector.preview_resubmission(&selection).await?;
    show(screen, &preview);
    if preview.queued == 0 || arguments.dry_run {
        screen.document(&preview);
        return Ok(Exit::Well);
    }
    if !arguments.yes {
        if !screen.can_ask() {
            screen.document(&preview);
            screen.line(screen.pick(
                "只是预览，什么也没做：这里没有人可以确认。加 --yes 执行。",
                "a preview, nothing was done: nobody is here to agree. Add --yes to do it",
            ));
            return Ok(Exit::Well);
        }
        if !agreed(screen) {
            screen.line(screen.pick("未执行。", "nothing was done"));
            return Ok(Exit::Well);
        }
    }
    let guard = connector.work(PATIENCE).await?;
    let request = desk.request(RunCause::Resubmission, &arguments.reason);
    let report = connector.resubmit(&guard, &selection, &request).await?;
    screen.document(&report);
    screen.line(format_args!(
        "{} {}  ({} {})",
        screen.pick("已排队重报：", "queued again:"),
        report.queued,
        screen.pick("运行", "run"),
        report.run.unwrap_or_default()
    ));
    screen.line(
        screen.pick("  下一次 qilu sync 或常驻进程发送。", "  the next `qilu sync` or the daemon sends them"),
    );
    Ok(Exit::Well)
}

fn show(screen: &Screen, preview: &ResubmitReport) {
    if preview.selected.is_empty() {
        screen.line(screen.pick(
            "没有这样的记录；qilu records list 列出编号和状态。",
            "no such records; `qilu records list` shows keys and states",
        ));
        return;
    }
    screen.line(format_args!(
        "{} {}    {} {}",
        screen.pick("会重报：", "would be sent again:"),
        preview.queued,
        screen.pick("不能重报：", "left out:"),
        preview.left_out
    ));
    let mut table = Table::new()
        .words(screen.pick("编号", "key"))
        .words_to(screen.pick("名称", "title"), 44)
        .words(screen.pick("状态", "state"))
        .words(screen.pick("不能重报的原因", "left out because"));
    let goes = preview.selected.iter().filter(|one| one.goes()).take(SAMPLES);
    let stays = preview.selected.iter().filter(|one| !one.goes()).take(SAMPLES);
    for one in goes.chain(stays) {
        let why = one.left_out.map_or("", |why| why.reason(screen.language));
        table.row([one.key.as_str(), &one.title, &one.state, why]);
    }
    if !table.is_empty() {
        screen.table(&table);
    }
    let hidden = preview.selected.len().saturating_sub(2 * SAMPLES);
    if hidden > 0 {
        screen.line(format_args!("  … {hidden}+"));
    }
}

fn agreed(screen: &Screen) -> bool {
    // The question goes to stderr: stdout may be read by a program.
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{} ", screen.pick("确认重报？输入 y 继续：", "send them again? y to go on:"));
    let _ = out.flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer).is_ok();
    read && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "确认")
}
