//! `qilu runs`: what ran, when, by whom, and how it ended.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::codes_drift;
use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use super::table::Table;
use crate::ledger::{Ledger, RunView};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// 路线名 · Only runs of this route
    #[arg(long, value_name = "ROUTE")]
    pub route: Option<String>,
    /// 最多列几次 · How many at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: i64,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 一次运行的全部，含读不出的行 · One run, with the rows that could not be read
    Show {
        /// 运行号 · The run's number
        #[arg(value_name = "ID")]
        id: i64,
    },
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let instance = desk.instance_alone()?;
    let ledger = desk.ledger(&instance).await?;
    let done = match arguments.verb {
        Some(Verb::Show { id }) => show_one(desk, &ledger, id).await,
        None => {
            let runs = ledger.runs(arguments.route.as_deref(), arguments.limit.max(1)).await?;
            desk.screen.document(&runs);
            desk.screen.table(&list_table(&desk.screen, &runs));
            Ok(Exit::Well)
        }
    };
    ledger.db().close().await;
    done
}

fn list_table(screen: &Screen, runs: &[RunView]) -> Table {
    let mut table = Table::new()
        .numbers(screen.pick("运行", "run"))
        .words(screen.pick("开始", "started"))
        .words(screen.pick("路线或平台", "route or platform"))
        .words(screen.pick("起因", "cause"))
        .words(screen.pick("操作人", "by"))
        .words(screen.pick("结果", "outcome"))
        .words(screen.pick("读取", "scan"))
        .words_to(screen.pick("数目", "counts"), 70);
    for run in runs {
        let place = if run.route.is_empty() { &run.platform } else { &run.route };
        table.row([
            run.id.to_string(),
            screen.time(run.started_at),
            place.clone(),
            cause(&run.cause, screen).to_owned(),
            run.actor.clone(),
            outcome(&run.outcome, screen).to_owned(),
            scan(run, screen),
            counts(&run.counts),
        ]);
    }
    table
}

async fn show_one(desk: &Desk, ledger: &Ledger, id: i64) -> Result<Exit, Failure> {
    let Some(run) = ledger.run(id).await? else {
        return Err(Failure::usage(
            format!("没有第 {id} 次运行"),
            format!("there is no run {id}"),
            "qilu runs 列出最近的运行。",
            "`qilu runs` lists the newest",
        ));
    };
    let unreadable = ledger.unreadable(id).await?;
    let screen = &desk.screen;
    let rows: Vec<Json> =
        unreadable.iter().map(|(named, why)| json!({"named": named, "complaints": why})).collect();
    let alarms = ledger.alarms_of_run(id).await?;
    screen.document(&json!({"run": run, "unreadable": rows, "alarms": alarms}));
    screen.line(format_args!("{} {id}  {}", screen.pick("运行", "Run"), outcome(&run.outcome, screen)));
    let mut facts = Table::new().words("").words("");
    for (chinese, english, value) in [
        ("路线", "route", run.route.clone()),
        ("平台", "platform", run.platform.clone()),
        ("类别", "kind", run.kind.clone()),
        ("起因", "cause", cause(&run.cause, screen).to_owned()),
        ("操作人", "by", run.actor.clone()),
        ("理由", "reason", run.reason.clone()),
        ("开始", "started", screen.time(run.started_at)),
        ("结束", "ended", run.ended_at.map(|at| screen.time(at)).unwrap_or_default()),
        ("读取", "scan", scan(&run, screen)),
        ("说明", "note", run.note.clone()),
        ("数目", "counts", counts(&run.counts)),
    ] {
        if !value.is_empty() {
            facts.row([screen.pick(chinese, english).to_owned(), value]);
        }
    }
    screen.table(&facts);
    codes_drift::alarms(screen, &alarms);
    if !unreadable.is_empty() {
        screen.heading(screen.pick("读不出的行", "Rows that could not be read"));
    }
    for (named, complaints) in &unreadable {
        screen.line(format_args!("  {named}"));
        for complaint in complaints {
            screen.complaint(complaint, "    ");
        }
    }
    Ok(Exit::Well)
}

/// How far the run's scan looked: everything, or from when on.
fn scan(run: &RunView, screen: &Screen) -> String {
    match (run.scan.as_str(), run.since) {
        ("incremental", Some(since)) => {
            format!("{} {}", screen.pick("增量，自", "incremental since"), screen.time(since))
        }
        ("full", _) => screen.pick("全量", "full").to_owned(),
        (other, _) => other.to_owned(),
    }
}

/// Counts that are not zero, `read 1200, created 3`.
pub fn counts(counts: &Json) -> String {
    let Some(fields) = counts.as_object() else { return String::new() };
    let shown = fields.iter().filter_map(|(name, value)| match value.as_u64() {
        Some(0) | None => None,
        Some(number) => Some(format!("{name} {number}")),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn cause<'a>(word: &'a str, screen: &'a Screen) -> &'a str {
    match word {
        "scheduled" => screen.pick("计划", "scheduled"),
        "manual" => screen.pick("人工", "manual"),
        "resubmission" => screen.pick("重报", "resubmission"),
        "adoption" => screen.pick("首次对接", "adoption"),
        "import" => screen.pick("导入", "import"),
        other => other,
    }
}

/// A run's outcome in a word.
pub fn outcome<'a>(word: &'a str, screen: &'a Screen) -> &'a str {
    match word {
        "running" => screen.pick("运行中", "running"),
        "well" => screen.pick("正常", "well"),
        "trouble" => screen.pick("有新问题", "new trouble"),
        "held" => screen.pick("刹车", "held"),
        "failed" => screen.pick("未完成", "failed"),
        "interrupted" => screen.pick("中断", "interrupted"),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_counts_that_say_something_are_shown() {
        assert_eq!(counts(&json!({"read": 12, "held": 0, "note": "x", "created": 3})), "read 12, created 3");
        assert_eq!(counts(&Json::Null), "");
    }
}
