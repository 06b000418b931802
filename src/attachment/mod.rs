//! Files that listings name: where they may be taken from, and what is in them.
//!
//! A column may hold anything, and whoever fills it in is not trusted with this machine: local files come from
//! allow-listed folders alone, addresses from allow-listed hosts alone, and what a file is, its content says. The room
//! sends nothing anywhere and keeps nothing.

mod content;
mod load;
mod path;
mod wire;

use std::time::Duration;

use crate::config::platform::Attachments;
use crate::record::{Complaint, FileRef, FileSource};

/// The files of one platform's listings.
#[derive(Clone, Debug)]
pub struct Shelf {
    roots: Vec<String>,
    paths: Vec<(String, String)>,
    hosts: Vec<wire::Origin>,
    allow_private: bool,
    types: Vec<String>,
    bytes_max: u64,
    timeout: Duration,
}

/// A file, read.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// With an ending that fits its content.
    pub name: String,
    /// The media type.
    pub media: String,
    pub content: Vec<u8>,
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq)]
pub struct Unhad {
    pub complaint: Complaint,
    /// It may be there later without anybody doing anything.
    pub passing: bool,
}

impl Unhad {
    fn new(complaint: Complaint) -> Self {
        Unhad { complaint, passing: false }
    }

    fn passing(complaint: Complaint) -> Self {
        Unhad { complaint, passing: true }
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({} {} {} bytes)", self.name, self.media, self.content.len())
    }
}

impl Shelf {
    /// Opens nothing. A host that is not one is left out: loading the profile has complained about it.
    pub fn new(attachments: &Attachments) -> Self {
        Shelf {
            roots: attachments.roots.iter().map(|root| root.value.clone()).collect(),
            paths: attachments.paths.clone(),
            hosts: attachments.hosts.iter().filter_map(|host| wire::Origin::parse(host)).collect(),
            allow_private: attachments.allow_private,
            types: attachments.types.clone(),
            bytes_max: attachments.bytes_max,
            timeout: attachments.timeout,
        }
    }

    /// What is cheaply known of a local file's content: its size and time. Empty for what is not here: an address is
    /// not asked, and its content is taken to be what it was.
    ///
    /// Errors: why it cannot be sent, as far as that shows without reading it.
    pub async fn glance(&self, file: &FileRef) -> Result<String, Unhad> {
        match &file.source {
            FileSource::At(place) if is_address(place) => {
                wire::allowed(&self.hosts, place).map(|_| String::new())
            }
            FileSource::At(place) => {
                let places = path::places(place, &self.roots, &self.paths)?;
                let roots = self.roots.clone();
                let facts = self.in_time(place, move || load::glance(&places, &roots)).await?;
                if facts.bytes > self.bytes_max {
                    return Err(self.too_large(place, facts.bytes));
                }
                Ok(format!("{}.{}", facts.bytes, facts.changed))
            }
            FileSource::Here(content) if content.len() as u64 > self.bytes_max => {
                Err(self.too_large(&file.name, content.len() as u64))
            }
            FileSource::Here(_) | FileSource::Kept(_) => Ok(String::new()),
        }
    }

    /// The file. `kept` is the content of one that is kept by its hash.
    pub async fn fetch(&self, file: &FileRef, kept: Option<Vec<u8>>) -> Result<File, Unhad> {
        let (label, content) = match &file.source {
            FileSource::At(place) if is_address(place) => {
                let url = wire::allowed(&self.hosts, place)?;
                let fetched = wire::fetch(url, self.allow_private, self.bytes_max);
                let late =
                    || Unhad::passing(Complaint::new("Q7506").found(place).fact("reason", self.late()));
                let content = tokio::time::timeout(self.timeout, fetched).await.map_err(|_| late())??;
                (file.label(), content)
            }
            FileSource::At(place) => {
                let places = path::places(place, &self.roots, &self.paths)?;
                let (roots, bytes_max) = (self.roots.clone(), self.bytes_max);
                let read = self.in_time(place, move || load::read(&places, &roots, bytes_max)).await?;
                (file.label(), read.ok_or_else(|| self.too_large(place, self.bytes_max + 1))?)
            }
            FileSource::Here(content) => (file.label(), content.clone()),
            FileSource::Kept(print) => {
                let lost = || Unhad::new(Complaint::new("Q7501").found(&file.name).fact("reason", print));
                (file.label(), kept.ok_or_else(lost)?)
            }
        };
        let found = if label.is_empty() { "附件".to_owned() } else { label };
        if content.is_empty() {
            return Err(Unhad::new(Complaint::new("Q7504").found(found)));
        }
        if content.len() as u64 > self.bytes_max {
            return Err(self.too_large(&found, content.len() as u64));
        }
        let kind = content::kind(&content, &found);
        if !self.types.iter().any(|known| known.eq_ignore_ascii_case(kind.ending)) {
            let complaint = Complaint::new("Q7505").found(found).fact("type", kind.ending);
            return Err(Unhad::new(complaint.fact("known", self.types.join(" "))));
        }
        Ok(File { name: content::named(&found, kind.ending), media: kind.media.to_owned(), content })
    }

    /// File systems hang, too: a share whose server is away must not keep a scan for ever.
    async fn in_time<T: Send + 'static>(
        &self,
        place: &str,
        work: impl FnOnce() -> Result<T, load::Trouble> + Send + 'static,
    ) -> Result<T, Unhad> {
        let complaint = |reason: String| Complaint::new("Q7501").found(place).fact("reason", reason);
        match tokio::time::timeout(self.timeout, tokio::task::spawn_blocking(work)).await {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(Ok(Err(load::Trouble::Outside))) => {
                Err(Unhad::new(Complaint::new("Q7502").found(place).fact("roots", self.roots.join(" "))))
            }
            Ok(Ok(Err(load::Trouble::Missing(reason)))) => Err(Unhad::new(complaint(reason))),
            Ok(Err(error)) => Err(Unhad::passing(complaint(error.to_string()))),
            Err(_) => Err(Unhad::passing(complaint(self.late()))),
        }
    }

    fn late(&self) -> String {
        format!("{} s", self.timeout.as_secs_f32())
    }

    fn too_large(&self, place: &str, bytes: u64) -> Unhad {
        let mib = |bytes: u64| format!("{:.1}", bytes as f64 / 1024.0 / 1024.0);
        let complaint = Complaint::new("Q7503").found(place).fact("size", mib(bytes));
        Unhad::new(complaint.fact("max", mib(self.bytes_max)))
    }
}

/// `word://…`; a drive letter is no scheme.
fn is_address(place: &str) -> bool {
    place.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.len() > 1
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            && (rest.starts_with("//") || matches!(scheme, "file" | "gopher" | "data" | "javascript"))
    })
}

#[cfg(test)]
mod tests;
