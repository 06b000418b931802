//! The files of a platform by hand, tried on the example of each kind that is pushed there.

use super::World;
use crate::clock::Clock;
use crate::config::Fault;
use crate::hand::{Courier, Sheet};
use crate::ledger::Item;
use crate::plan::Action;
use crate::record::Document;

/// What fails for an example would fail for every record.
pub(super) fn check(world: &World<'_>, platform: &str, courier: &Courier) -> Vec<Fault> {
    let mut faults = Vec::new();
    let clock = Clock::manual(world.now, 0);
    let reading = courier.reading();
    for route in world.parts.push_routes.values().filter(|route| route.route.platform == platform) {
        for action in Action::ALL {
            let document = match action {
                Action::Withdraw => Document::default(),
                Action::Create | Action::Update => route.kind.example(),
            };
            let item = Item {
                delivery: 0,
                record_id: "EXAMPLE".into(),
                item_key: "EXAMPLE/1".into(),
                version: 1,
                remote_id: (action != Action::Create).then(|| "EXAMPLE".into()),
                document,
                reason: String::new(),
            };
            let sheet = Sheet::new(courier, &route.route.kind, action, &clock);
            if let Err(complaint) = sheet.tables("EXAMPLE", &[item]) {
                faults.push(reading.hand.folder.fault(&reading.platform.file, 0, complaint));
            }
        }
    }
    faults
}
