//! One platform by hand with everything that its files and receipts need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::load;
use super::table::{Column, Table};
use super::workbook;
use crate::codes::Codes;
use crate::config::Fault;
use crate::form::Form;
use crate::platform::{Credentials, HandReading, LayoutReading};
use crate::record::Complaint;
use crate::schema::SchemaSet;

/// What a person carries files with. A clone shares it.
#[derive(Clone)]
pub struct Courier(Arc<Inner>);

struct Inner {
    reading: HandReading,
    credentials: Credentials,
    folder: PathBuf,
    codes: Codes,
    /// By kind: title, and the form of its schema.
    kinds: BTreeMap<String, (String, Form)>,
    /// By the file's name as the profile writes it.
    templates: BTreeMap<String, Vec<u8>>,
}

impl Courier {
    /// Reads the forms and checks that they have the headings that the layouts ask for.
    ///
    /// Errors: all faults, each at its place in the profile.
    pub fn open(
        reading: HandReading,
        credentials: Credentials,
        root: &Path,
        schemas: &SchemaSet,
        codes: &Codes,
    ) -> Result<Courier, Vec<Fault>> {
        let mut faults = Vec::new();
        let of_kind = |kind: &Arc<crate::schema::Kind>| {
            (kind.name.to_string(), (kind.title.clone(), Form::of(kind, codes)))
        };
        let kinds: BTreeMap<_, _> = schemas.kinds().map(of_kind).collect();
        let file = &reading.platform.file;
        for (kind, _) in &reading.hand.kinds {
            if !kinds.contains_key(&kind.value) {
                let known = kinds.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let complaint = Complaint::new("Q7817").found(&kind.value).fact("known", known);
                faults.push(kind.fault(file, 0, complaint));
            }
        }
        let mut templates = BTreeMap::new();
        for layout in std::iter::once(&reading.layout).chain(reading.kinds.values()) {
            let Some(template) = &layout.text.template else { continue };
            let checked = load::template(&root.join(&template.value), &template.value).and_then(|bytes| {
                workbook::check_form(&bytes, &template.value, &headings(layout))?;
                Ok(bytes)
            });
            match checked {
                Ok(bytes) => _ = templates.insert(template.value.clone(), bytes),
                Err(complaint) => faults.push(template.fault(file, 0, complaint)),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let folder = root.join(&reading.hand.folder.value);
        let codes = codes.clone();
        Ok(Courier(Arc::new(Inner { reading, credentials, folder, codes, kinds, templates })))
    }

    /// Where files are laid out.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Whether a second person approves each file.
    pub fn needs_approval(&self) -> bool {
        self.0.reading.hand.approval
    }

    /// How many records a file may have.
    pub fn records_max(&self) -> usize {
        self.0.reading.hand.records_max
    }

    pub fn reading(&self) -> &HandReading {
        &self.0.reading
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    pub(super) fn codes(&self) -> &Codes {
        &self.0.codes
    }

    pub(super) fn form(&self, kind: &str) -> Option<&Form> {
        self.0.kinds.get(kind).map(|(_, form)| form)
    }

    pub(super) fn title<'a>(&'a self, kind: &'a str) -> &'a str {
        self.0.kinds.get(kind).map_or(kind, |(title, _)| title)
    }

    /// The province's form for a kind, with its file's name.
    pub(super) fn template(&self, kind: &str) -> Option<(&str, &[u8])> {
        let template = self.0.reading.layout_of(kind).text.template.as_ref()?;
        let (file, bytes) = self.0.templates.get_key_value(&template.value)?;
        Some((file, bytes))
    }
}

/// The headings of a layout, without rows.
fn headings(layout: &LayoutReading) -> Vec<Table> {
    let column = |heading: &String| Column { id: heading.clone(), heading: heading.clone() };
    let mut tables = vec![Table {
        name: layout.text.sheet.as_ref().map(|sheet| sheet.value.clone()),
        heading_row: layout.text.heading_row.unwrap_or(1),
        columns: layout.columns.iter().map(|(heading, _)| column(heading)).collect(),
        rows: Vec::new(),
    }];
    tables.extend(layout.sheets.iter().map(|sheet| Table {
        name: Some(sheet.sheet.clone()),
        heading_row: sheet.heading_row,
        columns: sheet.columns.iter().map(|(heading, _)| column(heading)).collect(),
        rows: Vec::new(),
    }));
    tables
}
