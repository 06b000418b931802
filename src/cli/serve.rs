//! `qilu daemon`: stays up and runs routes on schedule.

use std::sync::Arc;

use super::check::{next_times, schedule_table};
use super::desk::{Desk, Site};
use super::exit::Exit;
use super::failure::Failure;
use crate::daemon;

pub async fn run(desk: &Desk) -> Result<Exit, Failure> {
    let site = desk.site().await?;
    let done = serve(desk, &site).await;
    site.close().await;
    done.map(|()| Exit::Well)
}

async fn serve(desk: &Desk, site: &Site) -> Result<(), Failure> {
    let (screen, connector) = (&desk.screen, &site.connector);
    let times = next_times(&connector.instance, desk.clock.now())?;
    screen.line(screen.pick("常驻运行；下次运行：", "up; next runs:"));
    screen.table(&schedule_table(screen, &connector.instance, &times));
    // Nobody watches a daemon's progress: its log tells.
    daemon::run(connector.clone(), Arc::new(())).await.map_err(|error| broken(&error))
}

/// The daemon ended because it could not go on.
pub fn broken(error: &anyhow::Error) -> Failure {
    Failure::Said {
        exit: Exit::Unreachable,
        sentence: [format!("常驻进程无法继续：{error:#}"), format!("the daemon cannot go on: {error:#}")],
        hint: [
            "排除原因后重新启动；未发完的会接着发，不会重复。".into(),
            "remove the cause and start it again: it goes on where it was and sends nothing twice".into(),
        ],
    }
}
