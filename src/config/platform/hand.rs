//! `[hand]`: files that a person carries to a province without an interface, and receipts that come back.
//!
//! Every text that says how something is made or read is an expression, compiled by the room `platform`.

use super::call::Named;
use super::{expected_at, named};
use crate::config::{Located, Section};
use crate::record::Complaint;

/// The `[hand]` section.
#[derive(Clone, Debug)]
pub struct Hand {
    /// Where files are laid out, below the instance's folder.
    pub folder: Located<String>,
    pub file: HandFile,
    /// The file's name; without one it is made of kind, action and time.
    pub name: Option<Located<String>>,
    /// Rows of one file.
    pub records_max: usize,
    /// A second person approves each file before it may be handed in.
    pub approval: bool,
    /// Between the values of a list in one cell; the members of a nested row are parted by `|`.
    pub join: String,
    /// For kinds without a layout of their own; without columns, the schema's own fields are the columns.
    pub layout: HandLayout,
    /// By kind.
    pub kinds: Vec<(Located<String>, HandLayout)>,
    pub package: Option<HandPackage>,
    pub receipt: HandReceipt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandFile {
    Xlsx,
    /// One row for each cell in an SQLite file, packed as the profile says.
    EavPackage,
}

/// What stands where in a file.
#[derive(Clone, Debug, Default)]
pub struct HandLayout {
    /// The province's own form, below the instance's folder.
    pub template: Option<Located<String>>,
    pub sheet: Option<Located<String>>,
    /// Counted from 1.
    pub heading_row: Option<u32>,
    /// Heading → expression over one item.
    pub columns: Vec<Named>,
    /// What a table of cells calls its columns, for people.
    pub titles: Vec<(Located<String>, Located<String>)>,
    /// Sheets for what is nested: one row for each element of `rows`.
    pub sheets: Vec<HandSheet>,
}

/// A sheet of nested rows.
#[derive(Clone, Debug)]
pub struct HandSheet {
    pub sheet: Located<String>,
    /// Expression over one item: a list.
    pub rows: Located<String>,
    pub heading_row: Option<u32>,
    /// Heading → expression over one item and `entry`.
    pub columns: Vec<Named>,
}

/// How a table of cells is packed.
#[derive(Clone, Debug)]
pub struct HandPackage {
    /// The table inside the SQLite file.
    pub table: Located<String>,
    /// Column of that table → expression over one cell.
    pub cell: Vec<Named>,
    /// Intermediate values; each may use those above it.
    pub values: Vec<Named>,
    /// The files of the inner archive, which is then known as `archive`.
    pub inside: Vec<PackedFile>,
    /// The files of the outer archive, which is what is handed in.
    pub outside: Vec<PackedFile>,
}

/// One file of an archive: two expressions.
#[derive(Clone, Debug)]
pub struct PackedFile {
    pub name: Located<String>,
    pub content: Located<String>,
}

/// How a receipt is read: a workbook, CSV or JSON file, one result a row.
#[derive(Clone, Debug)]
pub struct HandReceipt {
    /// The sheet's name; the first visible one without.
    pub sheet: Option<Located<String>>,
    /// Counted from 1.
    pub heading_row: u32,
    /// Over `body`: the list of results of a JSON receipt; without one, the whole is the list.
    pub list: Option<Located<String>>,
    /// Over `item`: what names the record.
    pub id: Located<String>,
    /// Over one of our items: what `id` must be equal to.
    pub ours: Option<Located<String>>,
    pub code: Option<Located<String>>,
    pub message: Option<Located<String>>,
    /// The province's id; without it the record keeps ours.
    pub remote_id: Option<Located<String>>,
    /// Over `item`, `code`, `message`, `action`; asked in this order, and what none of them claims is unknown.
    pub success: Located<String>,
    pub duplicate: Option<Located<String>>,
    pub refused: Option<Located<String>>,
}

const RECORDS_MAX: usize = 500;
/// The names of a table and its columns stand on one page of an SQLite file.
const NAMES_BYTES_MAX: usize = 3000;

/// Reads the section, which a platform by hand must have.
pub(super) fn read(root: &Section<'_>) -> Option<Hand> {
    let section = root.need_section("hand")?;
    let folder = section.need_text("folder").filter(|folder| {
        let good = is_below(folder);
        if !good {
            let expected = "a folder below the instance's, such as hand/shandong";
            section.complain_at("folder", expected_at("hand.folder", expected).found(&folder.value));
        }
        good
    });
    let files = [("xlsx", HandFile::Xlsx), ("eav-package", HandFile::EavPackage)];
    let file = section.word("file", &files);
    section.miss("file");
    let name = section.text("name");
    let records_max = section.number("records_max").and_then(|most| {
        let most = usize::try_from(most).ok().filter(|most| (1..=10_000).contains(most));
        if most.is_none() {
            section.complain_at(
                "records_max",
                expected_at("hand.records_max", "1 to 10000").found("another number"),
            );
        }
        most
    });
    let approval = section.flag("approval").unwrap_or(true);
    let join = section.text("join").map_or_else(|| "；".to_owned(), |join| join.value);
    let layout = read_layout(&section);
    let kinds = section.section("kinds").map(|kinds| read_kinds(&kinds)).unwrap_or_default();
    let package = section.section("package").and_then(|package| read_package(&package));
    if file == Some(HandFile::EavPackage) {
        section.miss("package");
    }
    let receipt = section.need_section("receipt").and_then(|receipt| read_receipt(&receipt));
    section.finish();
    Some(Hand {
        folder: folder?,
        file: file?,
        name,
        records_max: records_max.unwrap_or(RECORDS_MAX),
        approval,
        join,
        layout,
        kinds,
        package,
        receipt: receipt?,
    })
}

fn read_kinds(section: &Section<'_>) -> Vec<(Located<String>, HandLayout)> {
    let read = |(kind, inner): (Located<String>, Section<'_>)| {
        let layout = read_layout(&inner);
        inner.finish();
        (kind, layout)
    };
    section.all_sections().into_iter().map(read).collect()
}

fn read_layout(section: &Section<'_>) -> HandLayout {
    let template = section.text("template").filter(|file| {
        let good = is_below(file);
        if !good {
            let key = format!("{}.template", section.path());
            let expected = "a file below the instance's folder, such as config/forms/achievement.xlsx";
            section.complain_at("template", expected_at(&key, expected).found(&file.value));
        }
        good
    });
    let pairs = |key: &str| section.section(key).map(|found| found.all_texts()).unwrap_or_default();
    let sheets = section.section("sheets").map(|sheets| sheets.all_sections()).unwrap_or_default();
    HandLayout {
        template,
        sheet: section.text("sheet"),
        heading_row: read_row(section, "heading_row"),
        columns: named(pairs("columns")),
        titles: pairs("titles"),
        sheets: sheets.into_iter().filter_map(|(sheet, inner)| read_sheet(sheet, &inner)).collect(),
    }
}

fn read_sheet(sheet: Located<String>, section: &Section<'_>) -> Option<HandSheet> {
    let rows = section.need_text("rows");
    let heading_row = read_row(section, "heading_row");
    let columns = section.need_section("columns").map(|found| named(found.all_texts()));
    section.finish();
    Some(HandSheet { sheet, rows: rows?, heading_row, columns: columns? })
}

/// A row that people count from 1.
fn read_row(section: &Section<'_>, key: &str) -> Option<u32> {
    let row = section.number(key)?;
    let row = u32::try_from(row).ok().filter(|row| (1..=1000).contains(row));
    if row.is_none() {
        let path = format!("{}.{key}", section.path());
        section.complain_at(key, expected_at(&path, "a row from 1 to 1000").found("another number"));
    }
    row
}

fn read_package(section: &Section<'_>) -> Option<HandPackage> {
    let table = section.need_text("table");
    let cell = section.need_section("cell").map(|cell| named(cell.all_texts()));
    let names = cell.iter().flatten().map(|named| named.name.len() + 12).sum::<usize>();
    if table.as_ref().map_or(0, |table| table.len()) + names > NAMES_BYTES_MAX {
        section
            .complain_at("cell", expected_at("hand.package.cell", "fewer or shorter columns").found(names));
    }
    let values = section.section("values").map(|values| named(values.all_texts())).unwrap_or_default();
    let inside = read_files(section, "inside");
    let outside = read_files(section, "outside");
    if outside.is_empty() {
        section.complain(Complaint::new("Q1002").fact("key", format!("{}.outside", section.path())));
    }
    section.finish();
    Some(HandPackage { table: table?, cell: cell?, values, inside, outside })
}

fn read_files(section: &Section<'_>, key: &str) -> Vec<PackedFile> {
    let read = |section: &Section<'_>| {
        let (name, content) = (section.need_text("name"), section.need_text("content"));
        section.finish();
        Some(PackedFile { name: name?, content: content? })
    };
    section.sections(key).iter().filter_map(read).collect()
}

fn read_receipt(section: &Section<'_>) -> Option<HandReceipt> {
    let id = section.need_text("id");
    let success = section.need_text("success");
    let text = |key: &str| section.text(key);
    let (sheet, list, ours) = (text("sheet"), text("list"), text("ours"));
    let (code, message, remote_id) = (text("code"), text("message"), text("remote_id"));
    let (duplicate, refused) = (text("duplicate"), text("refused"));
    let heading_row = read_row(section, "heading_row").unwrap_or(1);
    section.finish();
    Some(HandReceipt {
        sheet,
        heading_row,
        list,
        id: id?,
        ours,
        code,
        message,
        remote_id,
        success: success?,
        duplicate,
        refused,
    })
}

/// Whether a path stays below the folder that it is joined to.
fn is_below(path: &str) -> bool {
    let step = |step: &str| !step.is_empty() && !matches!(step, "." | "..");
    !path.contains(['\\', '\0']) && path.split('/').all(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_instance() {
        for (path, expect) in [
            ("hand/shandong", true),
            ("hand", true),
            ("/srv/hand", false),
            ("../hand", false),
            ("hand/../..", false),
            ("hand//x", false),
            ("hand/", false),
            ("", false),
        ] {
            assert_eq!(is_below(path), expect, "{path}");
        }
    }
}
