//! The tables of a round.

use super::round::{Open, PlatformRound};
use super::screen::Screen;
use super::table::{Table, count};
use crate::import::ImportReport;
use crate::ledger::RunEnd;
use crate::sync::{AdoptReport, PushReport};

/// Scans.
pub(super) fn routes(pushes: &[PushReport], screen: &Screen) -> Table {
    let heading = |chinese, english| screen.pick(chinese, english);
    let mut table = Table::new()
        .words(heading("路线", "route"))
        .numbers(heading("读取", "read"))
        .numbers(heading("未变", "unchanged"))
        .numbers(heading("新增", "create"))
        .numbers(heading("更新", "update"))
        .numbers(heading("撤下", "withdraw"))
        .numbers(heading("不报", "filtered"))
        .numbers(heading("有误", "invalid"))
        .numbers(heading("待人工", "held"))
        .numbers(heading("读不出", "unreadable"))
        .words(heading("结果", "outcome"));
    for push in pushes {
        let counts = &push.counts;
        let numbers = [
            counts.read,
            counts.unchanged,
            counts.created,
            counts.updated,
            counts.withdrawn,
            counts.filtered,
            counts.invalid,
            counts.held,
            counts.unreadable,
        ];
        let end = [run_end(push.end, screen).to_owned()];
        table.row([push.route.clone()].into_iter().chain(numbers.map(count)).chain(end));
    }
    table
}

/// First contacts.
pub(super) fn adoptions(reports: &[AdoptReport], screen: &Screen) -> Table {
    let heading = |chinese, english| screen.pick(chinese, english);
    let mut table = Table::new()
        .words(heading("路线", "route"))
        .numbers(heading("省里已有", "held there"))
        .numbers(heading("认领且一致", "same"))
        .numbers(heading("认领待更新", "differs"))
        .numbers(heading("待人工", "doubtful"))
        .numbers(heading("放行新增", "released"))
        .numbers(heading("对不上本地", "unmatched"));
    for report in reports {
        let AdoptReport { held_there, same, differs, doubtful, released, unmatched, .. } = *report;
        let numbers = [held_there, same, differs, doubtful, released, unmatched].map(count);
        table.row([report.route.clone()].into_iter().chain(numbers));
    }
    table
}

/// Imports.
pub(super) fn imports(reports: &[ImportReport], screen: &Screen) -> Table {
    let heading = |chinese, english| screen.pick(chinese, english);
    let mut table = Table::new()
        .words(heading("路线", "route"))
        .numbers(heading("取回", "fetched"))
        .numbers(heading("新增", "new"))
        .numbers(heading("更新", "updated"))
        .numbers(heading("未变", "unchanged"))
        .numbers(heading("隔离待人工", "quarantined"))
        .numbers(heading("本市自有", "own"))
        .numbers(heading("已下架", "delisted"))
        .words(heading("结果", "outcome"));
    for report in reports {
        let counts = &report.counts;
        let numbers = [
            counts.fetched,
            counts.new,
            counts.updated,
            counts.unchanged,
            counts.quarantined,
            counts.own,
            counts.delisted,
        ];
        let end = [run_end(report.end, screen).to_owned()];
        table.row([report.route.clone()].into_iter().chain(numbers.map(count)).chain(end));
    }
    table
}

fn run_end(end: RunEnd, screen: &Screen) -> &'static str {
    match end {
        RunEnd::Well => screen.language.pick("正常", "well"),
        RunEnd::Trouble => screen.language.pick("有新问题", "new trouble"),
        RunEnd::Held => screen.language.pick("刹车", "held"),
        RunEnd::Failed => screen.language.pick("未读完", "failed"),
    }
}

/// What was sent, what is open, what was reviewed.
pub(super) fn platforms(rounds: &[PlatformRound], screen: &Screen) -> Table {
    let heading = |chinese, english| screen.pick(chinese, english);
    // Few provinces decide later; the others' readers are spared a column.
    let decides_later = rounds.iter().any(|round| round.open.pending > 0);
    let mut table = Table::new()
        .words(heading("平台", "platform"))
        .numbers(heading("已接收", "accepted"))
        .numbers(heading("拒收", "refused"));
    if decides_later {
        table = table.numbers(heading("受理中", "taken in"));
    }
    table = table
        .numbers(heading("待发", "queued"))
        .numbers(heading("等待", "waiting"))
        .numbers(heading("待人工", "for a person"))
        .numbers(heading("待核实", "in doubt"))
        .numbers(heading("多次未成", "parked"))
        .numbers(heading("新发布", "published"))
        .numbers(heading("退回", "returned"));
    for round in rounds {
        let Open { queued, waiting, waiting_person, in_doubt, pending, parked, .. } = round.open;
        let done = [round.delivery.counts.accepted, round.delivery.counts.refused].map(count);
        let open = [queued, waiting, waiting_person, in_doubt, parked].map(count);
        let reviews = [round.reviews.published, round.reviews.returned].map(count);
        let name = [round.delivery.platform.clone()];
        let later = decides_later.then(|| count(pending));
        table.row(name.into_iter().chain(done).chain(later).chain(open).chain(reviews));
    }
    table
}
