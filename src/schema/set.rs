//! All kinds of one province's folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Kind, read};
use crate::codes::Codes;
use crate::config::Fault;
use crate::record::{Complaint, Fingerprint, Fingerprinter};

/// How a schema file's name ends; what stands before is the kind.
pub(super) const ENDING: &str = ".schema.json";

/// The kinds that one platform takes; a clone shares them.
#[derive(Clone, Debug)]
pub struct SchemaSet {
    /// Parents before children, else by name.
    kinds: Arc<[Arc<Kind>]>,
    print: Fingerprint,
}

impl SchemaSet {
    /// From files that have been read.
    ///
    /// Errors: every fault of every file at once.
    pub fn from_files(files: Vec<(PathBuf, String)>, codes: &Codes) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut kinds = BTreeMap::new();
        for (file, text) in files {
            match read::kind(file, text, codes) {
                Ok(kind) => _ = kinds.insert(kind.name.to_string(), kind),
                Err(found) => faults.extend(found),
            }
        }
        // A kind whose file is faulty is missing here; complaining of its children too would only be noise.
        if faults.is_empty() {
            faults.extend(kinds.values().flat_map(|kind| strangers(kind, &kinds)));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let kinds = in_order(kinds)?;
        let mut printer = Fingerprinter::new("schema-set");
        for kind in &kinds {
            printer.part(kind.name.as_bytes()).part(kind.fingerprint().as_bytes());
        }
        let print = printer.finish();
        Ok(SchemaSet { kinds: kinds.into_iter().map(Arc::new).collect(), print })
    }

    pub fn kind(&self, name: &str) -> Option<&Arc<Kind>> {
        self.kinds.iter().find(|kind| *kind.name == *name)
    }

    /// Parents before their children.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.kinds.iter()
    }

    /// Of every kind with its code tables.
    pub fn fingerprint(&self) -> Fingerprint {
        self.print
    }
}

/// Parents that are no kinds.
fn strangers(kind: &Kind, kinds: &BTreeMap<String, Kind>) -> Vec<Fault> {
    let known = kinds.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let unknown = kind.parents.iter().filter(|parent| !kinds.contains_key(*parent));
    unknown
        .map(|parent| {
            let complaint = Complaint::new("Q4011").found(parent).fact("known", &known);
            read::fault_in(kind, "/x-kind/parents", complaint)
        })
        .collect()
}

/// Errors: one fault for each kind of a circle of parents.
fn in_order(mut left: BTreeMap<String, Kind>) -> Result<Vec<Kind>, Vec<Fault>> {
    let mut done = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |kind: &Kind| {
            kind.parents.iter().any(|parent| *parent != *kind.name && left.contains_key(parent))
        };
        let Some(next) = left.iter().find(|(_, kind)| !waits(kind)).map(|(name, _)| name.clone()) else {
            let circle = left.keys().map(String::as_str).collect::<Vec<_>>().join(" → ");
            let fault = |kind: &Kind| {
                read::fault_in(kind, "/x-kind/parents", Complaint::new("Q4012").fact("circle", &circle))
            };
            return Err(left.values().map(fault).collect());
        };
        done.extend(left.remove(&next));
    }
    Ok(done)
}
