//! Finds events: by time, kind, actor, outcome, event and record.

use super::deed::Deed;
use super::error::Error;
use super::event::Versions;
pub use super::stored::EntryItem;
use super::{stored, tiles};
use crate::args;
use crate::clock::Timestamp;
use crate::db::{Db, Row};
use crate::record::Fingerprint;

/// Events read at a time.
const PAGE: i64 = 200;

/// What to look for; `None` takes all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    pub kind: Option<String>,
    pub actor: Option<String>,
    pub event: Option<Deed>,
    pub route: Option<String>,
    pub platform: Option<String>,
    pub run: Option<String>,
    /// Events with at least one item of this outcome.
    pub outcome: Option<String>,
    /// Events with at least one item of this record.
    pub record: Option<String>,
}

/// Newest first: the next `limit` events before index `before`.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub before: Option<i64>,
    pub limit: usize,
}

/// One event as people see it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub index: i64,
    pub at: Timestamp,
    /// `None` for a word that a newer program wrote.
    pub deed: Option<Deed>,
    pub word: String,
    pub actor: String,
    pub role: String,
    pub run: String,
    pub platform: String,
    pub kind: String,
    pub route: String,
    pub versions: Versions,
    pub subject: String,
    pub items: usize,
    /// Each outcome with its count, in the order of first appearance.
    pub outcomes: Vec<(String, usize)>,
}

/// The events that a filter lets through, newest first.
///
/// Shape:  time, kind, actor and event are the database's work; outcome and record are inside the items, which
///         are read event by event within the other limits.
pub async fn list(db: &Db, filter: &Filter, page: Page) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::new();
    let mut before = page.before.unwrap_or(i64::MAX);
    let since = first_at(db, filter.since.unwrap_or(Timestamp(i64::MIN))).await?;
    if let Some(until) = filter.until {
        before = before.min(first_at(db, until).await?);
    }
    // Without a filter on items every row counts, and no more are read than asked for.
    let whole = filter.outcome.is_none() && filter.record.is_none();
    while found.len() < page.limit {
        let wanted = if whole { PAGE.min((page.limit - found.len()) as i64) } else { PAGE };
        let rows = db
            .fetch(
                "-- audit list\nselect idx, time, event, actor, role, run, platform, kind, route, \
                 mapping, schema, profile, program, subject, items from audit_leaf \
                 where idx < $1 and idx >= $2 \
                 and ($3 = '' or kind = $3) and ($4 = '' or actor = $4) and ($5 = '' or event = $5) \
                 and ($6 = '' or route = $6) and ($7 = '' or platform = $7) and ($8 = '' or run = $8) \
                 order by idx desc limit $9",
                args![
                    before,
                    since,
                    given(&filter.kind),
                    given(&filter.actor),
                    filter.event.map_or("", Deed::word),
                    given(&filter.route),
                    given(&filter.platform),
                    given(&filter.run),
                    wanted,
                ],
            )
            .await?;
        let last_page = (rows.len() as i64) < wanted;
        for row in &rows {
            before = row.int(0);
            found.extend(entry(row, filter));
            if found.len() == page.limit {
                break;
            }
        }
        if last_page {
            break;
        }
    }
    Ok(found)
}

/// The items of one event.
pub async fn items(db: &Db, index: i64) -> Result<Vec<EntryItem>, Error> {
    let row =
        db.fetch_one("-- audit items\nselect items from audit_leaf where idx = $1", args![index]).await?;
    Ok(row.map(|row| stored::read(&row.blob(0)).collect()).unwrap_or_default())
}

/// How many events the log holds.
pub async fn size(db: &Db) -> Result<u64, Error> {
    let mut shelf = db;
    tiles::size(&mut shelf).await
}

/// The index of the first event at or after a time; the log's size if there is none. Times only grow, so that
/// this needs no index of its own.
async fn first_at(db: &Db, time: Timestamp) -> Result<i64, Error> {
    let (mut low, mut high) = (0, i64::try_from(size(db).await?).unwrap_or(i64::MAX));
    while low < high {
        let middle = low + (high - low) / 2;
        let sql = "-- audit time\nselect time from audit_leaf where idx = $1";
        let row = db.fetch_one(sql, args![middle]).await?;
        if row.is_some_and(|row| row.int(0) < time.0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn given(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// The entry of a row, if its items satisfy the filter.
fn entry(row: &Row, filter: &Filter) -> Option<Entry> {
    let stored = row.blob(14);
    let mut outcomes: Vec<(String, usize)> = Vec::new();
    let (mut count, mut by_record) = (0, filter.record.is_none());
    let mut by_outcome = filter.outcome.is_none();
    for item in stored::read(&stored) {
        count += 1;
        by_record |= filter.record.as_ref() == Some(&item.record);
        by_outcome |= filter.outcome.as_ref() == Some(&item.outcome);
        match outcomes.iter_mut().find(|(known, _)| *known == item.outcome) {
            Some((_, times)) => *times += 1,
            None => outcomes.push((item.outcome, 1)),
        }
    }
    let version = |index| row.opt_blob(index).and_then(|bytes| Fingerprint::from_bytes(&bytes));
    (by_record && by_outcome).then(|| Entry {
        index: row.int(0),
        at: Timestamp(row.int(1)),
        deed: Deed::parse(&row.text(2)),
        word: row.text(2),
        actor: row.text(3),
        role: row.text(4),
        run: row.text(5),
        platform: row.text(6),
        kind: row.text(7),
        route: row.text(8),
        versions: Versions {
            mapping: version(9),
            schema: version(10),
            profile: version(11),
            program: version(12),
        },
        subject: row.text(13),
        items: count,
        outcomes,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::audit::{Event, Item, MIGRATIONS, append, configuration, kept};
    use crate::clock::Clock;

    async fn log() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("ledger.db"), &[MIGRATIONS]).await.unwrap();
        let clock = Clock::manual(Timestamp(0), 1);
        let mut tx = db.begin().await.unwrap();
        for n in 0..450_i64 {
            clock.advance(Duration::from_secs(1));
            let kind = if n % 2 == 0 { "achievement" } else { "enterprise" };
            let actor = if n == 7 { "li" } else { "schedule" };
            let mut event = Event::new(Deed::BatchSettled, clock.now(), actor, "").kind(kind).run(n / 100);
            for item in 0..3 {
                let outcome = if n == 5 && item == 2 { "refused" } else { "accepted" };
                let record = format!("record-{}", n * 3 + item);
                event.item(&clock, &Item { record: &record, outcome, ..Item::default() });
            }
            append(&mut tx, &event).await.unwrap();
        }
        tx.commit().await.unwrap();
        (folder, db)
    }

    #[tokio::test]
    async fn filters_find_what_they_name_and_pages_follow_each_other() {
        let (_folder, db) = log().await;
        let text = |text: &str| Some(text.to_owned());
        let at = |seconds: i64| Some(Timestamp(seconds * 1_000_000));
        let rows: Vec<(Filter, Vec<i64>)> = vec![
            (Filter::default(), vec![449, 448, 447]),
            (Filter { kind: text("enterprise"), ..Filter::default() }, vec![449, 447, 445]),
            (Filter { actor: text("li"), ..Filter::default() }, vec![7]),
            (Filter { outcome: text("refused"), ..Filter::default() }, vec![5]),
            (Filter { record: text("record-31"), ..Filter::default() }, vec![10]),
            (Filter { record: text("record-31"), outcome: text("refused"), ..Filter::default() }, vec![]),
            (Filter { since: at(3), until: at(5), ..Filter::default() }, vec![3, 2]),
            (Filter { run: text("0"), ..Filter::default() }, vec![99, 98, 97]),
            (Filter { event: Some(Deed::Stop), ..Filter::default() }, vec![]),
        ];
        for (filter, expect) in rows {
            let found = list(&db, &filter, Page { before: None, limit: 3 }).await.unwrap();
            let found: Vec<i64> = found.iter().map(|entry| entry.index).collect();
            assert_eq!(found, expect, "{filter:?}");
        }
        let (mut before, mut seen) = (None, 0);
        loop {
            let page = list(&db, &Filter::default(), Page { before, limit: 201 }).await.unwrap();
            let Some(last) = page.last() else { break };
            (before, seen) = (Some(last.index), seen + page.len());
        }
        assert_eq!(seen, 450);
    }

    #[tokio::test]
    async fn an_entry_counts_its_items_by_outcome() {
        let (_folder, db) = log().await;
        let filter = Filter { outcome: Some("refused".into()), ..Filter::default() };
        let entry = list(&db, &filter, Page { before: None, limit: 1 }).await.unwrap().remove(0);
        assert_eq!(entry.items, 3);
        assert_eq!(entry.outcomes, [("accepted".to_owned(), 2), ("refused".to_owned(), 1)]);
        assert_eq!(items(&db, entry.index).await.unwrap()[2].record, "record-17");
        assert_eq!(items(&db, 9999).await.unwrap(), []);
        assert_eq!(size(&db).await.unwrap(), 450);
    }

    #[tokio::test]
    async fn a_loaded_file_is_an_event_only_when_it_changed() {
        let (_folder, db) = log().await;
        let mut tx = db.begin().await.unwrap();
        let who = ("wang", "integrator");
        let mut hashes = Vec::new();
        for text in ["a = 1\n", "a = 1\n", "a = 2\npassword = 'x'\n", "a = 1\n"] {
            let now = Timestamp(1 << 40);
            hashes.push(configuration(&mut tx, now, who, "routes/a.toml", text).await.unwrap());
        }
        tx.commit().await.unwrap();
        let filter = Filter { event: Some(Deed::Configuration), ..Filter::default() };
        let found = list(&db, &filter, Page { before: None, limit: 9 }).await.unwrap();
        let subjects: Vec<_> = found.iter().rev().map(|entry| entry.subject.clone()).collect();
        assert_eq!(
            subjects,
            [
                format!("{} routes/a.toml\nnew, 1 lines", hashes[0]),
                format!("{} routes/a.toml\n+2 -1 lines\n- a = 1\n+ a = 2\n+ password = ***", hashes[2]),
                format!("{} routes/a.toml\n+1 -2 lines\n- a = 2\n- password = ***\n+ a = 1", hashes[0]),
            ]
        );
        assert_eq!(kept(&db, &hashes[2]).await.unwrap().unwrap().1, "a = 2\npassword = 'x'\n");
    }
}
