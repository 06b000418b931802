//! One scan of one route: rows → verdicts → deliveries, in pages, each page one transaction.

use serde::Serialize;

use super::absent::{AbsenceRule, News};
use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use super::lookup::Walk;
use super::merge::Met;
use super::reach::{Course, Reach};
use super::route::PushRoute;
use super::watch::{Stage, Watcher};
use crate::clock::Timestamp;
use crate::ledger::{Actor, Change, Counts, KnownRecord, RunCause, RunEnd, RunRef, Written};
use crate::plan::{self, Action, Brake, Changes, Decision, Known, Presence, Step, Verdict};
use crate::record::{Complaint, Fingerprint, Row};
use crate::source::{self, Ending};

/// How many changes are written in one transaction.
const PAGE: usize = 500;
/// How much of the files in columns is held until a page is written.
const CONTENTS_BYTES: usize = 32 * 1024 * 1024;
/// How many unreadable rows a report names.
const TOLD: usize = 3;

/// Who asks for a run, and why.
#[derive(Clone, Debug)]
pub struct Request {
    pub cause: RunCause,
    pub actor: Actor,
    pub reason: String,
}

/// What a scan did.
#[derive(Clone, Debug, Serialize)]
pub struct PushReport {
    pub run: i64,
    pub route: String,
    pub kind: String,
    pub end: RunEnd,
    /// How far the scan looked.
    pub scan: Reach,
    #[serde(flatten)]
    pub counts: Counts,
    /// Why the scan was incomplete, which brakes hold, and what is wrong with the cursor.
    pub complaints: Vec<Complaint>,
    /// The first few of the rows that could not be read; the run keeps the others.
    pub unreadable_rows: Vec<UnreadableRow>,
}

/// A row that cannot be a listing.
#[derive(Clone, Debug, Serialize)]
pub struct UnreadableRow {
    /// What people may know it by.
    pub named: String,
    pub complaints: Vec<Complaint>,
}

/// A scan under way.
struct Sweep<'a> {
    connector: &'a Connector,
    route: &'a PushRoute,
    run: RunRef,
    course: Course<'a>,
    counts: Counts,
    /// Of rows that changed without their cursor.
    behind: Vec<String>,
    changes: Vec<Change>,
    /// Of columns that hold files, to be kept with the page.
    contents: Vec<Vec<u8>>,
    contents_bytes: usize,
    missing: Vec<i64>,
    /// Of rows that were read because their versions differ, by key.
    versions: Vec<(Vec<u8>, String)>,
    /// Records whose rows are there again and cannot be read.
    returned: Vec<i64>,
    unreadable: Vec<(String, Vec<Complaint>)>,
    unreadable_kept: i64,
    unreadable_told: Vec<UnreadableRow>,
    at_province: u64,
}

impl Connector {
    /// Reads the listings of a route, writes down what is owed, and ends the scan under the brakes. Where the route
    /// has a cursor, only what it says was changed is read, and everything from time to time.
    ///
    /// Errors: the ledger itself failed. A source that cannot be read is a run that ended `failed`.
    pub async fn push_once(
        &self,
        guard: &WorkGuard,
        route: &PushRoute,
        request: &Request,
        watcher: &dyn Watcher,
    ) -> Result<PushReport, Error> {
        self.push(guard, route, request, false, watcher).await
    }

    /// As `push_once`, but reads everything, whatever a cursor says.
    pub async fn push_everything(
        &self,
        guard: &WorkGuard,
        route: &PushRoute,
        request: &Request,
        watcher: &dyn Watcher,
    ) -> Result<PushReport, Error> {
        self.push(guard, route, request, true, watcher).await
    }

    async fn push(
        &self,
        _: &WorkGuard,
        route: &PushRoute,
        request: &Request,
        everything: bool,
        watcher: &dyn Watcher,
    ) -> Result<PushReport, Error> {
        let database = &route.push.source.database.value;
        let _alone = self.records.alone(&route.route.platform, &route.route.kind, database).await;
        let run = self.begin_run(route, request).await?;
        let at_province = self.ledger.at_province(&run.platform, &run.kind).await?;
        let course = Course::set(&self.instance, &self.ledger, route, everything, self.clock.now()).await?;
        let mut sweep = Sweep {
            connector: self,
            route,
            run,
            course,
            counts: Counts::default(),
            behind: Vec::new(),
            changes: Vec::with_capacity(PAGE),
            contents: Vec::new(),
            contents_bytes: 0,
            missing: Vec::new(),
            versions: Vec::new(),
            returned: Vec::new(),
            unreadable: Vec::new(),
            unreadable_kept: 0,
            unreadable_told: Vec::new(),
            at_province,
        };
        let (end, complaints) = sweep.all(watcher).await?;
        let Sweep { run, course, mut counts, unreadable_told: unreadable_rows, .. } = sweep;
        debug_assert!(counts.conserved(), "{counts:?}");
        let end = if end == RunEnd::Well && counts.new_trouble > 0 { RunEnd::Trouble } else { end };
        let end = if counts.conserved() { end } else { RunEnd::Failed };
        // The records are well now; that somebody must look at the cursor is news all the same.
        counts.new_trouble += u64::from(counts.behind_cursor > 0);
        let note = complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        self.ledger.end_run(&run, end, &counts, &note, self.clock.now()).await?;
        self.seal().await?;
        Ok(PushReport {
            run: run.id,
            route: run.route,
            kind: run.kind,
            end,
            scan: course.reach,
            counts,
            complaints,
            unreadable_rows,
        })
    }
}

impl Sweep<'_> {
    async fn all(&mut self, watcher: &dyn Watcher) -> Result<(RunEnd, Vec<Complaint>), Error> {
        let city = match self.connector.city(&self.route.push.source.database).await {
            Ok(city) => city,
            Err(complaint) => return Ok((RunEnd::Failed, vec![complaint])),
        };
        let ending = loop {
            let (ledger, run) = (&self.connector.ledger, self.run.clone());
            let walk = if self.route.push.source.version.is_some() {
                let scan = source::version_scan(&city, &self.route.push).await;
                scan.map(|scan| Walk::by_version(ledger, &run, self.route.version, scan))
            } else {
                let scan = self.course.open(&city, self.route).await;
                scan.map(|scan| {
                    Walk::new(ledger, &run.platform, &run.kind, scan, self.course.is_incremental())
                })
            };
            let walk = match walk {
                Ok(walk) => walk,
                Err(complaint) => return Ok((RunEnd::Failed, vec![complaint])),
            };
            ledger.note_scan(&run, self.course.since()).await?;
            match self.read(walk, watcher).await? {
                None => {
                    self.connector.ledger.forget_missing().await?;
                    return Ok((RunEnd::Failed, vec![Complaint::new("Q6013")]));
                }
                // Nothing came of it: a question that the database refuses must not keep the listings at home.
                Some(Ending::Incomplete(why)) if self.counts.read == 0 && self.course.refused(&why) => (),
                Some(ending) => break ending,
            }
        };
        let mut complaints: Vec<_> = self.course.refusal.iter().cloned().collect();
        let mut end = RunEnd::Well;
        match ending {
            Ending::Complete { .. } => {
                if !self.course.is_incremental() {
                    self.judge_missing().await?;
                }
                complaints.extend(self.course.trouble().cloned());
                complaints.extend(self.course.lie(self.counts.behind_cursor, &self.behind));
                if let Some(mark) = self.course.mark_after() {
                    self.connector.ledger.move_mark(&self.run, &mark, self.now()).await?;
                }
            }
            Ending::Incomplete(complaint) => {
                complaints.push(complaint);
                end = RunEnd::Failed;
            }
        }
        self.connector.ledger.forget_missing().await?;
        let held = self.brakes().await?;
        self.connector.ledger.end_scan(&self.run, &held, self.now()).await?;
        if !held.is_empty() {
            end = RunEnd::Held;
            complaints.extend(held.iter().map(|brake| brake.complaint().clone()));
        }
        Ok((end, complaints))
    }

    /// Reads a scan to its end and writes down what it meets; `None` if the program was asked to stop meanwhile.
    async fn read(&mut self, mut walk: Walk<'_>, watcher: &dyn Watcher) -> Result<Option<Ending>, Error> {
        while let Some(met) = walk.next().await? {
            match met {
                Met::Listing(row, known, version) => {
                    self.versions.extend(version.map(|version| (row.key.sort_bytes(), version)));
                    self.listing(&row, known).await?;
                }
                Met::Same(known) => {
                    self.counts.read += 1;
                    self.count(known.verdict, &Step::Leave, Some(known.verdict));
                }
                Met::Unreadable(unreadable, known) => self.unreadable(unreadable, known),
                Met::Missing(known) => self.missing.push(known.seq),
            }
            if self.counts.read.is_multiple_of(200) {
                watcher.saw(Stage::Reading, &self.run.route, self.counts.read);
            }
            if [self.changes.len(), self.missing.len(), self.unreadable.len(), self.versions.len()]
                .iter()
                .any(|len| *len >= PAGE)
            {
                self.write().await?;
                if self.connector.stopping() {
                    return Ok(None);
                }
            }
        }
        self.write().await?;
        watcher.saw(Stage::Reading, &self.run.route, self.counts.read);
        Ok(Some(walk.end()))
    }

    async fn listing(&mut self, row: &Row, known: Option<KnownRecord>) -> Result<(), Error> {
        self.counts.read += 1;
        self.course.see(row);
        let seen = self.route.see(row).await;
        let print = seen.print;
        let before = known.as_ref().map(|known| known.verdict);
        if let Some(known) = &known
            && known.row_print == Some(print)
            && known.mapping_print == Some(self.route.version)
        {
            // Nothing differs that a verdict depends on: it stands.
            self.count(known.verdict, &Step::Leave, before);
            return Ok(());
        }
        self.contents_bytes += seen.bytes();
        self.contents.extend(seen.contents);
        let judged = match seen.mapped {
            Some(mapped) => self.route.judge_mapped(mapped, self.connector.today()),
            None => self.route.judge(row, self.connector.today()),
        };
        let fresh = Known { presence: Presence::Never, owed: None, row_same: false };
        let state = match &known {
            Some(known) => Known { row_same: known.row_print == Some(print), ..known.known.clone() },
            None => fresh,
        };
        let mut judged = judged;
        let mut decision = plan::decide(&state, &judged.wanted, self.route.withdraw_rule());
        if self.route.kind.once && matches!(decision.step, Step::Queue(Action::Update, _)) {
            decision = Decision { verdict: Verdict::Held, step: Step::Leave };
            judged.complaints = vec![Complaint::new("Q6023")];
        }
        self.count(decision.verdict, &decision.step, before);
        // Where files count, too, a cursor cannot be blamed for what it does not know of.
        if !self.route.has_files() && is_news(known.as_ref(), &decision, print) && self.course.is_behind(row)
        {
            self.counts.behind_cursor += 1;
            if self.behind.len() < TOLD {
                self.behind.push(format!("{} {}", row.key, judged.title).trim_end().to_owned());
            }
        }
        self.changes.push(Change {
            seq: known.map(|known| known.seq),
            key: row.key.clone(),
            title: judged.title,
            row_print: print,
            mapping_print: self.route.version,
            verdict: decision.verdict,
            step: decision.step,
            checked: judged.checked,
            natural_keys: judged.natural_keys,
            complaints: judged.complaints,
        });
        if self.contents_bytes >= CONTENTS_BYTES { self.write().await } else { Ok(()) }
    }

    fn unreadable(&mut self, row: source::Unreadable, known: Option<KnownRecord>) {
        self.counts.read += 1;
        self.returned.extend(known.filter(|known| known.absent_since.is_some()).map(|known| known.seq));
        self.counts.unreadable += 1;
        if self.unreadable_told.len() < TOLD {
            let (named, complaints) = (row.named.clone(), row.complaints.clone());
            self.unreadable_told.push(UnreadableRow { named, complaints });
        }
        self.unreadable.push((row.named, row.complaints));
    }

    fn count(&mut self, verdict: Verdict, step: &Step, before: Option<Verdict>) {
        let counts = &mut self.counts;
        let place = match (verdict, step) {
            (_, Step::Queue(Action::Create, _)) => &mut counts.created,
            (_, Step::Queue(Action::Update, _)) => &mut counts.updated,
            (_, Step::Queue(Action::Withdraw, _)) => &mut counts.withdrawn,
            (Verdict::Publishable, Step::Leave | Step::Drop | Step::Propose(_)) => &mut counts.unchanged,
            (Verdict::Filtered | Verdict::Absent, _) => &mut counts.filtered,
            (Verdict::Invalid, _) => &mut counts.invalid,
            (Verdict::Held, _) => &mut counts.held,
        };
        *place += 1;
        let trouble = matches!(verdict, Verdict::Invalid | Verdict::Held);
        counts.new_trouble += u64::from(trouble && before != Some(verdict));
    }

    async fn write(&mut self) -> Result<(), Error> {
        let ledger = &self.connector.ledger;
        let now = self.now();
        if !self.contents.is_empty() {
            // Before anything refers to them.
            ledger.keep_contents(&self.contents).await?;
            self.contents.clear();
            self.contents_bytes = 0;
        }
        if !self.changes.is_empty() {
            let written = ledger.write_page(&self.run, &self.changes, now).await?;
            for (change, written) in self.changes.iter().zip(written) {
                if written == Written::Taken {
                    self.counts.invalid += 1;
                    match change.step {
                        Step::Queue(Action::Create, _) => self.counts.created -= 1,
                        Step::Queue(Action::Update, _) => self.counts.updated -= 1,
                        _ => self.counts.unchanged -= 1,
                    }
                }
            }
            self.changes.clear();
        }
        // Not before the verdicts stand: what is noted here is not read again.
        if !self.versions.is_empty() {
            ledger.note_versions(&self.run, &self.versions).await?;
            self.versions.clear();
        }
        if !self.missing.is_empty() {
            ledger.note_missing(&self.run, &self.missing).await?;
            self.missing.clear();
        }
        if !self.returned.is_empty() {
            ledger.note_returned(&self.returned).await?;
            self.returned.clear();
        }
        if !self.unreadable.is_empty() {
            let new = ledger.note_unreadable(&self.run, self.unreadable_kept, &self.unreadable).await?;
            self.counts.new_trouble += new;
            self.unreadable_kept += self.unreadable.len() as i64;
            self.unreadable.clear();
        }
        Ok(())
    }

    /// The scan saw everything: what it did not meet is gone.
    async fn judge_missing(&mut self) -> Result<(), Error> {
        let ledger = &self.connector.ledger;
        let absences = AbsenceRule {
            rule: self.route.withdraw_rule(),
            grace: self.route.push.limits.absence_grace,
            now: self.now(),
            zone: self.connector.instance.zone,
        };
        let mut after = 0;
        loop {
            let page = ledger.missing_page(&self.run, after, PAGE as i64).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.seq;
            let mut absent = Vec::new();
            for known in page {
                self.counts.vanished += 1;
                let mut absence = absences.judge(known);
                match News::of(&absence) {
                    News::None => continue,
                    News::Gone => absence.verdict = absence.known.verdict,
                    News::Judged => {
                        self.counts.new_trouble += u64::from(absence.verdict == Verdict::Held);
                    }
                }
                absent.push(absence);
            }
            if !absent.is_empty() {
                ledger.write_absent(&self.run, &absent, self.now()).await?;
            }
        }
    }

    async fn brakes(&self) -> Result<Vec<Brake>, Error> {
        let (withdrawals, data_changes, program_changes) =
            self.connector.ledger.waiting_changes(&self.run.route).await?;
        let changes = Changes {
            at_province: self.at_province,
            rows_read: self.counts.read,
            withdrawals,
            data_changes,
            program_changes,
        };
        Ok(plan::brakes(changes, self.route.push.limits))
    }

    fn now(&self) -> Timestamp {
        self.connector.clock.now()
    }
}

/// Whether a row is new, or what it asks for has changed since it was last seen.
fn is_news(known: Option<&KnownRecord>, decision: &Decision, print: Fingerprint) -> bool {
    let Some(known) = known else { return true };
    let came_back = known.verdict == Verdict::Absent || known.absent_since.is_some();
    let changed = known.row_print.is_some_and(|before| before != print);
    came_back || changed && (decision.step != Step::Leave || decision.verdict != known.verdict)
}
