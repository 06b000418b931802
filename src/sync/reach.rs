//! How far a scan looks: at everything, or only at what its cursor says was changed.

use serde::Serialize;

use super::connector::Error;
use super::route::PushRoute;
use crate::city::{City, Since, Stamp};
use crate::clock::Timestamp;
use crate::config::{Instance, SourceCursor};
use crate::ledger::{Ledger, Mark};
use crate::record::{Complaint, Fingerprint, Fingerprinter, Language, Row};
use crate::source::{self, Gauge, Scan};

/// Records that ask to be looked at again are asked for by their keys, if they are no more than these.
const LOOKED_AT_AGAIN_MAX: usize = 100;

/// How far a scan looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Reach {
    /// At everything. `why` is told where the route has a cursor.
    Full {
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<Why>,
    },
    /// At rows that were stamped at that time (microseconds since 1970) or later, or never, and at records that ask
    /// for it: it says nothing of the others, and rows that are gone are found by the next full one.
    Incremental { since: i64 },
}

/// Why a route with a cursor is read in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It never was before.
    First,
    /// Fields, schema, code tables, crosswalks, queries or the database are others than at the last scan.
    Changed,
    /// The query gives other columns.
    Columns,
    /// There is no value to go by, or the values do not sort as they date.
    NoForm,
    /// The periodic full comparison.
    Due,
    Asked,
    /// The province's own records have not been matched yet.
    Adoption,
    /// Many records ask to be looked at again, whether their rows changed or not.
    LookAgain,
    /// The scan before this one was broken off among its changes.
    Unfinished,
    /// The database does not take the question.
    Refused,
}

impl Why {
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Why::First => language.pick("首次读取", "read for the first time"),
            Why::Changed => language.pick("配置或规范有变", "configuration or schema changed"),
            Why::Columns => language.pick("查询的列有变", "the query's columns changed"),
            Why::NoForm => language.pick("游标不可用", "the cursor cannot be used"),
            Why::Due => language.pick("定期核对", "periodic comparison"),
            Why::Asked => language.pick("人工要求", "a person asked"),
            Why::Adoption => language.pick("首次对接未完成", "first contact is open"),
            Why::LookAgain => language.pick("较多记录需重新判断", "many records ask to be looked at again"),
            Why::Unfinished => language.pick("上次读取中断", "the scan before was broken off"),
            Why::Refused => language.pick("数据库不接受增量查询", "the database refused the cursor"),
        }
    }
}

/// One scan's way through a source: how far it looks, what the cursor shows meanwhile, and where its mark ends.
pub(super) struct Course<'a> {
    cursor: Option<&'a SourceCursor>,
    pub reach: Reach,
    /// What an incremental scan reads or would read.
    since: Option<Since>,
    mark: Option<Mark>,
    version: Fingerprint,
    columns: Option<Fingerprint>,
    gauge: Option<Gauge>,
    began: Timestamp,
    zone: chrono_tz::Tz,
    /// Why it looks further than it should have.
    pub refusal: Option<Complaint>,
}

impl<'a> Course<'a> {
    /// What the next scan of a route reads; everything if somebody asks for that.
    pub async fn set(
        instance: &Instance,
        ledger: &Ledger,
        route: &'a PushRoute,
        everything: bool,
        began: Timestamp,
    ) -> Result<Course<'a>, Error> {
        let source = &route.push.source;
        let zone = instance.databases.get(&source.database.value).map_or(instance.zone, |one| one.zone);
        let mut course = Course {
            cursor: source.cursor.as_ref(),
            reach: Reach::Full { why: None },
            since: None,
            mark: None,
            version: version(instance, route),
            columns: None,
            gauge: None,
            began,
            zone,
            refusal: None,
        };
        let Some(cursor) = course.cursor else { return Ok(course) };
        let mark = ledger.mark(&route.route.name).await?.filter(|mark| mark.version == course.version);
        let form = mark.as_ref().and_then(|mark| Stamp::parse(mark.form.as_ref()?));
        course.since = mark.as_ref().and_then(|mark| mark.seen_until).zip(form).map(|(seen, stamp)| Since {
            column: cursor.column.clone(),
            stamp,
            from: seen.minus(cursor.overlap),
            zone,
            also: Vec::new(),
        });
        course.mark = mark;
        let why = course.why_full(ledger, route, cursor, everything).await?;
        course.reach = match (why, &course.since) {
            (None, Some(since)) => Reach::Incremental { since: since.from.0 },
            (why, _) => Reach::Full { why: why.or(Some(Why::NoForm)) },
        };
        course.begin_gauge();
        Ok(course)
    }

    async fn why_full(
        &mut self,
        ledger: &Ledger,
        route: &PushRoute,
        cursor: &SourceCursor,
        everything: bool,
    ) -> Result<Option<Why>, Error> {
        let (name, platform, kind) = (&route.route.name, &route.route.platform, &route.route.kind);
        let Some(mark) = &self.mark else {
            let known = ledger.mark(name).await?.is_some();
            return Ok(Some(if known { Why::Changed } else { Why::First }));
        };
        if everything {
            return Ok(Some(Why::Asked));
        }
        let Some(since) = &mut self.since else { return Ok(Some(Why::NoForm)) };
        // A clock that was set back must not put the comparison off.
        if self.began < mark.full_at || self.began.since(mark.full_at) >= cursor.full_every {
            return Ok(Some(Why::Due));
        }
        if ledger.adoption_open(name).await? {
            return Ok(Some(Why::Adoption));
        }
        if ledger.waiting_changes(name).await? != (0, 0, 0) {
            return Ok(Some(Why::Unfinished));
        }
        let again = ledger.looks_again(platform, kind, LOOKED_AT_AGAIN_MAX as i64 + 1).await?;
        if again.len() > LOOKED_AT_AGAIN_MAX {
            return Ok(Some(Why::LookAgain));
        }
        since.also = again.iter().map(|key| source::parts(key)).collect();
        Ok(None)
    }

    /// Starts the scan. Where the query gives other columns than before, the rows' prints differ for that reason
    /// alone: everything is read, and nothing that differs is the cursor's fault.
    pub async fn open(&mut self, city: &City, route: &PushRoute) -> Result<Scan, Complaint> {
        let push = &route.push;
        let asked = match (self.reach, &self.since) {
            (Reach::Incremental { .. }, Some(since)) => source::scan_since(city, push, since).await,
            _ => source::scan(city, push).await,
        };
        let scan = match asked {
            // What is wrong with more than the cursor shows again.
            Err(complaint) if self.refused(&complaint) => source::scan(city, push).await?,
            asked => asked?,
        };
        let mut printer = Fingerprinter::new("columns");
        for column in scan.columns().iter() {
            printer.part(column.as_bytes());
        }
        let columns = printer.finish();
        self.columns = Some(columns);
        if self.mark.as_ref().is_some_and(|mark| mark.columns != columns) {
            self.since = None;
            if self.is_incremental() {
                self.widen(Why::Columns);
                return source::scan(city, push).await;
            }
        }
        Ok(scan)
    }

    pub fn is_incremental(&self) -> bool {
        matches!(self.reach, Reach::Incremental { .. })
    }

    /// From when on an incremental scan reads.
    pub fn since(&self) -> Option<Timestamp> {
        match self.reach {
            Reach::Incremental { since } => Some(Timestamp(since)),
            Reach::Full { .. } => None,
        }
    }

    /// Reads everything instead, since the database gave no row and this reason. False if it was to read everything
    /// anyway.
    pub fn refused(&mut self, reason: &Complaint) -> bool {
        if !self.is_incremental() {
            return false;
        }
        if reason.id == "Q2003" {
            self.widen(Why::Columns);
            return true;
        }
        let column = self.cursor.map(|cursor| cursor.column.value.clone()).unwrap_or_default();
        let said = reason.facts.iter().find(|(name, _)| name == "reason").map(|(_, said)| said.clone());
        let complaint = Complaint::new("Q2053").column(column);
        self.refusal = Some(complaint.fact("reason", said.unwrap_or_else(|| reason.to_string())));
        self.widen(Why::Refused);
        true
    }

    /// Looks at the cursor of a row that was read.
    pub fn see(&mut self, row: &Row) {
        if let Some(gauge) = &mut self.gauge {
            gauge.see(row);
        }
    }

    /// Whether incremental scans never meet this row, so that what is new in it was found only by reading everything.
    pub fn is_behind(&self, row: &Row) -> bool {
        let Some(since) = self.since.as_ref().filter(|_| !self.is_incremental()) else { return false };
        row.get(&since.column).is_some_and(|value| !since.covers(value))
    }

    /// What is wrong with the cursor.
    pub fn trouble(&self) -> Option<&Complaint> {
        self.gauge.as_ref().and_then(Gauge::trouble)
    }

    /// That rows changed without their cursor.
    pub fn lie(&self, count: u64, examples: &[String]) -> Option<Complaint> {
        let cursor = self.cursor.filter(|_| count > 0)?;
        let complaint = Complaint::new("Q2051").column(&cursor.column.value);
        Some(complaint.fact("count", count).fact("examples", examples.join(", ")))
    }

    /// Where the mark stands once the scan was complete and everything is written.
    pub fn mark_after(&self) -> Option<Mark> {
        let (gauge, columns) = self.gauge.as_ref().zip(self.columns)?;
        let form = gauge.stamp().map(Stamp::word);
        let version = self.version;
        match self.mark.as_ref().filter(|_| self.is_incremental()) {
            Some(mark) => {
                Some(Mark { form, seen_until: mark.seen_until.max(gauge.highest()), ..mark.clone() })
            }
            None => {
                let seen_until = gauge.highest();
                Some(Mark { version, columns, form, seen_until, full_at: self.began })
            }
        }
    }

    fn widen(&mut self, why: Why) {
        self.reach = Reach::Full { why: Some(why) };
        self.begin_gauge();
    }

    /// What other rows show counts only where they are not read.
    fn begin_gauge(&mut self) {
        let known = self.since.as_ref().filter(|_| self.is_incremental()).map(|since| since.stamp);
        let gauge = |cursor: &SourceCursor| Gauge::new(&cursor.column, self.zone, known, self.began);
        self.gauge = self.cursor.map(gauge);
    }
}

/// Of everything that decides what comes of a scan, besides the rows.
fn version(instance: &Instance, route: &PushRoute) -> Fingerprint {
    let source = &route.push.source;
    let mut printer = Fingerprinter::new("scan");
    printer.part(route.version.as_bytes());
    if let Some(database) = instance.databases.get(&source.database.value) {
        printer.part(format!("{:?}", database.engine).as_bytes()).part(database.zone.name().as_bytes());
    }
    if let Some(cursor) = &source.cursor {
        printer.part(cursor.column.as_bytes());
    }
    let children = route.push.children.iter();
    let children = children.map(|child| (child.name.as_str(), &child.relation, &child.key));
    for (name, relation, key) in std::iter::once(("", &source.relation, &source.key)).chain(children) {
        printer.part(name.as_bytes()).part(relation.text().as_bytes()).number(key.len() as u64);
        for column in key {
            printer.part(column.as_bytes());
        }
    }
    printer.finish()
}
