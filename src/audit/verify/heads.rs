//! Signed heads, from the database and from elsewhere, held against the growing tree.

use super::report::{Fault, Head, Report};
use super::runs::Runs;
use super::tree::{Growing, Hash};
use crate::args;
use crate::audit::error::Error;
use crate::audit::key::PublicKey;
use crate::audit::note::{Checkpoint, Doubt, SignedNote};
use crate::db::Db;

/// Checkpoints read at a time.
const PAGE: i64 = 500;

/// Heads in the order of their size, the database's and the known ones side by side.
pub struct Heads<'a> {
    db: &'a Db,
    keys: &'a [PublicKey],
    /// Read ahead from the database, the next one last.
    page: Vec<Head>,
    next_number: i64,
    ended: bool,
    last_number: i64,
    last: Option<Head>,
    /// The known ones, the smallest last.
    known: Vec<Head>,
    /// The size up to which any head, and up to which one from elsewhere, has confirmed the log.
    confirmed: u64,
    confirmed_elsewhere: u64,
    /// The log's name.
    origin: Option<String>,
}

impl<'a> Heads<'a> {
    pub fn open(db: &'a Db, keys: &'a [PublicKey], notes: &[String], report: &mut Report) -> Self {
        // All keys of a log bear its name; what bears another name is another log's.
        let mut origin = keys.first().map(|key| key.name().to_owned());
        let mut known: Vec<Head> = Vec::new();
        for (at, note) in notes.iter().enumerate() {
            if let Some(claim) = believe(note, keys, &mut origin, &format!("given note {}", at + 1), report) {
                known.push(Head { number: None, size: claim.size, root: claim.root });
            }
        }
        known.sort_by_key(|head| std::cmp::Reverse(head.size));
        report.first_known = known.last().map(|head| head.size);
        Heads {
            db,
            keys,
            page: Vec::new(),
            next_number: i64::MIN,
            ended: false,
            last_number: 0,
            last: None,
            known,
            confirmed: 0,
            confirmed_elsewhere: 0,
            origin,
        }
    }

    /// Holds every head of exactly the size of the trees against them.
    pub async fn compare(
        &mut self,
        (kept, now): (&Growing, &Growing),
        runs: &mut Runs,
        report: &mut Report,
    ) -> Result<(), Error> {
        let size = now.leaves;
        loop {
            let stored = self.peek(report).await?.filter(|head| head.size <= size);
            let head = match stored {
                Some(_) => self.page.pop(),
                None => self.known.pop_if(|head| head.size <= size),
            };
            let Some(head) = head else { return Ok(()) };
            if head.size == size {
                self.judge(&head, kept.root(), now.root(), runs, report);
            }
        }
    }

    /// What is left after the walk speaks of events that are no longer there.
    pub async fn end(&mut self, size: u64, report: &mut Report) -> Result<(), Error> {
        while self.peek(report).await?.is_some() {
            if let Some(head) = self.page.pop() {
                self.missing(&head, size, report);
            }
        }
        while let Some(head) = self.known.pop() {
            self.missing(&head, size, report);
        }
        report.last_checkpoint = self.last.clone();
        Ok(())
    }

    fn missing(&self, head: &Head, size: u64, report: &mut Report) {
        report.add(Fault::Truncated, size, head.size.saturating_sub(1), head.name());
    }

    fn judge(
        &mut self,
        head: &Head,
        kept: Option<Hash>,
        now: Option<Hash>,
        runs: &mut Runs,
        report: &mut Report,
    ) {
        if kept == Some(head.root) {
            runs.tree_is_right();
        } else if now == Some(head.root) {
            runs.events_are_right(report);
            report.events_are_right(self.confirmed, head.size);
        } else {
            let last = head.size.saturating_sub(1);
            // A fork may be older than what this log has since confirmed for itself.
            let first = if head.number.is_some() { self.confirmed } else { self.confirmed_elsewhere };
            report.add(Fault::Forked, first.min(last), last, head.name());
            return;
        }
        self.confirmed = head.size;
        if head.number.is_none() {
            self.confirmed_elsewhere = head.size;
        }
    }

    /// The next stored head that can be believed.
    async fn peek(&mut self, report: &mut Report) -> Result<Option<&Head>, Error> {
        while self.page.is_empty() && !self.ended {
            let sql = "-- verify: checkpoints\nselect number, size, note from audit_checkpoint \
                       where number >= $1 order by number limit $2";
            let rows = self.db.fetch(sql, args![self.next_number, PAGE]).await?;
            self.ended = (rows.len() as i64) < PAGE;
            for row in rows {
                let (number, size) = (row.int(0), row.int(1));
                self.next_number = number.saturating_add(1);
                self.ended |= number == i64::MAX;
                let name = format!("checkpoint {number}");
                let expected = self.last_number.saturating_add(1);
                self.last_number = number;
                let Some(claim) = believe(&row.text(2), self.keys, &mut self.origin, &name, report) else {
                    continue;
                };
                let head = Head { number: Some(number), size: claim.size, root: claim.root };
                let before = self.last.as_ref();
                let in_order = before.is_none_or(|last| last.size < head.size);
                if number != expected || i64::try_from(claim.size) != Ok(size) || !in_order {
                    report.add_anywhere(Fault::Checkpoints, format!("{name}, expected {expected}"));
                }
                self.last = Some(head.clone());
                if in_order {
                    self.page.push(head);
                }
            }
            self.page.reverse();
        }
        Ok(self.page.last())
    }
}

/// The head that a note states, if it may be believed; without keys, as it stands. The first one names the log
/// if no key does.
fn believe(
    note: &str,
    keys: &[PublicKey],
    own: &mut Option<String>,
    name: &str,
    report: &mut Report,
) -> Option<Checkpoint> {
    let parsed = SignedNote::parse(note);
    let claim = parsed.as_ref().and_then(SignedNote::claim);
    let opened = match &parsed {
        None => Err(Doubt::Malformed),
        Some(_) if keys.is_empty() => claim.clone().ok_or(Doubt::Malformed),
        Some(note) => note.open(keys),
    };
    let origin = claim.map(|claim| claim.origin).unwrap_or_default();
    match opened {
        Ok(head) if *own.get_or_insert(head.origin.clone()) == origin => return Some(head),
        Ok(_) => report.add_anywhere(Fault::Foreign, format!("{name}: {origin}")),
        Err(Doubt::Unknown) => report.add_anywhere(Fault::Foreign, format!("{name}: {origin}")),
        Err(Doubt::Forged | Doubt::Malformed) => report.add_anywhere(Fault::Forged, name.to_owned()),
    }
    None
}
