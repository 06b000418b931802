//! The province's code tables and the city's crosswalks: from what people write to what the province counts.
//!
//! Refuses to guess: a value that is neither in the crosswalk, nor a code, nor a name, is a complaint with the
//! nearest entries, never the nearest entry itself.

mod load;
mod narrow;
mod near;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::record::{Complaint, Fingerprint, Fingerprinter};

pub use narrow::{narrow, trim};
pub use near::nearest;
pub use table::{CodeRow, CodeTable, Hit};

/// All code tables of one schema set with the city's crosswalks; a clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    shelf: Arc<BTreeMap<Arc<str>, CodeTable>>,
    fingerprint: Fingerprint,
}

impl Codes {
    /// From tables made in memory; of two tables with one name the later counts.
    pub fn from_tables(tables: impl IntoIterator<Item = CodeTable>) -> Self {
        let shelf: BTreeMap<_, _> = tables.into_iter().map(|table| (table.shared_name(), table)).collect();
        let mut printer = Fingerprinter::new("codes");
        for table in shelf.values() {
            printer.part(table.fingerprint().as_bytes());
        }
        Codes { fingerprint: printer.finish(), shelf: Arc::new(shelf) }
    }

    /// The province's code for what the city wrote: by the crosswalk, as a code, or as a name.
    ///
    /// Shape:  compared half-width and without white space at the ends; 「软件（系统）」 equals `软件(系统)`.
    /// Errors: Q5101 with up to three near entries; Q5102 for a table that is not there.
    pub fn to_code(&self, table: &str, local: &str) -> Result<Arc<str>, Complaint> {
        let known = self.table(table)?;
        known.find(local).map(|hit| hit.code.clone()).ok_or_else(|| known.unknown(local))
    }

    /// What a code means. `None`: no such table or code.
    pub fn name(&self, table: &str, code: &str) -> Option<&str> {
        self.shelf.get(table)?.row(code).map(|row| row.name.as_ref())
    }

    /// The code one level up, where the table has levels.
    pub fn parent(&self, table: &str, code: &str) -> Option<&str> {
        self.shelf.get(table)?.row(code)?.parent.as_deref()
    }

    pub fn contains(&self, table: &str, code: &str) -> bool {
        self.name(table, code).is_some()
    }

    /// Whether a code is in force on a day; its first and last day count.
    pub fn is_current(&self, table: &str, code: &str, on: NaiveDate) -> bool {
        self.shelf.get(table).and_then(|known| known.row(code)).is_some_and(|row| row.is_current(on))
    }

    /// What the city calls a code: its crosswalk's first value for it, else the province's name.
    pub fn to_local(&self, table: &str, code: &str) -> Option<Arc<str>> {
        self.shelf.get(table)?.to_local(code)
    }

    /// One table. Errors: Q5102.
    pub fn table(&self, table: &str) -> Result<&CodeTable, Complaint> {
        self.shelf.get(table).ok_or_else(|| {
            let near = nearest(table, self.tables(), 3);
            Complaint::new("Q5102").found(table).fact(
                "near",
                if near.is_empty() { self.tables().collect::<Vec<_>>().join(", ") } else { near.join(", ") },
            )
        })
    }

    /// The tables' names, sorted.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.shelf.keys().map(AsRef::as_ref)
    }

    /// Of every table and crosswalk.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> Codes {
        let mut fields = CodeTable::new("tech-field");
        fields.add(CodeRow::new("01", "电子信息"));
        fields.add(CodeRow::new("02", "新材料（含纳米）"));
        fields.add(CodeRow { to: NaiveDate::from_ymd_opt(2018, 12, 31), ..CodeRow::new("09", "其他") });
        fields.cross("电子与信息", "01");
        fields.cross("IT", "01");
        Codes::from_tables([fields])
    }

    #[test]
    fn a_value_is_found_by_crosswalk_code_or_name_in_any_width() {
        let rows = [
            ("电子与信息", Ok("01")),
            (" ＩＴ ", Ok("01")),
            ("02", Ok("02")),
            ("０２", Ok("02")),
            ("新材料(含纳米)", Ok("02")),
            ("新材料", Err("near: 02 新材料（含纳米）")),
            ("电子信仰", Err("near: 01 电子信息")),
            ("绿化", Err("nothing in the table is near")),
            ("电子\u{200b}信息", Ok("01")),
        ];
        for (given, expect) in rows {
            match (codes().to_code("tech-field", given), expect) {
                (Ok(code), Ok(expect)) => assert_eq!(code.as_ref(), expect, "{given}"),
                (Err(complaint), Err(near)) => {
                    assert_eq!(complaint.id, "Q5101");
                    assert!(
                        complaint.facts.contains(&("near_en".into(), near.into())),
                        "{given}: {complaint:?}"
                    );
                }
                (found, _) => panic!("{given}: {found:?}"),
            }
        }
    }

    #[test]
    fn only_what_is_nearer_than_all_else_is_a_guess() {
        let mut regions = CodeTable::new("region");
        for (code, name) in [("370302", "淄川区"), ("371312", "河东区"), ("370305", "临淄区")] {
            regions.add(CodeRow::new(code, name));
        }
        regions
            .add(CodeRow { to: NaiveDate::from_ymd_opt(2019, 1, 8), ..CodeRow::new("371200", "莱芜市") });
        let rows =
            [("临淄", Some("370305")), ("淄东区", None), ("370309", None), ("莱芜", None), ("海南", None)];
        for (given, expect) in rows {
            assert_eq!(regions.guess(given).map(|row| row.code.as_ref()), expect, "{given}");
        }
        let codes: Vec<&str> = regions.near("淄东区").iter().map(|row| row.code.as_ref()).collect();
        assert_eq!(codes, ["371312", "370302"]);
    }

    #[test]
    fn an_unknown_table_names_the_ones_there_are() {
        let complaint = codes().to_code("tech-fields", "01").unwrap_err();
        assert_eq!((complaint.id.as_str(), complaint.facts[0].1.as_str()), ("Q5102", "tech-field"));
    }

    #[test]
    fn home_words_come_before_the_provinces() {
        let codes = codes();
        assert_eq!(codes.to_local("tech-field", "01").as_deref(), Some("电子与信息"));
        assert_eq!(codes.to_local("tech-field", "09").as_deref(), Some("其他"));
        assert_eq!(codes.to_local("tech-field", "77"), None);
    }

    #[test]
    fn an_abolished_code_is_current_to_its_last_day() {
        let codes = codes();
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert!(codes.is_current("tech-field", "09", day(2018, 12, 31)));
        assert!(!codes.is_current("tech-field", "09", day(2019, 1, 1)));
        assert!(codes.is_current("tech-field", "01", day(2019, 1, 1)));
        assert!(!codes.is_current("tech-field", "77", day(2019, 1, 1)));
    }

    #[test]
    fn a_new_crosswalk_line_changes_the_fingerprint() {
        let mut table = codes().table("tech-field").unwrap().clone();
        table.cross("软件", "01");
        assert_ne!(Codes::from_tables([table]).fingerprint(), codes().fingerprint());
    }
}
