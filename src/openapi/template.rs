//! Bodies: a payload's template with the documents' schemas where its documents stand.

use serde_json::{Map, Value as Json, json};

use super::parameter;
use super::probe;
use crate::config::Platform;
use crate::config::platform::{Call, Format, Nulls, Operation, Template};

/// One operation for one kind, whose body is to be described.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub platform: &'a Platform,
    pub operation: Operation,
    pub call: &'a Call,
    /// `None` for an operation that is not about a kind.
    pub kind: Option<&'a str>,
}

impl Body<'_> {
    /// The media type and the schema of what is sent; `None` where nothing is.
    pub(super) fn schema(self) -> Option<(&'static str, Json)> {
        let writing = self.call.writing;
        let (template, format) = match (&self.call.envelope, &self.call.payload) {
            (Some(envelope), _) => (envelope, writing.envelope),
            (None, Some(payload)) => (payload, writing.payload),
            (None, None) => return None,
        };
        let schema = match (format, template) {
            (Format::Xml, Template::Object(fields)) if fields.len() == 1 => {
                let (root, content) = &fields[0];
                named(root, self.of(content))
            }
            _ => self.of(template),
        };
        Some((media_type(format), schema))
    }

    fn of(self, template: &Template) -> Json {
        match template {
            Template::Constant(json) => json!({ "const": json }),
            Template::Object(fields) => {
                let mut properties = Map::new();
                let mut required = Vec::new();
                for (name, field) in fields {
                    let (there, schema) = (self.is_there(field), self.of(field));
                    let schema = match self.call.writing.nulls {
                        _ if there => schema,
                        Nulls::Omit => schema,
                        Nulls::Null => json!({ "anyOf": [schema, { "type": "null" }] }),
                        Nulls::Empty => json!({ "anyOf": [schema, { "const": "" }] }),
                    };
                    let is_written = there || self.call.writing.nulls != Nulls::Omit;
                    let (name, schema) = match name.strip_prefix('@') {
                        Some(attribute) => (attribute, attribute_of(schema)),
                        None => (name.as_str(), schema),
                    };
                    if is_written {
                        required.push(Json::from(name));
                    }
                    properties.insert(name.to_owned(), schema);
                }
                json!({
                    "type": "object",
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
            Template::List(items) => {
                let items: Vec<Json> = items.iter().map(|item| self.of(item)).collect();
                let count = items.len();
                json!({ "type": "array", "prefixItems": items, "minItems": count, "maxItems": count })
            }
            Template::Expression(text) => self.expression(text),
        }
    }

    fn expression(self, text: &str) -> Json {
        match probe::path(text).as_deref() {
            Some(["items"]) => {
                let item = self.call.item.as_ref().map_or(json!({}), |item| self.of(item));
                let most = self.platform.limits.records_max;
                let most = self.call.records_max.map_or(most, |own| own.min(most));
                json!({ "type": "array", "items": item, "minItems": 1, "maxItems": most })
            }
            Some(["document"]) => match self.kind {
                Some(kind) => json!({ "$ref": super::document::reference(kind) }),
                None => json!({ "type": "object" }),
            },
            Some(["payload"]) => self.payload(),
            // The payload as text inside another body.
            _ if text.trim().starts_with("payload ~") => {
                json!({ "type": "string", "contentMediaType": media_type(self.call.writing.payload), "contentSchema": self.payload() })
            }
            _ => parameter::schema(self.platform, self.operation, self.kind, text),
        }
    }

    fn payload(self) -> Json {
        self.call.payload.as_ref().map_or(json!({}), |payload| self.of(payload))
    }

    fn is_there(self, template: &Template) -> bool {
        match template {
            Template::Constant(json) => !json.is_null(),
            Template::Object(_) | Template::List(_) => true,
            Template::Expression(text) => parameter::is_there(self.operation, text),
        }
    }
}

/// What a body of a format is called in HTTP.
fn media_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Xml => "application/xml",
        Format::Form => "application/x-www-form-urlencoded",
        Format::Multipart => "multipart/form-data",
        Format::Raw => "application/octet-stream",
    }
}

/// An element of XML under its name.
fn named(name: &str, mut schema: Json) -> Json {
    schema["xml"] = json!({ "name": name });
    schema
}

fn attribute_of(mut schema: Json) -> Json {
    schema["xml"] = json!({ "attribute": true });
    schema
}
