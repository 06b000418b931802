//! One province: `config/platforms/NAME.toml`.
//!
//! Shape and references only. What the expressions mean is known to the room `platform`, which compiles them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Fault, Located, Reader, Section};
use crate::record::Complaint;

mod answer;
mod attachments;
mod call;
mod callback;
mod dictionaries;
mod hand;
mod limits;
mod login;
mod pending;
mod quiet;
mod remedy;
mod reviews;
mod tls;
mod transport;
mod values;
mod writing;

pub use answer::{
    AnswerFormat, AnswerText, DictionaryText, ItemsText, ListText, LookupText, PendingText, PingText,
    Progress, RecordText, ReviewState, ReviewsText, StatusText, Unlisted,
};
pub use attachments::Attachments;
pub use call::{Call, Named, Operation, Template};
pub use callback::CallbackText;
pub use dictionaries::Dictionaries;
pub use hand::{Hand, HandFile, HandLayout, HandPackage, HandReceipt, HandSheet, PackedFile};
pub use limits::{Duplicates, Limits, Means, Paging, Resend, Retry};
pub use login::{Login, Term};
pub use pending::Pending;
pub use quiet::{PROVINCE_ZONE, Quiet, quiet_until};
pub use remedy::{Refusal, Remedy, RemedyRule};
pub use reviews::{ReviewSchedule, ReviewsBy};
pub use tls::{ClientIdentity, Tls, Trust};
pub use writing::{Charset, Format, Nulls, Writing, is_xml_name};

use transport::Transport;

/// How one province talks.
#[derive(Clone, Debug)]
pub struct Platform {
    pub name: String,
    pub file: PathBuf,
    pub title: String,
    pub mode: Mode,
    /// `hand:NAME` where a person carries files.
    pub base_url: Located<String>,
    /// Where there is no interface: the files that a person carries. Nothing of requests and answers counts then.
    pub hand: Option<Hand>,
    /// Folder below `schemas/`, e.g. `shandong/v1`.
    pub schemas: Located<String>,
    /// The set that will follow: `plan` tells what would fail it, nothing is sent under it.
    pub next_schemas: Option<Located<String>>,
    /// The city's code in the province's region table, e.g. `370300`.
    pub city_code: Located<String>,
    pub tls: Tls,
    /// Name → reference (`env:`, `file:`, `credential:`); never a value.
    pub credentials: Vec<Named>,
    /// Sent with every request.
    pub headers: Vec<Named>,
    /// Computed when first needed, once for each request: digests, signatures, whatever has a name.
    pub values: Vec<Named>,
    /// How bodies are written where an operation does not say otherwise.
    pub writing: Writing,
    pub operations: BTreeMap<Operation, Call>,
    /// In order; each may use what those before it gave.
    pub logins: Vec<Login>,
    /// How the answer to each operation is read: its own keys over those of `[answer]`.
    pub answers: BTreeMap<Operation, AnswerText>,
    /// `[answer]` alone.
    pub answer: AnswerText,
    /// The first rule that holds decides.
    pub remedies: Vec<RemedyRule>,
    /// By the province's item code.
    pub refusals: BTreeMap<String, Refusal>,
    pub duplicates: Duplicates,
    pub limits: Limits,
    /// When the province is not to be disturbed at all.
    pub quiet: Vec<Quiet>,
    pub attachments: Option<Attachments>,
    pub retry: Retry,
    pub paging: Paging,
    /// Code tables of the province that are compared with ours; `None` where it offers none.
    pub dictionaries: Option<Dictionaries>,
    pub pending: Pending,
    pub reviews: ReviewSchedule,
    /// What the province tells by itself; `None` where nobody listens.
    pub callback: Option<CallbackText>,
    /// The file as it was read, kept in full by its hash in the ledger.
    pub text: String,
}

/// Whether anything leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything but sending.
    Rehearse,
    /// Sending, once a person has said `go-live`.
    Live,
}

impl Platform {
    /// Reads a profile.
    ///
    /// Shape:  the profile, or `None` where a fault left a needed part out; and every fault, in file order.
    ///         A profile can come back together with faults: it is then good to look at, not to send by.
    pub fn read(name: &str, file: &Path, text: &str) -> (Option<Platform>, Vec<Fault>) {
        let reader = Reader::new(file, text);
        let tree = reader.parse();
        let platform = read_root(name, file, text, &reader.root(&tree));
        (platform, reader.into_faults())
    }

    /// What is allowed and yet worth saying at every check: plain HTTP, sending that may duplicate, no way to withdraw.
    pub fn remarks(&self) -> Vec<Fault> {
        let mut remarks = Vec::new();
        if self.base_url.starts_with("http://") && !is_loopback(&self.base_url) {
            let complaint = Complaint::new("Q7401").found(&*self.base_url);
            remarks.push(self.base_url.fault(&self.file, 0, complaint));
        }
        if self.duplicates.may_duplicate {
            remarks.push(self.base_url.fault(&self.file, 0, Complaint::new("Q7402")));
        }
        let sends = self.operations.contains_key(&Operation::Create);
        if sends && !self.operations.contains_key(&Operation::Withdraw) {
            remarks.push(self.base_url.fault(&self.file, 0, Complaint::new("Q7415")));
        }
        if let Some(callback) = &self.callback
            && let Some(complaint) = callback.remark()
        {
            let Located { line, column, .. } = callback.place;
            remarks.push(Fault { file: self.file.clone(), line, column, complaint });
        }
        remarks
    }
}

fn read_root(name: &str, file: &Path, text: &str, root: &Section<'_>) -> Option<Platform> {
    let title = root.need_text("title");
    let modes = [("rehearse", Mode::Rehearse), ("live", Mode::Live)];
    let mode = root.word("mode", &modes).unwrap_or(Mode::Rehearse);
    let (transport, base_url) = transport::read(name, root);
    let by_hand = transport == Transport::Hand;
    let schemas = root.need_text("schemas");
    let next_schemas = root.text("next_schemas");
    let city_code = root.need_text("city_code");
    let tls = tls::read(root);
    let credentials = read_credentials(root);
    let headers = root.section("headers").map(|section| section.all_texts()).unwrap_or_default();
    let values = values::read(root);
    let writing = Writing::read(root, Writing::default());
    let hand = if by_hand { hand::read(root) } else { None };
    let operations = if by_hand { Some(BTreeMap::new()) } else { call::read_operations(root, writing) };
    let answer = if by_hand { AnswerText::default() } else { answer::read_general(root) };
    let logins = login::read(root, writing, &answer);
    let none = BTreeMap::new();
    let reviews = reviews::read(root);
    let answers = match by_hand {
        true => BTreeMap::new(),
        false => answer::merge(root, &answer, operations.as_ref().unwrap_or(&none), reviews.by),
    };
    let remedies = remedy::read_rules(root);
    let refusals = remedy::read_refusals(root);
    let duplicates = if by_hand { Some(Duplicates::by_hand()) } else { limits::read_duplicates(root) };
    let limits = limits::read_limits(root);
    let quiet = quiet::read(root);
    let attachments = attachments::read(root);
    let retry = limits::read_retry(root);
    let paging = limits::read_paging(root);
    let dictionaries = dictionaries::read(root, &answers);
    let pending = pending::read(root);
    let callback = callback::read(root, writing);
    root.finish();
    if by_hand && hand.is_none() {
        return None;
    }
    Some(Platform {
        name: name.to_owned(),
        file: file.to_owned(),
        title: title?.value,
        mode,
        base_url: base_url?,
        hand,
        schemas: schemas?,
        next_schemas,
        city_code: city_code?,
        tls,
        credentials,
        headers: named(headers),
        values,
        writing,
        operations: operations?,
        logins,
        answers,
        answer,
        remedies,
        refusals,
        duplicates: duplicates?,
        limits,
        quiet,
        attachments,
        retry,
        paging,
        dictionaries,
        pending,
        reviews,
        callback,
        text: text.to_owned(),
    })
}

/// References are checked by their shape alone. A value that is none is never repeated in the message: it may
/// be a secret that somebody pasted.
fn read_credentials(root: &Section<'_>) -> Vec<Named> {
    let Some(section) = root.section("credentials") else { return Vec::new() };
    let credentials = named(section.all_texts());
    for Named { name, expression } in &credentials {
        let is_reference = ["env:", "file:", "credential:"].iter().any(|door| expression.starts_with(door));
        let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_reference {
            let expected = "a reference: env:NAME, file:PATH or credential:NAME, never the secret itself";
            section.complain_at(
                name,
                expected_at(&format!("credentials.{}", name.value), expected).found("***"),
            );
        }
        if !is_word {
            let complaint = expected_at("credentials", "names of letters, digits and _").found(&name.value);
            section.complain_at(name, complaint);
        }
    }
    credentials
}

fn named(pairs: Vec<(Located<String>, Located<String>)>) -> Vec<Named> {
    pairs.into_iter().map(|(name, expression)| Named { name, expression }).collect()
}

/// `Q1004`: the key's value is not what it should be.
fn expected_at(key: &str, expected: &str) -> Complaint {
    Complaint::new("Q1004").fact("key", key).fact("expected", expected)
}

fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    host == "localhost"
        || host.starts_with("localhost:")
        || host.starts_with("127.")
        || host == "[::1]"
        || host.starts_with("[::1]:")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANDONG: &str = include_str!("../../config/platforms/shandong.toml");

    fn read(text: &str) -> (Option<Platform>, Vec<String>) {
        let (platform, faults) = Platform::read("p", Path::new("p.toml"), text);
        let shown = |fault: &Fault| format!("{}:{} {}", fault.line, fault.column, fault.complaint);
        (platform, faults.iter().map(shown).collect())
    }

    #[test]
    fn the_shipped_profile_reads_without_a_fault_and_rehearses() {
        let (platform, faults) = read(SHANDONG);
        assert_eq!(faults, Vec::<String>::new());
        let platform = platform.unwrap();
        assert_eq!(platform.mode, Mode::Rehearse);
        assert_eq!(&*platform.base_url, "https://123.232.30.9:27180/api/v1");
        assert_eq!(platform.operations.len(), 8);
        assert!(platform.remarks().is_empty());
    }

    #[test]
    fn a_damaged_profile_tells_all_its_faults_with_their_places() {
        let rows: &[(&str, &str, &str)] = &[
            ("mode = \"rehearse\"", "mode = \"prod\"", "Q1004 `mode` is prod; expected rehearse | live"),
            ("\nmethod = \"POST\"", "\nmethod = \"STORE\"", "Q1004 `operations.create.method` is STORE"),
            ("records_max = 100", "records_max = 0", "Q1004 `limits.records_max` is 0"),
            ("records_max = 100", "concurrency = 0", "Q1004 `limits.concurrency` is 0"),
            ("records_max = 100", "requests_per_day = 0", "Q1004 `limits.requests_per_day` is 0"),
            (
                "[paging]",
                "[attachments]\nroots = ['upload']\n[paging]",
                "Q1004 `attachments.roots` is upload",
            ),
            (
                "[paging]",
                "[attachments]\nhosts = ['https://oa.example.cn/files']\n[paging]",
                "Q1004 `attachments.hosts` is https://oa",
            ),
            ("[paging]", "[attachments]\nroot = '/'\n[paging]", "Q1003 `attachments.root` is not"),
            (
                "[paging]",
                "[[quiet]]\nfrom = \"24:01\"\nto = \"1:00\"\n[paging]",
                "Q1004 `quiet[0].from` is 24:01",
            ),
            (
                "[paging]",
                "[[quiet]]\nfrom = \"1:00\"\nto = \"1:00\"\n[paging]",
                "Q1004 `quiet[0].to` is 1:00",
            ),
            (
                "[paging]",
                "[[quiet]]\nfrom = \"0:00\"\nto = \"1:00\"\ndays = \"sat,sunday\"\n[paging]",
                "Q1004 `quiet[0].days` is sunday",
            ),
            ("records_max = 100", "record_max = 100", "Q1003 `limits.record_max` is not a known key"),
            (
                "mode = \"rehearse\"",
                "charset = \"latin1\"",
                "Q1004 `charset` is latin1; expected utf-8 | gb18030 | gbk",
            ),
            ("mode = \"rehearse\"", "transport = \"tcp\"", "Q7420 transport"),
            ("mode = \"rehearse\"", "transport = \"fax\"", "Q1004 `transport` is fax; expected http | hand"),
            ("body_sha256 = ", "body-sha256 = ", "Q1004 `values` is body-sha256"),
            ("env:QILU_SHANDONG_APP_SECRET", "s3cret", "Q1004 `credentials.app_secret` is ***"),
            ("means = [\"idempotency-key\", \"duplicate-answer\"]", "means = []", "Q7403"),
            ("remedy = \"block\"", "remedy = \"give-up\"", "Q1004 `remedies[0].remedy` is give-up"),
            ("returned = \"returned\"", "returned = \"sent back\"", "Q1004 `answer.reviews.states.returned`"),
            ("[paging]", "[pageing]", "Q1003 `pageing` is not a known key"),
            ("base_url = \"https://", "base_url = \"ftp://", "Q1004 `base_url` is ftp://"),
            ("roots = \"system\"", "pins = [\"sha256:12\"]", "Q1004 `tls.pins` is sha256:12"),
        ];
        for (from, to, expect) in rows {
            assert!(SHANDONG.contains(from), "{from}");
            let (_, faults) = read(&SHANDONG.replacen(from, to, 1));
            assert!(faults.iter().any(|fault| fault.contains(expect)), "{to}: {faults:#?}");
        }
    }

    #[test]
    fn an_address_may_be_an_ip_with_a_port_and_a_path() {
        for (url, good) in [
            ("http://210.12.174.1:8084/open.api", true),
            ("https://[2001:db8::1]:443/a/b", true),
            ("https://sti.example.cn", true),
            ("https://sti.example.cn/", false),
            ("https://user@sti.example.cn", false),
            ("https://sti.example.cn/a?b=1", false),
            ("tcp://10.0.0.1:9000", false),
        ] {
            let text = SHANDONG.replace("https://123.232.30.9:27180/api/v1", url);
            assert_eq!(read(&text).0.is_some(), good, "{url}");
        }
    }

    #[test]
    fn a_pasted_secret_is_not_repeated() {
        let (_, faults) = read(&SHANDONG.replace("env:QILU_SHANDONG_APP_SECRET", "s3cret-of-the-city"));
        assert!(!faults.is_empty());
        assert!(faults.iter().all(|fault| !fault.contains("s3cret")), "{faults:?}");
    }

    #[test]
    fn an_empty_file_is_a_list_of_what_is_missing() {
        let (platform, faults) = read("");
        assert!(platform.is_none());
        for key in ["title", "base_url", "schemas", "city_code", "operations", "answer", "duplicates"] {
            assert!(faults.iter().any(|fault| fault.contains(&format!("`{key}` is missing"))), "{key}");
        }
    }

    #[test]
    fn plain_http_is_named_unless_it_stays_on_this_machine() {
        for (url, remarks) in [
            ("http://10.1.2.3:8080/api", 1),
            ("http://127.0.0.1:9000/api/v1", 0),
            ("http://localhost:9000", 0),
            ("https://sti.example.cn/api", 0),
        ] {
            let text = SHANDONG.replace("https://123.232.30.9:27180/api/v1", url);
            assert_eq!(read(&text).0.unwrap().remarks().len(), remarks, "{url}");
        }
    }
}
