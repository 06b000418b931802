//! A whole answer with its code and its message, and the names that its expressions see.

use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::config::platform::Operation;
use crate::platform::{Answer, Bindings, Content, Formula, Known, Profile, Unread, headers, one_line};
use crate::record::{Complaint, TreeFault, Value};

/// A whole answer, read as far as it can be.
pub(super) struct Heard {
    pub(super) status: u16,
    headers: Json,
    content: Content,
    /// The body as expressions see it, once one has asked.
    value: OnceLock<Value>,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// The longest message of the province that a complaint repeats, in characters.
const MESSAGE_CHARS_MAX: usize = 200;

impl Heard {
    pub(super) fn read(profile: &Profile, operation: Operation, answer: &Answer, content: Content) -> Self {
        let headers = headers(answer);
        let mut heard = Heard {
            status: answer.status,
            headers,
            content,
            value: OnceLock::new(),
            code: None,
            message: None,
        };
        let bindings = heard.bind(operation);
        let reading = profile.answer(operation);
        let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(&bindings));
        let (code, message) = (text(&reading.code), text(&reading.message));
        drop(bindings);
        heard.code = code;
        heard.message = message;
        heard
    }

    pub(super) fn body(&self) -> Option<&Json> {
        self.content.body.as_ref().ok()
    }

    /// What `body` stands for.
    pub(super) fn known_body(&self) -> Known<'_> {
        self.body().map_or(Known::NULL, |body| Known::Tree(body, &self.value))
    }

    /// Whether somebody else may have written it.
    pub(super) fn is_unbelieved(&self) -> bool {
        matches!(self.content.body, Err(Unread::Unbelieved(_)))
    }

    /// Whether the profile's success test is true of a body that could be read. A redirection is never a success:
    /// whatever it says, somebody else is to be asked.
    pub(super) fn is_success(&self, profile: &Profile, operation: Operation) -> bool {
        let success = profile.answer(operation).success.as_ref();
        self.body().is_some()
            && !(300..400).contains(&self.status)
            && success.is_some_and(|success| success.holds(&self.bind(operation)))
    }

    /// The names of an answer's expressions.
    pub(super) fn bind(&self, operation: Operation) -> Bindings<'_> {
        Bindings::default()
            .with("status", Known::Value(Value::Int(i64::from(self.status))))
            .with("headers", Known::Json(&self.headers))
            .with("body", self.known_body())
            .with("code", Known::maybe(self.code.as_deref()))
            .with("message", Known::maybe(self.message.as_deref()))
            .with("action", Known::Text(operation.word()))
    }

    /// The complaint with what the province said as facts.
    pub(super) fn quote(&self, complaint: Complaint) -> Complaint {
        let message = self.message.as_deref().unwrap_or("–");
        complaint
            .fact("status", self.status)
            .fact("code", one_line(self.code.as_deref().unwrap_or("–"), 40))
            .fact("message", one_line(message, MESSAGE_CHARS_MAX))
    }

    /// What is wrong with an answer whose status says nothing better.
    pub(super) fn complaint(&self, profile: &Profile, operation: Operation, answer: &Answer) -> Complaint {
        let head = &answer.body[..answer.body.len().min(400)];
        let head = || one_line(&self.content.charset.decode(head).0, 80);
        match &self.content.body {
            Err(unread) => complaint_of(unread, head),
            Ok(_) if self.code.is_none() && profile.answer(operation).code.is_some() => {
                Complaint::new("Q7103").fact("what", "code")
            }
            Ok(_) => Complaint::new("Q7104"),
        }
    }
}

fn complaint_of(unread: &Unread, head: impl Fn() -> String) -> Complaint {
    match unread {
        Unread::Unbelieved(reason) => {
            let reason = reason.as_deref().unwrap_or("–");
            Complaint::new("Q7460").found(head()).fact("reason", one_line(reason, MESSAGE_CHARS_MAX))
        }
        Unread::Empty => Complaint::new("Q7102"),
        Unread::Page | Unread::Tree(TreeFault::Malformed(_)) => Complaint::new("Q7101").found(head()),
        Unread::Mislabelled => Complaint::new("Q7461").found(head()),
        Unread::Charset(charset) => Complaint::new("Q7462").found(*charset),
        Unread::Tree(TreeFault::TooDeep) => Complaint::new("Q7463"),
        Unread::Tree(TreeFault::TooHeavy) => Complaint::new("Q7464"),
        Unread::Tree(TreeFault::Ambiguous(what)) => Complaint::new("Q7465").found(one_line(what, 60)),
        Unread::Tree(TreeFault::Definitions) => Complaint::new("Q7466"),
        Unread::Unopened(reason) => {
            Complaint::new("Q7467").fact("reason", one_line(reason, MESSAGE_CHARS_MAX))
        }
    }
}
