//! Where in the city's tables a field stands that the province complains about.

use super::connector::Connector;
use super::route::PushRoute;
use crate::ledger::{ItemOutcome, RunRef};

impl Connector {
    /// The province names a field of the document; whoever mends it needs the city's column.
    pub(super) fn name_places<'o>(&self, run: &RunRef, outcomes: impl Iterator<Item = &'o mut ItemOutcome>) {
        let of_kind =
            |route: &&PushRoute| route.route.kind == run.kind && route.route.platform == run.platform;
        let Some(route) = self.push_routes.values().find(of_kind) else { return };
        for outcome in outcomes {
            let complaints = match outcome {
                ItemOutcome::Refused { complaints } => complaints.as_mut_slice(),
                ItemOutcome::Retry { complaint } => std::slice::from_mut(complaint),
                ItemOutcome::Accepted { .. }
                | ItemOutcome::Duplicate { .. }
                | ItemOutcome::Unknown { .. } => &mut [],
            };
            for complaint in complaints.iter_mut().filter(|one| !one.pointer.is_empty()) {
                complaint.column = route.mapping.column_of(&complaint.pointer);
                complaint.label =
                    route.kind.field(&complaint.pointer).map(|field| field.title.clone()).unwrap_or_default();
            }
        }
    }
}
