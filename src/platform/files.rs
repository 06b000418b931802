//! What stands in a document for a file that the province has.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value as Json};

use super::formula::Formula;
use super::{Bindings, Known};
use crate::config::Fault;
use crate::config::platform::Attachments;
use crate::record::{Complaint, Document, FILE_PREFIX, Language};

/// The expressions of `[attachments]`, compiled.
#[derive(Debug)]
pub struct FileForms {
    reference: Formula,
    list: Option<Formula>,
    gone: Option<Formula>,
}

/// Of one file, in `reference`.
const FILE_NAMES: &[&str] = &["id", "url", "name", "type", "size", "md5", "sha256"];

impl FileForms {
    pub(super) fn compile(text: &Attachments, file: &Path, faults: &mut Vec<Fault>) -> Option<Self> {
        let reference = Formula::compile(&text.reference, FILE_NAMES, file, faults);
        let mut maybe = |text: &Option<_>, known: &[&str]| {
            text.as_ref().and_then(|text| Formula::compile(text, known, file, faults))
        };
        let list = maybe(&text.list, &["files"]);
        let gone = maybe(&text.gone, &["code", "message"]);
        Some(FileForms { reference: reference?, list, gone })
    }

    /// Whether a refusal says that the province has lost a file that it had.
    pub fn says_gone(&self, code: &str, message: &str) -> bool {
        let names = Bindings::default().with("code", Known::Text(code)).with("message", Known::Text(message));
        self.gone.as_ref().is_some_and(|gone| gone.holds(&names))
    }

    /// Whether it can be known at all that the province has lost a file.
    pub fn can_be_gone(&self) -> bool {
        self.gone.is_some()
    }

    /// Puts what the profile says in place of every reference to a file.
    ///
    /// Shape:  `there` holds, by the reference as it is written, what the province answered and what is known of the
    ///         file: the names of `reference`. A list in which every item is a file is shaped as a whole.
    /// Errors: Q7407 where an expression fails. A reference that is not `there` is left as it is.
    pub fn put_in(&self, document: &mut Document, there: &HashMap<String, Json>) -> Result<(), Complaint> {
        document.0.values_mut().try_for_each(|value| self.put(value, there))
    }

    fn put(&self, value: &mut Json, there: &HashMap<String, Json>) -> Result<(), Complaint> {
        match value {
            Json::String(text) => {
                if let Some(facts) = there.get(text.as_str()) {
                    *value = self.one(facts)?;
                }
            }
            Json::Array(items) => {
                let is_file = |item: &Json| item.as_str().is_some_and(|text| text.starts_with(FILE_PREFIX));
                let all_files = !items.is_empty() && items.iter().all(is_file);
                items.iter_mut().try_for_each(|item| self.put(item, there))?;
                if let Some(list) = self.list.as_ref().filter(|_| all_files) {
                    let whole = Json::Array(std::mem::take(items));
                    let names = Bindings::default().with("files", Known::Json(&whole));
                    let shaped = list.json(&names).map_err(|why| failed("list", &why))?.into_owned();
                    *value = shaped;
                }
            }
            Json::Object(fields) => fields.values_mut().try_for_each(|item| self.put(item, there))?,
            Json::Null | Json::Bool(_) | Json::Number(_) => (),
        }
        Ok(())
    }

    fn one(&self, facts: &Json) -> Result<Json, Complaint> {
        static NO_FACTS: std::sync::LazyLock<Map<String, Json>> = std::sync::LazyLock::new(Map::new);
        let facts = facts.as_object().unwrap_or(&NO_FACTS);
        let mut names = Bindings::default();
        for name in FILE_NAMES {
            names.bind(name, facts.get(*name).map_or(Known::NULL, Known::Json));
        }
        self.reference.json(&names).map(std::borrow::Cow::into_owned).map_err(|why| failed("reference", &why))
    }
}

fn failed(key: &str, why: &Complaint) -> Complaint {
    Complaint::new("Q7407")
        .fact("place", format!("attachments.{key}"))
        .fact("reason", why.message(Language::Chinese))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Platform;

    fn forms(keys: &str) -> FileForms {
        let text = include_str!("../../config/platforms/shandong.toml");
        let text = format!("{text}\n[attachments]\n{keys}\n");
        let (platform, faults) = Platform::read("p", Path::new("p.toml"), &text);
        assert!(faults.is_empty(), "{faults:?}");
        let mut faults = Vec::new();
        let forms = FileForms::compile(
            platform.unwrap().attachments.as_ref().unwrap(),
            Path::new("p.toml"),
            &mut faults,
        );
        assert!(faults.is_empty(), "{faults:?}");
        forms.unwrap()
    }

    #[test]
    fn a_file_stands_in_the_shape_that_the_profile_gives_it() {
        let text = |place: &str| format!("urn:qilu:file:at:::{place}");
        let facts = |id: &str| json!({"id": id, "url": null, "name": format!("{id}.pdf"), "size": 3});
        let there = HashMap::from([(text("/b"), facts("B")), (text("/a"), facts("A"))]);
        let rows = [
            ("", json!({"cover": "B", "list": ["B", "A"], "n": [1]})),
            ("list = \"files | join(',')\"", json!({"cover": "B", "list": "B,A", "n": [1]})),
            (
                "reference = \"{'fileId': id, 'fileName': name}\"",
                json!({
                    "cover": {"fileId": "B", "fileName": "B.pdf"},
                    "list": [{"fileId": "B", "fileName": "B.pdf"}, {"fileId": "A", "fileName": "A.pdf"}],
                    "n": [1],
                }),
            ),
            (
                "reference = \"'/files/' ~ id\"",
                json!({"cover": "/files/B", "list": ["/files/B", "/files/A"], "n": [1]}),
            ),
            (
                "reference = \"{'fileName': name, 'fileUrl': url}\"\nlist = \"files[0]\"",
                json!({"cover": {"fileName": "B.pdf"}, "list": {"fileName": "B.pdf"}, "n": [1]}),
            ),
        ];
        for (keys, expect) in rows {
            let json = json!({"cover": text("/b"), "list": [text("/b"), text("/a")], "n": [1]});
            let mut document = Document(json.as_object().cloned().unwrap());
            forms(keys).put_in(&mut document, &there).unwrap();
            assert_eq!(Json::Object(document.0), expect, "{keys}");
        }
    }

    #[test]
    fn gone_is_what_the_profile_says_and_nothing_else() {
        let some = forms("gone = \"code == '4404' or message | starts_with('文件不存在')\"");
        assert!(some.says_gone("4404", "x") && some.says_gone("1", "文件不存在：7"));
        assert!(!some.says_gone("1", "文件已存在") && !forms("").says_gone("4404", "文件不存在"));
    }
}
