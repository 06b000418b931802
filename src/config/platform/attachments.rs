//! The `[attachments]` section: where a listing's files may be taken from, and how they stand in a document.

use std::time::Duration;

use super::expected_at;
use crate::config::{Located, Section};

/// What may become an attachment, and what stands for it.
#[derive(Clone, Debug)]
pub struct Attachments {
    /// Folders below which local files must lie.
    pub roots: Vec<Located<String>>,
    /// How a path in the city's tables begins → how it begins here; the longest beginning first.
    pub paths: Vec<(String, String)>,
    /// `https://HOST[:PORT]`: from where files may be fetched.
    pub hosts: Vec<Located<String>>,
    /// Names of hosts may lead to private addresses. A host that is written as an address needs no such word.
    pub allow_private: bool,
    /// Endings, by content; a file of another type is not sent.
    pub types: Vec<String>,
    /// Of one file.
    pub bytes_max: u64,
    /// Of one record.
    pub count_max: usize,
    /// For the whole of one file, opening and reading.
    pub timeout: Duration,
    /// Over `id`, `url`, `name`, `type`, `size`, `md5`, `sha256`: what stands in the document for one file.
    pub reference: Located<String>,
    /// Over `files`: what stands for a list of files; the list itself without it.
    pub list: Option<Located<String>>,
    /// Over `code`, `message` of a refused record: the province has lost the file, and wants it once more.
    pub gone: Option<Located<String>>,
}

const TYPES: [&str; 16] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "jpg", "png", "gif", "bmp", "webp", "zip", "mp4",
    "txt", "csv",
];

pub(super) fn read(root: &Section<'_>) -> Option<Attachments> {
    let section = root.section("attachments")?;
    let place = section.place();
    let default = |text: &str| Located { value: text.to_owned(), line: place.line, column: place.column };
    let roots = section.texts("roots").unwrap_or_default();
    for folder in roots.iter().filter(|folder| !folder.starts_with('/')) {
        let complaint = expected_at("attachments.roots", "absolute folders").found(&folder.value);
        section.complain_located(folder, complaint);
    }
    let mut paths = Vec::new();
    if let Some(table) = section.section("paths") {
        for (from, to) in table.all_texts() {
            if from.is_empty() || !to.starts_with('/') {
                let complaint = expected_at("attachments.paths", "a beginning = an absolute folder");
                table.complain_located(&to, complaint.found(&to.value));
            }
            paths.push((from.value, to.value));
        }
    }
    // The longest beginning decides.
    paths.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    let hosts = section.texts("hosts").unwrap_or_default();
    for host in hosts.iter().filter(|host| !is_origin(host)) {
        let expected = "https://HOST[:PORT] or http://HOST[:PORT], without a path";
        section.complain_located(host, expected_at("attachments.hosts", expected).found(&host.value));
    }
    let number = |key: &str, default: u64| match section.number(key) {
        Some(0) => {
            let complaint = expected_at(&format!("attachments.{key}"), "at least 1").found(0);
            section.complain_at(key, complaint);
            default
        }
        number => number.unwrap_or(default),
    };
    let bytes_max = number("bytes_max", 10 * 1024 * 1024);
    let count_max = number("count_max", 20);
    let types = section.texts("types").map(|types| types.into_iter().map(|one| one.value).collect());
    let attachments = Attachments {
        allow_private: section.flag("allow_private").unwrap_or(false),
        types: types.unwrap_or_else(|| TYPES.map(str::to_owned).to_vec()),
        bytes_max,
        count_max: usize::try_from(count_max).unwrap_or(usize::MAX),
        timeout: section.duration("timeout").unwrap_or(Duration::from_secs(30)),
        reference: section.text("reference").unwrap_or_else(|| default("id")),
        list: section.text("list"),
        gone: section.text("gone"),
        roots,
        paths,
        hosts,
    };
    section.finish();
    Some(attachments)
}

/// Only the shape: what the host is, is seen when it is connected to.
fn is_origin(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty() && !host.contains(['/', '@', '?', '#', '\\', ' ', '*']) && !host.starts_with(':')
    })
}
