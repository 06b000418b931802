//! The door through which checkpoints and evidence leave.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::prove::Evidence;
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
        let sql = "-- audit export\nselect number, note from audit_checkpoint \
                   where number >= $1 order by number limit $2";
        let rows = db.fetch(sql, args![next, PAGE]).await?;
        for row in &rows {
            let number = row.int(0);
            next = number + 1;
            written += usize::from(place(&folder.join(format!("{number:08}.note")), &row.text(1))?);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Deed, Event, MIGRATIONS, Signer, append, load_notes, seal};
    use crate::clock::{Clock, Timestamp};

    #[tokio::test]
    async fn checkpoints_are_written_once_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("ledger.db"), &[MIGRATIONS]).await.unwrap();
        let clock = Clock::manual(Timestamp(0), 1);
        let signer = Signer::create(&clock, "zibo");
        let out = folder.path().join("checkpoints");
        for round in 0..3 {
            let mut tx = db.begin().await.unwrap();
            append(&mut tx, &Event::new(Deed::RunEnded, clock.now(), "schedule", "")).await.unwrap();
            assert_eq!(seal(&mut tx, &signer).await.unwrap().unwrap().number, round + 1);
            assert_eq!(seal(&mut tx, &signer).await.unwrap(), None, "nothing new");
            tx.commit().await.unwrap();
            assert_eq!(export_checkpoints(&db, &out).await.unwrap(), 1);
        }
        assert_eq!(export_checkpoints(&db, &out).await.unwrap(), 0);
        assert_eq!(load_notes(&out).unwrap().len(), 3);
        fs::write(out.join("00000002.note"), "another history").unwrap();
        let refused = export_checkpoints(&db, &out).await.unwrap_err();
        assert!(matches!(&refused, Error::Occupied { path } if path.ends_with("00000002.note")), "{refused}");
        assert_eq!(fs::read_to_string(out.join("00000002.note")).unwrap(), "another history");
    }
}
