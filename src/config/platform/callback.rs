//! `[callback]`: what the province tells by itself, and how it proves that it is the province.

use std::time::Duration;

use super::answer::take_reviews;
use super::call::read_template;
use super::{AnswerFormat, Format, Operation, ReviewsText, Template, Writing, expected_at};
use crate::config::{Located, Section};
use crate::record::Complaint;

/// The `[callback]` section. Every text is an expression.
#[derive(Clone, Debug)]
pub struct CallbackText {
    /// Where the section stands.
    pub place: Located<()>,
    pub format: AnswerFormat,
    /// Over `raw`, `text`, `headers`, `query`, `method`, `path`, `credentials`: the message is the province's. Asked
    /// before a byte of it is parsed.
    pub verify: Located<String>,
    /// Over the same and `body`: what `body` is from here on.
    pub open: Option<Located<String>>,
    /// Over the names of `open`: when the message was signed.
    pub fresh: Option<Located<String>>,
    /// How far that may be from our clock.
    pub within: Duration,
    /// Over the names of `open`: what makes this message this one.
    pub nonce: Option<Located<String>>,
    /// There is no time or no nonce in it, and somebody knows what that means.
    pub may_replay: bool,
    /// The decisions in it: over `body` the list (absent, the body is one decision), over `item` the rest; what is not
    /// said here is said in `[answer.reviews]`.
    pub reviews: ReviewsText,
    /// What the province is answered, where the message was good.
    pub ack: Option<Template>,
    /// How it is written.
    pub writing: Writing,
    /// With which status one is refused that is not believed.
    pub refuse: u16,
}

const WITHIN: Duration = Duration::from_secs(5 * 60);

pub(super) fn read(root: &Section<'_>, writing: Writing) -> Option<CallbackText> {
    let section = root.section("callback")?;
    let shape = root.json("callback").unwrap_or_default();
    let formats = [("json", AnswerFormat::Json), ("xml", AnswerFormat::Xml), ("text", AnswerFormat::Text)];
    let format = section.word("format", &formats).unwrap_or_default();
    let verify = section.need_text("verify");
    let open = section.text("open");
    let fresh = section.text("fresh");
    let within = section.duration("within").unwrap_or(WITHIN);
    let nonce = section.text("nonce");
    let may_replay = section.flag("may_replay").unwrap_or(false);
    let reviews = take_reviews(&section);
    let ack = read_template(&section, &shape, "ack");
    let ack_formats = Format::ALL.map(|format| (format.word(), format));
    let ack_format = section.word("ack_format", &ack_formats[..]).unwrap_or(Format::Json);
    let writing = Writing { envelope: ack_format, ..writing };
    let refuse = match section.number("refuse").map(u16::try_from) {
        Some(Ok(status)) if (400..600).contains(&status) => status,
        Some(_) => {
            section
                .complain_at("refuse", expected_at("callback.refuse", "a status from 400 to 599").found(0));
            401
        }
        None => 401,
    };
    section.finish();
    let has_words = !reviews.states.is_empty() || has_general_states(root);
    if !has_words {
        section.complain(Complaint::new("Q1002").fact("key", "callback.states"));
    }
    if !may_replay && (fresh.is_none() || nonce.is_none()) {
        section.complain(Complaint::new("Q7914"));
    }
    let place = section.place();
    Some(CallbackText {
        place,
        format,
        verify: verify?,
        open,
        fresh,
        within,
        nonce,
        may_replay,
        reviews,
        ack,
        writing,
        refuse,
    })
}

/// Whether `[answer.reviews]` says what the province's words mean.
fn has_general_states(root: &Section<'_>) -> bool {
    let words = |table: &serde_json::Value| table.pointer("/reviews/states").is_some();
    let of_operation = |operation: Operation| {
        let pointer = format!("/{}/answer", operation.word());
        root.json("operations").is_some_and(|calls| calls.pointer(&pointer).is_some_and(words))
    };
    root.json("answer").as_ref().is_some_and(words)
        || of_operation(Operation::Reviews)
        || of_operation(Operation::Review)
}

impl CallbackText {
    /// What is allowed and yet worth saying at every check.
    pub(super) fn remark(&self) -> Option<Complaint> {
        self.may_replay.then(|| Complaint::new("Q7915"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Platform;

    const SHANDONG: &str = include_str!("../../../config/platforms/shandong.toml");

    fn read(added: &str) -> (Option<Platform>, Vec<String>) {
        let text = SHANDONG.replacen("\n[paging]", &format!("\n{added}\n[paging]"), 1);
        let (platform, faults) = Platform::read("p", Path::new("p.toml"), &text);
        (platform, faults.iter().map(|fault| fault.complaint.to_string()).collect())
    }

    #[test]
    fn what_the_province_tells_is_signed_fresh_and_once_or_somebody_says_otherwise() {
        let rows: &[(&str, &[&str])] = &[
            ("[callback]\nverify = \"true\"\nfresh = \"headers.t\"\nnonce = \"headers.n\"", &[]),
            ("[callback]\nverify = \"true\"\nmay_replay = true", &[]),
            ("[callback]\nverify = \"true\"\nnonce = \"headers.n\"", &["Q7914"]),
            ("[callback]\nmay_replay = true", &["`callback.verify` is missing"]),
            ("[callback]\nverify = \"true\"\nmay_replay = true\nrefuse = 200", &["`callback.refuse`"]),
            (
                "[callback]\nverify = \"true\"\nmay_replay = true\nacknowledge = \"'ok'\"",
                &["`callback.acknowledge`"],
            ),
            (
                "[callback]\nverify = \"true\"\nmay_replay = true\nstates = { a = \"b\" }",
                &["`callback.states.a`"],
            ),
        ];
        for (added, expect) in rows {
            let (platform, faults) = read(added);
            assert_eq!(faults.len(), expect.len(), "{added}: {faults:?}");
            for fault in *expect {
                assert!(faults.iter().any(|found| found.contains(fault)), "{fault}: {faults:?}");
            }
            let careless = added.contains("may_replay");
            if let Some(platform) = platform.filter(|_| faults.is_empty()) {
                assert_eq!(platform.remarks().len(), usize::from(careless), "{added}");
            }
        }
    }

    #[test]
    fn how_reviews_are_followed_and_receipts_are_asked_about_is_said_or_has_a_default() {
        use crate::config::platform::ReviewsBy;
        let (platform, faults) = read("");
        assert_eq!(faults, Vec::<String>::new());
        let platform = platform.unwrap();
        assert_eq!(platform.reviews.by, ReviewsBy::Feed);
        assert_eq!(platform.pending.patience.as_secs(), 172_800);
        let (platform, faults) =
            read("[reviews]\nby = \"time\"\nevery = \"1m\"\n[pending]\ninterval = \"1h\"");
        assert_eq!(faults, Vec::<String>::new());
        let platform = platform.unwrap();
        assert_eq!(platform.reviews.every.as_secs(), 60);
        assert_eq!(platform.pending.cap.as_secs(), 3_600, "never shorter than the interval");
        for (added, expect) in [
            ("[reviews]\nby = \"luck\"", "`reviews.by` is luck"),
            ("[reviews]\nrecords_max = 0", "`reviews.records_max`"),
            ("[pending]\nfirst = \"soon\"", "`pending.first`"),
            ("[pending]\npatient = \"2d\"", "`pending.patient`"),
            ("[answer.status]\nstates = { 1 = \"failed\" }", "`answer.status.states.1` is failed"),
        ] {
            let faults = read(added).1;
            assert!(faults.iter().any(|found| found.contains(expect)), "{added}: {faults:?}");
        }
    }
}
