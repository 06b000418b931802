//! `qilu codes drift`: the province's code tables against ours.

use clap::Args;

use super::attend::attended;
use super::desk::{Desk, PATIENCE};
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use super::table::Table;
use crate::ledger::Alarm;
use crate::record::Language;
use crate::sync::{Connector, DriftReport, Error, TableDrift};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 平台，默认全部给得出代码表的 · The platform; all that give out code tables if left out
    #[arg(value_name = "PLATFORM")]
    pub platform: Option<String>,
}

/// How many codes of a kind are named on the screen; `--json` has all.
const NAMED: usize = 12;

pub(super) async fn run(desk: &Desk, arguments: &Arguments) -> Result<Exit, Failure> {
    let site = desk.site().await?;
    let done = look(desk, &site.connector, arguments.platform.as_deref()).await;
    site.close().await;
    let reports = done?;
    desk.screen.document(&reports);
    for report in &reports {
        show(&desk.screen, report);
    }
    Ok(reports.iter().map(exit_of).fold(Exit::Well, Exit::and))
}

async fn look(
    desk: &Desk,
    connector: &std::sync::Arc<Connector>,
    platform: Option<&str>,
) -> Result<Vec<DriftReport>, Failure> {
    if let Some(name) = platform.filter(|name| !connector.instance.platforms.contains_key(*name)) {
        connector.street(name)?;
    }
    let offers = |name: &&String| {
        let known = connector.instance.platforms.get(*name);
        known.is_some_and(|known| known.dictionaries.is_some()) && platform.is_none_or(|one| one == *name)
    };
    let names: Vec<&String> = connector.instance.platforms.keys().filter(offers).collect();
    if names.is_empty() {
        return Err(Failure::usage(
            "没有平台能给出代码表",
            "no platform gives out its code tables",
            "在平台配置里写 [operations.dictionary]、[answer.dictionary] 和 [dictionaries]。",
            "write [operations.dictionary], [answer.dictionary] and [dictionaries] into its profile",
        ));
    }
    if let Some(name) = names.iter().find(|name| connector.is_rehearsing(name)) {
        return Err(Failure::usage(
            format!("平台 {name} 在演练，不向它发任何请求"),
            format!("the platform {name} is rehearsing: it is asked nothing"),
            "把该平台的 mode 改为 live 再比对；这不等于批准报送。",
            "set its mode to live first; that does not yet let anything be sent",
        ));
    }
    let guard = connector.work(PATIENCE).await?;
    let looking = async {
        let mut reports = Vec::new();
        for name in names {
            reports.push(connector.drift_once(&guard, name, &desk.actor).await?);
        }
        Ok::<_, Error>(reports)
    };
    attended(connector, looking).await
}

/// A difference that stands is trouble until somebody has dealt with it.
fn exit_of(report: &DriftReport) -> Exit {
    let unread = report.tables.iter().any(|table| table.complaint.is_some());
    let differs = report.tables.iter().any(TableDrift::differs);
    let exit = if differs { Exit::Trouble } else { Exit::Well };
    exit.and(if unread { Exit::Unreachable } else { Exit::Well })
}

fn show(screen: &Screen, report: &DriftReport) {
    let read = report.tables.len();
    let differ = report.tables.iter().filter(|table| table.differs()).count();
    screen.line(match screen.language {
        Language::Chinese => format!("{}：比对了 {read} 张代码表，{differ} 张有出入。", report.platform),
        Language::English => format!("{}: {read} code tables compared, {differ} differ", report.platform),
    });
    let mut table = Table::new()
        .words(screen.pick("代码表", "table"))
        .words(screen.pick("出入", "difference"))
        .words_to(screen.pick("代码", "codes"), 100);
    for one in &report.tables {
        let named = |codes: &[crate::sync::Named]| {
            codes.iter().map(|one| format!("{} {}", one.code, one.name)).collect()
        };
        let renamed: Vec<String> =
            one.renamed.iter().map(|one| format!("{} {} → {}", one.code, one.ours, one.theirs)).collect();
        let ways: [(&str, Vec<String>); 4] = [
            (screen.pick("新增", "new"), named(&one.new)),
            (screen.pick("取消", "gone"), named(&one.gone)),
            (screen.pick("改名", "renamed"), renamed),
            (screen.pick("重复", "double"), named(&one.double)),
        ];
        for (way, codes) in ways.into_iter().filter(|(_, codes)| !codes.is_empty()) {
            let more = codes.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" … +{more}") } else { String::new() };
            let shown = codes[..codes.len().min(NAMED)].join(screen.pick("；", "; "));
            table.row([one.table.clone(), format!("{way} {}", codes.len()), format!("{shown}{more}")]);
        }
    }
    if !table.is_empty() {
        screen.table(&table);
    }
    for one in &report.tables {
        if let Some(complaint) = &one.complaint {
            screen.line(format_args!("  {}", one.table));
            screen.complaint(complaint, "    ");
        }
    }
    alarms(screen, &report.alarms);
}

/// Alarms with their advice and a few records.
pub(super) fn alarms(screen: &Screen, alarms: &[Alarm]) {
    if alarms.is_empty() {
        return;
    }
    screen.heading(screen.pick("新告警：省平台有变化", "New alarms: the province has changed something"));
    each(screen, alarms);
}

/// The same without a heading.
pub(super) fn each(screen: &Screen, alarms: &[Alarm]) {
    for alarm in alarms {
        screen.complaint(&alarm.complaint, "  ");
        for example in &alarm.examples {
            let eg = screen.pick("例", "e.g.");
            screen.line(format_args!("      {eg} {} {}", example.key, example.title));
        }
    }
}
