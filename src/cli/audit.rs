//! `qilu audit`: look, verify, seal. Whoever looks is noted too.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::audit_look;
use super::audit_verify;
use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 查看事件，新的在前 · Events, newest first
    List(ListArguments),
    /// 一个事件的全部 · One event with its items
    Show(ShowArguments),
    /// 核对日志有没有被改动 · Whether the log was changed
    Verify(VerifyArguments),
    /// 立即封存签名并导出检查点 · Seals the log now and exports the checkpoint
    Checkpoint,
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// 起：2026-05-01、2026-05-01T08:30、7d（七天前）· From this time on
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// 止（不含）· Before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// 类别 · The kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// 操作人 · Who acted
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// 结果，如 accepted refused · With an item of this outcome
    #[arg(long, value_name = "WORD")]
    pub outcome: Option<String>,
    /// 事件，如 batch_settled go_live · What was done
    #[arg(long, value_name = "WORD", value_parser = audit_look::deed)]
    pub event: Option<crate::audit::Deed>,
    /// 运行号 · Of this run
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,
    /// 路线 · Of this route
    #[arg(long, value_name = "ROUTE")]
    pub route: Option<String>,
    /// 记录号（见 records show）· About this record id
    #[arg(long, value_name = "ID")]
    pub record: Option<String>,
    /// 最多列几条 · How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub struct ShowArguments {
    /// 事件序号 · The event's index
    #[arg(value_name = "INDEX")]
    pub index: i64,
    /// 把证据（可独立核对的证明）写到这个目录 · Writes a proof that others can check into this folder
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// 存放在别处的检查点：文件或目录 · Checkpoints kept elsewhere: a file or a folder
    #[arg(long, value_name = "PATH")]
    pub notes: Option<PathBuf>,
    /// 公钥文件，默认实例自己的 · The public key; the instance's own if left out
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let instance = desk.instance_alone()?;
    match arguments.verb {
        Verb::Verify(arguments) => audit_verify::verify(desk, &instance, &arguments).await,
        Verb::Checkpoint => audit_verify::checkpoint(desk, &instance).await,
        Verb::List(arguments) => audit_look::list(desk, &instance, arguments).await,
        Verb::Show(arguments) => audit_look::show(desk, &instance, arguments).await,
    }
}
