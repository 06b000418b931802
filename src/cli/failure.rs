//! Why a command could not do its work: a sentence, a hint, an exit code.

use super::exit::Exit;
use super::screen::Screen;
use crate::audit;
use crate::config::Fault;
use crate::db;
use crate::ledger::LedgerError;
use crate::record::{Complaint, Language};
use crate::sync;

/// Everything that ends a command early. What is wrong with single records is never one of these.
#[derive(Debug)]
pub enum Failure {
    Faults(Vec<Fault>),
    Complaint(Exit, Complaint),
    /// Sentence and hint, in Chinese and English.
    Said {
        exit: Exit,
        sentence: [String; 2],
        hint: [String; 2],
    },
}

impl Failure {
    /// Something about the command line or the configuration.
    pub fn usage(
        chinese: impl Into<String>,
        english: impl Into<String>,
        hint_zh: impl Into<String>,
        hint_en: impl Into<String>,
    ) -> Self {
        let (sentence, hint) = ([chinese.into(), english.into()], [hint_zh.into(), hint_en.into()]);
        Failure::Said { exit: Exit::Configuration, sentence, hint }
    }

    /// A file or folder that the operating system refuses.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Failure::usage(
            format!("无法使用 {path}：{error}"),
            format!("{path} cannot be used: {error}"),
            "检查路径、权限和磁盘空间。",
            "check the path, its permissions and the disk's free space",
        )
    }

    /// The stand-in province that the instance keeps cannot run.
    pub fn stand_in(error: anyhow::Error) -> Self {
        Failure::usage(
            format!("内置的沙箱省平台无法启动：{error:#}"),
            format!("the bundled stand-in province cannot start: {error:#}"),
            "检查 config/qilu.toml 的 [sandbox] 一节。",
            "look at the section [sandbox] of config/qilu.toml",
        )
    }

    pub fn exit(&self) -> Exit {
        match self {
            Failure::Faults(_) => Exit::Configuration,
            Failure::Complaint(exit, _) | Failure::Said { exit, .. } => *exit,
        }
    }

    /// Tells it on stderr.
    pub fn show(&self, screen: &Screen) {
        let language = screen.language;
        match self {
            Failure::Faults(faults) => {
                for fault in faults {
                    screen.failure(&fault.show(language), "");
                }
                let hint = language.pick(
                    "逐条改好后再运行 qilu check。",
                    "mend them one by one, then run `qilu check` again",
                );
                let sentence = match language {
                    Language::Chinese => format!("配置中有 {} 处错误", faults.len()),
                    Language::English => format!("the configuration has {} faults", faults.len()),
                };
                screen.failure(&sentence, hint);
            }
            Failure::Complaint(_, complaint) => {
                let sentence = format!("{} {}", complaint.id, complaint.message(language));
                screen.failure(&sentence, &complaint.advice(language));
            }
            Failure::Said { sentence: [zh, en], hint: [hint_zh, hint_en], .. } => {
                screen.failure(language.pick(zh, en), language.pick(hint_zh, hint_en));
            }
        }
    }
}

impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Self {
        Failure::Faults(faults)
    }
}

impl From<Complaint> for Failure {
    fn from(complaint: Complaint) -> Self {
        Failure::Complaint(Exit::Unreachable, complaint)
    }
}

impl From<audit::Error> for Failure {
    fn from(error: audit::Error) -> Self {
        Failure::Complaint(Exit::Unreachable, error.complaint())
    }
}

impl From<db::Error> for Failure {
    fn from(error: db::Error) -> Self {
        LedgerError::from(error).into()
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let (exit, chinese, hint) = match &error {
            LedgerError::Audit(error) => return Failure::Complaint(Exit::Unreachable, error.complaint()),
            LedgerError::OtherProvince { .. } => (
                Exit::Configuration,
                "台账记的是另一个省平台地址的报送情况",
                [
                    "为新地址另建实例，或把地址改回去。",
                    "make an instance for the new address, or set the address back",
                ],
            ),
            LedgerError::Refused(_) => (
                Exit::Configuration,
                "台账不接受这个操作",
                ["按说明改正后再试。", "correct what the message names and try again"],
            ),
            LedgerError::Db(_) | LedgerError::Body => (
                Exit::Unreachable,
                "台账读写失败",
                [
                    "检查磁盘空间、权限，以及是否有别的程序占用台账文件。",
                    "check the disk's free space, permissions, and whether another program holds the ledger's file",
                ],
            ),
            LedgerError::NoRecord(_)
            | LedgerError::LostLease(_)
            | LedgerError::Moved(_)
            | LedgerError::Impossible(..) => (
                Exit::Unreachable,
                "台账被同时改动",
                ["再运行一次；若重复出现请报告。", "run it again; report it if it comes back"],
            ),
        };
        Failure::Said {
            exit,
            sentence: [format!("{chinese}：{error}"), error.to_string()],
            hint: hint.map(Into::into),
        }
    }
}

impl From<sync::Error> for Failure {
    fn from(error: sync::Error) -> Self {
        let said = |exit, chinese: String, hint: [&str; 2]| Failure::Said {
            exit,
            sentence: [chinese, error.to_string()],
            hint: hint.map(Into::into),
        };
        match error {
            sync::Error::Configuration(faults) => faults.into(),
            sync::Error::Ledger(error) => error.into(),
            sync::Error::Complaint(complaint) => complaint.into(),
            sync::Error::Busy => said(
                Exit::Unreachable,
                "另一个 qilu 进程正在使用这个台账".into(),
                [
                    "等它结束，或先停下它（qilu daemon 也算）。",
                    "wait for it, or stop it; a running daemon counts too",
                ],
            ),
            sync::Error::Lock(ref path, ref cause) => said(
                Exit::Unreachable,
                format!("无法给台账 {} 加锁：{cause}", path.display()),
                [
                    "检查目录权限；网络盘可能不支持锁。",
                    "check the folder's permissions; a network disk may know no locks",
                ],
            ),
            sync::Error::Unknown { what, ref name, ref known } => {
                let (chinese, known) = match what {
                    "push route" => ("报送路线", known.as_str()),
                    "import route" => ("导入路线", known.as_str()),
                    "platform" => ("平台", known.as_str()),
                    "doubtful record" => ("待认定的记录", "见 qilu adopt 列出的"),
                    _ => ("有报送路线的类别", known.as_str()),
                };
                let sentence = format!("没有名为 `{name}` 的{chinese}；现有：{known}");
                said(Exit::Configuration, sentence, ["核对名称。", "check the spelling"])
            }
        }
    }
}
