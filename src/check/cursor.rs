//! Can the cursor's column say when a row was changed?

use std::time::Duration;

use super::Subject;
use super::column::{Tables, near};
use super::finding::{Findings, because};
use super::sample::Sample;
use crate::city::{City, Since};
use crate::clock::Timestamp;
use crate::config::SourceCursor;
use crate::record::Complaint;
use crate::source::{Ending, Gauge, scan_since};

/// Comparing everything more often than this is reading everything.
const FULL_EVERY_MIN: Duration = Duration::from_secs(60);
/// Longer than this no deletion should stay unseen.
const FULL_EVERY_MAX: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// Complains of a column that is no cursor, and of settings with which it misses rows or saves nothing.
pub(super) async fn check(
    city: Option<&City>,
    subject: &Subject<'_>,
    tables: &Tables,
    sample: Option<&Sample>,
    now: Timestamp,
    findings: &mut Findings<'_>,
) {
    let push = &subject.route.push;
    let Some(cursor) = &push.source.cursor else { return };
    settings(cursor, findings);
    if !push.children.is_empty() {
        let groups: Vec<_> = push.children.iter().map(|child| child.name.as_str()).collect();
        let complaint = Complaint::new("Q1163").column(&cursor.column.value).found(groups.join(", "));
        findings.at(&cursor.column, complaint);
    }
    let Some(table) = &tables.main else { return };
    if table.column(&cursor.column).is_none() {
        let complaint = Complaint::new("Q1160").found(&cursor.column.value);
        findings.at(&cursor.column, complaint.fact("near", near(&cursor.column, table.names())));
        return;
    }
    let Some((city, sample)) = city.zip(sample) else { return };
    let mut gauge = Gauge::new(&cursor.column, subject.zone, None, now);
    sample.rows.iter().for_each(|row| gauge.see(row));
    if let Some(trouble) = gauge.trouble() {
        let fact = |wanted: &str| trouble.facts.iter().find(|(name, _)| name == wanted);
        let beside = fact("beside").map_or("–", |(_, beside)| beside);
        let complaint = Complaint::new("Q1162").column(&cursor.column.value).found(&trouble.found);
        findings.at(&cursor.column, complaint.fact("beside", beside));
    } else if let Some(stamp) = gauge.stamp() {
        let column = cursor.column.clone();
        let (from, zone) = (gauge.highest().unwrap_or(now), subject.zone);
        let since = Since { column, stamp, from, zone, also: Vec::new() };
        if let Some(why) = refusal(city, subject, &since).await {
            let complaint = Complaint::new("Q1165").column(&cursor.column.value);
            findings.at(&cursor.column, because(complaint, &why));
        }
    } else {
        let complaint = Complaint::new("Q1161").found(&cursor.column.value);
        findings.at(&cursor.column, complaint.fact("count", sample.rows.len()));
    }
}

/// Complains of an engine or a table that does not tell the versions of its rows.
pub(super) async fn check_versions(city: &City, subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let source = &subject.route.push.source;
    let Some(at) = &source.version else { return };
    if let Err(complaint) = city.versions(&source.relation, &source.key).await {
        findings.at(at, complaint);
    }
}

fn settings(cursor: &SourceCursor, findings: &mut Findings<'_>) {
    let SourceCursor { overlap, full_every, at, .. } = cursor;
    let mut say = |key: &str, found: &Duration, expected: &str| {
        let complaint = Complaint::new("Q1164").fact("key", key).found(written(*found));
        findings.at(at, complaint.fact("expected", expected));
    };
    if overlap.is_zero() || overlap >= full_every {
        say("overlap", overlap, &format!("> 0, < {}", written(*full_every)));
    }
    if !(FULL_EVERY_MIN..=FULL_EVERY_MAX).contains(full_every) {
        say("full_every", full_every, "1m … 31d");
    }
}

/// Why the database does not answer the incremental question; it is asked for its first row.
async fn refusal(city: &City, subject: &Subject<'_>, since: &Since) -> Option<Complaint> {
    let mut scan = match scan_since(city, &subject.route.push, since).await {
        Ok(scan) => scan,
        Err(complaint) => return Some(complaint),
    };
    match scan.next().await {
        Some(_) => None,
        None => match scan.end() {
            Ending::Complete { .. } => None,
            Ending::Incomplete(complaint) => Some(complaint),
        },
    }
}

/// A duration in its largest whole unit.
fn written(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fitting = units.into_iter().find(|(size, _)| seconds > 0 && seconds.is_multiple_of(*size));
    fitting.map_or(format!("{seconds}s"), |(size, unit)| format!("{}{unit}", seconds / size))
}
