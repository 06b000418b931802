//! A round as people read it: a table of routes, a table of platforms, the most frequent problems.

use super::codes_drift;
use super::record_lines::action;
use super::round::{PlatformRound, Round};
use super::round_tables::{adoptions, imports, platforms, routes};
use super::screen::Screen;
use super::table::cut;
use crate::record::{Complaint, Language};
use crate::sync::{ByHand, Halt, PushReport, Reach};

impl Round {
    /// Writes the whole round.
    pub fn show(&self, screen: &Screen) {
        if !self.pushes.is_empty() {
            screen.heading(screen.pick("报送路线", "Routes"));
            screen.table(&routes(&self.pushes, screen));
            for push in &self.pushes {
                let (route, vanished) = (&push.route, push.counts.vanished);
                if push.scan != (Reach::Full { why: None }) {
                    screen.line(format_args!("  {route}: {}", reach(&push.scan, screen)));
                }
                if vanished > 0 {
                    let note = screen.pick("条已知记录在本地查不到了", "known records are gone at home");
                    screen.line(format_args!("  {route}: {vanished} {note}"));
                }
                for complaint in &push.complaints {
                    screen.line(format_args!("  {}:", push.route));
                    screen.complaint(complaint, "    ");
                }
                show_unreadable(push, screen);
            }
        }
        if !self.adoptions.is_empty() {
            screen.heading(screen.pick("首次对接", "First contact"));
            screen.table(&adoptions(&self.adoptions, screen));
            for complaint in self.adoptions.iter().filter_map(|one| one.complaint.as_ref()) {
                screen.complaint(complaint, "  ");
            }
        }
        for (route, waiting) in &self.unadopted {
            screen.line(match screen.language {
                Language::Chinese => format!(
                    "  {route}: {waiting} 条新增等待首次对接：省平台可能已有人工录入的同一条。运行 qilu adopt {route} 比对后放行。"
                ),
                Language::English => format!(
                    "  {route}: {waiting} new records wait for first contact: the province may hold some already, typed by hand. Run `qilu adopt {route}`."
                ),
            });
        }
        if !self.imports.is_empty() {
            screen.heading(screen.pick("导入路线", "Imports"));
            screen.table(&imports(&self.imports, screen));
            for complaint in self.imports.iter().flat_map(|import| &import.complaints) {
                screen.complaint(complaint, "  ");
            }
            if self.imports.iter().any(|import| import.counts.quarantined > 0) {
                screen.line(screen.pick(
                    "  隔离的没有落到本市库里；原因见 qilu records quarantine",
                    "  what is quarantined did not reach the city's tables; `qilu records quarantine` tells why",
                ));
            }
        }
        if !self.platforms.is_empty() {
            screen.heading(screen.pick("省平台", "Platforms"));
            screen.table(&platforms(&self.platforms, screen));
            for platform in &self.platforms {
                platform.show_remarks(screen);
            }
        }
        self.show_problems(screen);
    }

    fn show_problems(&self, screen: &Screen) {
        if self.problems.is_empty() {
            return;
        }
        screen.heading(screen.pick("需要处理的问题（由多到少）", "What needs somebody, most frequent first"));
        for problem in &self.problems {
            let lines = screen.complaint_lines(&problem.complaint);
            let example = match problem.example_title.as_str() {
                title if title.is_empty() || title == problem.example_key => problem.example_key.clone(),
                title => format!("{} {}", problem.example_key, cut(title, 40)),
            };
            let eg = screen.pick("例", "e.g.");
            for (index, line) in lines.iter().enumerate() {
                match index {
                    0 => screen.line(format_args!("  {:>5} × {} {line}", problem.count, problem.kind)),
                    _ => screen.line(format_args!("      {line}  [{eg} {example}]")),
                }
            }
        }
        if self.further_problems > 0 {
            let more = self.further_problems;
            screen.line(match screen.language {
                Language::Chinese => format!(
                    "  另有 {more} 种：qilu records list --status invalid（或 needs_person、refused、returned），单条用 qilu why"
                ),
                Language::English => format!(
                    "  and {more} kinds more: `qilu records list --status invalid` (or needs_person, refused, returned), one by one with `qilu why`"
                ),
            });
        }
    }
}

/// How far a scan looked, in a sentence.
pub(super) fn reach(reach: &Reach, screen: &Screen) -> String {
    match (reach, screen.language) {
        (Reach::Incremental { since }, Language::Chinese) => {
            format!("增量读取，自 {} 起；删除的行由下次全量核对发现", screen.time(*since))
        }
        (Reach::Incremental { since }, Language::English) => {
            format!(
                "incremental since {}; rows that are gone are found by the next full scan",
                screen.time(*since)
            )
        }
        (Reach::Full { why }, language) => {
            let full = language.pick("全量读取", "full");
            match (why, language) {
                (None, _) => full.to_owned(),
                (Some(why), Language::Chinese) => format!("{full}（{}）", why.name(language)),
                (Some(why), Language::English) => format!("{full} ({})", why.name(language)),
            }
        }
    }
}

/// Rows that cannot be listings have no record to look up: they are told here, and kept with the run.
fn show_unreadable(push: &PushReport, screen: &Screen) {
    let count = push.counts.unreadable;
    if count == 0 {
        return;
    }
    let (route, run) = (&push.route, push.run);
    screen.line(match screen.language {
        Language::Chinese => format!("  {route}: {count} 行读不出，全部见 qilu runs show {run}"),
        Language::English => {
            format!("  {route}: {count} rows could not be read; `qilu runs show {run}` has all of them")
        }
    });
    for complaint in push.unreadable_rows.iter().flat_map(|row| &row.complaints) {
        screen.complaint(complaint, "    ");
    }
}

impl PlatformRound {
    /// Why something did not leave, or nothing did, and why the reviewers' news could not be read; each cause once.
    fn show_remarks(&self, screen: &Screen) {
        let mut causes: Vec<Complaint> = Vec::new();
        for halt in &self.delivery.halts {
            let platform = &self.delivery.platform;
            let line = halt_words(halt, platform, self.configured_live, screen);
            screen.line(format_args!("  {platform}: {line}"));
            causes.extend(cause(halt));
        }
        if let Some(by_hand) = &self.delivery.by_hand {
            show_by_hand(&self.delivery.platform, by_hand, screen);
        }
        if self.delivery.halts.is_empty() && self.delivery.run.is_none() {
            let platform = &self.delivery.platform;
            let nothing =
                screen.pick("没有要发送的，什么也没有发送", "nothing was ready to leave, nothing was sent");
            screen.line(format_args!("  {platform}: {nothing}"));
        }
        codes_drift::alarms(screen, &self.delivery.alarms);
        causes.extend(self.feed.clone());
        causes.extend(self.unread_reviews.iter().cloned());
        let mut told: Vec<&str> = Vec::new();
        for cause in &causes {
            if !told.contains(&cause.id.as_str()) {
                screen.complaint(cause, "    ");
            }
            told.push(&cause.id);
        }
    }
}

/// The files that a person is to carry.
fn show_by_hand(platform: &str, by_hand: &ByHand, screen: &Screen) {
    for path in &by_hand.made {
        let made = screen.pick("已生成递交文件", "made a file to hand in:");
        screen.line(format_args!("  {platform}: {made} {}", path.display()));
    }
    let waiting = by_hand.waiting.iter().filter(|batch| batch.handover.waits_to_be_handed_in()).count();
    let answered = by_hand.waiting.len() - waiting;
    if waiting + answered > 0 {
        screen.line(match screen.language {
            Language::Chinese => {
                format!("  {platform}: {waiting} 个文件等待递交，{answered} 个等待回执；见 qilu hand list")
            }
            Language::English => format!(
                "  {platform}: {waiting} files wait to be handed in, {answered} for their receipts; see `qilu hand list`"
            ),
        });
    }
    for complaint in &by_hand.complaints {
        screen.complaint(complaint, "    ");
    }
}

/// The complaint that paused a lane, as the ledger keeps it.
fn cause(halt: &Halt) -> Option<Complaint> {
    match halt {
        Halt::Paused { why, .. } => serde_json::from_str(why).ok(),
        Halt::Closed { why, .. } => Some(why.clone()),
        Halt::Rehearsing | Halt::Stopped { .. } | Halt::FirstFewSent => None,
    }
}

/// Why a lane sends nothing, and what lets it go on.
fn halt_words(halt: &Halt, platform: &str, configured_live: bool, screen: &Screen) -> String {
    let pick = |chinese: String, english: String| screen.pick(&chinese, &english).to_owned();
    match halt {
        Halt::Rehearsing if configured_live => pick(
            format!("还没有批准正式报送，什么也不发送：qilu go-live {platform} --approved-by 姓名"),
            format!(
                "nobody has approved sending yet, nothing leaves: `qilu go-live {platform} --approved-by NAME`"
            ),
        ),
        Halt::Rehearsing => pick(
            format!(
                "演练中，什么也不发送。要正式报送：把 config/platforms/{platform}.toml 的 mode 改为 live，再 qilu go-live"
            ),
            format!(
                "rehearsing, nothing leaves. To send: mode = \"live\" in config/platforms/{platform}.toml, then `qilu go-live`"
            ),
        ),
        Halt::Stopped { by } => pick(
            format!("{by} 已下令停止发送；qilu resume {platform} 恢复"),
            format!("stopped by {by}; `qilu resume {platform}` lets it go on"),
        ),
        Halt::FirstFewSent => pick(
            format!("首批已发完，请先到省平台核对，再运行 qilu go-live {platform} --approved-by 姓名 --all"),
            format!(
                "the first few are sent: look at them at the province, then `qilu go-live {platform} --approved-by NAME --all`"
            ),
        ),
        Halt::Closed { until, .. } => {
            let until = screen.time(*until);
            pick(
                format!("{until} 之前不打扰省平台，什么也不发送"),
                format!("quiet until {until}, nothing leaves"),
            )
        }
        Halt::Paused { action: word, until, why } => {
            let (until, action) = (screen.time(*until), action(word, screen));
            // What is no complaint is shown as it is.
            let why = if cause(halt).is_some() { String::new() } else { format!(" {why}") };
            pick(format!("{action}暂停至 {until}{why}"), format!("{action} paused until {until}{why}"))
        }
    }
}
