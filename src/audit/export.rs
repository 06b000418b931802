//! The door through which checkpoints and evidence leave.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::prove::Evidence;
use super::seal;
use crate::args;
use crate::db::Db;

/// Checkpoints read at a time.
const PAGE: i64 = 500;

/// Writes every checkpoint that is not there yet as `NNNNNNNN.note`; tells how many were new.
///
/// Shape:  best on another machine's disk. A file appears whole or not at all, and is never overwritten.
/// Errors: `Occupied` if a file of that number holds another note: the log was forked or rolled back.
pub async fn export_checkpoints(db: &Db, folder: &Path) -> Result<usize, Error> {
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let (mut next, mut written) = (i64::MIN, 0);
    loop {
        let sql = "-- audit export\nselect number, size, sealed_at, note from audit_checkpoint \
                   where number >= $1 order by number limit $2";
        let rows = db.fetch(sql, args![next, PAGE]).await?;
        for sealed in rows.iter().map(seal::read) {
            next = sealed.number + 1;
            written += usize::from(place(&folder.join(format!("{:08}.note", sealed.number)), &sealed.note)?);
        }
        if (rows.len() as i64) < PAGE {
            return Ok(written);
        }
    }
}

/// Writes one event's evidence as `event-N.tlog-proof`; gives the file's path.
pub fn export_evidence(evidence: &Evidence, folder: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let path = folder.join(format!("event-{}.tlog-proof", evidence.index));
    fs::write(&path, evidence.to_string()).map_err(Error::file(&path))?;
    Ok(path)
}

/// Puts a text at a path where nothing is; the same text there already is fine.
fn place(path: &Path, text: &str) -> Result<bool, Error> {
    if let Ok(there) = fs::read(path) {
        let same = there == text.as_bytes();
        return if same { Ok(false) } else { Err(Error::Occupied { path: path.to_owned() }) };
    }
    let draft = path.with_extension("draft");
    let mut file = fs::File::create(&draft).map_err(Error::file(&draft))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::file(&draft))?;
    drop(file);
    // A hard link refuses to replace; a rename would not. Some network disks know no hard links.
    match fs::hard_link(&draft, path) {
        Ok(()) => fs::remove_file(&draft).map_err(Error::file(&draft))?,
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
            return Err(Error::Occupied { path: path.to_owned() });
        }
        Err(_) => fs::rename(&draft, path).map_err(Error::file(path))?,
    }
    Ok(true)
}
