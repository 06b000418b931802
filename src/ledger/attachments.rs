//! Files of deliveries: which have to be at the province before a delivery may leave, and which are there already.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::event::Item;
use super::queue::keep_bodies;
use super::runs::RunRef;
use super::state::State;
use super::{Ledger, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::{Migration, Tx};
use crate::record::{Complaint, Document, Fingerprint};
use crate::row;

pub const ATTACHMENT_MIGRATION: Migration =
    Migration { version: 2500, about: "attachments", sql: ATTACHMENTS };

const ATTACHMENTS: &str = "
-- Files that a delivery's document refers to; written when its turn first comes.
create table attachment (
    delivery integer not null references delivery (id),
    -- As it is written in the document.
    reference text not null,
    -- SHA-256 of the content, once the province has it; the delivery waits while it is null.
    content blob,
    -- How often it could not be had or brought there.
    attempts integer not null default 0,
    -- The province had lost it once: it was brought there again.
    again integer not null default 0,
    primary key (delivery, reference)
);
create index attachment_wanted on attachment (delivery) where content is null;

-- Contents that a platform has: the same is not brought there twice.
create table attachment_there (
    platform text not null,
    content blob not null,
    -- The province's id and what is known of the file, as JSON.
    facts text not null,
    uploaded_at integer not null,
    primary key (platform, content)
);
";

/// A file that has to be brought to the province.
#[derive(Clone, Debug)]
pub struct WantedFile {
    pub delivery: i64,
    pub record_id: String,
    pub version: i64,
    pub reference: String,
    pub attempts: u32,
    /// Where in the document it stands.
    pub pointer: String,
}

impl Ledger {
    /// Files of a kind's deliveries that are due, the oldest first.
    pub async fn wanted_files(
        &self,
        platform: &str,
        kind: &str,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<WantedFile>> {
        let sql = "-- ledger.wanted_files
            select f.delivery, r.id, d.version, f.reference, f.attempts, b.content from attachment f
            join delivery d on d.id = f.delivery join record r on r.seq = d.record
            left join body b on b.print = d.document
            where f.content is null and d.platform = $1 and d.kind = $2 and d.next_at <= $4
              and d.state in ('queued', 'waiting_time')
            order by f.delivery, f.reference limit $3";
        let rows = self.db.fetch(sql, args![platform, kind, limit, now]).await?;
        let mut wanted = Vec::with_capacity(rows.len());
        for row in &rows {
            let reference = row.text(3);
            let document = super::claim::read_document(row.opt_blob(5))?;
            let stands = document.files().into_iter().find(|(_, text)| *text == reference);
            wanted.push(WantedFile {
                delivery: row.int(0),
                record_id: row.text(1),
                version: row.int(2),
                attempts: u32::try_from(row.int(4)).unwrap_or(u32::MAX),
                pointer: stands.map(|(pointer, _)| pointer).unwrap_or_default(),
                reference,
            });
        }
        Ok(wanted)
    }

    /// The kinds of a platform that want files brought there now.
    pub async fn kinds_wanting_files(&self, platform: &str, now: Timestamp) -> Result<Vec<String>> {
        let sql = "-- ledger.kinds_wanting_files
            select distinct d.kind from attachment f join delivery d on d.id = f.delivery
            where f.content is null and d.platform = $1 and d.next_at <= $2
              and d.state in ('queued', 'waiting_time')";
        Ok(self.db.fetch(sql, args![platform, now]).await?.iter().map(|row| row.text(0)).collect())
    }

    /// Content that a listing held in a column, by its hash.
    pub async fn kept_content(&self, print: &Fingerprint) -> Result<Option<Vec<u8>>> {
        let sql = "-- ledger.kept_content\nselect content from body where print = $1";
        Ok(self.db.fetch_one(sql, args![print]).await?.map(|row| row.blob(0)))
    }

    /// Keeps contents of columns; their references name them by their hashes.
    pub async fn keep_contents(&self, contents: &[Vec<u8>]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        keep_bodies(&mut tx, contents.iter().map(Vec::as_slice)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether a platform has a content; then every delivery that wants it has it.
    pub async fn has_content(&self, platform: &str, reference: &str, content: &Fingerprint) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.has_content
            select 1 from attachment_there where platform = $1 and content = $2";
        let there = tx.fetch_one(sql, args![platform, content]).await?.is_some();
        if there {
            have(&mut tx, platform, reference, content).await?;
        }
        tx.commit().await?;
        Ok(there)
    }

    /// A file was brought to the province.
    ///
    /// `facts` are the province's id and what is known of the file, as the profile's `reference` names them.
    pub async fn note_uploaded(
        &self,
        run: &RunRef,
        reference: &str,
        content: &Fingerprint,
        facts: &Json,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.note_uploaded
            insert into attachment_there (platform, content, facts, uploaded_at) values ($1, $2, $3, $4)
            on conflict (platform, content) do update set facts = excluded.facts, uploaded_at = excluded.uploaded_at";
        tx.execute(sql, args![&run.platform, content, &facts.to_string(), now]).await?;
        have(&mut tx, &run.platform, reference, content).await?;
        let subject = format!("sha256 {content}, {} bytes, id {}", facts["size"], facts["id"]);
        let event = run.event(Deed::FileUploaded, now).subject(subject);
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A file cannot be had, or not sent: its delivery is refused, and the others go on.
    pub async fn refuse_for_file(
        &self,
        run: &RunRef,
        wanted: &WantedFile,
        complaint: &Complaint,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let item = Item {
            delivery: wanted.delivery,
            item_key: format!("{}/{}/{}", self.instance_epoch(), wanted.record_id, wanted.version),
            record_id: wanted.record_id.clone(),
            version: wanted.version,
            remote_id: None,
            document: Document::default(),
            reason: String::new(),
        };
        let state = self.refuse(&mut tx, &item, State::Queued, std::slice::from_ref(complaint), now).await?;
        let mut event = run.event(Deed::BatchSettled, now);
        event.item(
            &self.clock,
            &audit::Item {
                record: &item.record_id,
                version: item.version,
                action: "attachment",
                outcome: state.word(),
                row: None,
                document: None,
                payload: None,
            },
        );
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A file could not be had or brought there just now: its delivery waits until then, and says why.
    pub async fn put_off_file(
        &self,
        wanted: &WantedFile,
        complaint: &Complaint,
        until: Timestamp,
        counts: bool,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.put_off_file\nupdate delivery set next_at = $2, reason = $3 where id = $1";
        tx.execute(sql, args![wanted.delivery, until, &complaint.id]).await?;
        let sql = "-- ledger.count_file_attempt
            update attachment set attempts = attempts + $3 where delivery = $1 and reference = $2";
        tx.execute(sql, args![wanted.delivery, &wanted.reference, counts]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The province cannot take files now: the deliveries of a kind that want any wait until then.
    pub async fn put_off_files(
        &self,
        platform: &str,
        kind: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.put_off_files
            update delivery set next_at = $3
            where platform = $1 and kind = $2 and state in ('queued', 'waiting_time') and next_at <= $4
              and id in (select delivery from attachment where content is null)";
        tx.execute(sql, args![platform, kind, until, now]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The province has lost files that it had: they are brought there again with these deliveries. Gives the
    /// deliveries for which that has not been tried before.
    pub async fn forget_files(&self, platform: &str, deliveries: &[i64]) -> Result<Vec<i64>> {
        let mut tx = self.db.begin().await?;
        let mut again = Vec::new();
        for delivery in deliveries {
            let sql = "-- ledger.forget_content
                delete from attachment_there where platform = $1 and content in (
                    select content from attachment where delivery = $2 and again = 0 and content is not null)";
            tx.execute(sql, args![platform, *delivery]).await?;
            let sql = "-- ledger.want_again
                update attachment set content = null, again = 1 where delivery = $1 and again = 0";
            if tx.execute(sql, args![*delivery]).await? > 0 {
                again.push(*delivery);
            }
        }
        tx.commit().await?;
        Ok(again)
    }

    /// Forgets the files of deliveries that are done.
    pub async fn tidy_files(&self, platform: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.tidy_files
            delete from attachment where delivery in (
                select f.delivery from attachment f join delivery d on d.id = f.delivery
                where d.platform = $1 and d.state in ('accepted', 'superseded'))";
        tx.execute(sql, args![platform]).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Every delivery that wants this very file has it.
async fn have(tx: &mut Tx, platform: &str, reference: &str, content: &Fingerprint) -> Result<()> {
    let sql = "-- ledger.have_file
        update attachment set content = $3 where reference = $2 and content is null
          and delivery in (select id from delivery where platform = $1)";
    tx.execute(sql, args![platform, reference, content]).await?;
    Ok(())
}

/// What stands for the files of some deliveries: by delivery, the facts of each reference. A delivery of which one is
/// not at the province is left out, and what it lacks is wanted from now on.
pub(super) async fn files_of(
    tx: &mut Tx,
    platform: &str,
    documents: &[(i64, &Document)],
) -> Result<HashMap<i64, HashMap<String, Json>>> {
    let mut found = HashMap::new();
    for (delivery, document) in documents {
        let wanted: Vec<&str> = document.files().into_iter().map(|(_, text)| text).collect();
        if wanted.is_empty() {
            continue;
        }
        let sql = "-- ledger.files_there
            select f.reference, t.facts from attachment f
            join attachment_there t on t.platform = $2 and t.content = f.content where f.delivery = $1";
        let rows = tx.fetch(sql, args![*delivery, platform]).await?;
        let there: HashMap<String, Json> = rows
            .iter()
            .filter_map(|row| Some((row.text(0), serde_json::from_str(&row.text(1)).ok()?)))
            .collect();
        let missing: Vec<_> = wanted.iter().filter(|text| !there.contains_key(**text)).collect();
        if missing.is_empty() {
            found.insert(*delivery, there);
            continue;
        }
        // What another delivery brought there, or brings there now, is found by its content.
        let rows: Vec<_> = missing.iter().map(|text| row![*delivery, **text]).collect();
        let before = "-- ledger.want_files\ninsert into attachment (delivery, reference)";
        let after = "on conflict (delivery, reference) do update set content = null";
        tx.execute_rows(before, &rows, after).await?;
    }
    Ok(found)
}
