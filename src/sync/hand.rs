//! The ticks of a platform to which a person carries files: lay out, approve, hand in, drop, read a receipt.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::connector::{Connector, Error};
use super::deliver::{DeliverReport, Halt};
use super::guard::WorkGuard;
use super::push::Request;
use super::watch::{Stage, Watcher};
use crate::hand::{self, Courier, Laid, Sheet};
use crate::ledger::{
    Alarm, Claim, Counts, HandClaim, Handover, LedgerError, ReceiptAnswer, ReceiptNote, ReceiptSeen, RunEnd,
    RunRef, Want,
};
use crate::plan::Action;
use crate::record::Complaint;

/// What lies in a platform's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByHand {
    /// The files that this delivery made.
    pub made: Vec<PathBuf>,
    /// Everything that waits to be handed in or for its receipt.
    pub waiting: Vec<HandStanding>,
    /// Files that could not be laid out. Their batches are safe.
    pub complaints: Vec<Complaint>,
}

/// A batch by hand and its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandStanding {
    #[serde(flatten)]
    pub handover: Handover,
    /// Below the instance's folder or absolute, as the instance was named.
    pub path: PathBuf,
    /// `there`, `missing`, or `altered`: not what the ledger holds.
    pub on_disk: &'static str,
    pub needs_approval: bool,
}

/// What a receipt did.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptReport {
    pub platform: String,
    pub file: String,
    pub sha256: String,
    /// The same receipt was read before; then nothing was changed.
    pub seen: Option<Seen>,
    pub results: u64,
    /// `None` where nothing was changed.
    pub run: Option<i64>,
    pub batches: Vec<i64>,
    #[serde(flatten)]
    pub counts: Counts,
    /// What was odd about the receipt without changing its meaning.
    pub remarks: Vec<Complaint>,
    /// Refusals of what used to pass, one for each kind of refusal.
    pub alarms: Vec<Alarm>,
}

/// When a receipt was read before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    pub file: String,
    pub by: String,
    pub read_at: i64,
}

impl From<ReceiptSeen> for Seen {
    fn from(seen: ReceiptSeen) -> Self {
        Seen { file: seen.file, by: seen.read_by, read_at: seen.read_at.0 }
    }
}

impl Connector {
    /// Makes files of everything that is ready, and lays out again what is missing.
    pub(super) async fn lay_out_once(
        &self,
        _: &WorkGuard,
        courier: &Courier,
        mut report: DeliverReport,
        request: &Request,
        watcher: &dyn Watcher,
    ) -> Result<DeliverReport, Error> {
        let platform = report.platform.clone();
        let mut by_hand =
            ByHand { complaints: self.lay_out_missing(courier, &platform).await?, ..ByHand::default() };
        let work = self.ledger.has_work(&platform, self.clock.now()).await?;
        match self.closed(&platform).await?.filter(|_| work) {
            Some(halt) => report.halts.push(halt),
            None if work => {
                let run = self.begin_delivery_run(&platform, request).await?;
                report.run = Some(run.id);
                self.lay_out_all(courier, &run, &mut report, &mut by_hand, watcher).await?;
                let trouble = !report.halts.is_empty() || !by_hand.complaints.is_empty();
                let end = if trouble { RunEnd::Trouble } else { RunEnd::Well };
                let made: Vec<_> = by_hand.made.iter().map(|path| path.display().to_string()).collect();
                self.ledger.end_run(&run, end, &report.counts, &made.join(" "), self.clock.now()).await?;
                self.seal().await?;
            }
            None => (),
        }
        by_hand.waiting = self.hand_standing(Some(&platform), false).await?;
        report.by_hand = Some(by_hand);
        Ok(report)
    }

    async fn lay_out_all(
        &self,
        courier: &Courier,
        run: &RunRef,
        report: &mut DeliverReport,
        by_hand: &mut ByHand,
        watcher: &dyn Watcher,
    ) -> Result<(), Error> {
        let kinds: Vec<String> = self.kinds(&run.platform)?.map(str::to_owned).collect();
        let records_max = u32::try_from(courier.records_max()).unwrap_or(u32::MAX);
        for action in Action::ALL {
            // What is withdrawn goes children first, as by any way.
            let mut ordered: Vec<&String> = kinds.iter().collect();
            if action == Action::Withdraw {
                ordered.reverse();
            }
            for kind in ordered {
                let run = RunRef { kind: kind.clone(), ..run.clone() };
                loop {
                    if self.stopping() {
                        return Ok(());
                    }
                    let want = Want { platform: &run.platform, kind, action, records_max };
                    let sheet = Sheet::new(courier, kind, action, &self.clock);
                    let file = match self.ledger.claim_by_hand(&run, want, &sheet, self.clock.now()).await? {
                        HandClaim::File(file) => file,
                        HandClaim::Nameless(complaint) => {
                            by_hand.complaints.push(complaint);
                            break;
                        }
                        HandClaim::Closed(closed) => {
                            closed_lane(report, action, closed);
                            break;
                        }
                    };
                    match hand::lay_out(courier.folder(), &file.name, &file.content) {
                        Ok(_) => by_hand.made.push(courier.folder().join(&file.name)),
                        Err(complaint) => by_hand.complaints.push(complaint),
                    }
                    watcher.saw(Stage::Sending, kind, by_hand.made.len() as u64);
                }
            }
        }
        Ok(())
    }

    /// Lays out the files of batches that wait to be handed in where they are missing.
    async fn lay_out_missing(&self, courier: &Courier, platform: &str) -> Result<Vec<Complaint>, Error> {
        let mut complaints = Vec::new();
        for batch in self.ledger.handovers(Some(platform), false).await? {
            if !batch.waits_to_be_handed_in() {
                continue;
            }
            let laid = match hand::look(courier.folder(), &batch.file, &batch.print) {
                Ok(Laid::Missing) => {
                    let content = self.ledger.handover_content(&batch).await?;
                    hand::lay_out(courier.folder(), &batch.file, &content)
                }
                looked => looked,
            };
            match laid {
                Ok(Laid::Altered) => {
                    let file = courier.folder().join(&batch.file);
                    complaints.push(Complaint::new("Q7803").fact("file", file.display()));
                }
                Ok(Laid::Written | Laid::There | Laid::Missing) => (),
                Err(complaint) => complaints.push(complaint),
            }
        }
        Ok(complaints)
    }

    /// Lays out what is missing on every platform by hand; what could not be.
    pub async fn lay_out_again(&self, _: &WorkGuard) -> Result<Vec<Complaint>, Error> {
        let mut complaints = Vec::new();
        for platform in self.platforms_by_hand() {
            if let Some(courier) = self.courier(platform) {
                complaints.extend(self.lay_out_missing(courier, platform).await?);
            }
        }
        Ok(complaints)
    }

    /// Batches by hand with their files; only those that wait, unless all are asked for.
    pub async fn hand_standing(&self, platform: Option<&str>, all: bool) -> Result<Vec<HandStanding>, Error> {
        let mut standing = Vec::new();
        for handover in self.ledger.handovers(platform, all).await? {
            let courier = self.courier(&handover.platform);
            let folder = courier.map(Courier::folder).unwrap_or(Path::new(""));
            let on_disk = match hand::look(folder, &handover.file, &handover.print) {
                Ok(Laid::There | Laid::Written) => "there",
                Ok(Laid::Altered) => "altered",
                Ok(Laid::Missing) | Err(_) => "missing",
            };
            standing.push(HandStanding {
                path: folder.join(&handover.file),
                on_disk,
                needs_approval: courier.is_some_and(Courier::needs_approval),
                handover,
            });
        }
        Ok(standing)
    }

    /// Somebody looked at a file and lets it be handed in.
    ///
    /// Errors: Q7803 it is not what the ledger holds; the platform is stopped; it does not wait any more.
    pub async fn approve_by_hand(
        &self,
        _: &WorkGuard,
        batch: &HandStanding,
        approved_by: &str,
        note: &str,
        request: &Request,
    ) -> Result<(), Error> {
        if let Some(by) = self.ledger.platform_state(&batch.handover.platform).await?.stopped_by {
            let platform = &batch.handover.platform;
            return Err(Error::Ledger(LedgerError::Refused(format!(
                "{by} has stopped the platform {platform}: nothing is handed in until `qilu resume {platform}`"
            ))));
        }
        unaltered(batch)?;
        let now = self.clock.now();
        self.ledger.approve_handover(&batch.handover, approved_by, note, &request.actor, now).await?;
        self.seal().await
    }

    /// A person says that a file was handed in.
    ///
    /// Errors: Q7803 as for approving; Q7816 nobody has approved it; it does not wait any more.
    pub async fn done_by_hand(
        &self,
        _: &WorkGuard,
        batch: &HandStanding,
        handed_by: &str,
        note: &str,
        request: &Request,
    ) -> Result<(), Error> {
        unaltered(batch)?;
        if batch.handover.waits_to_be_handed_in()
            && batch.needs_approval
            && batch.handover.approved_at.is_none()
        {
            let complaint = Complaint::new("Q7816").fact("batch", batch.handover.batch);
            return Err(complaint.fact("file", &batch.handover.file).into());
        }
        let now = self.clock.now();
        self.ledger.hand_in(&batch.handover, handed_by, note, &request.actor, now).await?;
        self.seal().await
    }

    /// A file is not handed in after all: its records may leave again, in another file. Says where the file went.
    ///
    /// Errors: it does not wait any more; Q7814 the file could not be set aside, which changes nothing about the batch.
    pub async fn drop_by_hand(
        &self,
        _: &WorkGuard,
        batch: &HandStanding,
        reason: &str,
        request: &Request,
    ) -> Result<Option<PathBuf>, Error> {
        self.ledger.drop_handover(&batch.handover, reason, &request.actor, self.clock.now()).await?;
        self.seal().await?;
        match self.courier(&batch.handover.platform) {
            Some(courier) => Ok(hand::set_aside(courier.folder(), &batch.handover.file)?),
            None => Ok(None),
        }
    }

    /// Reads a receipt and writes what it decides.
    ///
    /// Errors: Q7806, Q7807 it cannot be read; Q7808 it is about nothing that was carried there; Q7809 it is about a
    ///         batch that nobody has handed in. In all these cases nothing is changed.
    pub async fn receipt_by_hand(
        &self,
        _: &WorkGuard,
        platform: &str,
        path: &Path,
        request: &Request,
    ) -> Result<ReceiptReport, Error> {
        let Some(courier) = self.courier(platform) else {
            let known = self.platforms_by_hand().collect::<Vec<_>>().join(", ");
            return Err(Error::Unknown { what: "platform", name: platform.to_owned(), known });
        };
        let receipt = hand::read_receipt(path, courier.reading())?;
        let mut report = ReceiptReport {
            platform: platform.to_owned(),
            file: receipt.file.clone(),
            sha256: receipt.print.to_string(),
            seen: self.ledger.receipt_seen(&receipt.print).await?.map(Seen::from),
            results: receipt.results.len() as u64,
            run: None,
            batches: Vec::new(),
            counts: Counts::default(),
            remarks: Vec::new(),
            alarms: Vec::new(),
        };
        if report.seen.is_some() {
            return Ok(report);
        }
        let ours = courier.reading().receipt.ours.as_ref();
        let by_content = ours.is_some_and(|ours| ours.names().any(|name| name == "document"));
        let carried = self.ledger.carried(platform, by_content).await?;
        let handovers: BTreeMap<i64, Handover> = self
            .ledger
            .handovers(Some(platform), true)
            .await?
            .into_iter()
            .map(|one| (one.batch, one))
            .collect();
        let files = handovers.iter().map(|(batch, one)| (*batch, one.file.clone())).collect();
        let mut judged = hand::judge(courier, &receipt, &carried, &files);
        report.remarks = judged.remarks;
        if let Some(batch) = judged.not_handed_in.first() {
            return Err(Complaint::new("Q7809").fact("batch", batch).into());
        }
        if judged.batches.is_empty() {
            let strangers_only = report.remarks.iter().all(|remark| remark.id != "Q7811");
            return if strangers_only { Err(nothing_known(&report)) } else { Ok(report) };
        }
        let run = self.begin_delivery_run(platform, request).await?;
        report.run = Some(run.id);
        let mut answers = Vec::new();
        for (batch, answer) in std::mem::take(&mut judged.batches) {
            report.batches.push(batch);
            let Some(handover) = handovers.get(&batch).cloned() else { continue };
            answers.push(ReceiptAnswer { handover, outcomes: answer.outcomes, shown: answer.shown });
        }
        let note = ReceiptNote { file: receipt.file, print: receipt.print, results: report.results };
        let settled = self.ledger.settle_receipt(&run, &note, answers, self.clock.now()).await?;
        report.counts.settled(settled);
        report.alarms = self.ledger.judge_refusals(&run, self.clock.now()).await?;
        let counts = &report.counts;
        let end = if counts.refused + counts.doubtful > 0 { RunEnd::Trouble } else { RunEnd::Well };
        self.ledger.end_run(&run, end, counts, &format!("receipt {}", note.file), self.clock.now()).await?;
        self.seal().await?;
        Ok(report)
    }
}

fn closed_lane(report: &mut DeliverReport, action: Action, closed: Claim) {
    match closed {
        Claim::NotLive => report.halt(Halt::Rehearsing),
        Claim::Stopped { by } => report.halt(Halt::Stopped { by }),
        Claim::FirstFewSent => report.halt(Halt::FirstFewSent),
        Claim::Paused { until, why } => {
            report.halt(Halt::Paused { action: action.to_string(), until: until.0, why });
        }
        Claim::Nothing | Claim::Probing | Claim::Lease(_) => (),
    }
}

/// A file that somebody changed is not what the ledger holds. One that was carried away is as good as there.
fn unaltered(batch: &HandStanding) -> Result<(), Error> {
    if batch.on_disk == "altered" && batch.handover.waits_to_be_handed_in() {
        return Err(Complaint::new("Q7803").fact("file", batch.path.display()).into());
    }
    Ok(())
}

fn nothing_known(report: &ReceiptReport) -> Error {
    let strange = report.remarks.iter().find(|remark| remark.id == "Q7810");
    let found = strange.map_or("–", |remark| remark.found.as_str());
    let complaint = Complaint::new("Q7808").found(found).fact("file", &report.file);
    complaint.fact("count", report.results).into()
}
