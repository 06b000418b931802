//! Files that deliveries wait for: fetched, brought to the province, remembered by their content.

use futures_util::future::BoxFuture;

use super::alone::Shared;
use super::connector::Error;
use super::exchanges::{Exchanges, Home, Started, Turn};
use crate::attachment::File;
use crate::delivery::{self, Upload};
use crate::ledger::{ItemOutcome, LaneEffect, RunRef, Settled, Trouble, WantedFile};
use crate::record::{Complaint, FileRef, FileSource, Fingerprint};

/// How many files of a kind are taken out at a time.
const TAKEN_OUT: i64 = 100;

impl Exchanges<'_> {
    /// Takes out the next file of a kind and gets hold of it.
    pub(super) async fn fetch(&mut self, turn: Turn) -> Result<Started, Error> {
        let (connector, platform, kind) = (self.connector, &self.run.platform, self.kind_of(turn));
        let now = connector.clock.now();
        let state = connector.ledger.platform_state(platform).await?;
        let may = state.live && state.stopped_by.is_none() && state.allowance.is_none_or(|left| left > 0);
        // A province that is just being tried out gets one thing at a time, and its files are not that one.
        if !may || (!self.out.is_empty() && connector.ledger.any_lane_closed(platform).await?) {
            return Ok(None);
        }
        if self.wanted.get(&turn.place).is_none_or(std::collections::VecDeque::is_empty) {
            let found = connector.ledger.wanted_files(platform, kind, TAKEN_OUT, now).await?;
            self.wanted.insert(turn.place, found.into());
        }
        let wanted = self.wanted.get_mut(&turn.place).and_then(std::collections::VecDeque::pop_front);
        let (Some(wanted), Some(shelf)) = (wanted, self.shelf.clone()) else { return Ok(None) };
        let Some(file) = FileRef::parse(&wanted.reference) else { return Ok(None) };
        let kept = match &file.source {
            FileSource::Kept(print) => connector.ledger.kept_content(print).await?,
            FileSource::At(_) | FileSource::Here(_) => None,
        };
        let fetching: BoxFuture<'static, Home> = Box::pin(async move {
            let file = shelf.fetch(&file, kept).await;
            Home::Fetched { wanted, file }
        });
        Ok(Some(fetching))
    }

    /// Brings a file to the province, unless its content is there already.
    pub(super) async fn bring(
        &mut self,
        turn: Turn,
        shared: Shared,
        run: &RunRef,
        wanted: WantedFile,
        file: File,
    ) -> Result<(), Error> {
        let content = Fingerprint::of(&file.content);
        let (connector, platform) = (self.connector, &self.run.platform);
        if connector.ledger.has_content(platform, &wanted.reference, &content).await? {
            self.forget_taken(turn, &wanted.reference);
            return Ok(());
        }
        let (street, clock, kind) = (self.street.clone(), connector.clock.clone(), run.kind.clone());
        self.put_out(turn, shared, async move {
            let upload = Upload { kind: &kind, name: &file.name, media: &file.media, content: &file.content };
            let facts = delivery::upload(&street, upload, &clock).await;
            Home::Uploaded { wanted, content, facts }
        });
        Ok(())
    }

    pub(super) async fn brought(
        &mut self,
        turn: Turn,
        run: &RunRef,
        wanted: &WantedFile,
        content: &Fingerprint,
        facts: Result<serde_json::Value, Trouble>,
    ) -> Result<Option<Settled>, Error> {
        let connector = self.connector;
        let now = connector.clock.now();
        match facts {
            Ok(facts) => {
                connector.ledger.note_uploaded(run, &wanted.reference, content, &facts, now).await?;
                self.forget_taken(turn, &wanted.reference);
                Ok(None)
            }
            Err(Trouble { complaint, lane: LaneEffect::None }) => {
                self.without_file(turn, run, wanted, complaint, true).await
            }
            Err(Trouble { lane, .. }) => {
                let pause = match lane {
                    LaneEffect::Pause(pause) => pause,
                    LaneEffect::Block | LaneEffect::None => self.street.profile().platform().limits.pause,
                };
                self.wanted.remove(&turn.place);
                connector.ledger.put_off_files(&run.platform, &run.kind, now.plus(pause), now).await?;
                Ok(None)
            }
        }
    }

    /// A file is not to be had, or not to be brought there: later again, or its delivery is refused.
    pub(super) async fn without_file(
        &mut self,
        turn: Turn,
        run: &RunRef,
        wanted: &WantedFile,
        complaint: Complaint,
        passing: bool,
    ) -> Result<Option<Settled>, Error> {
        let connector = self.connector;
        let now = connector.clock.now();
        let complaint = connector.with_place(run, complaint.at(&wanted.pointer));
        let wait = delivery::next_wait(self.street.profile(), wanted.attempts + 1, connector.clock.dice());
        // The other files of the same delivery wait with it.
        if let Some(taken) = self.wanted.get_mut(&turn.place) {
            taken.retain(|other| other.delivery != wanted.delivery);
        }
        if let Some(wait) = wait.filter(|_| passing) {
            connector.ledger.put_off_file(wanted, &complaint, now.plus(wait), true).await?;
            return Ok(Some(Settled { postponed: 1, ..Settled::default() }));
        }
        connector.ledger.refuse_for_file(run, wanted, &complaint, now).await?;
        Ok(Some(Settled { refused: 1, ..Settled::default() }))
    }

    /// Refusals that say the province has lost a file: it is brought there once more, and the record sent again.
    pub(super) async fn want_lost_files(
        &mut self,
        outcomes: impl Iterator<Item = (i64, &mut ItemOutcome)>,
    ) -> Result<(), Error> {
        let Some(files) = self.street.profile().files().filter(|files| files.can_be_gone()) else {
            return Ok(());
        };
        let fact = |complaint: &Complaint, name: &str| {
            let found = complaint.facts.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let mut lost = Vec::new();
        for (delivery, outcome) in outcomes {
            let ItemOutcome::Refused { complaints } = &*outcome else { continue };
            let gone = |one: &&Complaint| files.says_gone(&fact(one, "code"), &fact(one, "message"));
            if let Some(complaint) = complaints.iter().find(gone).cloned() {
                lost.push((delivery, outcome, complaint));
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        let deliveries: Vec<i64> = lost.iter().map(|(delivery, ..)| *delivery).collect();
        let again = self.connector.ledger.forget_files(&self.run.platform, &deliveries).await?;
        for (delivery, outcome, complaint) in lost {
            if again.contains(&delivery) {
                *outcome = ItemOutcome::Retry { complaint };
            }
        }
        Ok(())
    }

    /// The same file that others want, too, is there for them as well.
    fn forget_taken(&mut self, turn: Turn, reference: &str) {
        if let Some(taken) = self.wanted.get_mut(&turn.place) {
            taken.retain(|other| other.reference != reference);
        }
    }
}
