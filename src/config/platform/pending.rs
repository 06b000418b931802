//! `[pending]`: how often, and for how long, the province is asked about what it took in.

use std::time::Duration;

use crate::config::Section;

/// The waits between questions grow from `interval`, each twice the one before, up to `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// From the province's receipt to the first question.
    pub first: Duration,
    pub interval: Duration,
    pub cap: Duration,
    /// After this nobody waits any longer: the batch is in doubt, never failed.
    pub patience: Duration,
}

impl Default for Pending {
    fn default() -> Self {
        Pending {
            first: Duration::from_secs(3),
            interval: Duration::from_secs(30),
            cap: Duration::from_secs(30 * 60),
            patience: Duration::from_secs(2 * 24 * 3600),
        }
    }
}

pub(super) fn read(root: &Section<'_>) -> Pending {
    let default = Pending::default();
    let Some(section) = root.section("pending") else { return default };
    let duration = |key: &str, default| section.duration(key).unwrap_or(default);
    let pending = Pending {
        first: duration("first", default.first),
        interval: duration("interval", default.interval).max(Duration::from_millis(100)),
        cap: duration("cap", default.cap),
        patience: duration("patience", default.patience),
    };
    section.finish();
    Pending { cap: pending.cap.max(pending.interval), ..pending }
}
