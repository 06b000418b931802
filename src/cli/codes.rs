//! `qilu codes`: the city's values that have no code, with lines to paste into the crosswalks.

use clap::{Args, Subcommand};

use super::codes_drift;
use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Progress;
use super::screen::Screen;
use super::table::{Table, count};
use crate::check::{Unmapped, UnmappedValue, unmapped};
use crate::config::Instance;
use crate::sync::{Parts, PushRoute, compile};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// 报送路线，或代码表；默认全部 · A push route or a code table; all if left out
    #[arg(value_name = "ROUTE|TABLE")]
    pub what: Option<String>,
    /// 只输出可粘贴进 config/crosswalks/TABLE.csv 的行 · Only the lines to paste into the crosswalk of TABLE
    #[arg(long, value_name = "TABLE")]
    pub paste: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 与省平台现行的代码表比对，什么也不改 · Compares with the province's tables as they are now, changes nothing
    Drift(codes_drift::Arguments),
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    if let Some(Verb::Drift(arguments)) = arguments.verb {
        return codes_drift::run(desk, &arguments).await;
    }
    let instance = desk.instance()?;
    let parts = compile(&instance)?;
    let what = arguments.what.as_deref();
    let route = what.and_then(|name| parts.push_routes.get(name));
    let table = what.filter(|_| route.is_none());
    for name in table.into_iter().chain(arguments.paste.as_deref()) {
        is_table(&parts, name)?;
    }
    let routes: Vec<&PushRoute> = match route {
        Some(route) => vec![route],
        None => parts.push_routes.values().collect(),
    };
    let progress = Progress::new(desk.screen.language, desk.screen.json);
    let asked = arguments.paste.as_deref().or(table);
    let report = unmapped(&instance, &parts, &routes, asked, &progress).await;
    drop(progress);
    desk.screen.document(&report);
    match &arguments.paste {
        Some(table) => paste(&desk.screen, &instance, &report, table),
        None => show(&desk.screen, &report),
    }
    let unread = report.routes.iter().any(|route| route.incomplete.is_some());
    let found = if report.is_clean() { Exit::Well } else { Exit::Trouble };
    Ok(found.and(if unread { Exit::Unreachable } else { Exit::Well }))
}

fn is_table(parts: &Parts, name: &str) -> Result<(), Failure> {
    if parts.codes.values().any(|codes| codes.table(name).is_ok()) {
        return Ok(());
    }
    let routes = parts.push_routes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut tables: Vec<&str> = parts.codes.values().flat_map(|codes| codes.tables()).collect();
    tables.sort_unstable();
    tables.dedup();
    let tables = tables.join(", ");
    Err(Failure::usage(
        format!("没有名为 `{name}` 的报送路线或代码表"),
        format!("there is no push route and no code table named `{name}`"),
        format!("报送路线：{routes}；代码表：{tables}"),
        format!("push routes: {routes}; code tables: {tables}"),
    ))
}

/// Nothing but lines of the file; its heading too where there is no file yet.
fn paste(screen: &Screen, instance: &Instance, report: &Unmapped, table: &str) {
    let lines = report.lines(table);
    if !lines.is_empty() && !instance.crosswalks.join(format!("{table}.csv")).exists() {
        screen.line("value,code");
    }
    for line in lines {
        screen.line(line);
    }
    for complaint in report.routes.iter().filter_map(|route| route.incomplete.as_ref()) {
        screen.failure(&complaint.message(screen.language), &complaint.advice(screen.language));
    }
}

fn show(screen: &Screen, report: &Unmapped) {
    for route in &report.routes {
        if let Some(complaint) = &route.incomplete {
            screen.heading(&route.route);
            screen.complaint(complaint, "  ");
        }
    }
    let rows: u64 = report.routes.iter().map(|route| route.rows).sum();
    let read = report.routes.len();
    if report.is_clean() {
        screen.line(screen.pick(
            &format!("读了 {read} 条路线的 {rows} 行：每个值都有省代码。"),
            &format!("{rows} rows of {read} routes: every value has a code of the province."),
        ));
    } else {
        let found = report.values.len();
        screen.line(screen.pick(
            &format!("读了 {read} 条路线的 {rows} 行：{found} 个值没有省代码。“可报”是因此报不出去的行。"),
            &format!(
                "{rows} rows of {read} routes: {found} values have no code. \"kept\" counts rows that would be \
                 published but for them."
            ),
        ));
        screen.table(&values(screen, &report.values));
        for more in &report.more {
            screen.line(screen.pick(
                &format!(
                    "  {} 的 {}：另有 {} 行是更多不同的值，这一列恐怕不是代码。",
                    more.route, more.column, more.rows
                ),
                &format!(
                    "  {} {}: {} more rows hold still other values; this is hardly a column of codes.",
                    more.route, more.column, more.rows
                ),
            ));
        }
        lines(screen, report);
    }
    others(screen, report);
    stale(screen, report);
}

fn values(screen: &Screen, values: &[UnmappedValue]) -> Table {
    let mut table = Table::new()
        .words(screen.pick("路线", "route"))
        .words_to(screen.pick("列", "column"), 36)
        .words(screen.pick("代码表", "code table"))
        .words_to(screen.pick("值", "value"), 40)
        .numbers(screen.pick("可报", "kept"))
        .numbers(screen.pick("全部", "rows"))
        .words_to(screen.pick("相近的", "near"), 60);
    for one in values {
        let near: Vec<String> = one.near.iter().map(|near| format!("{} {}", near.code, near.name)).collect();
        let near = match (near.join("; "), &one.line) {
            (_, None) => {
                screen.pick("不像代码，核对映射的列", "hardly a code: is this the right column?").to_owned()
            }
            (none, _) if none.is_empty() => screen.pick("没有相近的", "nothing is near").to_owned(),
            (near, _) => near,
        };
        let [publishable, rows] = [one.publishable, one.rows].map(count);
        table.row(
            [&one.route, &one.column, &one.table, &one.value, &publishable, &rows, &near].map(String::clone),
        );
    }
    table
}

fn lines(screen: &Screen, report: &Unmapped) {
    let tables = report.tables();
    if tables.is_empty() {
        return;
    }
    screen.heading(screen.pick(
        "可粘贴进对照文件的行（代码是相近的猜测，请人核对；空着的要填）：",
        "lines to paste into the crosswalks (codes are near guesses: have them checked, and fill in empty ones):",
    ));
    for table in tables {
        screen.line(format_args!("  config/crosswalks/{table}.csv"));
        for line in report.lines(table) {
            screen.line(format_args!("    {line}"));
        }
    }
}

fn others(screen: &Screen, report: &Unmapped) {
    if report.others.is_empty() {
        return;
    }
    screen.heading(
        screen.pick("经对照表归入“其他”的值：", "values that a crosswalk line leads to 其他 (other):"),
    );
    let mut table = Table::new()
        .words(screen.pick("路线", "route"))
        .words_to(screen.pick("列", "column"), 36)
        .words(screen.pick("代码表", "code table"))
        .words_to(screen.pick("值", "value"), 40)
        .words_to(screen.pick("归入", "leads to"), 40)
        .numbers(screen.pick("可报", "publishable"))
        .numbers(screen.pick("全部", "rows"));
    for one in &report.others {
        let leads_to = format!("{} {}", one.code, one.name);
        let [publishable, rows] = [one.publishable, one.rows].map(count);
        let cells = [&one.route, &one.column, &one.table, &one.value, &leads_to, &publishable, &rows];
        table.row(cells.map(String::clone));
    }
    screen.table(&table);
}

/// They do no harm: a few are enough to be reminded.
const STALE_SHOWN: usize = 10;

fn stale(screen: &Screen, report: &Unmapped) {
    if report.stale.is_empty() {
        return;
    }
    screen.heading(screen.pick(
        "对照表中没有一行数据用到的行（留着也无妨）：",
        "crosswalk lines that no row uses (they do no harm):",
    ));
    let mut table = Table::new().words("").words_to("", 40).words("");
    for one in report.stale.iter().take(STALE_SHOWN) {
        table.row([format!("{}.csv", one.table), one.value.clone(), one.code.clone()]);
    }
    screen.table(&table);
    if let Some(more) = report.stale.len().checked_sub(STALE_SHOWN).filter(|more| *more > 0) {
        screen.line(format_args!("  {} {more} (--json)", screen.pick("另有", "and more:")));
    }
}
