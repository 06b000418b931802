//! References to files that a listing names or holds.

use super::{Call, Filter};
use crate::codes::trim;
use crate::record::{Complaint, FileRef, FileSource, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter { sees_null: true, ..Filter::plain("attachment", attachment) }
            .takes("attachment(name='')", 0..=1)
            .says(
                "一个附件：本机路径、网址，或二进制列的内容；可另给文件名。报送前先上传，换成省平台的编号。",
                "One attachment: a path, an address, or the bytes of a column; a name may be given. It is uploaded first, and the province's id takes its place.",
                &[
                    (
                        "' D:\\\\upload\\\\1.pdf ' | attachment",
                        "\"urn:qilu:file:at:::D:\\\\upload\\\\1.pdf\"",
                    ),
                    (
                        "'https://oa.example.cn/f/1' | attachment('合同.pdf')",
                        "\"urn:qilu:file:at:合同.pdf::https://oa.example.cn/f/1\"",
                    ),
                    ("'' | attachment", "null"),
                    ("7 | attachment", "Q3102"),
                ],
            ),
        Filter::plain("attachments", attachments).says(
            "若干附件，按原来的顺序：列表，或以逗号、分号、竖线、换行隔开的文本，或 JSON 数组。",
            "Several attachments in their order: a list, a text with commas, semicolons, bars or line ends between, or a JSON array.",
            &[
                (
                    "'/f/2.pdf; /f/1.jpg,' | attachments",
                    "[\"urn:qilu:file:at:::/f/2.pdf\",\"urn:qilu:file:at:::/f/1.jpg\"]",
                ),
                (
                    "'[\"/f/a,b.pdf\"]' | attachments",
                    "[\"urn:qilu:file:at:::/f/a,b.pdf\"]",
                ),
                ("['/f/1.pdf', none, ''] | attachments", "[\"urn:qilu:file:at:::/f/1.pdf\"]"),
                ("' ; ' | attachments", "null"),
            ],
        ),
    ]
}

fn attachment(input: Value, call: &Call<'_>) -> Outcome {
    let name = match call.arguments.first() {
        None | Some(Value::Null) => String::new(),
        Some(Value::Text(name)) => trim(name).to_owned(),
        Some(other) => return Err(call.unfit(other, "text")),
    };
    one(input, name, call)
}

fn attachments(input: Value, call: &Call<'_>) -> Outcome {
    let items = match input {
        Value::List(items) => items,
        Value::Text(text) => parts(&text),
        other => vec![other],
    };
    let found: Vec<Value> = items
        .into_iter()
        .map(|item| one(item, String::new(), call))
        .filter(|found| !matches!(found, Ok(Value::Null)))
        .collect::<Result<_, _>>()?;
    Ok(if found.is_empty() { Value::Null } else { Value::List(found) })
}

fn one(input: Value, name: String, call: &Call<'_>) -> Outcome {
    let source = match input {
        Value::Null => return Ok(Value::Null),
        Value::Text(text) => match trim(&text) {
            "" => return Ok(Value::Null),
            place => FileSource::At(place.to_owned()),
        },
        Value::Bytes(content) if content.is_empty() => return Ok(Value::Null),
        Value::Bytes(content) => FileSource::Here(content.to_vec()),
        other => return Err(call.unfit(&other, "text")),
    };
    Ok(Value::text(FileRef { name, seen: String::new(), source }.to_text()))
}

/// A JSON array of texts, or a text with separators between the places.
fn parts(text: &str) -> Vec<Value> {
    if text.trim_start().starts_with('[')
        && let Ok(places) = serde_json::from_str::<Vec<String>>(text)
    {
        return places.into_iter().map(Value::text).collect();
    }
    text.split([',', ';', '|', '\n', '\r', '，', '；', '｜']).map(Value::text).collect()
}
