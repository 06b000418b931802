//! One page: every record sorted, what passed brought to the city's table, and all of it written down together.

use std::collections::HashSet;

use super::counts::ImportCounts;
use super::judge::{is_delisted, judge, kept_data, title};
use super::land::{Landing, delisted_origin, land, mark};
use super::pass::{Halt, Importer};
use crate::city::Batch;
use crate::delivery::{Page, RemoteRecord};
use crate::ledger::{
    ImportEntry, ImportFate, ImportIntent, ImportKnown, ImportPage, ImportPlace, ImportState,
};
use crate::record::{Complaint, Document, Fingerprint, Value};
use crate::schema::{Kind, alike, natural_keys};

/// A record that passed every check and is to be written.
struct Arrival {
    remote_id: String,
    version: i64,
    print: Fingerprint,
    known: ImportKnown,
    document: Document,
    cells: Vec<Value>,
}

/// A record off the shelf whose local row is to be marked.
struct Departure {
    remote_id: String,
    version: i64,
    print: Fingerprint,
    known: ImportKnown,
}

/// One page, sorted: what is settled already, and what the city's database must still take.
#[derive(Default)]
struct Sorted {
    entries: Vec<ImportEntry>,
    arrivals: Vec<Arrival>,
    departures: Vec<Departure>,
}

impl Importer<'_> {
    /// Takes a page in: one transaction in the city's database, one in the ledger.
    pub(super) async fn take_page(
        &self,
        number: u64,
        page: Page,
        pass: i64,
        next: Option<ImportPlace>,
        counts: &mut ImportCounts,
    ) -> Result<(), Halt> {
        let mut total = *counts;
        total.pages += 1;
        let named = |complaint: Complaint| (format!("{number}/{}", complaint.found), vec![complaint]);
        let unreadable: Vec<_> = page.unreadable.into_iter().map(named).collect();
        if !unreadable.is_empty() {
            let first = i64::try_from(counts.quarantined).unwrap_or(i64::MAX);
            total.new_trouble += self.ledger.note_unreadable(self.run, first, &unreadable).await?;
        }
        let lost = unreadable.len() as u64;
        total.fetched += lost;
        total.quarantined += lost;
        total.fetched += page.records.len() as u64;
        // A list that shifts while it is read shows a record twice.
        let mut met = HashSet::new();
        let mut records = page.records;
        let shown = records.len();
        records.retain(|record| met.insert(record.remote_id.clone()));
        total.unchanged += (shown - records.len()) as u64;
        let asked: Vec<_> =
            records.iter().map(|record| (record.remote_id.as_str(), record.local_id.as_deref())).collect();
        let mut known = self.ledger.import_known(self.run, &asked).await?;
        let mut sorted = Sorted::default();
        for record in records {
            let known = known.remove(&record.remote_id).unwrap_or_default();
            self.sort(record, known, &mut sorted, &mut total);
        }
        self.hold_own_likes(&mut sorted, &mut total).await?;
        let entries = self.land_all(sorted, pass, &mut total).await?;
        let summary = total.summary_since(counts);
        let page = ImportPage { number, summary, entries, pass, next };
        self.ledger.write_import_page(self.run, &page, self.clock.now()).await?;
        *counts = total;
        Ok(())
    }

    /// Decides what one record is, as far as that can be said without the city's database.
    fn sort(
        &self,
        mut record: RemoteRecord,
        known: ImportKnown,
        sorted: &mut Sorted,
        counts: &mut ImportCounts,
    ) {
        let profile = self.street.profile();
        let document = self.route.take_document(&mut record);
        let print = self.route.print(&record, &document);
        let version = record.version.unwrap_or(0);
        let remote_id = record.remote_id.clone();
        let held = known.complaints.is_some();
        let entry = |fate| ImportEntry { remote_id: remote_id.clone(), version, print, held, fate };
        let state = known.before.as_ref().map(|before| before.state);
        // A row whose landing was cut off may be there or not: it is written again.
        let same = known.before.as_ref().is_some_and(|before| {
            before.print == Some(print) && before.state == ImportState::Landed && before.intended.is_none()
        });
        if known.ours || record.city.as_deref() == Some(&*profile.platform().city_code.value) {
            counts.own += 1;
            if known.before.is_some() {
                sorted.entries.push(entry(ImportFate::Own));
            }
        } else if is_delisted(profile, &record) {
            counts.delisted += 1;
            let landed = known
                .before
                .as_ref()
                .is_some_and(|before| before.written.is_some() || before.intended.is_some());
            let news = state.is_some_and(|state| state != ImportState::Delisted);
            if landed && news {
                sorted.departures.push(Departure { remote_id, version, print, known });
            } else {
                sorted.entries.push(entry(ImportFate::Delisted { written: None, news }));
            }
        } else if same {
            counts.unchanged += 1;
            sorted.entries.push(entry(ImportFate::Unchanged));
        } else {
            match judge(self.route, &record, &document, self.today) {
                Err(complaints) => {
                    let fate = quarantine(&self.route.kind, counts, &known, print, &document, complaints);
                    sorted.entries.push(entry(fate));
                }
                Ok(cells) => {
                    sorted.arrivals.push(Arrival { remote_id, version, print, known, document, cells });
                }
            }
        }
    }

    /// Takes out of the arrivals what looks like one of the city's own listings.
    async fn hold_own_likes(&self, sorted: &mut Sorted, counts: &mut ImportCounts) -> Result<(), Halt> {
        if sorted.arrivals.is_empty() {
            return Ok(());
        }
        let kind = &self.route.kind;
        let keys: Vec<Vec<Fingerprint>> =
            sorted.arrivals.iter().map(|arrival| natural_keys(kind, &arrival.document.0)).collect();
        let titles: Vec<String> = sorted
            .arrivals
            .iter()
            .map(|arrival| title(&self.route.kind, &arrival.document).trim().to_owned())
            .collect();
        let asked: Vec<&str> =
            titles.iter().map(String::as_str).collect::<HashSet<_>>().into_iter().collect();
        let claimants = self.ledger.claimants(self.run, &keys.concat()).await?;
        let namesakes = self.ledger.own_titled(self.run, &asked).await?;
        let arrivals = std::mem::take(&mut sorted.arrivals);
        for ((arrival, keys), title) in arrivals.into_iter().zip(keys).zip(titles) {
            let same = keys.iter().find_map(|key| claimants.get(key));
            let like = || {
                let own = namesakes.get(&title)?.iter();
                let mut own = own.filter(|own| alike(kind, &own.document.0, &arrival.document.0));
                own.next().map(|own| Complaint::new("Q8202").found(format!("{title}（{}）", own.key)))
            };
            match same.map(|own| Complaint::new("Q8201").found(own)).or_else(like) {
                None => sorted.arrivals.push(arrival),
                Some(complaint) => {
                    let Arrival { remote_id, version, print, known, document, .. } = arrival;
                    counts.duplicates += 1;
                    let held = known.complaints.is_some();
                    let fate =
                        quarantine(&self.route.kind, counts, &known, print, &document, vec![complaint]);
                    sorted.entries.push(ImportEntry { remote_id, version, print, held, fate });
                }
            }
        }
        Ok(())
    }

    /// Brings the page's rows to the city's table in one transaction, announced to the ledger before it commits.
    async fn land_all(
        &self,
        sorted: Sorted,
        pass: i64,
        counts: &mut ImportCounts,
    ) -> Result<Vec<ImportEntry>, Halt> {
        let Sorted { mut entries, arrivals, departures } = sorted;
        if arrivals.is_empty() && departures.is_empty() {
            return Ok(entries);
        }
        let mut intents = Vec::new();
        let mut batch = self.writer.begin().await.map_err(Halt::City)?;
        for arrival in arrivals {
            let entry = self.land_one(&mut batch, arrival, &mut intents, counts).await;
            entries.push(entry);
        }
        for departure in departures {
            let entry = self.mark_one(&mut batch, departure, &mut intents).await;
            entries.push(entry.map_err(Halt::City)?);
        }
        if !intents.is_empty() {
            self.ledger.import_intend(self.run, pass, &intents, self.clock.now()).await?;
        }
        batch.commit().await.map_err(Halt::City)?;
        Ok(entries)
    }

    async fn land_one(
        &self,
        batch: &mut Batch,
        arrival: Arrival,
        intents: &mut Vec<ImportIntent>,
        counts: &mut ImportCounts,
    ) -> ImportEntry {
        let Arrival { remote_id, version, print, known, document, cells } = arrival;
        let before = known.before.as_ref();
        let landed = land(batch, self.route, before, &remote_id, cells, self.origin()).await;
        let fate = match landed {
            Ok(Landing::Written { row, conflict }) => {
                let new = before.is_none_or(|before| before.written.is_none());
                *(if new { &mut counts.new } else { &mut counts.updated }) += 1;
                counts.conflicts += u64::from(conflict);
                let written = row.into_bytes();
                let id = before.map(|before| before.id.clone());
                intents.push(ImportIntent { remote_id: remote_id.clone(), id, row: written.clone() });
                ImportFate::Landed { written, new }
            }
            Ok(Landing::Kept) => {
                counts.unchanged += 1;
                counts.conflicts += 1;
                ImportFate::Kept
            }
            Ok(Landing::Asked { complaint, edited }) => {
                counts.conflicts += u64::from(edited);
                quarantine(&self.route.kind, counts, &known, print, &document, vec![complaint])
            }
            Err(complaint) => quarantine(&self.route.kind, counts, &known, print, &document, vec![complaint]),
        };
        ImportEntry { remote_id, version, print, held: known.complaints.is_some(), fate }
    }

    async fn mark_one(
        &self,
        batch: &mut Batch,
        departure: Departure,
        intents: &mut Vec<ImportIntent>,
    ) -> Result<ImportEntry, Complaint> {
        let Departure { remote_id, version, print, known } = departure;
        let mut written = None;
        if let Some(before) = &known.before {
            let origin = delisted_origin(self.origin());
            written = mark(batch, self.route, before, &remote_id, &origin).await?.map(|row| row.into_bytes());
            if let Some(row) = written.clone() {
                let id = Some(before.id.clone());
                intents.push(ImportIntent { remote_id: remote_id.clone(), id, row });
            }
        }
        let held = known.complaints.is_some();
        let fate = ImportFate::Delisted { written, news: true };
        Ok(ImportEntry { remote_id, version, print, held, fate })
    }

    /// What the origin column says: the province's name.
    fn origin(&self) -> &str {
        &self.street.profile().platform().title
    }
}

/// Counts and describes a record that must wait.
fn quarantine(
    kind: &Kind,
    counts: &mut ImportCounts,
    known: &ImportKnown,
    print: Fingerprint,
    document: &Document,
    complaints: Vec<Complaint>,
) -> ImportFate {
    let ids: Vec<&String> = complaints.iter().map(|complaint| &complaint.id).collect();
    let trouble = known.complaints.as_ref().is_none_or(|before| before.iter().ne(ids.iter().copied()));
    let news = trouble || known.before.as_ref().is_none_or(|before| before.print != Some(print));
    counts.quarantined += 1;
    counts.new_trouble += u64::from(trouble);
    ImportFate::Quarantined { title: title(kind, document), complaints, data: kept_data(document), news }
}
