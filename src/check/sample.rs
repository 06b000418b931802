//! A look at the first real rows: what fails on all of them is a mistake of the mapping and not of a row.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::finding::{Findings, because, table_place};
use super::written::{Role, is_about_types};
use super::{Subject, Written};
use crate::city::City;
use crate::expression::{Scope, truth};
use crate::mapping::Wish;
use crate::record::{Complaint, Row};
use crate::source::{Ending, scan};

/// Rows on which expressions are tried.
const ROWS_MAX: usize = 20;
/// Rows that are passed in search of those, and of both answers of each condition.
const LOOKED_AT_MAX: usize = 2_000;
/// Fewer values than this that all fail may be bad data; that types do not fit shows on one.
const ROWS_MIN: usize = 3;

/// The first rows of a route, in the order of their keys.
pub(super) struct Sample {
    /// Those that would be published, as far as there are any; else the very first.
    pub rows: Vec<Row>,
    looked_at: usize,
    /// Of each condition.
    answers: BTreeMap<String, Answers>,
}

/// How often a condition said what.
#[derive(Clone, Copy, Default)]
struct Answers {
    yes: usize,
    no: usize,
    null: usize,
    failed: usize,
}

/// How one expression fared.
#[derive(Clone, Default)]
pub(super) struct Seen {
    /// Rows that had a value in at least one of its columns.
    pub informative: usize,
    pub failed: usize,
    pub failed_by_type: usize,
    first: Option<Complaint>,
}

/// Reads the sample; `None` where it cannot be read, or there is nothing.
pub(super) async fn take(city: &City, subject: &Subject<'_>, findings: &mut Findings<'_>) -> Option<Sample> {
    let push = &subject.route.push;
    let mut scan = match scan(city, push).await {
        Ok(scan) => scan,
        Err(complaint) => {
            findings.at(push.source.relation.text(), complaint);
            return None;
        }
    };
    let conditions = || subject.written.iter().filter(|written| written.role == Role::Condition);
    let mut answers: BTreeMap<String, Answers> =
        conditions().map(|written| (written.name.clone(), Answers::default())).collect();
    let (mut published, mut others, mut looked_at) = (Vec::new(), Vec::new(), 0);
    let mut unreadable = None;
    for _ in 0..LOOKED_AT_MAX {
        let row = match scan.next().await {
            Some(Ok(row)) => row,
            Some(Err(found)) => {
                unreadable = unreadable.or(found.complaints.into_iter().next());
                continue;
            }
            None => {
                if let Ending::Incomplete(complaint) = scan.end() {
                    findings.at(push.source.relation.text(), complaint);
                }
                break;
            }
        };
        looked_at += 1;
        for written in conditions() {
            if let Some(answers) = answers.get_mut(&written.name) {
                answers.count(written, &row, subject);
            }
        }
        let is_published = matches!(subject.route.mapping.map(&row).wish, Wish::Publish | Wish::Hold(_));
        let kept = if is_published { &mut published } else { &mut others };
        if kept.len() < ROWS_MAX {
            kept.push(row);
        }
        if published.len() == ROWS_MAX && answers.values().all(Answers::are_both) {
            break;
        }
    }
    // Single rows that cannot be read are the run's business; that none can is the route's.
    if let Some(complaint) = unreadable.filter(|_| looked_at == 0) {
        findings.at(&push.source.key[0], complaint);
    }
    let rows = if published.is_empty() { others } else { published };
    (!rows.is_empty()).then_some(Sample { rows, looked_at, answers })
}

/// Complains of what went wrong on every row.
pub(super) fn check(subject: &Subject<'_>, sample: &Sample, today: NaiveDate, findings: &mut Findings<'_>) {
    for written in &subject.written {
        if findings.speak_of(&written.name) {
            continue;
        }
        let seen = sample.seen(written, subject);
        let Some(why) = seen.first.filter(|_| seen.failed == seen.informative) else { continue };
        let id = if seen.failed_by_type > 0 { "Q1122" } else { "Q1123" };
        if seen.failed_by_type > 0 || seen.failed >= ROWS_MIN {
            let complaint = written.complaint(id).fact("count", seen.failed);
            findings.at(written.text, because(complaint, &why));
        }
    }
    conditions(subject, sample, findings);
    refused(subject, sample, today, findings);
}

impl Sample {
    /// How an expression fares on the rows.
    pub fn seen(&self, written: &Written<'_>, subject: &Subject<'_>) -> Seen {
        let names = written.expression.names();
        let mut seen = Seen::default();
        for row in self.rows.iter().flat_map(|listing| written.rows(listing)) {
            let has_value = |name: &str| match row.get(name) {
                Some(value) => !value.is_null(),
                None => row.children.iter().any(|(group, rows)| group.as_ref() == name && !rows.is_empty()),
            };
            if !names.is_empty() && !names.iter().any(|name| has_value(name)) {
                continue;
            }
            seen.informative += 1;
            if let Err(complaint) = written.evaluate(row, subject) {
                seen.failed += 1;
                seen.failed_by_type += usize::from(is_about_types(&complaint));
                seen.first.get_or_insert(complaint);
            }
        }
        seen
    }
}

impl Answers {
    fn count(&mut self, written: &Written<'_>, row: &Row, subject: &Subject<'_>) {
        let value = written.expression.evaluate(&Scope::new(row, subject.codes, subject.zone));
        match value.as_ref().map(truth) {
            Ok(Ok(Some(true))) => self.yes += 1,
            Ok(Ok(Some(false))) => self.no += 1,
            Ok(Ok(None)) => self.null += 1,
            Ok(Err(_)) | Err(_) => self.failed += 1,
        }
    }

    fn are_both(&self) -> bool {
        self.yes > 0 && self.no > 0
    }
}

/// Conditions that never make a difference.
fn conditions(subject: &Subject<'_>, sample: &Sample, findings: &mut Findings<'_>) {
    for written in &subject.written {
        let Some(answers) = sample.answers.get(&written.name).filter(|_| written.role == Role::Condition)
        else {
            continue;
        };
        let (count, is_constant) = (sample.looked_at, written.expression.names().is_empty());
        // In a small table it is no wonder that every row is public, or that one is withdrawn.
        let all = answers.yes == count && (is_constant || count >= ROWS_MAX);
        let id = match written.name.as_str() {
            "publish_when" if all => "Q1142",
            "publish_when" if answers.yes == 0 && answers.failed == 0 => "Q1141",
            "withdraw_when" | "hold_when" if all => "Q1143",
            _ => continue,
        };
        let complaint = written.complaint(id).fact("count", count);
        findings.at(written.text, complaint.fact("no", answers.no).fact("null", answers.null));
    }
}

/// Fields at which the schema refuses every row of the sample.
fn refused(subject: &Subject<'_>, sample: &Sample, today: NaiveDate, findings: &mut Findings<'_>) {
    let kind = &subject.route.kind;
    let judged: Vec<_> = sample.rows.iter().map(|row| subject.route.judge(row, today)).collect();
    let judged: Vec<_> =
        judged.iter().filter(|one| one.checked.is_some() || !one.complaints.is_empty()).collect();
    if judged.len() < ROWS_MIN {
        return;
    }
    let mut counts: BTreeMap<(String, String), (usize, Complaint)> = BTreeMap::new();
    for one in &judged {
        let mut here = Vec::new();
        for complaint in one.complaints.iter().filter(|one| one.is_error() && one.id.starts_with("Q4")) {
            let name = kind.field(&complaint.pointer).map_or_else(String::new, |field| field.name.clone());
            let what = (name, complaint.id.clone());
            if !here.contains(&what) {
                here.push(what.clone());
                counts.entry(what).or_insert_with(|| (0, complaint.clone())).0 += 1;
            }
        }
    }
    for ((name, id), (count, why)) in counts {
        // A field that the schema does not have was found without any row.
        if count < judged.len() || id == "Q4104" || findings.speak_of(&name) {
            continue;
        }
        let complaint = Complaint::new("Q1145").label(&why.label).found(&name).fact("count", count);
        let complaint = because(complaint, &why);
        match subject.written.iter().find(|written| written.role == Role::Field && written.name == name) {
            Some(written) => findings.at(written.text, complaint),
            None => findings.at(&table_place(&subject.route.route, &["fields"]), complaint),
        }
    }
}
