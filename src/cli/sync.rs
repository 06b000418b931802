//! `qilu sync`: a round of work now.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::arguments::duration;
use super::attend::attended;
use super::desk::{Desk, PATIENCE};
use super::exit::{self, Exit};
use super::failure::Failure;
use super::progress::Progress;
use super::round::{Round, Work, work_round};
use crate::import::ImportRoute;
use crate::ledger::RunCause;
use crate::sync::{self, Connector, PushRoute};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 路线名，默认全部 · Routes; all if left out
    #[arg(value_name = "ROUTE")]
    pub routes: Vec<String>,
    /// 只运行这一类别 · Only routes of this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// 只读取和校验，不发送 · Reads and checks, sends nothing
    #[arg(long)]
    pub no_send: bool,
    /// 全量读取，不看游标 · Reads everything, whatever cursors say
    #[arg(long)]
    pub full: bool,
    /// 为即将到期的重试最多等多久 · How long to wait for retries that are due soon
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub wait: Duration,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let site = desk.site().await?;
    let done = work(desk, &site.connector, &arguments).await;
    site.close().await;
    let round = done?;
    desk.screen.document(&round);
    round.show(&desk.screen);
    Ok(exit::of_round(&round, desk.strict))
}

async fn work(desk: &Desk, connector: &Arc<Connector>, arguments: &Arguments) -> Result<Round, Failure> {
    let (push, import) = chosen(connector, &arguments.routes, arguments.kind.as_deref())?;
    let (everything, send, patience) = (arguments.full, !arguments.no_send, arguments.wait);
    let work = Work { push, import, everything, adopt: false, send, patience };
    let progress = Progress::new(desk.screen.language, desk.screen.json);
    let guard = connector.work(PATIENCE).await?;
    let request = desk.request(RunCause::Manual, "");
    attended(connector, work_round(connector, &guard, &work, &request, &progress)).await
}

/// The routes that a command line means: parents before children, pushes before imports.
///
/// Errors: a name that is no route, with those that there are; a kind without a route.
pub fn chosen<'a>(
    connector: &'a Connector,
    names: &[String],
    kind: Option<&str>,
) -> Result<(Vec<&'a PushRoute>, Vec<&'a ImportRoute>), sync::Error> {
    for name in names {
        if !connector.import_routes.contains_key(name) {
            connector.push_route(name)?;
        }
    }
    let routes = &connector.instance.routes;
    let wanted = |name: &String| {
        let of_kind = || routes.get(name).is_some_and(|route| kind.is_none_or(|kind| route.kind == kind));
        (names.is_empty() || names.contains(name)) && of_kind()
    };
    let push: Vec<_> =
        connector.push_routes_in_order().into_iter().filter(|route| wanted(&route.route.name)).collect();
    let import: Vec<_> =
        connector.import_routes.iter().filter(|(name, _)| wanted(name)).map(|(_, route)| route).collect();
    if let Some(kind) = kind
        && push.is_empty()
        && import.is_empty()
    {
        connector.route_of_kind(kind)?;
    }
    Ok((push, import))
}
