//! What this process takes of memory, by the kernel's own count.

use std::fs;

/// The highest resident size since a moment, above the size at a moment.
pub struct Peak {
    before: usize,
}

impl Peak {
    /// From now on. The kernel forgets its old peak where it may; where not, a growth below it is not seen, and the
    /// rows with the largest answers come first for that reason.
    pub fn from_here() -> Self {
        fs::write("/proc/self/clear_refs", "5").unwrap_or_default();
        Peak { before: status("VmRSS") }
    }

    /// The same size to compare with, and a new peak.
    pub fn again(&self) -> Self {
        Peak::from_here();
        Peak { before: self.before }
    }

    pub fn growth(&self) -> usize {
        status("VmHWM").saturating_sub(self.before)
    }
}

fn status(key: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() * 1024
}
