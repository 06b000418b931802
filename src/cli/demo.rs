//! `qilu demo`: the whole walk on a sample city, shown step by step.

use std::sync::Arc;
use std::time::Duration;

use super::arguments::DemoArguments;
use super::attend::attended;
use super::audit_verify;
use super::check::{next_times, schedule_table};
use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Progress;
use super::records::show_tallies;
use super::round::{Round, Work, work_round};
use super::sync::chosen;
use crate::audit;
use crate::daemon;
use crate::demo::Demo;
use crate::ledger::RunCause;
use crate::sync::Connector;

/// How long the first round waits for what becomes due soon, reviews among it.
const PATIENCE: Duration = Duration::from_secs(5);

pub async fn run(desk: &Desk, arguments: DemoArguments) -> Result<Exit, Failure> {
    let folder = arguments.folder.display();
    let demo = Demo::open(&arguments.folder, &desk.clock).await.map_err(|error| {
        Failure::usage(
            format!("演示无法开始：{error:#}"),
            format!("the demo cannot begin: {error:#}"),
            "换一个目录：qilu demo 目录",
            "choose another folder: `qilu demo DIR`",
        )
    })?;
    let screen = &desk.screen;
    let connector = demo.connector.clone();
    if demo.fresh {
        screen.line(format_args!("{} {folder}", screen.pick("已建好演示目录", "made the demo's folder")));
    }
    if let Some(sandbox) = &demo.sandbox {
        let note = screen.pick("沙盒省平台（不是真的省平台）", "sandbox province (not the real one)");
        screen.line(format_args!("{note}  {}", sandbox.page_url()));
    }
    let done = first_round(desk, &connector).await;
    let exit = match done {
        Ok(()) if !arguments.once => stay(desk, &connector, &folder.to_string()).await,
        other => other,
    };
    demo.close().await;
    // Refusals and complaints are what the demo is there to show: they are no failure of it.
    exit.map(|()| Exit::Well)
}

async fn first_round(desk: &Desk, connector: &Arc<Connector>) -> Result<(), Failure> {
    let screen = &desk.screen;
    let (push, import) = chosen(connector, &[], None)?;
    let work = Work { push, import, everything: false, adopt: true, send: true, patience: PATIENCE };
    let guard = connector.work(super::desk::PATIENCE).await?;
    let request = desk.request(RunCause::Manual, "demo");
    let progress = Progress::new(screen.language, screen.json);
    let round: Round = attended(connector, work_round(connector, &guard, &work, &request, &progress)).await?;
    drop(progress);
    screen.document(&round);
    round.show(screen);
    screen.heading(screen.pick("现在各类记录的状态", "Where the records stand now"));
    show_tallies(screen, &connector.ledger.tally().await?);
    if !screen.json {
        screen.heading(screen.pick("审计日志", "Audit log"));
        let settings = &connector.instance.audit;
        let keys = [audit::load_public_key(&settings.key_file)?];
        let notes = audit::load_notes(&settings.checkpoints)?;
        let report = audit::verify(connector.ledger.db(), &keys, &notes).await?;
        audit_verify::show(screen, &report, notes.len());
    }
    Ok(())
}

/// Goes on as the daemon would.
async fn stay(desk: &Desk, connector: &Arc<Connector>, folder: &str) -> Result<(), Failure> {
    let screen = &desk.screen;
    screen.heading(screen.pick("常驻运行，下次运行时间：", "Staying up as the daemon; next runs:"));
    let times = next_times(&connector.instance, desk.clock.now())?;
    screen.table(&schedule_table(screen, &connector.instance, &times));
    screen.line(format_args!(
        "\n{}\n  qilu -C {folder} sync\n  qilu -C {folder} why 机器人\n  qilu -C {folder} records tally\n{}",
        screen.pick("另开一个窗口试试：", "try in another window:"),
        screen.pick("Ctrl-C 结束", "Ctrl-C ends it")
    ));
    let running = daemon::run(connector.clone(), Arc::new(()));
    running.await.map_err(|error| super::serve::broken(&error))
}
