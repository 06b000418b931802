//! One province: `config/platforms/NAME.toml`.

use std::path::{Path, PathBuf};

use super::{Fault, Located, Reader};

/// How one province talks.
#[derive(Clone, Debug)]
pub struct Platform {
    pub name: String,
    pub file: PathBuf,
    pub title: String,
    pub mode: Mode,
    pub base_url: Located<String>,
    /// Folder below `schemas/`, e.g. `shandong/v1`.
    pub schemas: Located<String>,
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
    /// The platform of one file and everything that is wrong in it.
    pub fn read(name: &str, file: &Path, text: &str) -> (Option<Platform>, Vec<Fault>) {
        let reader = Reader::new(file, text);
        let tree = reader.parse();
        let root = reader.root(&tree);
        let title = root.need_text("title");
        let mode = root.word("mode", &[("rehearse", Mode::Rehearse), ("live", Mode::Live)]);
        let (base_url, schemas) = (root.need_text("base_url"), root.need_text("schemas"));
        let parts = title.zip(base_url).zip(schemas);
        let platform = parts.map(|((title, base_url), schemas)| Platform {
            name: name.to_owned(),
            file: file.to_owned(),
            title: title.value,
            mode: mode.unwrap_or(Mode::Rehearse),
            base_url,
            schemas,
            text: text.to_owned(),
        });
        (platform, reader.into_faults())
    }
}
