//! One line that moves while a tick works, on a terminal only.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::table::clean;
use crate::record::Language;
use crate::sync::{Stage, Watcher};

/// Shows stage, name and count on stderr; vanishes when dropped.
pub struct Progress {
    language: Language,
    bar: ProgressBar,
    shown: Mutex<Option<(Stage, String)>>,
}

impl Progress {
    /// `quiet` shows nothing even on a terminal.
    pub fn new(language: Language, quiet: bool) -> Self {
        let bar = ProgressBar::no_length();
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            // The template is constant; if it were ever wrong, the default bar would do.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos}  {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Progress { language, bar, shown: Mutex::new(None) }
    }
}

impl Watcher for Progress {
    fn saw(&self, stage: Stage, what: &str, done: u64) {
        let Ok(mut shown) = self.shown.lock() else { return };
        let is_new = shown.as_ref().is_none_or(|(known, name)| *known != stage || name != what);
        if is_new {
            self.bar.set_message(format!("{} {}", stage_name(stage, self.language), clean(what, false)));
            *shown = Some((stage, what.to_owned()));
        }
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn stage_name(stage: Stage, language: Language) -> &'static str {
    match stage {
        Stage::Reading => language.pick("读取", "reading"),
        Stage::Adopting => language.pick("比对省平台", "comparing with the province"),
        Stage::Sending => language.pick("发送", "sending"),
        Stage::Importing => language.pick("导入", "importing"),
        Stage::Reviewing => language.pick("取审核结果", "reading reviews"),
    }
}
