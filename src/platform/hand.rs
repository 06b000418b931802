//! `[hand]`, compiled: how files are made for a person to carry, and how receipts are read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono_tz::Asia::Shanghai;

use super::credentials::Credentials;
use super::formula::Formula;
use super::{Bindings, Known};
use crate::clock::Timestamp;
use crate::config::platform::{Hand, HandLayout, HandPackage, HandReceipt, Named};
use crate::config::{Fault, Located, Platform};
use crate::record::{Complaint, Value};

/// How files for a province are made and its receipts read. See `config::platform::Hand` for what each text says.
#[derive(Clone, Debug)]
pub struct HandReading {
    pub platform: Arc<Platform>,
    pub hand: Hand,
    pub name: Option<Formula>,
    pub layout: LayoutReading,
    pub kinds: BTreeMap<String, LayoutReading>,
    pub package: Option<PackageReading>,
    pub receipt: ReceiptReading,
}

#[derive(Clone, Debug)]
pub struct LayoutReading {
    pub text: HandLayout,
    pub columns: Vec<(String, Formula)>,
    pub sheets: Vec<SheetReading>,
}

#[derive(Clone, Debug)]
pub struct SheetReading {
    pub sheet: String,
    pub heading_row: u32,
    pub rows: Formula,
    pub columns: Vec<(String, Formula)>,
}

#[derive(Clone, Debug)]
pub struct PackageReading {
    pub table: String,
    pub cell: Vec<(String, Formula)>,
    pub values: Vec<(String, Formula)>,
    pub inside: Vec<(Formula, Formula)>,
    pub outside: Vec<(Formula, Formula)>,
}

#[derive(Clone, Debug)]
pub struct ReceiptReading {
    pub list: Option<Formula>,
    pub id: Formula,
    pub ours: Option<Formula>,
    pub code: Option<Formula>,
    pub message: Option<Formula>,
    pub remote_id: Option<Formula>,
    pub success: Formula,
    pub duplicate: Option<Formula>,
    pub refused: Option<Formula>,
}

/// Of the file as a whole.
const FILE: &[&str] = &[
    "kind",
    "kind_title",
    "action",
    "action_zh",
    "city_code",
    "key",
    "now",
    "timestamp",
    "count",
    "credentials",
];
/// For its name, and for what is packed.
const NAMING: &[&str] = &["uuid", "digits"];
/// Of one item.
const ITEM: &[&str] = &["number", "record_id", "item_key", "version", "remote_id", "reason", "document"];
const NESTED: &[&str] = &["entry"];
const CELL: &[&str] = &["column", "heading", "value", "line"];
const PACKED: &[&str] = &["stem", "database", "archive", "file_key", "entropy"];
const RECEIPT: &[&str] = &["item", "body"];
const RESULT: &[&str] = &["item", "body", "code", "message", "action", "kind"];
const OURS: &[&str] = &["record_id", "item_key", "version", "remote_id", "document", "kind", "action"];

impl HandReading {
    /// Compiles every expression of `[hand]`. Errors: all faults, each at its place in the profile's file.
    ///
    /// Shape: `None` for a platform that takes requests.
    pub fn compile(platform: &Arc<Platform>) -> Result<Option<Self>, Vec<Fault>> {
        let Some(hand) = &platform.hand else { return Ok(None) };
        let mut faults = Vec::new();
        let press = &mut Press { file: &platform.file, faults: &mut faults };
        let reading = press.hand(platform, hand);
        match reading {
            Some(reading) if faults.is_empty() => Ok(Some(reading)),
            _ => Err(faults),
        }
    }

    /// The layout of a kind: its own, or the one for all.
    pub fn layout_of(&self, kind: &str) -> &LayoutReading {
        self.kinds.get(kind).unwrap_or(&self.layout)
    }

    /// The names of a file as a whole, at one moment.
    pub fn bind_file<'a>(&'a self, now: Timestamp, credentials: &Credentials) -> Bindings<'a> {
        let local = now.in_zone(Shanghai);
        Bindings::default()
            .with("city_code", Known::Text(&self.platform.city_code))
            .with("now", Known::Value(Value::DateTime(local)))
            .with("timestamp", Known::Value(Value::Int(now.0.div_euclid(1_000_000))))
            .with("credentials", Known::Value(credentials.to_value()))
    }
}

/// Compiles the texts of one section, leaving faults behind.
struct Press<'a> {
    file: &'a Path,
    faults: &'a mut Vec<Fault>,
}

impl Press<'_> {
    fn hand(&mut self, platform: &Arc<Platform>, hand: &Hand) -> Option<HandReading> {
        let naming = [FILE, NAMING].concat();
        let name = self.maybe(&hand.name, &naming);
        let layout = self.layout(&hand.layout);
        let mut kinds = BTreeMap::new();
        for (kind, text) in &hand.kinds {
            kinds.insert(kind.value.clone(), self.layout(text));
        }
        let package = hand.package.as_ref().and_then(|package| self.package(package));
        let receipt = self.receipt(&hand.receipt);
        Some(HandReading {
            platform: platform.clone(),
            hand: hand.clone(),
            name,
            layout,
            kinds,
            package,
            receipt: receipt?,
        })
    }

    fn layout(&mut self, text: &HandLayout) -> LayoutReading {
        let item = [FILE, ITEM].concat();
        let nested = [FILE, ITEM, NESTED].concat();
        let columns = self.pairs(&text.columns, &item);
        let mut sheets = Vec::new();
        for sheet in &text.sheets {
            let rows = self.one(&sheet.rows, &item);
            let columns = self.pairs(&sheet.columns, &nested);
            let heading_row = sheet.heading_row.unwrap_or(1);
            sheets.extend(rows.map(|rows| SheetReading {
                sheet: sheet.sheet.value.clone(),
                heading_row,
                rows,
                columns,
            }));
        }
        LayoutReading { text: text.clone(), columns, sheets }
    }

    fn package(&mut self, text: &HandPackage) -> Option<PackageReading> {
        let cell = self.pairs(&text.cell, &[FILE, ITEM, CELL].concat());
        let mut known = [FILE, NAMING, PACKED].concat();
        let mut values = Vec::new();
        for named in &text.values {
            if known.contains(&named.name.as_str()) {
                let complaint = Complaint::new("Q7409").found(&named.name.value);
                self.faults.push(named.name.fault(self.file, 0, complaint));
            }
            values.extend(self.pairs(std::slice::from_ref(named), &known));
            known.push(&named.name.value);
        }
        let mut files = |files: &[crate::config::platform::PackedFile]| {
            let mut read = Vec::new();
            for file in files {
                let (name, content) = (self.one(&file.name, &known), self.one(&file.content, &known));
                read.extend(name.zip(content));
            }
            read
        };
        let (inside, outside) = (files(&text.inside), files(&text.outside));
        Some(PackageReading { table: text.table.value.clone(), cell, values, inside, outside })
    }

    fn receipt(&mut self, text: &HandReceipt) -> Option<ReceiptReading> {
        let list = self.maybe(&text.list, &["body"]);
        let id = self.one(&text.id, RECEIPT);
        let ours = self.maybe(&text.ours, OURS);
        let code = self.maybe(&text.code, RECEIPT);
        let message = self.maybe(&text.message, RECEIPT);
        let remote_id = self.maybe(&text.remote_id, RECEIPT);
        let success = self.one(&text.success, RESULT);
        let duplicate = self.maybe(&text.duplicate, RESULT);
        let refused = self.maybe(&text.refused, RESULT);
        let (id, success) = (id?, success?);
        Some(ReceiptReading { list, id, ours, code, message, remote_id, success, duplicate, refused })
    }

    fn pairs(&mut self, pairs: &[Named], known: &[&str]) -> Vec<(String, Formula)> {
        let mut compiled = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let formula = self.one(&pair.expression, known);
            compiled.extend(formula.map(|formula| (pair.name.value.clone(), formula)));
        }
        compiled
    }

    fn one(&mut self, text: &Located<String>, known: &[&str]) -> Option<Formula> {
        Formula::compile(text, known, self.file, self.faults)
    }

    /// An optional text: absent is fine, faulty is not.
    fn maybe(&mut self, text: &Option<Located<String>>, known: &[&str]) -> Option<Formula> {
        text.as_ref().and_then(|text| self.one(text, known))
    }
}
