//! Manual resubmission: first what it would do, then a run of its own.

use serde::Serialize;

use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use super::push::Request;
use crate::ledger::{Selected, Selection};

/// A resubmission, planned or done.
#[derive(Debug, Serialize)]
pub struct ResubmitReport {
    /// `None` for a preview.
    pub run: Option<i64>,
    pub queued: u64,
    pub left_out: u64,
    pub selected: Vec<Selected>,
}

impl Connector {
    /// What a selection means, without doing it.
    pub async fn preview_resubmission(&self, selection: &Selection) -> Result<ResubmitReport, Error> {
        let selected = self.ledger.select(selection).await?;
        let goes = selected.iter().filter(|one| one.goes()).count() as u64;
        Ok(ResubmitReport { run: None, queued: goes, left_out: selected.len() as u64 - goes, selected })
    }

    /// Queues the selected records' newest content again. Delivery is the next tick's.
    pub async fn resubmit(
        &self,
        _: &WorkGuard,
        selection: &Selection,
        request: &Request,
    ) -> Result<ResubmitReport, Error> {
        let route = self.route_of_kind(&selection.kind)?;
        let selected = self.ledger.select(selection).await?;
        let run = self.begin_run(route, request).await?;
        let queued = self.ledger.resubmit(&run, &selected, self.clock.now()).await?;
        let left_out = selected.len() as u64 - queued;
        let report = ResubmitReport { run: Some(run.id), queued, left_out, selected };
        let counts = serde_json::json!({"queued": queued, "left_out": left_out});
        self.ledger.end_run(&run, crate::ledger::RunEnd::Well, &counts, "", self.clock.now()).await?;
        self.seal().await?;
        Ok(report)
    }
}
