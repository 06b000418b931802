//! The command line as it is typed: verbs, options, and their help in both languages.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{
    adopt, audit, check, codes, doctor, explain, hand, init, plan, propose, records, resubmit, runs, sandbox,
    schema, standing, sync, template, why,
};
use crate::record::Language;

/// 市级科技大市场与省平台的对接 · Connects a city's science-and-technology market with the provincial platform
#[derive(Debug, Parser)]
#[command(name = "qilu", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "\
退出码 · Exit codes:
  0  正常 · all is well
  1  本次运行出现新问题 · new trouble in this run
  2  配置或命令有误 · configuration or command line
  3  连不上、读不到 · something could not be reached or read
  4  被刹车、停止令或首批限额拦下 · held by a brake, a stop or the first-few limit

本程序从未与真实的省平台联调；请先用 qilu demo 和 qilu sandbox 熟悉。
It has never been tried against the real province: start with `qilu demo`.")]
pub struct Command {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub verb: Verb,
}

/// What every verb understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "通用 · Common")]
pub struct Common {
    /// 实例目录 · The instance's folder
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".", hide_default_value = true)]
    pub root: PathBuf,
    /// 输出一个 JSON 文档 · One JSON document on stdout and nothing else
    #[arg(long, global = true)]
    pub json: bool,
    /// 语言，默认看配置和系统 · Language; by configuration and locale if left out
    #[arg(long, global = true, value_enum, value_name = "zh|en")]
    pub lang: Option<Lang>,
    /// 以谁的名义记入审计，默认系统账号 · Who acts, as the audit log names it; the login name by default
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub acting: Option<String>,
    /// 原有的问题也算 · Old trouble counts for the exit code too
    #[arg(long, global = true)]
    pub strict: bool,
}

/// The languages of messages.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Lang {
    Zh,
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Zh => Language::Chinese,
            Lang::En => Language::English,
        }
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 演示：自带样例市场和沙盒省平台，走完全程 · The whole walk with a sample city and a sandbox province
    Demo(DemoArguments),
    /// 新建实例：配置、审计密钥、台账 · Makes an instance: configuration, audit key, ledger
    Init(init::Arguments),
    /// 征集表：按规范生成；或把问题批注到报来的表里 · The collection form of a kind, or notes for its senders
    Template(template::Arguments),
    /// 看本市的表，拟出路线初稿 · Looks at the city's tables and writes first routes
    Propose(propose::Arguments),
    /// 检查配置，指出文件、行、列和改法 · Checks the configuration, with file, line, column and advice
    Check(check::Arguments),
    /// 体检：到省平台的路是否通畅，逐项给出改法 · Whether the way to the province is free, each step with its remedy
    Doctor(doctor::Arguments),
    /// 没有省代码的本地值，附相近代码和可粘贴的对照行 · Values without a code, with near ones and lines to paste
    Codes(codes::Arguments),
    /// 预演一次同步，什么也不写 · What a sync would do, without writing anything
    Plan(plan::Arguments),
    /// 解释一条记录、一个编号、重试间隔或过滤器 · Explains a record, a complaint id, the retries or the filters
    Explain(explain::Arguments),
    /// 某条信息现在在哪、为什么、下一步做什么 · Where a listing is, why, and what must happen next
    Why(why::Arguments),
    /// 立即运行路线：读取、校验、报送、导入、取审核结果 · Runs routes now: read, check, send, import, reviews
    Sync(sync::Arguments),
    /// 首次对接：认领省平台已有的记录 · First contact: takes over what the province already holds
    Adopt(adopt::Arguments),
    /// 批准正式报送 · Lets a platform receive, on somebody's approval
    GoLive(standing::GoLiveArguments),
    /// 立即停止发送 · Stops all sending
    Stop(standing::StopArguments),
    /// 恢复发送 · Lets sending go on
    Resume(standing::StopArguments),
    /// 放行等待人工的报送 · Lets go what waits for a person's word
    Release(standing::ReleaseArguments),
    /// 人工递交：待递交的文件、批准、登记、取消、回执 · Files to hand in, and their receipts
    Hand(hand::Arguments),
    /// 人工重报选定的记录 · Sends selected records again
    Resubmit(resubmit::Arguments),
    /// 记录：清单、详情、统计 · Records: list, detail, tally
    Records(records::Arguments),
    /// 运行记录 · Runs and their counts
    Runs(runs::Arguments),
    /// 审计日志：查看、核对、封存 · The audit log: look, verify, seal
    Audit(audit::Arguments),
    /// 把省级规范和接口写成文档：OpenAPI、假设清单 · Schemas and interface for others: OpenAPI, assumptions
    Schema(schema::Arguments),
    /// 常驻运行，按计划同步 · Stays up and runs routes on schedule
    Daemon,
    /// 沙盒省平台，供测试 · A stand-in province for trying things out
    Sandbox(sandbox::Arguments),
}

/// Where the demo lives and how long it stays.
#[derive(Clone, Debug, Args)]
pub struct DemoArguments {
    /// 演示目录 · The demo's folder
    #[arg(value_name = "DIR", default_value = "qilu-demo")]
    pub folder: PathBuf,
    /// 第一轮之后就结束 · Ends after the first cycle
    #[arg(long)]
    pub once: bool,
}

/// A length of time as people write it: `500ms`, `60s`, `2m`, `1h`, `7d`; a bare number counts seconds.
///
/// Errors: a sentence for the command line.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "expected a length of time such as 60s or 2m".to_owned())?;
    let seconds = match unit.trim() {
        "ms" => return Ok(Duration::from_millis(number)),
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        other => return Err(format!("`{other}` is no unit of time; use ms, s, m, h or d")),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(|| "too long".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_verb_option_and_default_fits_together() {
        Command::command().debug_assert();
    }

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (given, expect) in [
            ("60s", Some(60_000)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("90", Some(90_000)),
            ("1h", Some(3_600_000)),
            ("", None),
            ("soon", None),
            ("5w", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(duration(given).ok(), expect.map(Duration::from_millis), "{given}");
        }
    }
}
