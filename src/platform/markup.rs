//! XML that came back, as the maps that expressions look into.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value as Json};

use crate::record::{Scale, TreeFault, TreeLimits};

/// The tree of an XML text.
///
/// Shape:  `{root: …}`. An element with nothing but text is that text, without white space at its ends; an empty
///         one is null. Any other is a map: `@name` its attributes, `#text` its text, its elements by their names
///         as written, a list where a name comes again. Comments and processing instructions are nothing.
/// Errors: as `TreeFault` says. A document type is a fault, and so is every entity but the five of XML: there is
///         nothing here that could grow, point outside or stand for something else.
/// Source: XML 1.0 §2.4 (text), §4.6 (predefined entities).
pub(super) fn read_xml(text: &str, limits: TreeLimits) -> Result<Json, TreeFault> {
    let scale = Scale::new(limits);
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<(String, Json)> = None;
    loop {
        let at = reader.buffer_position();
        let broken = |reason: &dyn std::fmt::Display| TreeFault::Malformed(format!("{reason} at byte {at}"));
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => {
                if open.is_empty() && root.is_some() {
                    return Err(broken(&"a second root element"));
                }
                scale.depth(open.len() + 1)?;
                open.push(Element::begin(&start, &scale)?);
            }
            Event::Empty(start) => {
                if open.is_empty() && root.is_some() {
                    return Err(broken(&"a second root element"));
                }
                scale.depth(open.len() + 1)?;
                let element = Element::begin(&start, &scale)?;
                close(element, &mut open, &mut root, &scale)?;
            }
            Event::End(_) => {
                // The reader has compared the names and refuses an end without a start.
                let Some(element) = open.pop() else { return Err(broken(&"an end without a start")) };
                close(element, &mut open, &mut root, &scale)?;
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|error| broken(&error))?;
                add_text(&text, &mut open, &scale)?;
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|error| broken(&error))?;
                add_text(&text, &mut open, &scale)?;
            }
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| broken(&error))?;
                let name = reference.decode().map_err(|error| broken(&error))?;
                let mut buffer = [0; 4];
                let text = match character {
                    Some(character) => &*character.encode_utf8(&mut buffer),
                    None => resolve_predefined_entity(&name).ok_or(TreeFault::Definitions)?,
                };
                add_text(text, &mut open, &scale)?;
            }
            Event::DocType(_) => return Err(TreeFault::Definitions),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => (),
            Event::Eof => break,
        }
    }
    match root {
        Some((name, value)) if open.is_empty() => Ok(Json::Object(Map::from_iter([(name, value)]))),
        _ => Err(TreeFault::Malformed("the root element is missing or not closed".to_owned())),
    }
}

/// An element between its start and its end.
struct Element {
    name: String,
    fields: Map<String, Json>,
    text: String,
}

impl Element {
    fn begin(start: &BytesStart<'_>, scale: &Scale) -> Result<Self, TreeFault> {
        let broken = |reason: &dyn std::fmt::Display| TreeFault::Malformed(reason.to_string());
        let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
        scale.field(&name)?;
        scale.value()?;
        let mut fields = Map::new();
        // Checked here by the map: the library compares each attribute with all before it.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| broken(&error))?;
            let key = format!("@{}", String::from_utf8_lossy(attribute.key.as_ref()));
            if fields.is_empty() {
                scale.object()?;
            }
            scale.field(&key)?;
            scale.value()?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| match error {
                quick_xml::Error::Escape(quick_xml::escape::EscapeError::UnrecognizedEntity(..)) => {
                    TreeFault::Definitions
                }
                error => broken(&error),
            })?;
            scale.text(&value)?;
            if fields.contains_key(&key) {
                return Err(TreeFault::Ambiguous(key));
            }
            fields.insert(key, Json::from(value.as_ref()));
        }
        Ok(Element { name, fields, text: String::new() })
    }

    fn end(mut self) -> (String, Json) {
        let text = self.text.trim();
        let value = match (self.fields.is_empty(), text.is_empty()) {
            (true, true) => Json::Null,
            (true, false) => Json::from(text),
            (false, true) => Json::Object(self.fields),
            (false, false) => {
                self.fields.insert("#text".to_owned(), Json::from(text));
                Json::Object(self.fields)
            }
        };
        (self.name, value)
    }
}

fn close(
    element: Element,
    open: &mut [Element],
    root: &mut Option<(String, Json)>,
    scale: &Scale,
) -> Result<(), TreeFault> {
    let (name, value) = element.end();
    let Some(parent) = open.last_mut() else {
        *root = Some((name, value));
        return Ok(());
    };
    if parent.fields.is_empty() {
        scale.object()?;
    }
    match parent.fields.get_mut(&name) {
        None => _ = parent.fields.insert(name, value),
        Some(Json::Array(list)) => list.push(value),
        Some(first) => {
            let earlier = first.take();
            *first = Json::Array(vec![earlier, value]);
        }
    }
    Ok(())
}

fn add_text(text: &str, open: &mut [Element], scale: &Scale) -> Result<(), TreeFault> {
    match open.last_mut() {
        Some(element) => {
            scale.text(text)?;
            element.text.push_str(text);
            Ok(())
        }
        None if text.trim().is_empty() => Ok(()),
        None => Err(TreeFault::Malformed("text outside the root element".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIMITS: TreeLimits = TreeLimits { depth_max: 64, bytes_max: 1 << 20 };

    fn check(text: &str, expect: Json) {
        assert_eq!(read_xml(text, LIMITS).unwrap_or_else(|fault| panic!("{text}: {fault:?}")), expect);
    }

    fn refuse(text: &str, expect: fn(&TreeFault) -> bool) {
        let shown: String = text.chars().take(80).collect();
        match read_xml(text, LIMITS) {
            Err(fault) if expect(&fault) => (),
            other => panic!("{shown}: {:?}", other.map(|_| "read")),
        }
    }

    #[test]
    fn elements_become_maps_and_lists() {
        check("<a/>", json!({"a": null}));
        check("<a> 7 </a>", json!({"a": "7"}));
        check("<a b=\"1\"/>", json!({"a": {"@b": "1"}}));
        check("<a b='1'>x</a>", json!({"a": {"@b": "1", "#text": "x"}}));
        check("<r><i>1</i><i>2</i><j/></r>", json!({"r": {"i": ["1", "2"], "j": null}}));
        check("<r><i>1</i></r>", json!({"r": {"i": "1"}}));
        check("<r><i/><i/></r>", json!({"r": {"i": [null, null]}}));
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- c --><RECORD code='0' msg='成功'>\n</RECORD>\n",
            json!({"RECORD": {"@code": "0", "@msg": "成功"}}),
        );
        check(
            "<soap:Envelope xmlns:soap=\"u\"><soap:Body><a>&lt;&#x5C71;&#19996;&amp;</a></soap:Body></soap:Envelope>",
            json!({"soap:Envelope": {"@xmlns:soap": "u", "soap:Body": {"a": "<山东&"}}}),
        );
        check("<a><![CDATA[<b>&amp;</b>]]> tail</a>", json!({"a": "<b>&amp;</b> tail"}));
        check("<a>one<b/>two</a>", json!({"a": {"b": null, "#text": "onetwo"}}));
    }

    #[test]
    fn nothing_can_grow_or_point_outside() {
        let definitions = |fault: &TreeFault| *fault == TreeFault::Definitions;
        refuse("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", definitions);
        refuse("<!DOCTYPE html><html/>", definitions);
        refuse("<a>&b;</a>", definitions);
        refuse("<a b=\"&c;\"/>", definitions);
        refuse("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", definitions);
        let laughs =
            "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\"><!ENTITY c \"&b;&b;\">]><l>&c;</l>";
        refuse(laughs, definitions);
    }

    #[test]
    fn too_deep_too_many_and_broken_are_refused() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read_xml(&nested(64), LIMITS).is_ok());
        refuse(&nested(65), |fault| *fault == TreeFault::TooDeep);
        refuse(&"<a>".repeat(100_000), |fault| *fault == TreeFault::TooDeep);
        refuse(&format!("<r>{}</r>", "<a/>".repeat(100_000)), |fault| *fault == TreeFault::TooHeavy);
        let attributes: String = (0..100_000).map(|index| format!(" a{index}=''")).collect();
        refuse(&format!("<r{attributes}/>"), |fault| *fault == TreeFault::TooHeavy);
        refuse("<a b='1' b='2'/>", |fault| *fault == TreeFault::Ambiguous("@b".to_owned()));
        for text in [
            "",
            "  ",
            "text",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a/>x",
            "<a b></a>",
            "<a",
            "<a>&#0;</a>",
            "<a>&</a>",
            "{}",
        ] {
            refuse(text, |fault| matches!(fault, TreeFault::Malformed(_)));
        }
    }
}
