//! `qilu hand`: files that a person carries to a province without an interface, and the receipts that come back.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::desk::{Desk, PATIENCE};
use super::exit::Exit;
use super::failure::Failure;
use super::hand_lines;
use crate::ledger::RunCause;
use crate::sync::{Connector, HandStanding, WorkGuard};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// 等待递交和等待回执的文件 · The files that wait to be handed in, or for their receipts
    List {
        /// 平台名，默认全部 · The platform; all if left out
        #[arg(long, value_name = "PLATFORM")]
        platform: Option<String>,
        /// 连同已办结、已取消的 · With those that are settled or dropped
        #[arg(long)]
        all: bool,
    },
    /// 看过文件，批准递交 · Somebody looked at a file and lets it be handed in
    Approve {
        /// 批次号或文件名 · The batch's number, or its file
        #[arg(value_name = "BATCH")]
        batch: String,
        /// 批准人 · Who approves it
        #[arg(long, value_name = "NAME")]
        approved_by: String,
        /// 说明，记入审计 · A word about it; kept in the audit log
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
    },
    /// 已经递交：记录进入“受理中” · It was handed in: its records are taken in and not decided
    Done {
        /// 批次号或文件名 · The batch's number, or its file
        #[arg(value_name = "BATCH")]
        batch: String,
        /// 递交人 · Who carried it
        #[arg(long, value_name = "NAME")]
        by: String,
        /// 说明，如收件人、受理号 · A word about it, such as who took it
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
    },
    /// 不递交了：记录重新排队 · Not handed in after all: its records queue again
    Drop {
        /// 批次号或文件名 · The batch's number, or its file
        #[arg(value_name = "BATCH")]
        batch: String,
        /// 原因，记入审计 · Why; kept in the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// 导入回执（xlsx、csv、json） · Reads a receipt
    Receipt {
        /// 回执文件 · The receipt
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// 平台名，只有一个时可省 · The platform, where there are several
        #[arg(long, value_name = "PLATFORM")]
        platform: Option<String>,
    },
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let connector = desk.connector().await?;
    let done = work(desk, &connector, arguments.what).await;
    connector.close().await;
    done
}

async fn work(desk: &Desk, connector: &Connector, what: What) -> Result<Exit, Failure> {
    let guard = connector.work(PATIENCE).await?;
    let screen = &desk.screen;
    match what {
        What::List { platform, all } => {
            if let Some(name) = &platform {
                by_hand(connector, Some(name))?;
            }
            let complaints = connector.lay_out_again(&guard).await?;
            let standing = connector.hand_standing(platform.as_deref(), all).await?;
            screen.document(&json!({"batches": standing, "complaints": complaints}));
            hand_lines::show(screen, &standing, &complaints);
            Ok(if complaints.is_empty() { Exit::Well } else { Exit::Trouble })
        }
        What::Approve { batch, approved_by, note } => {
            let batch = find(connector, &batch).await?;
            let request = desk.request(RunCause::Manual, &note);
            connector
                .approve_by_hand(&guard, &batch, &approved_by, &note, &request)
                .await
                .map_err(trouble)?;
            after(desk, connector, &batch).await
        }
        What::Done { batch, by, note } => {
            let batch = find(connector, &batch).await?;
            let request = desk.request(RunCause::Manual, &note);
            connector.done_by_hand(&guard, &batch, &by, &note, &request).await.map_err(trouble)?;
            after(desk, connector, &batch).await
        }
        What::Drop { batch, reason } => {
            let batch = find(connector, &batch).await?;
            let request = desk.request(RunCause::Manual, &reason);
            let aside = connector.drop_by_hand(&guard, &batch, &reason, &request).await?;
            screen.document(&json!({"batch": batch.handover.batch, "dropped": true, "file": aside}));
            hand_lines::show_dropped(screen, &batch, aside.as_deref());
            Ok(Exit::Well)
        }
        What::Receipt { file, platform } => {
            receipt(desk, connector, &guard, &file, platform.as_deref()).await
        }
    }
}

async fn receipt(
    desk: &Desk,
    connector: &Connector,
    guard: &WorkGuard,
    file: &std::path::Path,
    platform: Option<&str>,
) -> Result<Exit, Failure> {
    let platform = by_hand(connector, platform)?;
    let request = desk.request(RunCause::Manual, &format!("receipt {}", file.display()));
    let report = connector.receipt_by_hand(guard, &platform, file, &request).await.map_err(trouble)?;
    desk.screen.document(&report);
    hand_lines::show_receipt(&desk.screen, &report);
    let undecided = report.counts.refused + report.counts.doubtful > 0;
    Ok(if undecided { Exit::Trouble } else { Exit::Well })
}

/// The batch as it stands now.
async fn after(desk: &Desk, connector: &Connector, batch: &HandStanding) -> Result<Exit, Failure> {
    let standing = find(connector, &batch.handover.batch.to_string()).await?;
    desk.screen.document(&standing);
    hand_lines::show_next(&desk.screen, &standing);
    Ok(Exit::Well)
}

/// A batch by its number, its file's name, or a path that ends in it.
async fn find(connector: &Connector, named: &str) -> Result<HandStanding, Failure> {
    let all = connector.hand_standing(None, true).await?;
    let wanted = std::path::Path::new(named).file_name().map(|name| name.to_string_lossy().into_owned());
    let is_it = |one: &HandStanding| {
        one.handover.batch.to_string() == named || wanted.as_ref() == Some(&one.handover.file)
    };
    let mut found: Vec<HandStanding> = all.into_iter().filter(is_it).collect();
    match (found.pop(), found.is_empty()) {
        (Some(batch), true) => Ok(batch),
        _ => Err(Failure::usage(
            format!("没有名为 {named} 的批次"),
            format!("there is no batch {named}"),
            "用 qilu hand list 查看批次号和文件名。",
            "`qilu hand list` shows the numbers and the files",
        )),
    }
}

/// The platform that is meant: the only one by hand, or the named one.
fn by_hand(connector: &Connector, named: Option<&str>) -> Result<String, Failure> {
    let known: Vec<&str> = connector.platforms_by_hand().collect();
    let shown = if known.is_empty() { "–".to_owned() } else { known.join(", ") };
    match (named, known.as_slice()) {
        (Some(name), _) if known.contains(&name) => Ok(name.to_owned()),
        (Some(name), _) => Err(Failure::usage(
            format!("{name} 不是人工递交的平台；人工递交的有：{shown}"),
            format!("{name} is no platform by hand; there are: {shown}"),
            "人工递交的平台，其配置写 transport = \"hand\"。",
            "a platform by hand has transport = \"hand\" in its file",
        )),
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(Failure::usage(
            "没有人工递交的平台",
            "no platform takes files by hand",
            "人工递交的平台，其配置写 transport = \"hand\" 和 [hand] 一节。",
            "a platform by hand has transport = \"hand\" and a section [hand] in its file",
        )),
        (None, _) => Err(Failure::usage(
            format!("人工递交的平台不止一个：{shown}"),
            format!("several platforms take files by hand: {shown}"),
            "用 --platform 指明是哪一个的回执。",
            "say with --platform whose receipt it is",
        )),
    }
}

/// What a person has to put right is trouble, not something out of reach.
fn trouble(error: crate::sync::Error) -> Failure {
    match error {
        crate::sync::Error::Complaint(complaint)
            if matches!(complaint.id.as_str(), "Q7803" | "Q7808" | "Q7809" | "Q7816") =>
        {
            Failure::Complaint(Exit::Trouble, complaint)
        }
        other => other.into(),
    }
}
