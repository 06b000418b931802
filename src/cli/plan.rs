//! `qilu plan`: what a sync would do, without writing anything.

use clap::Args;

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::plan_next;
use super::progress::Progress;
use super::round_lines::reach;
use super::screen::Screen;
use super::table::{Table, count};
use crate::sync::{
    Error, Group, Parts, Preview, PushRoute, Reach, compile, next_routes, preview, preview_next,
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 路线名，默认全部报送路线 · Push routes; all if left out
    #[arg(value_name = "ROUTE")]
    pub routes: Vec<String>,
    /// 每组举几个例子 · Examples of each group
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub samples: usize,
    /// 只看下次同步会读的：有游标的只读变更 · Only what the next sync would read: with a cursor, what changed
    #[arg(long)]
    pub next: bool,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let instance = desk.instance()?;
    let parts = compile(&instance)?;
    for name in &arguments.routes {
        if !parts.push_routes.contains_key(name) {
            let known = parts.push_routes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(Error::Unknown { what: "push route", name: name.clone(), known }.into());
        }
    }
    let ledger = desk.ledger(&instance).await?;
    let progress = Progress::new(desk.screen.language, desk.screen.json);
    let following = next_routes(&instance);
    let mut previews = Vec::new();
    for route in in_order(&parts) {
        if arguments.routes.is_empty() || arguments.routes.contains(&route.route.name) {
            let samples = arguments.samples;
            let following = following.get(&route.route.platform);
            previews.push(match arguments.next {
                true => preview_next(&instance, &ledger, route, samples, following, &progress).await?,
                false => preview(&instance, &ledger, route, samples, following, &progress).await?,
            });
        }
    }
    drop(progress);
    ledger.db().close().await;
    desk.screen.document(&previews);
    show(&desk.screen, &previews);
    Ok(previews.iter().map(|one| exit_of(one, desk.strict)).fold(Exit::Well, Exit::and))
}

/// Parents before children, as a sync runs them.
fn in_order(parts: &Parts) -> Vec<&PushRoute> {
    let mut routes: Vec<_> = parts.push_routes.values().collect();
    routes.sort_by_key(|route| {
        let set = parts.schemas.get(&route.route.platform);
        set.and_then(|set| set.kinds().position(|kind| *kind.name == *route.route.kind))
    });
    routes
}

fn exit_of(preview: &Preview, strict: bool) -> Exit {
    let counts = &preview.counts;
    match preview {
        Preview { incomplete: Some(_), .. } => Exit::Unreachable,
        Preview { brakes, .. } if !brakes.is_empty() => Exit::Braked,
        _ if strict && counts.invalid + counts.held + counts.unreadable > 0 => Exit::Trouble,
        Preview { next_schemas: Some(next), .. } if strict && next.fails > 0 => Exit::Trouble,
        _ => Exit::Well,
    }
}

fn show(screen: &Screen, previews: &[Preview]) {
    screen.line(screen.pick(
        "预演：以下都还没有发生，也没有写入任何东西。",
        "A rehearsal: nothing of this has happened, nothing was written.",
    ));
    let heading = |chinese, english| screen.pick(chinese, english);
    let mut table = Table::new()
        .words(heading("路线", "route"))
        .numbers(heading("读取", "read"))
        .numbers(heading("不变", "unchanged"))
        .numbers(heading("会新增", "create"))
        .numbers(heading("会更新", "update"))
        .numbers(heading("会撤下", "withdraw"))
        .numbers(heading("撤下待批", "to confirm"))
        .numbers(heading("不报", "filtered"))
        .numbers(heading("有误", "invalid"))
        .numbers(heading("待人工", "held"))
        .numbers(heading("读不出", "unreadable"));
    for one in previews {
        let counts = &one.counts;
        let numbers = [
            counts.read,
            counts.unchanged,
            counts.created,
            counts.updated,
            counts.withdrawn,
            one.proposed,
            counts.filtered,
            counts.invalid,
            counts.held,
            counts.unreadable,
        ];
        table.row([one.route.clone()].into_iter().chain(numbers.map(count)));
    }
    screen.table(&table);
    for one in previews {
        // Where no cursor could have made a difference there is nothing to tell.
        if matches!(one.scan, Reach::Incremental { .. }) {
            screen.line(format_args!("  {}: {}", one.route, reach(&one.scan, screen)));
        }
    }
    for one in previews {
        show_one(screen, one);
    }
    plan_next::show(screen, previews);
}

fn show_one(screen: &Screen, preview: &Preview) {
    let anything = !preview.samples.is_empty() || preview.incomplete.is_some() || !preview.brakes.is_empty();
    if !anything {
        return;
    }
    screen.heading(&preview.route);
    if let Some(complaint) = &preview.incomplete {
        screen.complaint(complaint, "  ");
    }
    for brake in &preview.brakes {
        screen.complaint(brake, "  ");
    }
    if preview.adoption_open && preview.counts.created > 0 {
        let route = &preview.route;
        screen.line(format_args!(
            "  {} qilu adopt {route}",
            screen.pick(
                "首次对接未完成，新增会先等待比对：",
                "first contact is open, creates would wait for it:"
            )
        ));
    }
    let mut table = Table::new().words("").words("").words_to("", 44).words_to("", 80);
    for sample in &preview.samples {
        let complaint = sample.complaint.as_ref();
        let first = complaint.map(|one| format!("{} {}", one.id, one.message(screen.language)));
        let group = group_name(sample.group, screen).to_owned();
        table.row([group, sample.key.clone(), sample.title.clone(), first.unwrap_or_default()]);
    }
    screen.table(&table);
}

fn group_name(group: Group, screen: &Screen) -> &'static str {
    let language = screen.language;
    match group {
        Group::Create => language.pick("会新增", "create"),
        Group::Update => language.pick("会更新", "update"),
        Group::Withdraw => language.pick("会撤下", "withdraw"),
        Group::Held => language.pick("待人工", "held"),
        Group::Invalid => language.pick("有误", "invalid"),
        Group::Unreadable => language.pick("读不出", "unreadable"),
    }
}
