//! `qilu records quarantine`: imported records that failed a check, and why.

use clap::Args;
use serde_json::{Value as Json, json};

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::masked::masked;
use crate::ledger::{Ledger, QuarantineView};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 导入路线名 · Only of this import route
    #[arg(long, value_name = "ROUTE")]
    pub route: Option<String>,
    /// 最多列几条 · How many at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: i64,
}

/// Shows them, newest first.
pub async fn show(desk: &Desk, ledger: &Ledger, arguments: Arguments) -> Result<Exit, Failure> {
    let limit = arguments.limit.max(1);
    // One more than asked for tells whether there are more.
    let mut found = ledger.quarantine(arguments.route.as_deref(), None, limit.saturating_add(1)).await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let screen = &desk.screen;
    screen.document(&found.iter().map(document).collect::<Vec<_>>());
    if found.is_empty() {
        screen.line(screen.pick("没有待处理的导入。", "nothing is in quarantine"));
    }
    for one in &found {
        screen.line(format_args!("{} {}  {}", one.kind, one.remote_id, one.title));
        for complaint in &one.complaints {
            screen.complaint(complaint, "  ");
        }
    }
    if more {
        screen.line(screen.pick("  还有更多；用 --limit 调整。", "  there are more; see --limit"));
    }
    Ok(Exit::Well)
}

fn document(one: &QuarantineView) -> Json {
    let data = serde_json::from_str(&one.data).map_or(Json::Null, masked);
    json!({
        "id": one.id, "route": one.route, "kind": one.kind, "remote_id": one.remote_id, "title": one.title,
        "complaints": one.complaints, "data": data, "first_seen_at": one.first_seen, "run": one.run,
    })
}
