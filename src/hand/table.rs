//! From the items of a batch to sheets of texts, by the profile's layout or by the schema's own fields.

use serde_json::{Map, Value as Json};

use super::courier::Courier;
use crate::form::Form;
use crate::ledger::Item;
use crate::plan::Action;
use crate::platform::{Bindings, Formula, Known, LayoutReading};
use crate::record::{Complaint, Language, Value};

/// One sheet: headings in a row, texts below them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `None` where the layout names none.
    pub name: Option<String>,
    /// Counted from 1.
    pub heading_row: u32,
    pub columns: Vec<Column>,
    pub rows: Vec<Line>,
}

/// A column: what a table of cells calls it, and its heading for people. In a workbook both are the heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub id: String,
    pub heading: String,
}

/// A row of an item; `None` is an empty cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which of the items it belongs to.
    pub item: usize,
    pub cells: Vec<Option<String>>,
}

/// The columns that a sheet by the schema's own fields begins with.
const NUMBER: &str = "报送编号";
const ACTION: &str = "操作";
const REMOTE: &str = "省平台编号";
const REASON: &str = "撤回原因";

/// What is done with a record, in the words of a form.
pub(super) fn action_zh(action: Action) -> &'static str {
    match action {
        Action::Create => "新增",
        Action::Update => "修改",
        Action::Withdraw => "撤回",
    }
}

/// The names of one item, over those of its file.
pub(super) fn bind_item<'a>(file: &Bindings<'a>, item: &'a Item, number: usize) -> Bindings<'a> {
    let document = if item.document.0.is_empty() { Known::NULL } else { Known::Object(&item.document.0) };
    file.clone()
        .with("number", Known::Value(Value::Int(number as i64)))
        .with("record_id", Known::Text(&item.record_id))
        .with("item_key", Known::Text(&item.item_key))
        .with("version", Known::Value(Value::Int(item.version)))
        .with("remote_id", Known::maybe(item.remote_id.as_deref()))
        .with("reason", Known::maybe(Some(item.reason.as_str()).filter(|reason| !reason.is_empty())))
        .with("document", document)
}

/// The sheets of a batch, the listings' own first. Errors: Q7815 where an expression fails.
pub(super) fn tables(
    courier: &Courier,
    kind: &str,
    action: Action,
    file: &Bindings<'_>,
    items: &[Item],
) -> Result<Vec<Table>, Complaint> {
    let layout = courier.reading().layout_of(kind);
    if layout.columns.is_empty() {
        return Ok(courier.form(kind).map(|form| by_form(courier, form, action, items)).unwrap_or_default());
    }
    let join = courier.reading().hand.join.as_str();
    let mut listings = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let bindings = bind_item(file, item, place + 1);
        listings.push(Line { item: place, cells: cells(&layout.columns, &bindings, join)? });
    }
    let mut tables = vec![Table {
        name: layout.text.sheet.as_ref().map(|sheet| sheet.value.clone()),
        heading_row: layout.text.heading_row.unwrap_or(1),
        columns: columns(layout),
        rows: listings,
    }];
    for sheet in &layout.sheets {
        let mut rows = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let bindings = bind_item(file, item, place + 1);
            let found = sheet.rows.json(&bindings).map_err(|cause| failed(&sheet.sheet, &cause))?;
            for row in found.as_array().into_iter().flatten() {
                let bindings = bindings.clone().with("entry", Known::Json(row));
                rows.push(Line { item: place, cells: cells(&sheet.columns, &bindings, join)? });
            }
        }
        let column =
            |(heading, _): &(String, Formula)| Column { id: heading.clone(), heading: heading.clone() };
        tables.push(Table {
            name: Some(sheet.sheet.clone()),
            heading_row: sheet.heading_row,
            columns: sheet.columns.iter().map(column).collect(),
            rows,
        });
    }
    Ok(tables)
}

fn columns(layout: &LayoutReading) -> Vec<Column> {
    let title = |id: &String| {
        let titled = layout.text.titles.iter().find(|(name, _)| name.value == *id);
        titled.map_or_else(|| id.clone(), |(_, title)| title.value.clone())
    };
    layout.columns.iter().map(|(id, _)| Column { id: id.clone(), heading: title(id) }).collect()
}

fn cells(
    columns: &[(String, Formula)],
    bindings: &Bindings<'_>,
    join: &str,
) -> Result<Vec<Option<String>>, Complaint> {
    let cell = |(heading, formula): &(String, Formula)| {
        let value = formula.value(bindings).map_err(|cause| failed(heading, &cause))?;
        Ok(text_of(&value, join))
    };
    columns.iter().map(cell).collect()
}

/// `Q7815`: an expression of `[hand]` failed.
pub(super) fn failed(place: &str, cause: &Complaint) -> Complaint {
    Complaint::new("Q7815").fact("place", place).fact("reason", cause.message(Language::Chinese))
}

/// A cell's text: lists joined, the members of a nested row parted by `|`, 是 and 否.
pub(super) fn text_of(value: &Value, join: &str) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(if *flag { "是" } else { "否" }.to_owned()),
        Value::List(items) => {
            let texts: Vec<_> = items.iter().filter_map(|item| text_of(item, join)).collect();
            (!texts.is_empty()).then(|| texts.join(join))
        }
        Value::Map(entries) => {
            let texts = entries.iter().map(|(_, value)| text_of(value, join).unwrap_or_default());
            Some(texts.collect::<Vec<_>>().join("|"))
        }
        scalar => Some(scalar.to_string()).filter(|text| !text.is_empty()),
    }
}

/// Every field of the schema under its title, and a sheet for each list of details.
fn by_form(courier: &Courier, form: &Form, action: Action, items: &[Item]) -> Vec<Table> {
    let own = |name: &str| Column { id: name.to_owned(), heading: name.to_owned() };
    let mut columns: Vec<Column> = [NUMBER, ACTION, REMOTE, REASON].map(own).into();
    columns.extend(
        form.columns
            .iter()
            .map(|column| Column { id: column.field.clone(), heading: column.heading.clone() }),
    );
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let line = |(place, item): (usize, &Item)| {
        let mut cells = vec![
            Some(item.item_key.clone()),
            Some(action_zh(action).to_owned()),
            item.remote_id.clone(),
            filled(item.reason.clone()),
        ];
        cells.extend(form.cells(&item.document.0, courier.codes()).into_iter().map(filled));
        Line { item: place, cells }
    };
    let rows = items.iter().enumerate().map(line).collect();
    let mut tables = vec![Table { name: Some(form.sheet.clone()), heading_row: 1, columns, rows }];
    let nothing = Map::new();
    for group in &form.groups {
        let mut columns = vec![own(NUMBER)];
        columns.extend(group.columns.iter().map(|column| Column {
            id: format!("{}.{}", group.name, column.field),
            heading: column.heading.clone(),
        }));
        let mut rows = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let inner = item.document.0.get(&group.name).and_then(Json::as_array);
            for one in inner.into_iter().flatten() {
                let one = one.as_object().unwrap_or(&nothing);
                let mut cells = vec![Some(item.item_key.clone())];
                cells.extend(group.cells(one, courier.codes()).into_iter().map(filled));
                rows.push(Line { item: place, cells });
            }
        }
        tables.push(Table { name: Some(group.sheet.clone()), heading_row: 1, columns, rows });
    }
    tables
}
