//! How right the proposals are, counted against tables whose columns somebody has explained by hand.

mod demo;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono_tz::Asia::Shanghai;

use super::*;
use crate::schema::SchemaSet;

/// Field → the columns that it is read from.
type Truth = BTreeMap<String, BTreeSet<String>>;

/// How a draft compares with the truth.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    /// Fields that have a column.
    fields: usize,
    /// Of those, the ones that were proposed with the right column.
    right: usize,
    wrong: usize,
    sure: usize,
    sure_wrong: usize,
}

impl Score {
    fn add(&mut self, other: Score) {
        self.fields += other.fields;
        self.right += other.right;
        self.wrong += other.wrong;
        self.sure += other.sure;
        self.sure_wrong += other.sure_wrong;
    }

    fn recall(&self) -> f64 {
        self.right as f64 / self.fields.max(1) as f64
    }

    fn show(&self, name: &str) -> String {
        let proposed = (self.right + self.wrong).max(1) as f64;
        format!(
            "{name:<26} recall {:>3}/{:<3} {:>5.1}%   precision {:>5.1}%   sure {:>3}, wrong {}",
            self.right,
            self.fields,
            self.recall() * 100.0,
            self.right as f64 * 100.0 / proposed,
            self.sure,
            self.sure_wrong
        )
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn province() -> (Codes, SchemaSet) {
    let (codes, faults) = Codes::load(&project("schemas/shandong/v1/codes"), &project("config/crosswalks"));
    assert!(faults.is_empty(), "{faults:#?}");
    let schemas = SchemaSet::load(&project("schemas/shandong/v1"), &codes).unwrap();
    (codes, schemas)
}

/// The province's tables without any word of the city's.
fn bare_province() -> (Codes, SchemaSet) {
    let (codes, faults) = Codes::load(&project("schemas/shandong/v1/codes"), Path::new("/nowhere"));
    assert!(faults.is_empty(), "{faults:#?}");
    let schemas = SchemaSet::load(&project("schemas/shandong/v1"), &codes).unwrap();
    (codes, schemas)
}

/// Every proposal with its full field name, and a child's column with its table in front.
fn proposals(draft: &Draft) -> Vec<(String, String, Confidence)> {
    let own = draft.fields.iter().map(|one| (one.field.clone(), one.column.clone(), one.confidence));
    let inner = draft.children.iter().flat_map(|group| {
        group.fields.iter().map(|one| {
            (
                format!("{}.{}", group.name, one.field),
                format!("{}.{}", group.table, one.column),
                one.confidence,
            )
        })
    });
    own.chain(inner).collect()
}

/// Counts; tells every mistake and every miss.
fn compare(name: &str, draft: &Draft, truth: &Truth) -> Score {
    let mut score = Score { fields: truth.len(), ..Score::default() };
    let proposals = proposals(draft);
    for (field, column, confidence) in &proposals {
        let is_right = truth.get(field).is_some_and(|columns| columns.contains(column));
        let is_sure = *confidence == Confidence::Sure;
        score.right += usize::from(is_right);
        score.wrong += usize::from(!is_right);
        score.sure += usize::from(is_sure);
        score.sure_wrong += usize::from(is_sure && !is_right);
        if !is_right {
            let word = confidence.words().1;
            println!("    {name}.{field}: {column} ({word}), and not {:?}", truth.get(field));
        }
    }
    for (field, columns) in truth {
        if !proposals.iter().any(|(known, _, _)| known == field) {
            println!("    {name}.{field}: nothing, and not {columns:?}");
        }
    }
    println!("{}", score.show(name));
    score
}
