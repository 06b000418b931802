//! Where in the city's tables a field stands that the province complains about.

use super::connector::Connector;
use super::route::PushRoute;
use crate::ledger::{ItemOutcome, RunRef};
use crate::record::Complaint;

impl Connector {
    /// The province names a field of the document; whoever mends it needs the city's column.
    pub(super) fn name_places<'o>(&self, run: &RunRef, outcomes: impl Iterator<Item = &'o mut ItemOutcome>) {
        let Some(route) = self.route_of_run(run) else { return };
        for outcome in outcomes {
            let complaints = match outcome {
                ItemOutcome::Refused { complaints } => complaints.as_mut_slice(),
                ItemOutcome::Retry { complaint } => std::slice::from_mut(complaint),
                ItemOutcome::Accepted { .. }
                | ItemOutcome::Duplicate { .. }
                | ItemOutcome::Unknown { .. } => &mut [],
            };
            complaints.iter_mut().for_each(|complaint| name_place(route, complaint));
        }
    }

    /// The same for one complaint.
    pub(super) fn with_place(&self, run: &RunRef, mut complaint: Complaint) -> Complaint {
        if let Some(route) = self.route_of_run(run) {
            name_place(route, &mut complaint);
        }
        complaint
    }

    fn route_of_run(&self, run: &RunRef) -> Option<&PushRoute> {
        let of_kind =
            |route: &&PushRoute| route.route.kind == run.kind && route.route.platform == run.platform;
        self.push_routes.values().find(of_kind)
    }
}

fn name_place(route: &PushRoute, complaint: &mut Complaint) {
    if complaint.pointer.is_empty() {
        return;
    }
    complaint.column = route.mapping.column_of(&complaint.pointer);
    complaint.label =
        route.kind.field(&complaint.pointer).map(|field| field.title.clone()).unwrap_or_default();
}
