//! The files of a row, looked at while it is judged: another content of a local file is another document.

use super::route::PushRoute;
use crate::attachment::Shelf;
use crate::config::Platform;
use crate::config::platform::Operation;
use crate::mapping::{Mapped, Wish};
use crate::record::{Complaint, FileRef, FileSource, Fingerprint, Fingerprinter, Row};

/// A row with what is cheaply known of its files.
pub(super) struct Seen {
    /// Of the row, and of its local files as they are now: what a verdict depends on.
    pub print: Fingerprint,
    /// Where the row had to be mapped for it.
    pub mapped: Option<Mapped>,
    /// Contents that the row holds itself, to be kept before anything refers to them.
    pub contents: Vec<Vec<u8>>,
}

impl Seen {
    pub fn bytes(&self) -> usize {
        self.contents.iter().map(Vec::len).sum()
    }
}

impl PushRoute {
    /// Maps a row if the route has attachments, and looks at them.
    pub(super) async fn see(&self, row: &Row) -> Seen {
        let print = row.fingerprint();
        if !self.has_files() {
            return Seen { print, mapped: None, contents: Vec::new() };
        }
        let mut mapped = self.mapping.map(row);
        let mut printer = Fingerprinter::new("row with files");
        printer.part(print.as_bytes());
        let mut contents = Vec::new();
        if mapped.wish == Wish::Publish {
            self.look_at_files(&mut mapped, &mut printer, &mut contents).await;
        }
        Seen { print: printer.finish(), mapped: Some(mapped), contents }
    }

    async fn look_at_files(
        &self,
        mapped: &mut Mapped,
        printer: &mut Fingerprinter,
        contents: &mut Vec<Vec<u8>>,
    ) {
        let files: Vec<(String, String)> =
            mapped.document.files().into_iter().map(|(pointer, text)| (pointer, text.to_owned())).collect();
        if files.is_empty() {
            return;
        }
        let complain = |complaint: Complaint, pointer: &str| {
            let label = self.kind.field(pointer).map(|field| field.title.clone()).unwrap_or_default();
            complaint.at(pointer).column(self.mapping.column_of(pointer)).label(label)
        };
        let Some((shelf, count_max)) = &self.shelf else {
            mapped.complaints.push(complain(Complaint::new("Q7511"), &files[0].0));
            return;
        };
        if files.len() > *count_max {
            let complaint = Complaint::new("Q7512").found(files.len()).fact("max", count_max);
            mapped.complaints.push(complain(complaint, &files[0].0));
        }
        for (pointer, text) in files {
            let Some(mut file) = FileRef::parse(&text) else { continue };
            match shelf.glance(&file).await {
                Ok(seen) => file.seen = seen,
                Err(unhad) => {
                    printer.part(unhad.complaint.id.as_bytes());
                    mapped.complaints.push(complain(unhad.complaint, &pointer));
                }
            }
            printer.part(file.seen.as_bytes());
            if let FileSource::Here(content) = file.source {
                file.source = FileSource::Kept(Fingerprint::of(&content));
                contents.push(content);
            }
            let now = file.to_text();
            mapped.document.change_files(&mut |one| (one == text).then(|| now.clone()));
        }
    }
}

/// Where a platform's files may be taken from, and how many a record may have; `None` if it takes none.
pub(super) fn shelf(platform: &Platform) -> Option<(Shelf, usize)> {
    let attachments = platform.attachments.as_ref()?;
    let takes = platform.operations.contains_key(&Operation::Upload);
    takes.then(|| (Shelf::new(attachments), attachments.count_max))
}
