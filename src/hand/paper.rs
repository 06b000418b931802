//! The file of a batch, as the ledger asks for it when a batch is claimed.

use super::courier::Courier;
use super::package::{self, Secrets, is_file_name};
use super::table::{self, Table, action_zh};
use super::workbook;
use crate::clock::{Clock, Timestamp};
use crate::config::platform::HandFile;
use crate::ledger::{Item, Payload, Renderer};
use crate::plan::Action;
use crate::platform::{Bindings, Known};
use crate::record::{Complaint, Document, Value, mask};

/// One kind and action of a platform by hand, at one moment and with dice thrown: everything after is pure.
pub struct Sheet<'a> {
    courier: &'a Courier,
    kind: &'a str,
    action: Action,
    now: Timestamp,
    nonce: [u8; 16],
    secrets: Secrets,
}

impl<'a> Sheet<'a> {
    pub fn new(courier: &'a Courier, kind: &'a str, action: Action, clock: &Clock) -> Self {
        let secrets = Secrets { file_key: clock.dice(), entropy: clock.dice() };
        Sheet { courier, kind, action, now: clock.now(), nonce: clock.dice(), secrets }
    }

    fn bind<'b>(&'b self, key: &'b str, count: usize) -> Bindings<'b> {
        let hex: String = self.nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        let uuid = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        let digits = u128::from_le_bytes(self.nonce) % 1_000_000_000_000_000_000;
        let reading = self.courier.reading();
        reading
            .bind_file(self.now, self.courier.credentials())
            .with("kind", Known::Text(self.kind))
            .with("kind_title", Known::Text(self.courier.title(self.kind)))
            .with("action", Known::Text(self.action.word()))
            .with("action_zh", Known::Text(action_zh(self.action)))
            .with("key", Known::Text(key))
            .with("count", Known::Value(Value::Int(count as i64)))
            .with("uuid", Known::Value(Value::text(uuid)))
            .with("digits", Known::Value(Value::text(format!("{digits:018}"))))
    }

    /// The sheets, for whoever wants to see them without a file.
    pub fn tables(&self, key: &str, items: &[Item]) -> Result<Vec<Table>, Complaint> {
        table::tables(self.courier, self.kind, self.action, &self.bind(key, items.len()), items)
    }

    /// What would stand in the file, sheet by sheet, masked: for `explain`.
    pub fn preview(&self, items: &[Item]) -> Result<String, Complaint> {
        let mut text = String::new();
        for table in self.tables("BATCH", items)? {
            for line in &table.rows {
                text.push_str(&format!("[{}]\n", table.name.as_deref().unwrap_or("1")));
                for (cell, column) in line.cells.iter().zip(&table.columns) {
                    let cell = cell.as_deref().unwrap_or_default();
                    text.push_str(&format!("{}: {}\n", column.heading, mask(cell)));
                }
            }
        }
        Ok(text)
    }

    fn file_name(&self, key: &str, count: usize) -> Result<String, Complaint> {
        let reading = self.courier.reading();
        let name = match &reading.name {
            Some(formula) => {
                let value = formula.value(&self.bind(key, count));
                value.map_err(|cause| table::failed("hand.name", &cause))?.to_string()
            }
            None => self.usual_name(),
        };
        if is_file_name(&name) { Ok(name) } else { Err(Complaint::new("Q7801").found(name)) }
    }

    /// `科技成果-新增-20261124-093000.xlsx`
    fn usual_name(&self) -> String {
        let title: String = self.courier.title(self.kind).chars().filter(|c| c.is_alphanumeric()).collect();
        let time = self.now.to_utc().with_timezone(&chrono_tz::Asia::Shanghai).format("%Y%m%d-%H%M%S");
        let ending = match self.courier.reading().hand.file {
            HandFile::Xlsx => "xlsx",
            HandFile::EavPackage => "zip",
        };
        format!("{title}-{}-{time}.{ending}", action_zh(self.action))
    }
}

impl Renderer for Sheet<'_> {
    fn fit(&self, items: &[Item]) -> usize {
        items.len().min(self.courier.reading().hand.records_max)
    }

    fn render(&self, key: &str, items: &[Item]) -> Result<Payload, Complaint> {
        let tables = self.tables(key, items)?;
        let reading = self.courier.reading();
        let bytes = match (reading.hand.file, &reading.package) {
            (HandFile::EavPackage, Some(package)) => {
                let name = self.file_name(key, items.len())?;
                let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
                let file = self.bind(key, items.len());
                package::make(package, &tables, items, &file, stem, self.secrets, &reading.hand.join)?
            }
            _ => match self.courier.template(self.kind) {
                Some((file, template)) => workbook::fill(template, file, &tables)?,
                None => workbook::make(&tables, self.now)?,
            },
        };
        Ok(Payload { bytes })
    }

    /// A person carries files beside the sheet: the profile of such a platform offers no upload, and nothing is there.
    fn put_in_files(
        &self,
        _: &mut Document,
        _: &std::collections::HashMap<String, serde_json::Value>,
    ) -> Result<(), Complaint> {
        Err(Complaint::new("Q7511"))
    }
}

impl crate::ledger::Paper for Sheet<'_> {
    fn name(&self, key: &str, items: &[Item]) -> Result<String, Complaint> {
        self.file_name(key, items.len())
    }
}
