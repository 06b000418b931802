//! `qilu check`: everything that is wrong with the configuration, before anything runs.

use clap::Args;
use serde_json::{Value as Json, json};

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use super::table::Table;
use crate::check::check;
use crate::clock::Timestamp;
use crate::config::{Fault, Flow, Instance, Mode};
use crate::schedule::Schedule;
use crate::sync::compile;

/// Takes no argument of its own.
#[derive(Debug, Args)]
pub struct Arguments {}

/// When a route runs next; `None` if it only runs by hand.
type NextTimes = Vec<(String, Option<Timestamp>)>;

pub async fn run(desk: &Desk, _: Arguments) -> Result<Exit, Failure> {
    // A folder without an instance is a failure of its own; faults in one are what this command is for.
    let (instance, mut faults) = match desk.instance() {
        Ok(instance) => (Some(instance), Vec::new()),
        Err(Failure::Faults(faults)) => (None, faults),
        Err(failure) => return Err(failure),
    };
    let mut times = Vec::new();
    if let Some(instance) = &instance {
        match compile(instance) {
            Ok(parts) => faults.extend(check(instance, &parts).await),
            Err(found) => faults.extend(found),
        }
        // A schedule that cannot be read is among the faults already.
        times = next_times(instance, desk.clock.now()).unwrap_or_default();
    }
    let screen = &desk.screen;
    screen.document(&document(screen, instance.as_ref(), &faults, &times));
    show(screen, instance.as_ref(), &faults, &times);
    let errors = faults.iter().any(|fault| fault.complaint.is_error());
    Ok(match (errors, faults.is_empty()) {
        (true, _) => Exit::Configuration,
        (false, false) if desk.strict => Exit::Trouble,
        (false, _) => Exit::Well,
    })
}

/// Every route with the time of its next run.
///
/// Errors: every schedule that cannot be read.
pub fn next_times(instance: &Instance, now: Timestamp) -> Result<NextTimes, Vec<Fault>> {
    let schedule = Schedule::of(instance)?;
    let next = |name: &String| (name.clone(), schedule.next_times(name, now, 1).first().copied());
    Ok(instance.routes.keys().map(next).collect())
}

fn document(screen: &Screen, instance: Option<&Instance>, faults: &[Fault], times: &NextTimes) -> Json {
    let faults: Vec<Json> = faults
        .iter()
        .map(|Fault { file, line, column, complaint }| {
            json!({
                "file": file, "line": line, "column": column, "id": complaint.id,
                "severity": complaint.severity, "owner": complaint.owner,
                "message": complaint.message(screen.language), "advice": complaint.advice(screen.language),
            })
        })
        .collect();
    let platforms: Vec<Json> = instance
        .into_iter()
        .flat_map(|instance| instance.platforms.values())
        .map(|one| json!({"platform": one.name, "mode": mode_word(one.mode), "base_url": one.base_url.value}))
        .collect();
    let next: Vec<Json> = times
        .iter()
        .map(|(route, at)| json!({"route": route, "next_at": at.map(|at| at.rfc3339())}))
        .collect();
    json!({"faults": faults, "platforms": platforms, "schedule": next})
}

fn show(screen: &Screen, instance: Option<&Instance>, faults: &[Fault], times: &NextTimes) {
    for fault in faults {
        screen.line(fault.show(screen.language));
    }
    let errors = faults.iter().filter(|fault| fault.complaint.is_error()).count();
    let warnings = faults.len() - errors;
    screen.line(match (errors, warnings) {
        (0, 0) => screen.pick("配置没有发现问题。", "nothing is wrong with the configuration").to_owned(),
        _ => format!(
            "{errors} {}, {warnings} {}",
            screen.pick("处错误", "faults"),
            screen.pick("处提示", "warnings")
        ),
    });
    let Some(instance) = instance else { return };
    screen.heading(screen.pick("省平台", "Platforms"));
    let mut table = Table::new().words("").words("").words("");
    for platform in instance.platforms.values() {
        let mode = match platform.mode {
            Mode::Rehearse => screen.pick("演练（什么也不发送）", "rehearse (nothing is sent)"),
            Mode::Live => screen.pick("正式（须另经 go-live 批准）", "live (once somebody said go-live)"),
        };
        table.row([platform.name.as_str(), mode, platform.base_url.value.as_str()]);
    }
    screen.table(&table);
    screen.heading(screen.pick("路线和下次运行", "Routes and when they run next"));
    screen.table(&schedule_table(screen, instance, times));
}

/// Routes with their next times.
pub fn schedule_table(screen: &Screen, instance: &Instance, times: &NextTimes) -> Table {
    let mut table = Table::new().words("").words("").words("").words("");
    for (name, at) in times {
        let route = instance.routes.get(name);
        let direction = match route.map(|route| &route.flow) {
            Some(Flow::Import(_)) => screen.pick("导入", "import"),
            Some(Flow::Push(_)) | None => screen.pick("报送", "push"),
        };
        let cron = route.and_then(|route| route.schedule.as_ref()).map_or("", |schedule| &schedule.value);
        let next = match at {
            Some(at) => screen.time(at.0),
            None => screen.pick("只手工运行", "by hand only").to_owned(),
        };
        table.row([name.as_str(), direction, cron, next.as_str()]);
    }
    table
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Rehearse => "rehearse",
        Mode::Live => "live",
    }
}
