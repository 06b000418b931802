//! `qilu doctor`: whether the way to the province is free, step by step, each with its remedy.

use std::sync::Arc;

use clap::Args;
use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::config::{Instance, Mode, Platform};
use crate::daemon;
use crate::doctor::{Examination, Line, State, examine};
use crate::sync::Error;

#[derive(Debug, Args)]
pub struct Arguments {
    /// 省平台；默认全部 · The platform; all if left out
    #[arg(value_name = "PLATFORM")]
    pub platform: Option<String>,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let instance = desk.instance()?;
    let platforms = chosen(&instance, arguments.platform.as_deref())?;
    let sandbox = daemon::stand_in(&instance, &desk.clock).await.map_err(Failure::stand_in)?;
    let mut examinations = Vec::new();
    for platform in platforms {
        let examination = examine(&instance, platform, &desk.clock).await;
        show(&desk.screen, &examination);
        examinations.push(examination);
    }
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    let states: Vec<State> = examinations.iter().map(Examination::state).collect();
    let well = states.iter().all(|state| *state == State::Well || (*state == State::Remark && !desk.strict));
    let documents: Vec<Json> = examinations.iter().map(|one| document(&desk.screen, one)).collect();
    desk.screen.document(&json!({ "well": well, "platforms": documents }));
    Ok(if well { Exit::Well } else { Exit::Trouble })
}

fn chosen<'i>(instance: &'i Instance, name: Option<&str>) -> Result<Vec<&'i Arc<Platform>>, Failure> {
    let Some(name) = name else { return Ok(instance.platforms.values().collect()) };
    let found = instance.platforms.get(name).ok_or_else(|| {
        let known = instance.platforms.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        Error::Unknown { what: "platform", name: name.to_owned(), known }
    });
    Ok(vec![found?])
}

fn document(screen: &Screen, examination: &Examination) -> Json {
    let Examination { platform, title, base_url, mode, lines } = examination;
    let language = screen.language;
    let line = |line: &Line| {
        let [zh, en] = &line.seen;
        let complaint = line.complaint.as_ref();
        json!({
            "about": line.about.word(), "name": line.name, "state": line.state.word(),
            "seen": language.pick(zh, en), "id": complaint.map(|one| &one.id),
            "owner": complaint.map(|one| one.owner), "message": complaint.map(|one| one.message(language)),
            "advice": complaint.map(|one| one.advice(language)), "paste": line.paste,
        })
    };
    let rehearsing = *mode == Mode::Rehearse;
    json!({
        "platform": platform, "title": title, "base_url": base_url, "rehearsing": rehearsing,
        "state": examination.state().word(), "lines": lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn show(screen: &Screen, examination: &Examination) {
    let language = screen.language;
    let mode = match examination.mode {
        Mode::Rehearse => screen.pick("演练", "rehearse"),
        Mode::Live => screen.pick("正式", "live"),
    };
    let Examination { platform, title, base_url, lines, .. } = examination;
    screen.heading(format!("{title} ({platform})  {base_url}  {mode}"));
    let titles: Vec<String> = lines
        .iter()
        .map(|line| format!("{} {}", line.about.title(language), line.name).trim_end().to_owned())
        .collect();
    let width = titles.iter().map(|title| title.width()).max().unwrap_or_default();
    // Mark, title, and the blanks around them.
    let indent = " ".repeat(width + 6);
    for (line, title) in lines.iter().zip(&titles) {
        let mark = match line.state {
            State::Well => "✓",
            State::Remark => "!",
            State::Bad => "✗",
            State::Skipped => "–",
        };
        let room = " ".repeat(width - title.width());
        let [zh, en] = &line.seen;
        let seen = language.pick(zh, en);
        match &line.complaint {
            None => screen.line(format_args!("  {mark} {title}{room}  {seen}")),
            Some(complaint) => {
                let message = complaint.message(language);
                screen.line(format_args!("  {mark} {title}{room}  {} {message}", complaint.id));
                if !seen.is_empty() {
                    screen.line(format_args!("{indent}{seen}"));
                }
                let owner = complaint.owner.name(language);
                screen.line(format_args!("{indent}→ {owner}: {}", complaint.advice(language)));
            }
        }
        if let Some(paste) = &line.paste {
            screen.line(format_args!("{indent}{paste}"));
        }
    }
    screen.line(match examination.state() {
        State::Well | State::Skipped => screen.pick("一切正常。", "all is well"),
        State::Remark => {
            screen.pick("可以运行；带 ! 的几行值得一看。", "it can run; look at the lines with !")
        }
        State::Bad => screen.pick(
            "先从第一处 ✗ 改起，改好后再运行 qilu doctor。",
            "mend the first ✗, then run `qilu doctor` again",
        ),
    });
}
