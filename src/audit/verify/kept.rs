//! Whether every version that an event names is still kept, word for word.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::report::{Fault, Report};
use crate::args;
use crate::audit::error::Error;
use crate::db::Db;

/// Texts read at a time; they may be long.
const PAGE: i64 = 20;

/// The files of the instance, each with the version that the last event named.
#[derive(Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// A `configuration` event: its subject begins with the hash and the name of a file.
    pub async fn event(
        &mut self,
        db: &Db,
        index: u64,
        subject: &str,
        report: &mut Report,
    ) -> Result<(), Error> {
        let (hash, name) = subject.lines().next().and_then(|line| line.split_once(' ')).unwrap_or_default();
        let hash = unhex(hash).unwrap_or_default();
        let sql = "-- verify: named\nselect 1 from kept where hash = $1 and name = $2";
        if db.fetch_one(sql, args![&hash, name]).await?.is_none() {
            report.add(Fault::Kept, index, index, name.to_owned());
        }
        self.0.insert(name.to_owned(), hash);
        Ok(())
    }

    /// All kept texts against their own hashes, and the versions in force against the last events.
    pub async fn end(mut self, db: &Db, report: &mut Report) -> Result<(), Error> {
        let sql = "-- verify: current versions\nselect name, hash from kept_current order by name";
        for row in db.fetch(sql, &[]).await? {
            if self.0.remove(&row.text(0)) != Some(row.blob(1)) {
                report.add_anywhere(Fault::Kept, row.text(0));
            }
        }
        for name in self.0.into_keys() {
            report.add_anywhere(Fault::Kept, name);
        }
        let (mut hash, mut name) = (Vec::new(), String::new());
        loop {
            let sql = "-- verify: kept\nselect hash, name, text from kept \
                       where hash > $1 or (hash = $1 and name > $2) order by hash, name limit $3";
            let rows = db.fetch(sql, args![&hash, &name, PAGE]).await?;
            for row in &rows {
                (hash, name) = (row.blob(0), row.text(1));
                if Sha256::digest(row.text(2)).as_slice() != hash {
                    report.add_anywhere(Fault::Kept, name.clone());
                }
            }
            if (rows.len() as i64) < PAGE {
                return Ok(());
            }
        }
    }
}

fn unhex(hash: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(hash.get(at * 2..at * 2 + 2)?, 16).ok();
    (0..32).map(byte).collect()
}
