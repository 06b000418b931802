//! Compares the province's code tables with ours. Tells, and changes nothing: a table is changed by a person.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::NaiveDate;
use serde::Serialize;

use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use crate::clock::Timestamp;
use crate::codes::{CodeTable, narrow, trim};
use crate::delivery::{self, DictionaryEntry, RemoteDictionary};
use crate::ledger::{Actor, Alarm, NewAlarm};
use crate::record::Complaint;

/// When the daemon tries again after a look that broke off.
const AGAIN: Duration = Duration::from_secs(3600);
/// How many codes a complaint names.
const NAMED: usize = 20;

/// What looking at one platform's code tables found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DriftReport {
    pub platform: String,
    /// In the order of the profile.
    pub tables: Vec<TableDrift>,
    /// Told for the first time.
    pub alarms: Vec<Alarm>,
}

/// How one of the province's tables differs from ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableDrift {
    pub table: String,
    /// What the province calls it.
    pub remote: String,
    /// How many codes it has there, and how many of ours are in force.
    pub theirs: usize,
    pub ours: usize,
    pub new: Vec<Named>,
    pub gone: Vec<Named>,
    pub renamed: Vec<Renamed>,
    /// Codes that stand there twice under different names.
    pub double: Vec<Named>,
    /// Why it could not be compared.
    pub complaint: Option<Complaint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    pub code: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renamed {
    pub code: String,
    pub ours: String,
    pub theirs: String,
}

impl TableDrift {
    pub fn differs(&self) -> bool {
        !(self.new.is_empty() && self.gone.is_empty() && self.renamed.is_empty() && self.double.is_empty())
    }

    /// One alarm for each way of differing, however many codes differ so.
    fn alarms(&self) -> Vec<NewAlarm> {
        let named = |codes: &[Named]| codes.iter().map(|one| format!("{} {}", one.code, one.name)).collect();
        let renamed: Vec<String> =
            self.renamed.iter().map(|one| format!("{} {} → {}", one.code, one.ours, one.theirs)).collect();
        let ways: [(&str, &str, Vec<String>); 4] = [
            ("new", "Q7711", named(&self.new)),
            ("gone", "Q7712", named(&self.gone)),
            ("renamed", "Q7713", renamed),
            ("double", "Q7714", named(&self.double)),
        ];
        let told = ways.into_iter().filter(|(_, _, codes)| !codes.is_empty());
        told.map(|(way, id, codes)| {
            let more = if codes.len() > NAMED { "…" } else { "" };
            let list = codes[..codes.len().min(NAMED)].join("；");
            let complaint = Complaint::new(id)
                .fact("table", &self.table)
                .fact("count", codes.len())
                .fact("list", format!("{list}{more}"));
            NewAlarm { subject: format!("{}/{way}", self.table), complaint, examples: Vec::new() }
        })
        .collect()
    }
}

impl Connector {
    /// Looks at every table of `[dictionaries]`, and raises an alarm for each way in which one differs.
    ///
    /// Errors: the ledger failed. A table that cannot be read is told in the report; what was told of it stands.
    pub async fn drift_once(
        &self,
        _: &WorkGuard,
        platform: &str,
        actor: &Actor,
    ) -> Result<DriftReport, Error> {
        let mut report = DriftReport { platform: platform.to_owned(), ..DriftReport::default() };
        let known = self.instance.platforms.get(platform);
        let Some(dictionaries) = known.and_then(|known| known.dictionaries.as_ref()) else {
            return Ok(report);
        };
        if self.is_rehearsing(platform) {
            return Ok(report);
        }
        let street = self.street(platform)?;
        let mut away = false;
        for one in &dictionaries.tables {
            if self.stopping() {
                return Ok(report);
            }
            if away {
                break;
            }
            let (table, remote) = (one.table.value.as_str(), one.remote.value.as_str());
            let ours = self.codes.get(platform).and_then(|codes| codes.table(table).ok());
            // Loading has refused tables that are not there.
            let Some(ours) = ours else { continue };
            let drift = match delivery::dictionary(street, remote, &self.clock).await {
                Ok(theirs) => compare(ours, &theirs, self.today()),
                Err(trouble) => {
                    away = is_away(&trouble.complaint.id);
                    TableDrift { complaint: Some(trouble.complaint), ..TableDrift::default() }
                }
            };
            let drift = TableDrift { table: table.to_owned(), remote: remote.to_owned(), ..drift };
            if drift.complaint.is_none() {
                let found = drift.alarms();
                let now = self.clock.now();
                report.alarms.extend(self.ledger.note_dictionary(actor, platform, table, found, now).await?);
            }
            report.tables.push(drift);
        }
        let now = self.clock.now();
        let looked = if away { now.minus(dictionaries.every).plus(AGAIN) } else { now };
        self.ledger.note_dictionary_look(platform, looked).await?;
        self.seal().await?;
        Ok(report)
    }

    /// When a platform's tables are to be looked at next; `None` where it gives none out.
    pub async fn next_drift(&self, platform: &str) -> Result<Option<Timestamp>, Error> {
        let known = self.instance.platforms.get(platform);
        let Some(dictionaries) = known.and_then(|one| one.dictionaries.as_ref()) else { return Ok(None) };
        if self.is_rehearsing(platform) {
            return Ok(None);
        }
        let last = self.ledger.dictionary_look(platform).await?;
        Ok(Some(last.map_or(Timestamp(0), |last| last.plus(dictionaries.every))))
    }
}

/// Who does not answer, or turns everybody away, is not asked for the other tables as well. A table that is not there
/// or not understood says nothing of the others.
fn is_away(id: &str) -> bool {
    let answered = id.starts_with("Q71") || id.starts_with("Q73");
    !answered || ["Q7105", "Q7106", "Q7108", "Q7109", "Q7114"].contains(&id)
}

/// Codes that are in force at home against those that the province gives out.
fn compare(ours: &CodeTable, theirs: &RemoteDictionary, today: NaiveDate) -> TableDrift {
    let current: BTreeMap<&str, &str> = ours
        .rows()
        .iter()
        .filter(|row| row.is_current(today))
        .map(|row| (row.code.as_ref(), row.name.as_ref()))
        .collect();
    let mut drift = TableDrift { theirs: theirs.entries.len(), ours: current.len(), ..TableDrift::default() };
    // An empty or half-read table is no sign that all codes are gone.
    if let Some(complaint) = theirs.unreadable.first() {
        drift.complaint = Some(complaint.clone());
        return drift;
    }
    if theirs.entries.is_empty() {
        drift.complaint = Some(Complaint::new("Q7715").fact("table", ours.name()));
        return drift;
    }
    let mut met: BTreeMap<&str, &str> = BTreeMap::new();
    for DictionaryEntry { code, label } in &theirs.entries {
        if let Some(before) = met.insert(code, label) {
            if !same_name(before, label) {
                drift.double.push(Named { code: code.clone(), name: format!("{before} / {label}") });
            }
            continue;
        }
        match current.get(code.as_str()) {
            None => drift.new.push(Named { code: code.clone(), name: label.clone() }),
            Some(name) if !label.is_empty() && !same_name(name, label) => drift.renamed.push(Renamed {
                code: code.clone(),
                ours: (*name).to_owned(),
                theirs: label.clone(),
            }),
            Some(_) => (),
        }
    }
    let there: BTreeSet<&str> = met.into_keys().collect();
    // In the order of our file.
    let gone = ours.rows().iter().filter(|row| row.is_current(today) && !there.contains(row.code.as_ref()));
    drift.gone = gone.map(|row| Named { code: row.code.to_string(), name: row.name.to_string() }).collect();
    drift
}

/// Width and white space are no difference.
fn same_name(one: &str, other: &str) -> bool {
    let plain = |text: &str| trim(&narrow(text)).split_whitespace().collect::<String>();
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CodeRow;

    fn ours() -> CodeTable {
        let mut table = CodeTable::new("tech-field");
        for (code, name) in [("01", "电子信息"), ("02", "新材料（含纳米）"), ("03", "航空航天")]
        {
            table.add(CodeRow::new(code, name));
        }
        table.add(CodeRow { to: NaiveDate::from_ymd_opt(2018, 12, 31), ..CodeRow::new("09", "其他") });
        table
    }

    fn drift(theirs: &[(&str, &str)]) -> TableDrift {
        let entry = |(code, label): &(&str, &str)| DictionaryEntry {
            code: (*code).to_owned(),
            label: (*label).to_owned(),
        };
        let remote = RemoteDictionary { entries: theirs.iter().map(entry).collect(), unreadable: Vec::new() };
        compare(&ours(), &remote, NaiveDate::from_ymd_opt(2026, 5, 1).unwrap())
    }

    #[test]
    fn only_codes_in_force_count_and_width_is_no_difference() {
        let same = drift(&[("02", "新材料(含纳米) "), ("01", "电子信息"), ("03", "")]);
        assert!(!same.differs() && same.complaint.is_none(), "{same:?}");
        assert_eq!((same.theirs, same.ours), (3, 3));
    }

    #[test]
    fn new_gone_renamed_and_double_codes_are_told_apart() {
        let found = drift(&[
            ("01", "信息技术"),
            ("02", "新材料(含纳米)"),
            ("04", "量子"),
            ("04", "脑机"),
            ("09", "其他"),
        ]);
        let codes = |list: &[Named]| list.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes(&found.new), ["04", "09"], "an abolished code that is back is new");
        assert_eq!(codes(&found.gone), ["03"]);
        assert_eq!(codes(&found.double), ["04"]);
        assert_eq!(found.renamed[0].theirs, "信息技术");
        let ids: Vec<String> = found.alarms().into_iter().map(|one| one.complaint.id).collect();
        assert_eq!(ids, ["Q7711", "Q7712", "Q7713", "Q7714"]);
    }

    #[test]
    fn an_empty_table_is_no_mass_abolition() {
        let empty = drift(&[]);
        assert!(!empty.differs());
        assert_eq!(empty.complaint.unwrap().id, "Q7715");
    }
}
