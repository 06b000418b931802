//! The only room that knows the order of rooms: scan → plan → ledger → deliver, adopt, import, resubmit.
//!
//! Each function is one tick that somebody calls: the daemon, the command line, the demo and the tests call the
//! same ones. No tick calls back, none runs in the background, and every tick leaves the ledger whole.

mod absent;
mod adopt;
mod alone;
mod bring;
mod callback;
mod connector;
mod deliver;
mod drift;
mod exchanges;
mod files;
mod guard;
mod hand;
mod import;
mod load;
mod lookup;
mod manners;
mod merge;
mod next;
mod pace;
mod places;
mod preview;
mod push;
mod reach;
mod remarks;
mod resubmit;
mod reviews;
mod route;
mod versions;
mod watch;

pub use adopt::AdoptReport;
pub use callback::Heard;
pub use connector::{Connector, Error, Parts, compile};
pub use deliver::{DeliverReport, Halt};
pub use drift::{DriftReport, Named, Renamed, TableDrift};
pub use guard::WorkGuard;
pub use hand::{ByHand, HandStanding, ReceiptReport};
pub use next::{NextComplaint, NextFault, NextPreview, NextRoutes, next_routes};
pub use preview::{Group, Preview, Sample, preview, preview_next};
pub use push::{PushReport, Request, UnreadableRow};
pub use reach::{Reach, Why};
pub use remarks::{Remark, Remarks, remarks};
pub use resubmit::ResubmitReport;
pub use reviews::ReviewReport;
pub use route::{Judged, PushRoute, WithoutBasis};
pub use watch::{Stage, Watcher};
