//! One file goes to the province, its id comes back.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::read::ask;
use super::verdict::not_understood;
use crate::clock::Clock;
use crate::config::platform::Operation;
use crate::crypto::{self, Digest};
use crate::ledger::Trouble;
use crate::platform::{Bindings, Known, Street};
use crate::record::{Fingerprint, Value};

/// A file that is to be brought to the province.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    pub kind: &'a str,
    pub name: &'a str,
    /// The media type.
    pub media: &'a str,
    pub content: &'a [u8],
}

impl Upload<'_> {
    pub fn print(&self) -> Fingerprint {
        Fingerprint::of(self.content)
    }

    fn md5(&self) -> String {
        crypto::hex(&Digest::Md5.of(self.content))
    }
}

/// Brings a file to the province.
///
/// Shape:  the facts that a profile's `reference` may name: `id`, `url`, `name`, `type`, `size`, `md5`, `sha256`.
/// Errors: as all questions; Q7103 for an answer that succeeds and has no id. Sending a file twice does no harm.
pub async fn upload(street: &Street, file: Upload<'_>, clock: &Clock) -> Result<Json, Trouble> {
    let (md5, sha256) = (file.md5(), file.print().to_string());
    let size = i64::try_from(file.content.len()).unwrap_or(i64::MAX);
    let fact = |name: &str, value: Value| (Arc::from(name), value);
    let facts = Value::Map(vec![
        fact("name", Value::text(file.name)),
        fact("type", Value::text(file.media)),
        fact("size", Value::Int(size)),
        fact("md5", Value::text(&*md5)),
        fact("sha256", Value::text(&*sha256)),
        fact("content", Value::Bytes(file.content.into())),
    ]);
    let names = Bindings::default().with("kind", Known::Text(file.kind)).with("file", Known::Value(facts));
    let (_, heard) = ask(street, Operation::Upload, &names, clock).await?;
    let (id, url) = &street.profile().answer(Operation::Upload).upload;
    let bindings = heard.bind(Operation::Upload);
    let text = |formula: &Option<crate::platform::Formula>| {
        formula.as_ref().and_then(|one| one.text(&bindings)).filter(|text| !text.is_empty())
    };
    let id = text(id).ok_or_else(|| {
        let mut trouble = not_understood(&heard, "upload.id");
        trouble.complaint.id = "Q7513".to_owned();
        trouble
    })?;
    let url = text(url);
    Ok(json!({
        "id": id, "url": url, "name": file.name, "type": file.media, "size": size, "md5": md5, "sha256": sha256,
    }))
}
