//! What a scan would do, without writing anything.

use serde::Serialize;

use super::absent::AbsenceRule;
use super::connector::Error;
use super::files::Seen;
use super::lookup::Walk;
use super::merge::Met;
use super::next::{NextPreview, NextRoutes};
use super::reach::{Course, Reach};
use super::route::PushRoute;
use super::watch::{Stage, Watcher};
use crate::city::City;
use crate::config::Instance;
use crate::ledger::{Counts, KnownRecord, Ledger};
use crate::plan::{self, Action, Cause, Changes, Known, Presence, Step, Verdict, Wanted};
use crate::record::{Complaint, Row};
use crate::source::Ending;

/// What a scan of one route would do.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    pub route: String,
    pub kind: String,
    pub platform: String,
    /// How far it looked.
    pub scan: Reach,
    pub counts: Counts,
    /// Withdrawals that would wait for a person's word; not part of `counts`.
    pub proposed: u64,
    /// The first few of each group, in key order.
    pub samples: Vec<Sample>,
    /// Brakes that would hold.
    pub brakes: Vec<Complaint>,
    /// Creates would wait until what the province already holds has been matched.
    pub adoption_open: bool,
    /// Why the source could not be read to its end; then nothing would be withdrawn.
    pub incomplete: Option<Complaint>,
    /// What the next schemas would say, where the platform names them.
    pub next_schemas: Option<NextPreview>,
}

/// One record as an example.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub group: Group,
    pub key: String,
    pub title: String,
    /// The first of its complaints.
    pub complaint: Option<Complaint>,
}

/// What would happen to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Create,
    Update,
    Withdraw,
    Held,
    Invalid,
    Unreadable,
}

/// A sweep that keeps notes for people instead of writing to the ledger.
struct Sketch<'a> {
    route: &'a PushRoute,
    next: Option<&'a PushRoute>,
    absences: AbsenceRule,
    today: chrono::NaiveDate,
    samples_each: usize,
    preview: Preview,
    changes: Changes,
    /// Of records that the scan passed by: they count only if it turns out to be complete.
    vanished: Vec<Sample>,
    withdrawn: u64,
    proposed: u64,
}

/// Reads all of a route's listings and decides about each, as `push_everything` would.
///
/// Shape:  two listings that are one thing to the province are found only by the real run, where the second one
///         becomes invalid; here both count as creates.
/// Errors: the ledger failed. A source that cannot be read is told in the preview.
pub async fn preview(
    instance: &Instance,
    ledger: &Ledger,
    route: &PushRoute,
    samples_each: usize,
    next: Option<&NextRoutes>,
    watcher: &dyn Watcher,
) -> Result<Preview, Error> {
    sketch(instance, ledger, route, samples_each, true, next, watcher).await
}

/// As `preview`, but reads only what the next `push_once` would.
pub async fn preview_next(
    instance: &Instance,
    ledger: &Ledger,
    route: &PushRoute,
    samples_each: usize,
    next: Option<&NextRoutes>,
    watcher: &dyn Watcher,
) -> Result<Preview, Error> {
    sketch(instance, ledger, route, samples_each, false, next, watcher).await
}

async fn sketch(
    instance: &Instance,
    ledger: &Ledger,
    route: &PushRoute,
    samples_each: usize,
    everything: bool,
    next: Option<&NextRoutes>,
    watcher: &dyn Watcher,
) -> Result<Preview, Error> {
    let (platform, kind) = (route.route.platform.as_str(), route.route.kind.as_str());
    let now = ledger.clock().now();
    let mut course = Course::set(instance, ledger, route, everything, now).await?;
    let preview = Preview {
        route: route.route.name.clone(),
        kind: kind.to_owned(),
        platform: platform.to_owned(),
        scan: course.reach,
        counts: Counts::default(),
        proposed: 0,
        samples: Vec::new(),
        brakes: Vec::new(),
        adoption_open: ledger.adoption_open(&route.route.name).await?,
        incomplete: None,
        next_schemas: next.map(|next| next.begin(&route.route.name)),
    };
    let today = now.to_utc().with_timezone(&instance.zone).date_naive();
    let changes = Changes { at_province: ledger.at_province(platform, kind).await?, ..Changes::default() };
    let grace = route.push.limits.absence_grace;
    let absences = AbsenceRule { rule: route.withdraw_rule(), grace, now, zone: instance.zone };
    let mut sketch = Sketch {
        route,
        next: next.and_then(|next| next.routes.get(&route.route.name)),
        absences,
        today,
        samples_each,
        preview,
        changes,
        vanished: Vec::new(),
        withdrawn: 0,
        proposed: 0,
    };
    let database = &route.push.source.database.value;
    let opened = match instance.databases.get(database) {
        Some(database) => City::open(database).await,
        None => Err(Complaint::new("Q2001").fact("database", database)),
    };
    let scan = match &opened {
        Ok(city) => course.open(city, route).await,
        Err(complaint) => Err(complaint.clone()),
    };
    let scan = match scan {
        Ok(scan) => scan,
        Err(complaint) => return Ok(Preview { incomplete: Some(complaint), ..sketch.preview }),
    };
    sketch.preview.scan = course.reach;
    let mut walk = Walk::new(ledger, platform, kind, scan, course.is_incremental());
    while let Some(met) = walk.next().await? {
        match met {
            Met::Listing(row, known, _) => {
                let seen = route.see(&row).await;
                sketch.listing(&row, seen, known);
            }
            // A preview reads every row.
            Met::Same(_) => (),
            Met::Unreadable(unreadable, _) => {
                sketch.preview.counts.read += 1;
                sketch.preview.counts.unreadable += 1;
                let complaint = unreadable.complaints.into_iter().next();
                sketch.sample(Group::Unreadable, unreadable.named, String::new(), complaint);
            }
            Met::Missing(known) => sketch.missing(known),
        }
        if sketch.preview.counts.read.is_multiple_of(200) {
            watcher.saw(Stage::Reading, &route.route.name, sketch.preview.counts.read);
        }
    }
    Ok(sketch.end(walk.end()))
}

impl Sketch<'_> {
    fn listing(&mut self, row: &Row, seen: Seen, known: Option<KnownRecord>) {
        self.preview.counts.read += 1;
        let judged = match seen.mapped {
            Some(mapped) => self.route.judge_mapped(mapped, self.today),
            None => self.route.judge(row, self.today),
        };
        if let (Some(next), Some(preview), Wanted::Publish(_)) =
            (self.next, &mut self.preview.next_schemas, &judged.wanted)
        {
            preview.look(next, row, &judged.title, self.today, self.samples_each);
        }
        let (mut verdict, mut step) = {
            let fresh = Known { presence: Presence::Never, owed: None, row_same: false };
            let print = Some(seen.print);
            let state = match &known {
                Some(known) => Known { row_same: known.row_print == print, ..known.known.clone() },
                None => fresh,
            };
            let decision = plan::decide(&state, &judged.wanted, self.route.withdraw_rule());
            (decision.verdict, decision.step)
        };
        let mut complaint = judged.complaints.into_iter().find(Complaint::is_error);
        // Invalid without a remembered row: at the last scan another record had the same natural key.
        if verdict == Verdict::Publishable
            && known.as_ref().is_some_and(|one| one.verdict == Verdict::Invalid && one.row_print.is_none())
        {
            (verdict, step) = (Verdict::Invalid, Step::Leave);
            complaint = Some(Complaint::new("Q6021"));
        }
        if let Step::Propose(why) = &step {
            self.preview.proposed += 1;
            complaint = Some(why.clone());
        }
        let counts = &mut self.preview.counts;
        let (place, group) = match (verdict, &step) {
            (_, Step::Queue(Action::Create, _)) => (&mut counts.created, Some(Group::Create)),
            (_, Step::Queue(Action::Update, cause)) => {
                match cause {
                    Cause::Data => self.changes.data_changes += 1,
                    Cause::Program => self.changes.program_changes += 1,
                }
                (&mut counts.updated, Some(Group::Update))
            }
            (_, Step::Queue(Action::Withdraw, _)) => {
                self.changes.withdrawals += 1;
                (&mut counts.withdrawn, Some(Group::Withdraw))
            }
            (Verdict::Publishable, _) => (&mut counts.unchanged, None),
            (Verdict::Filtered | Verdict::Absent, _) => (&mut counts.filtered, None),
            (Verdict::Invalid, _) => (&mut counts.invalid, Some(Group::Invalid)),
            (Verdict::Held, _) => (&mut counts.held, Some(Group::Held)),
        };
        *place += 1;
        if let Some(group) = group {
            self.sample(group, row.key.to_string(), judged.title, complaint);
        }
    }

    fn missing(&mut self, known: KnownRecord) {
        self.preview.counts.vanished += 1;
        let mut absence = self.absences.judge(known);
        let waits = absence.complaints.pop();
        let (group, complaint) = match absence.step {
            Step::Queue(Action::Withdraw, _) => {
                self.withdrawn += 1;
                (Group::Withdraw, None)
            }
            Step::Propose(complaint) => {
                self.proposed += 1;
                (Group::Held, Some(complaint))
            }
            Step::Leave if waits.is_some() => (Group::Held, waits),
            Step::Queue(..) | Step::Leave | Step::Drop => return,
        };
        let known = &absence.known;
        if self.vanished.len() < self.samples_each {
            let (key, title) = (known.key_text.clone(), known.title.clone());
            self.vanished.push(Sample { group, key, title, complaint });
        }
    }

    fn sample(&mut self, group: Group, key: String, title: String, complaint: Option<Complaint>) {
        let samples = &mut self.preview.samples;
        if samples.iter().filter(|sample| sample.group == group).count() < self.samples_each {
            samples.push(Sample { group, key, title, complaint });
        }
    }

    fn end(mut self, ending: Ending) -> Preview {
        match ending {
            Ending::Complete { .. } => {
                self.changes.withdrawals += self.withdrawn;
                self.preview.proposed += self.proposed;
                self.preview.samples.append(&mut self.vanished);
            }
            Ending::Incomplete(complaint) => self.preview.incomplete = Some(complaint),
        }
        self.changes.rows_read = self.preview.counts.read;
        let brakes = plan::brakes(self.changes, self.route.push.limits);
        self.preview.brakes = brakes.iter().map(|brake| brake.complaint().clone()).collect();
        self.preview.samples.sort_by_key(|sample| sample.group);
        if let Some(next) = &mut self.preview.next_schemas {
            next.sort();
        }
        self.preview
    }
}
