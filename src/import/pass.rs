//! One pass over the province's list: page by page, each page whole before the next.

use std::ops::ControlFlow;
use std::time::Duration;

use chrono::NaiveDate;

use super::counts::{ImportCounts, ImportReport};
use super::route::ImportRoute;
use crate::city::Writer;
use crate::clock::Clock;
use crate::delivery::{self, Bookmark, Page, Scope};
use crate::ledger::{ImportPlace, LaneEffect, Ledger, LedgerError, RunEnd, RunRef, Trouble};
use crate::platform::Street;
use crate::record::{Complaint, Value};

/// How often a page is asked for within one run. The place is kept, so that the next run goes on there.
const TRIES: u32 = 3;
/// The longest wait inside a run; a province that wants to be left alone longer gets the next run.
const PATIENCE: Duration = Duration::from_secs(30);
/// While waiting, whoever watches is asked this often whether to go on.
const LOOK_UP: Duration = Duration::from_secs(1);

/// Everything that one run of an import route works with.
#[derive(Clone, Copy)]
pub struct Importer<'a> {
    pub ledger: &'a Ledger,
    pub street: &'a Street,
    pub writer: &'a Writer,
    pub clock: &'a Clock,
    pub route: &'a ImportRoute,
    pub run: &'a RunRef,
    /// Decides which codes are in force.
    pub today: NaiveDate,
}

/// Asked after every page: the numbers so far; `Break` ends the run, and the next one goes on there.
pub type Watch<'a> = &'a mut (dyn FnMut(&ImportCounts) -> ControlFlow<()> + Send);

/// Why a run ends before the list does.
pub(super) enum Halt {
    Ledger(LedgerError),
    City(Complaint),
    Province(Trouble),
    Stopped,
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        Halt::Ledger(error)
    }
}

impl Importer<'_> {
    /// Goes on with the route's pass, or begins one, until the province's list ends.
    ///
    /// Shape:  each page is one transaction in the city's database and one in the ledger; whatever is cut off
    ///         between the two, the next run ends up where an undisturbed one would.
    /// Errors: the ledger itself failed. A province or a city that cannot be reached is a report that ended
    ///         `failed`. The run is neither begun nor ended here.
    pub async fn import(&self, watch: Watch<'_>) -> Result<ImportReport, LedgerError> {
        let mut counts = ImportCounts::default();
        let mut complaints = Vec::new();
        let end = match self.pass(&mut counts, watch).await {
            Ok(()) if counts.new_trouble > 0 => RunEnd::Trouble,
            Ok(()) => RunEnd::Well,
            Err(Halt::Ledger(error)) => return Err(error),
            Err(halt) => {
                let complaint = self.explain(halt).await?;
                // Nothing broke: the province is not to be disturbed, and the next run goes on there.
                let kept_away = matches!(complaint.id.as_str(), "Q7601" | "Q7602" | "Q7603");
                complaints.push(complaint);
                if kept_away { RunEnd::Held } else { RunEnd::Failed }
            }
        };
        if counts.vanished > 0 {
            complaints.push(Complaint::new("Q8902").fact("count", counts.vanished));
        }
        debug_assert!(counts.conserved(), "{counts:?}");
        let end = if counts.conserved() { end } else { RunEnd::Failed };
        let (route, kind) = (self.run.route.clone(), self.run.kind.clone());
        Ok(ImportReport { run: self.run.id, route, kind, end, counts, complaints })
    }

    async fn pass(&self, counts: &mut ImportCounts, watch: Watch<'_>) -> Result<(), Halt> {
        let version = self.route.version;
        // Under another mapping or schema what was read before would have to be read again.
        let place = self.ledger.import_place(&self.run.route).await?.filter(|place| place.version == version);
        let pass = place.as_ref().map_or(self.run.id, |place| place.pass);
        let mut resumed = place.is_some();
        let mut at = match place {
            Some(place) => Bookmark { page: place.page, since: place.cursor },
            None => Bookmark::first(self.street.profile(), None),
        };
        self.knock().await?;
        loop {
            let page = match self.fetch(&at, counts, watch).await {
                Err(Halt::Province(trouble)) if resumed && is_refusal(&trouble) => {
                    // The province is there and does not take this place any more: begin anew next time.
                    self.ledger.forget_import_place(&self.run.route).await?;
                    return Err(Halt::Province(trouble));
                }
                fetched => fetched?,
            };
            resumed = false;
            let next = page.next.clone();
            let place = next.as_ref().map(|next| ImportPlace {
                version,
                page: next.page,
                cursor: next.since.clone(),
                pass,
            });
            self.take_page(at.page, page, pass, place, counts).await?;
            match next {
                Some(_) if watch(counts).is_break() => return Err(Halt::Stopped),
                Some(next) => at = next,
                None => break,
            }
        }
        let _ = watch(counts);
        counts.vanished = self.ledger.import_vanished(&self.run.route, pass).await?;
        Ok(())
    }

    /// Looks whether the target is there at all: a table that is not is no fault of any record.
    async fn knock(&self) -> Result<(), Halt> {
        let target = &self.route.import.target;
        let mut batch = self.writer.begin().await.map_err(Halt::City)?;
        let columns = self.route.column_names();
        let nobody = Value::text("");
        batch.select_by_key(&target.table, &target.key, &nobody, &columns).await.map_err(Halt::City)?;
        Ok(())
    }

    async fn fetch(&self, at: &Bookmark, counts: &ImportCounts, watch: Watch<'_>) -> Result<Page, Halt> {
        let mut attempt = 1;
        loop {
            let trouble =
                match delivery::list(self.street, &self.run.kind, Scope::Others, at, self.clock).await {
                    Ok(page) => return Ok(page),
                    Err(trouble) => trouble,
                };
            let now = self.clock.now();
            self.ledger
                .note_distrust(&self.run.platform, &trouble.complaint, now)
                .await
                .map_err(Halt::Ledger)?;
            let wait = match trouble.lane {
                LaneEffect::Block => None,
                LaneEffect::Pause(pause) => Some(pause),
                LaneEffect::None => {
                    delivery::next_wait(self.street.profile(), attempt, self.clock.dice::<8>())
                }
            };
            match wait.filter(|wait| *wait <= PATIENCE && attempt < TRIES) {
                Some(wait) => self.rest(wait, counts, watch).await?,
                None => return Err(Halt::Province(trouble)),
            }
            attempt += 1;
        }
    }

    async fn rest(&self, wait: Duration, counts: &ImportCounts, watch: Watch<'_>) -> Result<(), Halt> {
        let mut left = wait;
        while !left.is_zero() {
            let step = left.min(LOOK_UP);
            self.clock.sleep(step).await;
            left -= step;
            if watch(counts).is_break() {
                return Err(Halt::Stopped);
            }
        }
        Ok(())
    }

    async fn explain(&self, halt: Halt) -> Result<Complaint, LedgerError> {
        match halt {
            Halt::Ledger(error) => Err(error),
            Halt::City(complaint) | Halt::Province(Trouble { complaint, .. }) => Ok(complaint),
            Halt::Stopped => {
                let place = self.ledger.import_place(&self.run.route).await?;
                Ok(Complaint::new("Q8901").fact("page", place.map_or(0, |place| place.page)))
            }
        }
    }
}

/// The province read the question and does not like it: a refusal with a code, or an answer without a list.
fn is_refusal(trouble: &Trouble) -> bool {
    matches!(trouble.complaint.id.as_str(), "Q7103" | "Q7104")
        && !matches!(trouble.lane, LaneEffect::Pause(_))
}
