//! References to files: how an attachment stands in a document until the province's id of it is known.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Json;

use super::{Document, Fingerprint};

/// How a reference to a file begins in a document.
pub const FILE_PREFIX: &str = "urn:qilu:file:";

/// A file that a listing names or holds: `urn:qilu:file:HOW:NAME:SEEN:WHAT`.
///
/// The reference is what is fingerprinted. `SEEN` is what is cheaply known of the content, so that another content is
/// another document; the province's id takes the place of the whole when the payload is rendered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileRef {
    /// What the listing calls the file; empty where it does not say.
    pub name: String,
    /// Size and time of a local file, `482133.1780000000`; empty where nobody has looked.
    pub seen: String,
    pub source: FileSource,
}

/// Where the content is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FileSource {
    /// A path or an address, as the city's column has it.
    At(String),
    /// Kept by its hash.
    Kept(Fingerprint),
    /// In the reference itself, from a column of bytes: only between mapping and judging.
    Here(Vec<u8>),
}

impl FileRef {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(FILE_PREFIX)?.splitn(4, ':');
        let (how, name, seen, what) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let source = match how {
            "at" => FileSource::At(what.to_owned()),
            "kept" => FileSource::Kept(Fingerprint::parse_hex(what)?),
            "here" => FileSource::Here(BASE64.decode(what).ok()?),
            _ => return None,
        };
        Some(FileRef { name: name.replace("%3A", ":").replace("%25", "%"), seen: seen.to_owned(), source })
    }

    pub fn to_text(&self) -> String {
        let name = self.name.replace('%', "%25").replace(':', "%3A");
        let (how, what) = match &self.source {
            FileSource::At(place) => ("at", place.clone()),
            FileSource::Kept(print) => ("kept", print.to_string()),
            FileSource::Here(content) => ("here", BASE64.encode(content)),
        };
        format!("{FILE_PREFIX}{how}:{name}:{}:{what}", self.seen)
    }

    /// What people call it: its name, or the last part of where it is.
    pub fn label(&self) -> String {
        match &self.source {
            _ if !self.name.is_empty() => self.name.clone(),
            FileSource::At(place) => {
                let bare =
                    if place.contains("://") { place.split(['?', '#']).next() } else { Some(place.as_str()) };
                let last = bare.unwrap_or_default().rsplit(['/', '\\']).find(|part| !part.is_empty());
                let last = last.unwrap_or(place);
                if place.contains("://") { decoded(last) } else { last.to_owned() }
            }
            FileSource::Kept(_) | FileSource::Here(_) => String::new(),
        }
    }
}

/// The name in an address as people read it, where that is a name.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[at + 3..];
            }
            None => return name.to_owned(),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    let is_name = |text: &String| !text.contains(['/', '\\']) && !text.chars().any(char::is_control);
    String::from_utf8(bytes).ok().filter(is_name).unwrap_or_else(|| name.to_owned())
}

impl Document {
    /// Every reference to a file with its JSON pointer, in document order; as it is written.
    pub fn files(&self) -> Vec<(String, &str)> {
        fn walk<'d>(value: &'d Json, pointer: &mut String, found: &mut Vec<(String, &'d str)>) {
            let length = pointer.len();
            let mut inside = |step: &str, value: &'d Json, pointer: &mut String| {
                pointer.push('/');
                pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
                walk(value, pointer, found);
                pointer.truncate(length);
            };
            match value {
                Json::String(text) if text.starts_with(FILE_PREFIX) => found.push((pointer.clone(), text)),
                Json::Array(items) => {
                    items.iter().enumerate().for_each(|(at, item)| inside(&at.to_string(), item, pointer));
                }
                Json::Object(fields) => {
                    fields.iter().for_each(|(name, item)| inside(name, item, pointer));
                }
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
            }
        }
        let mut found = Vec::new();
        for (name, value) in &self.0 {
            // Most documents hold texts alone: they are passed over without a pointer being made.
            match value {
                Json::String(text) if !text.starts_with(FILE_PREFIX) => (),
                Json::Null | Json::Bool(_) | Json::Number(_) => (),
                _ => {
                    let mut pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
                    walk(value, &mut pointer, &mut found);
                }
            }
        }
        found
    }

    /// Writes each reference to a file anew; `None` leaves it.
    pub fn change_files(&mut self, change: &mut dyn FnMut(&str) -> Option<String>) {
        fn walk(value: &mut Json, change: &mut dyn FnMut(&str) -> Option<String>) {
            match value {
                Json::String(text) if text.starts_with(FILE_PREFIX) => {
                    if let Some(new) = change(text) {
                        *text = new;
                    }
                }
                Json::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
                Json::Object(fields) => fields.values_mut().for_each(|item| walk(item, change)),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
            }
        }
        self.0.values_mut().for_each(|value| walk(value, change));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_reads_back_whatever_stands_in_it() {
        let rows = [
            FileRef {
                name: "10:1 100%.pdf".into(),
                seen: "12.34".into(),
                source: FileSource::At(r"D:\upload\a:b%3A.pdf".into()),
            },
            FileRef {
                name: String::new(),
                seen: String::new(),
                source: FileSource::At("https://oa.example.cn:8443/a?b=c:d".into()),
            },
            FileRef {
                name: "图.png".into(),
                seen: String::new(),
                source: FileSource::Kept(Fingerprint::of(b"x")),
            },
            FileRef { name: String::new(), seen: String::new(), source: FileSource::Here(vec![0, 255, 58]) },
        ];
        for file in rows {
            assert_eq!(FileRef::parse(&file.to_text()), Some(file));
        }
        for text in ["urn:qilu:parent:enterprise:7", "urn:qilu:file:at:x", "urn:qilu:file:kept:::zz", ""] {
            assert_eq!(FileRef::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_file_is_called_by_its_name_or_the_last_part_of_its_place() {
        let at = |place: &str| FileRef {
            name: String::new(),
            seen: String::new(),
            source: FileSource::At(place.into()),
        };
        assert_eq!(at(r"D:\upload\2024\合同.pdf").label(), "合同.pdf");
        assert_eq!(at("https://oa.example.cn/a/%E5%90%88.pdf?x=/1").label(), "合.pdf");
        assert_eq!(at("https://oa.example.cn/a/..%2f..%2fx").label(), "..%2f..%2fx");
        assert_eq!(FileRef { name: "甲.pdf".into(), ..at("b.pdf") }.label(), "甲.pdf");
    }

    #[test]
    fn files_are_found_in_their_order_wherever_they_stand() {
        let text = |place: &str| {
            FileRef { name: String::new(), seen: String::new(), source: FileSource::At(place.into()) }
                .to_text()
        };
        let json = json!({
            "title": "甲", "cover": text("c"), "list": [text("b"), text("a")], "x/y": [{"url": text("d")}], "n": 1,
        });
        let mut document = Document(json.as_object().cloned().unwrap_or_default());
        let found: Vec<(String, String)> =
            document.files().into_iter().map(|(pointer, text)| (pointer, text.to_owned())).collect();
        let expect = [("/cover", "c"), ("/list/0", "b"), ("/list/1", "a"), ("/x~1y/0/url", "d")];
        assert_eq!(found, expect.map(|(pointer, place)| (pointer.to_owned(), text(place))));
        document.change_files(&mut |one| (one == text("a")).then(|| "A".to_owned()));
        assert_eq!(document.0["list"], json!([text("b"), "A"]));
    }
}
