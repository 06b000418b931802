//! Progress, for whoever looks on.

/// What a tick is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Reading,
    Adopting,
    Sending,
    Importing,
    Reviewing,
}

/// Somebody who looks on: a progress bar, a log, nobody.
pub trait Watcher: Send + Sync {
    /// `what` names the route, kind or platform; `done` counts records so far in this stage.
    fn saw(&self, stage: Stage, what: &str, done: u64);
}

/// Nobody looks on.
impl Watcher for () {
    fn saw(&self, _: Stage, _: &str, _: u64) {}
}
