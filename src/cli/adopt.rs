//! `qilu adopt`: first contact with what the province already holds.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::attend::attended;
use super::desk::{Desk, PATIENCE};
use super::exit::{self, Exit};
use super::failure::Failure;
use super::progress::Progress;
use super::round::{Round, Work, work_round};
use super::sync::chosen;
use super::table::Table;
use crate::ledger::{Ledger, RecordFilter, RunCause, Status};
use crate::record::Complaint;
use crate::sync::{Connector, PushRoute};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 路线名，默认所有尚未对接的 · Routes; all that have not been adopted if left out
    #[arg(value_name = "ROUTE")]
    pub routes: Vec<String>,
    /// 认定本地这条就是省里的那条 · This record at home is that one at the province
    #[arg(long, value_name = "KEY=REMOTEID", conflicts_with = "not_same")]
    pub link: Vec<String>,
    /// 认定省里没有这条，作为新增报送 · The province does not hold this record: create it
    #[arg(long, value_name = "KEY")]
    pub not_same: Vec<String>,
}

/// A record about which a person must say whether the province holds it.
#[derive(Debug, Serialize)]
pub struct Doubtful {
    route: String,
    key: String,
    title: String,
    complaint: Complaint,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.link.is_empty() && arguments.not_same.is_empty() {
        let site = desk.site().await?;
        let done = adopt(desk, &site.connector, &arguments).await;
        site.close().await;
        return done;
    }
    let connector = desk.connector().await?;
    let done = decide(desk, &connector, &arguments).await;
    connector.close().await;
    done
}

async fn adopt(desk: &Desk, connector: &Connector, arguments: &Arguments) -> Result<Exit, Failure> {
    let (push, _) = chosen(connector, &arguments.routes, None)?;
    let mut open = Vec::new();
    for route in &push {
        if connector.ledger.adoption_open(&route.route.name).await? {
            open.push(*route);
        }
    }
    let screen = &desk.screen;
    let mut round = Round::default();
    if open.is_empty() {
        screen.line(screen.pick("这些路线的首次对接都已完成。", "first contact is closed for these routes"));
    } else {
        let patience = Duration::ZERO;
        let work =
            Work { push: open, import: Vec::new(), everything: false, adopt: true, send: false, patience };
        let progress = Progress::new(screen.language, screen.json);
        let guard = connector.work(PATIENCE).await?;
        let request = desk.request(RunCause::Adoption, "");
        round = attended(connector, work_round(connector, &guard, &work, &request, &progress)).await?;
    }
    // Doubts of earlier adoptions are still somebody's to settle.
    let doubtful = doubtful(&connector.ledger, &push).await?;
    screen.document(&serde_json::json!({"round": round, "doubtful": doubtful}));
    round.show(screen);
    show_doubtful(desk, &doubtful);
    Ok(exit::of_round(&round, desk.strict))
}

/// The records of these routes that wait for such a word.
pub async fn doubtful(ledger: &Ledger, routes: &[&PushRoute]) -> Result<Vec<Doubtful>, Failure> {
    let mut found = Vec::new();
    for route in routes {
        let (kind, status) = (Some(route.route.kind.clone()), Some(Status::NeedsPerson));
        for record in ledger.records(&RecordFilter { kind, status, search: None }, 1000).await? {
            let complaints = ledger.complaints_of(record.seq).await?;
            let doubt = complaints.into_iter().find(|one| one.complaint.id == "Q6020");
            if let Some(doubt) = doubt {
                let (route, key, title) = (record.route, record.key, record.title);
                found.push(Doubtful { route, key, title, complaint: doubt.complaint });
            }
        }
    }
    Ok(found)
}

/// Shows them with what to type.
pub fn show_doubtful(desk: &Desk, doubtful: &[Doubtful]) {
    let screen = &desk.screen;
    if doubtful.is_empty() {
        return;
    }
    screen.heading(screen.pick("拿不准是不是同一条，请人工认定", "Perhaps the same: a person must say"));
    let mut table = Table::new()
        .words(screen.pick("路线", "route"))
        .words(screen.pick("本地编号", "key"))
        .words_to(screen.pick("本地名称", "title at home"), 40)
        .words_to(screen.pick("省里的编号和名称", "id and title at the province"), 60);
    for one in doubtful {
        table.row([&one.route, &one.key, &one.title, &one.complaint.found]);
    }
    screen.table(&table);
    screen.line(screen.pick(
        "\n  是同一条：qilu adopt 路线 --link 本地编号=省里编号    不是：qilu adopt 路线 --not-same 本地编号",
        "\n  the same: `qilu adopt ROUTE --link KEY=REMOTEID`    not: `qilu adopt ROUTE --not-same KEY`",
    ));
}

async fn decide(desk: &Desk, connector: &Connector, arguments: &Arguments) -> Result<Exit, Failure> {
    let [name] = arguments.routes.as_slice() else {
        return Err(Failure::usage(
            "--link 和 --not-same 要指明一条路线",
            "--link and --not-same need exactly one route",
            "例如 qilu adopt achievement --not-same 17",
            "for example `qilu adopt achievement --not-same 17`",
        ));
    };
    let route = connector.push_route(name)?;
    let linked = arguments.link.iter().map(|pair| {
        // A key may hold `=`, an id of the province hardly ever does.
        pair.rsplit_once('=').map(|(key, remote_id)| (key, Some(remote_id))).ok_or_else(|| {
            Failure::usage(
                format!("--link {pair} 的写法应为 本地编号=省里编号"),
                format!("--link {pair} is not KEY=REMOTEID"),
                "例如 --link 17=SD-ACH-00000017",
                "for example --link 17=SD-ACH-00000017",
            )
        })
    });
    let fresh = arguments.not_same.iter().map(|key| Ok((key.as_str(), None)));
    let decisions = linked.chain(fresh).collect::<Result<Vec<_>, Failure>>()?;
    let waiting = doubtful(&connector.ledger, &[route]).await?;
    for (key, remote_id) in &decisions {
        let compared = waiting.iter().find(|one| one.key == *key).map(|one| one.complaint.found.as_str());
        if let (Some(remote_id), Some(found)) = (remote_id, compared)
            && found.split_whitespace().next() != Some(remote_id)
        {
            return Err(other_record(key, remote_id, found));
        }
    }
    let guard = connector.work(PATIENCE).await?;
    let request = desk.request(RunCause::Adoption, "a person's decision");
    for (key, remote_id) in &decisions {
        connector.decide_adoption(&guard, route, key, *remote_id, &request).await?;
    }
    let screen = &desk.screen;
    screen.document(&serde_json::json!({"route": name, "decided": decisions.len()}));
    screen.line(format_args!("{}: {}", screen.pick("已认定", "decided"), decisions.len()));
    screen.line(screen.pick("下一次 qilu sync 报送。", "the next `qilu sync` sends them"));
    Ok(Exit::Well)
}

/// A slip of one digit would overwrite somebody else's record at the province.
fn other_record(key: &str, remote_id: &str, found: &str) -> Failure {
    Failure::usage(
        format!("{key} 比对到的是 {found}，不是 {remote_id}；未做任何改动"),
        format!("{key} was compared with {found}, not with {remote_id}; nothing was changed"),
        "照 qilu adopt 列出的省里编号填写；本命令不能改认另一条。",
        "copy the id that `qilu adopt` lists; another record cannot be taken over here",
    )
}
