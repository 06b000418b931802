//! A platform's choices that are allowed and yet worth a word, and schedules.

use chrono_tz::Tz;

use super::column::near;
use super::finding::Findings;
use super::weak;
use crate::clock::Timestamp;
use crate::codes::Codes;
use crate::config::{Fault, Platform, Route};
use crate::record::Complaint;
use crate::schedule::Cron;

/// The table of the province's regions.
const REGIONS: &str = "region";

pub(super) fn check(platform: &Platform, codes: Option<&Codes>) -> Vec<Fault> {
    let mut faults = platform.remarks();
    faults.extend(weak::remarks(&platform.file, &platform.text));
    if let Some(regions) = codes.and_then(|codes| codes.table(REGIONS).ok())
        && regions.row(&platform.city_code).is_none()
    {
        let known = regions.rows().iter().map(|row| row.code.as_ref());
        let complaint = Complaint::new("Q1151").found(&platform.city_code.value);
        let complaint = complaint.fact("near", near(&platform.city_code, known));
        faults.push(platform.city_code.fault(&platform.file, 0, complaint));
    }
    faults
}

/// A province that tells by itself, and nobody who listens.
pub(super) fn check_callback(platform: &Platform, is_listening: bool) -> Option<Fault> {
    let callback = platform.callback.as_ref().filter(|_| !is_listening)?;
    let (line, column) = (callback.place.line, callback.place.column);
    Some(Fault { file: platform.file.clone(), line, column, complaint: Complaint::new("Q7918") })
}

/// A schedule that cannot be read, or that never comes due.
pub(super) fn check_schedule(route: &Route, zone: Tz, now: Timestamp) -> Vec<Fault> {
    let Some(text) = &route.schedule else { return Vec::new() };
    let mut findings = Findings::new(&route.file);
    match Cron::parse(text) {
        Err(complaint) => {
            let part = complaint.found.clone();
            findings.at_word(text, &part, complaint);
        }
        Ok(cron) if cron.next(now, zone).is_none() => {
            findings.at(text, Complaint::new("Q9204").found(&text.value));
        }
        Ok(_) => (),
    }
    findings.into_faults()
}
