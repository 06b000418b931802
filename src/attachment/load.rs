//! Local files: looked at where they really are, below an allow-listed root.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use encoding_rs::GB18030;

/// What is known without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub bytes: u64,
    /// Whole seconds since 1970.
    pub changed: i64,
}

pub(super) enum Trouble {
    /// It leads out of every root.
    Outside,
    /// Why there is none, in the system's words.
    Missing(String),
}

pub(super) fn glance(places: &[String], roots: &[String]) -> Result<Facts, Trouble> {
    let (_, facts) = find(places, roots)?;
    Ok(Facts { bytes: facts.len(), changed: facts.mtime() })
}

/// The content; `None` if there is more than `bytes_max`.
pub(super) fn read(places: &[String], roots: &[String], bytes_max: u64) -> Result<Option<Vec<u8>>, Trouble> {
    let (path, facts) = find(places, roots)?;
    let missing = |error: std::io::Error| Trouble::Missing(error.to_string());
    let file = File::open(&path).map_err(missing)?;
    // Between the look and the opening somebody may have put a link there: what was opened must be what was looked at.
    let opened = file.metadata().map_err(missing)?;
    if (opened.dev(), opened.ino()) != (facts.dev(), facts.ino()) || !opened.is_file() {
        return Err(Trouble::Outside);
    }
    let mut content = Vec::with_capacity(usize::try_from(opened.len().min(bytes_max)).unwrap_or(0));
    // One byte more than allowed tells that there is more; a file that grows meanwhile is cut off there.
    file.take(bytes_max + 1).read_to_end(&mut content).map_err(missing)?;
    Ok((content.len() as u64 <= bytes_max).then_some(content))
}

/// The first of the places that is there, all links resolved.
fn find(places: &[String], roots: &[String]) -> Result<(PathBuf, Metadata), Trouble> {
    // A root that is not there has nothing in it.
    let roots: Vec<PathBuf> = roots.iter().filter_map(|root| fs::canonicalize(root).ok()).collect();
    let mut trouble = None;
    for place in places {
        match really(place) {
            Ok(path) if !roots.iter().any(|root| path.starts_with(root) && path != *root) => {
                return Err(Trouble::Outside);
            }
            // `symlink_metadata`: every link has been followed, and a new one is not.
            Ok(path) => match fs::symlink_metadata(&path) {
                Ok(facts) if facts.is_file() => return Ok((path, facts)),
                Ok(_) => _ = trouble.get_or_insert("not a file".to_owned()),
                Err(error) => _ = trouble.get_or_insert(error.to_string()),
            },
            Err(error) => _ = trouble.get_or_insert(error.to_string()),
        }
    }
    Err(Trouble::Missing(trouble.unwrap_or_default()))
}

/// Where a path really leads. Names on an old share may be in GBK.
fn really(place: &str) -> std::io::Result<PathBuf> {
    fs::canonicalize(place).or_else(|error| {
        let (name, _, is_foreign) = GB18030.encode(place);
        if is_foreign || place.is_ascii() {
            return Err(error);
        }
        fs::canonicalize(Path::new(std::ffi::OsStr::from_bytes(&name))).map_err(|_| error)
    })
}
