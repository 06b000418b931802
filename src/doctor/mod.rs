//! What stands between this machine and a province, step by step: name, port, certificate, clock, secrets, and one
//! harmless question for each operation that only asks.
//!
//! Changes nothing here or there and never delivers. Before the certificate is trusted not one byte of application
//! data leaves. Every line is well, or says what must be done and by whom.

mod asking;
mod way;

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::platform::Operation;
use crate::config::{Instance, Mode, Platform};
use crate::record::{Complaint, Language};

/// One platform, looked at.
#[derive(Clone, Debug)]
pub struct Examination {
    pub platform: String,
    pub title: String,
    pub base_url: String,
    pub mode: Mode,
    pub lines: Vec<Line>,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Line {
    pub about: About,
    /// Which one, where there are several: a credential, a login.
    pub name: String,
    pub state: State,
    /// What was seen, in Chinese and English.
    pub seen: [String; 2],
    /// What is wrong, with its remedy.
    pub complaint: Option<Complaint>,
    /// A line for the profile, to be copied as it is.
    pub paste: Option<String>,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Dns,
    Tcp,
    Tls,
    /// Its dates.
    Certificate,
    Clock,
    Credential,
    Login,
    Operation(Operation),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Well,
    /// Worth a look; nothing is kept from running by it.
    Remark,
    Bad,
    /// Not looked at; the line says why.
    Skipped,
}

impl About {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            About::Dns => "dns",
            About::Tcp => "tcp",
            About::Tls => "tls",
            About::Certificate => "certificate",
            About::Clock => "clock",
            About::Credential => "credential",
            About::Login => "login",
            About::Operation(operation) => operation.word(),
        }
    }

    pub fn title(self, language: Language) -> &'static str {
        match self {
            About::Dns => language.pick("域名", "DNS"),
            About::Tcp => language.pick("连接", "TCP"),
            About::Tls => "TLS",
            About::Certificate => language.pick("证书", "certificate"),
            About::Clock => language.pick("时钟", "clock"),
            About::Credential => language.pick("密钥", "secret"),
            About::Login => language.pick("登录", "login"),
            About::Operation(operation) => operation.word(),
        }
    }
}

impl State {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            State::Well => "well",
            State::Remark => "remark",
            State::Bad => "bad",
            State::Skipped => "skipped",
        }
    }
}

impl Line {
    fn new(about: About, state: State, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let seen = [zh.into(), en.into()];
        Line { about, name: String::new(), state, seen, complaint: None, paste: None }
    }

    fn well(about: About, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Line::new(about, State::Well, zh, en)
    }

    fn skipped(about: About, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Line::new(about, State::Skipped, zh, en)
    }

    fn bad(about: About, complaint: Complaint) -> Self {
        Line { complaint: Some(complaint), ..Line::new(about, State::Bad, "", "") }
    }

    fn remark(about: About, complaint: Complaint) -> Self {
        Line { state: State::Remark, ..Line::bad(about, complaint) }
    }

    fn named(self, name: &str) -> Self {
        Line { name: name.to_owned(), ..self }
    }

    fn seen(self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Line { seen: [zh.into(), en.into()], ..self }
    }

    fn paste(self, line: String) -> Self {
        Line { paste: Some(line), ..self }
    }
}

impl Examination {
    /// The worst that was seen.
    pub fn state(&self) -> State {
        let any = |state| self.lines.iter().any(|line| line.state == state);
        match () {
            () if any(State::Bad) => State::Bad,
            () if any(State::Remark) => State::Remark,
            () => State::Well,
        }
    }
}

/// Looks at one platform of an instance, as far as the way is open.
pub async fn examine(instance: &Instance, platform: &Arc<Platform>, clock: &Clock) -> Examination {
    let mut lines = Vec::new();
    if platform.hand.is_some() {
        let (zh, en) = ("由人工传送文件，没有网络接口", "files are carried by hand; there is no interface");
        lines.push(Line::skipped(About::Tcp, zh, en));
    } else {
        let open = way::walk(platform, &instance.root, clock.now(), &mut lines).await;
        asking::ask(instance, platform, open, clock, &mut lines).await;
    }
    Examination {
        platform: platform.name.clone(),
        title: platform.title.clone(),
        base_url: platform.base_url.value.clone(),
        mode: platform.mode,
        lines,
    }
}
