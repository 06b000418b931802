//! Standing orders of people: go-live, stop, resume, release.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use super::adopt::{doubtful, show_doubtful};
use super::desk::{Desk, PATIENCE};
use super::exit::Exit;
use super::failure::Failure;
use crate::audit::Versions;
use crate::config::{Instance, Mode};
use crate::ledger::{RunCause, RunEnd};
use crate::record::Fingerprint;
use crate::sync::{Connector, Error, PushRoute};

#[derive(Debug, Args)]
pub struct GoLiveArguments {
    /// 平台名 · The platform
    #[arg(value_name = "PLATFORM")]
    pub platform: String,
    /// 批准人 · Who approves it
    #[arg(long, value_name = "NAME")]
    pub approved_by: String,
    /// 先发几条，人工看过再继续 · How many may leave before a person looks
    #[arg(long, value_name = "N", default_value_t = 5, conflicts_with = "all")]
    pub first: u32,
    /// 不限条数 · Without limit
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct StopArguments {
    /// 平台名，默认全部 · The platform; all if left out
    #[arg(value_name = "PLATFORM")]
    pub platform: Option<String>,
    /// 原因，记入审计 · Why; kept in the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

#[derive(Debug, Args)]
pub struct ReleaseArguments {
    /// 路线名 · The route
    #[arg(value_name = "ROUTE")]
    pub route: String,
    /// 只放行这一原因的（如 Q6010）· Only what waits for this, such as Q6010
    #[arg(long, value_name = "ID")]
    pub only: Option<String>,
    /// 放行理由，记入审计 · Why; kept in the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

pub async fn go_live(desk: &Desk, arguments: GoLiveArguments) -> Result<Exit, Failure> {
    let connector = desk.connector().await?;
    let done = approve(desk, &connector, &arguments).await;
    connector.close().await;
    done
}

async fn approve(desk: &Desk, connector: &Connector, arguments: &GoLiveArguments) -> Result<Exit, Failure> {
    let name = arguments.platform.as_str();
    let platform = known(&connector.instance, name)?;
    if platform.mode == Mode::Rehearse {
        let file = platform.file.display();
        return Err(Failure::usage(
            format!("平台 {name} 的配置仍是演练"),
            format!("the platform {name} is configured to rehearse"),
            format!("先把 {file} 的 mode 改为 \"live\"，再运行本命令。"),
            format!("set mode = \"live\" in {file}, then run this again"),
        ));
    }
    let first = (!arguments.all).then_some(arguments.first);
    connector.ledger.go_live(name, &arguments.approved_by, first, &desk.actor, desk.clock.now()).await?;
    connector.seal().await?;
    let screen = &desk.screen;
    screen.document(&connector.ledger.platform_state(name).await?);
    let by = &arguments.approved_by;
    let limit = match first {
        Some(first) => format!("{} {first}", screen.pick("先发", "the first")),
        None => screen.pick("不限条数", "without limit").to_owned(),
    };
    screen.line(format_args!(
        "{} {name} ({} {by}, {limit})",
        screen.pick("已批准正式报送：", "live:"),
        screen.pick("批准人", "approved by")
    ));
    match connector.ledger.platform_state(name).await?.stopped_by {
        None => screen.line(screen.pick(
            "  qilu sync 或常驻进程开始发送；随时可用 qilu stop 停下。",
            "  `qilu sync` or the daemon sends from now on; `qilu stop` halts it at any time",
        )),
        Some(who) => screen.line(format_args!(
            "  {} {who}; {}",
            screen.pick("但仍处于停止状态，下令人：", "but it is still stopped by"),
            screen.pick("用 qilu resume 恢复发送。", "`qilu resume` lets it send")
        )),
    }
    Ok(Exit::Well)
}

/// Stops or resumes. Needs neither routes nor secrets, nor a turn at the ledger: it must work while much is broken.
pub async fn set_stopped(desk: &Desk, arguments: StopArguments, stop: bool) -> Result<Exit, Failure> {
    let instance = desk.instance().or_else(|_| desk.instance_alone())?;
    let ledger = desk.ledger(&instance).await?;
    let mut names: BTreeSet<String> = instance.platforms.keys().cloned().collect();
    names.extend(ledger.platform_names().await?);
    if let Some(name) = arguments.platform {
        if !names.contains(&name) {
            let known = names.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Error::Unknown { what: "platform", name, known }.into());
        }
        names = BTreeSet::from([name]);
    }
    for name in &names {
        ledger.set_stopped(name, stop, &desk.actor, &arguments.reason, desk.clock.now()).await?;
    }
    ledger.db().close().await;
    let screen = &desk.screen;
    screen.document(&json!({"platforms": names, "stopped": stop}));
    for name in names {
        screen.line(match stop {
            true => format!("{} {name}", screen.pick("已停止发送：", "stopped:")),
            false => format!("{} {name}", screen.pick("已恢复发送：", "resumed:")),
        });
    }
    Ok(Exit::Well)
}

pub async fn release(desk: &Desk, arguments: ReleaseArguments) -> Result<Exit, Failure> {
    let connector = desk.connector().await?;
    let done = let_go(desk, &connector, &arguments).await;
    connector.close().await;
    done
}

async fn let_go(desk: &Desk, connector: &Connector, arguments: &ReleaseArguments) -> Result<Exit, Failure> {
    let route = connector.push_route(&arguments.route)?;
    if arguments.only.is_none() {
        refuse_doubtful(desk, connector, route).await?;
    }
    let _guard = connector.work(PATIENCE).await?;
    let profile = connector.instance.platforms.get(&route.route.platform);
    let versions = Versions {
        mapping: Some(route.version),
        schema: Some(route.kind.fingerprint()),
        profile: profile.map(|platform| Fingerprint::of(platform.text.as_bytes())),
        program: None,
    };
    let (name, platform, kind) = (&route.route.name, &route.route.platform, &route.route.kind);
    let (ledger, reason, clock) = (&connector.ledger, &arguments.reason, &desk.clock);
    let cause = RunCause::Manual;
    let run =
        ledger.begin_run(name, platform, kind, cause, &desk.actor, reason, versions, clock.now()).await?;
    let only = arguments.only.as_ref().map(|id| id.to_uppercase());
    let released = ledger.release(&run, only.as_deref(), reason, clock.now()).await?;
    ledger.end_run(&run, RunEnd::Well, &json!({"released": released}), "", clock.now()).await?;
    connector.seal().await?;
    let screen = &desk.screen;
    screen.document(&json!({"run": run.id, "route": name, "released": released}));
    screen.line(format_args!("{} {released}", screen.pick("已放行：", "released:")));
    if released == 0 {
        screen.line(screen.pick(
            "  没有等待放行的报送。因数据或条件待人工的记录要改本地数据或映射，见 qilu records list --status needs_person。",
            "  nothing waits for a word. Records held by their data are let go by changing it: `qilu records list --status needs_person`",
        ));
    } else {
        screen.line(screen.pick("  下一次 qilu sync 发送。", "  the next `qilu sync` sends them"));
    }
    Ok(Exit::Well)
}

/// A release of everything must not create what the province may hold already.
async fn refuse_doubtful(desk: &Desk, connector: &Connector, route: &PushRoute) -> Result<(), Failure> {
    let doubtful = doubtful(&connector.ledger, &[route]).await?;
    if doubtful.is_empty() {
        return Ok(());
    }
    show_doubtful(desk, &doubtful);
    let (name, count) = (&route.route.name, doubtful.len());
    Err(Failure::usage(
        format!("路线 {name} 有 {count} 条可能与省平台已有的记录相同，不能一并放行，否则会重复"),
        format!(
            "{count} records of {name} may be at the province already; releasing them would make doubles"
        ),
        format!("先用 qilu adopt {name} --link 或 --not-same 逐条认定；或用 --only 只放行一种原因。"),
        format!(
            "decide them with `qilu adopt {name} --link` or `--not-same`, or release one cause with --only"
        ),
    ))
}

fn known<'a>(instance: &'a Instance, name: &str) -> Result<&'a crate::config::Platform, Failure> {
    let known = || instance.platforms.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let platform = instance.platforms.get(name);
    Ok(platform.ok_or_else(|| Error::Unknown { what: "platform", name: name.to_owned(), known: known() })?)
}
