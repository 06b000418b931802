//! Whether every version that an event names is still kept, word for word.

use sha2::{Digest, Sha256};

use super::report::{Fault, Report};
use crate::args;
use crate::audit::error::Error;
use crate::db::Db;

/// Texts read at a time; they may be long.
const PAGE: i64 = 20;

/// The kept texts against their own hashes.
pub async fn texts(db: &Db, report: &mut Report) -> Result<(), Error> {
    let mut after = Vec::new();
    loop {
        let sql = "-- verify: kept\nselect hash, name, text from kept where hash > $1 order by hash limit $2";
        let rows = db.fetch(sql, args![&after, PAGE]).await?;
        for row in &rows {
            after = row.blob(0);
            if Sha256::digest(row.text(2)).as_slice() != after {
                report.add_anywhere(Fault::Kept, row.text(1));
            }
        }
        if (rows.len() as i64) < PAGE {
            return Ok(());
        }
    }
}

/// The text that a `configuration` event names by the first word of its subject.
pub async fn named(db: &Db, index: u64, subject: &str, report: &mut Report) -> Result<(), Error> {
    let (hash, name) = subject.split_once(' ').unwrap_or((subject, ""));
    let bytes: Option<Vec<u8>> = (0..32)
        .map(|at| hash.get(at * 2..at * 2 + 2).and_then(|two| u8::from_str_radix(two, 16).ok()))
        .collect();
    let found = match bytes {
        Some(bytes) => db.fetch_one("-- verify: named\nselect 1 from kept where hash = $1", args![&bytes]).await?,
        None => None,
    };
    if found.is_none() {
        let name = name.lines().next().unwrap_or_default();
        report.add(Fault::Kept, index, index, name.to_owned());
    }
    Ok(())
}
