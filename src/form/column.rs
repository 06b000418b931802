//! The columns of a kind's form: one for each field that a clerk can fill in.

use serde_json::{Map, Value as Json};

use super::shown::{cell, limits, node_at};
use crate::codes::Codes;
use crate::config::{FORM_CONSENT, FORM_KEY};
use crate::record::heading;
use crate::schema::{Class, FieldInfo, Kind};

/// A form: one sheet of listings, and one for each list of details.
#[derive(Clone, Debug)]
pub struct Form {
    pub title: String,
    /// The sheet's name, which is its table's.
    pub sheet: String,
    /// Without the first and the last one, which every form has.
    pub columns: Vec<Column>,
    pub groups: Vec<Group>,
}

/// A list of objects, on a sheet of its own under the listings' numbers.
#[derive(Clone, Debug)]
pub struct Group {
    /// The field.
    pub name: String,
    pub title: String,
    pub description: String,
    pub sheet: String,
    pub required: bool,
    pub columns: Vec<Column>,
}

/// One column of a form.
#[derive(Clone, Debug)]
pub struct Column {
    /// The field as a route's `[fields]` names it, from the document or the child row.
    pub field: String,
    /// The field as `[basis]` names it: with the group in front.
    pub full_name: String,
    /// From the document or the child row.
    pub pointer: String,
    /// As it is printed: with unit, required mark, and how to part several values.
    pub heading: String,
    /// As expressions name the column.
    pub name: String,
    /// From the cell to the field.
    pub expression: String,
    pub required: bool,
    pub choice: Choice,
    /// What stands between the values of a list.
    pub separator: Option<char>,
    pub description: String,
    /// Format and limits, in Chinese.
    pub limits: String,
    pub class: Class,
}

/// What a cell may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Free,
    YesNo,
    /// Names of a code table, or its codes.
    Table(String),
    /// The one code of a table that may leave.
    Only(String, String),
}

impl Group {
    /// The cells of one of its rows, in the columns' order.
    pub fn cells(&self, row: &Map<String, Json>, codes: &Codes) -> Vec<String> {
        self.columns.iter().map(|column| cell(column, row, codes)).collect()
    }
}

impl Form {
    /// The cells of a document on the listings' own sheet, in the columns' order.
    pub fn cells(&self, document: &Map<String, Json>, codes: &Codes) -> Vec<String> {
        self.columns.iter().map(|column| cell(column, document, codes)).collect()
    }

    /// The form of a kind.
    pub fn of(kind: &Kind, codes: &Codes) -> Form {
        let schema: Json = serde_json::from_str(&kind.text).unwrap_or_default();
        let sheet = sheet_name(&kind.title, "");
        let mut form = Form { title: kind.title.clone(), sheet, columns: Vec::new(), groups: Vec::new() };
        for field in kind.fields.iter().filter(|field| !field.name.contains('.') && !field.volatile) {
            let inner = kind.fields.iter().filter(|other| is_inside(&other.name, &field.name));
            let inner: Vec<&FieldInfo> = inner.filter(|other| !is_container(other)).collect();
            let maker = Maker { schema: &schema, codes };
            if inner.is_empty() {
                let column = maker.column(field, &field.name, &field.pointer, &field.title, field.required);
                form.columns.extend(column);
            } else if field.shape == "array" {
                let start = format!("{}/*", field.pointer);
                let columns = inner.iter().filter_map(|one| {
                    let name = &one.name[field.name.len() + 1..];
                    let pointer = one.pointer.strip_prefix(&start)?;
                    maker.column(one, name, pointer, &one.title, one.required)
                });
                form.groups.push(Group {
                    name: field.name.clone(),
                    title: field.title.clone(),
                    description: field.description.clone(),
                    sheet: sheet_name(&kind.title, &field.title),
                    required: field.required,
                    columns: distinct(columns.collect()),
                });
            } else {
                form.columns.extend(inner.iter().filter_map(|one| {
                    let title = joined(&field.title, &one.title);
                    maker.column(one, &one.name, &one.pointer, &title, field.required && one.required)
                }));
            }
        }
        form.columns = distinct(form.columns);
        form
    }
}

fn is_inside(name: &str, outer: &str) -> bool {
    name.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

/// Fields that only hold others: their inner ones are the columns.
fn is_container(field: &FieldInfo) -> bool {
    field.shape == "object"
}

/// `联系人` and `联系电话` are `联系人电话`.
fn joined(outer: &str, inner: &str) -> String {
    let same = outer.chars().zip(inner.chars()).take_while(|(one, other)| one == other).count();
    let rest: String = inner.chars().skip(same).collect();
    format!("{outer}{}", if rest.is_empty() { inner } else { &rest })
}

/// What Excel takes for a sheet's name, and what a table may be called: no dot parts it.
fn sheet_name(kind: &str, group: &str) -> String {
    const CHARS_MAX: usize = 31;
    let plain = |title: &str| -> String {
        let title = title.replace(" / ", "-");
        title.chars().map(|c| if "[]:*?/\\.'".contains(c) { '-' } else { c }).collect()
    };
    let name = if group.is_empty() { plain(kind) } else { format!("{}-{}", plain(kind), plain(group)) };
    name.chars().take(CHARS_MAX).collect()
}

/// Two fields of one title are told apart by a number, as the headings of a file are.
fn distinct(mut columns: Vec<Column>) -> Vec<Column> {
    let mut taken = vec![FORM_KEY.to_owned(), FORM_CONSENT.to_owned()];
    for column in &mut columns {
        let plain = column.name.clone();
        let mut number = 2;
        while taken.contains(&column.name) {
            column.name = format!("{plain}{number}");
            number += 1;
        }
        if column.name != plain {
            let old = in_row(&plain);
            column.expression = column.expression.replace(&old, &in_row(&column.name));
            column.heading = format!("{}{}", column.name, if column.required { "*" } else { "" });
        }
        taken.push(column.name.clone());
    }
    columns
}

/// A column as an expression reads it.
fn in_row(name: &str) -> String {
    format!("row['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

struct Maker<'a> {
    schema: &'a Json,
    codes: &'a Codes,
}

impl Maker<'_> {
    /// `None` for what no form should ask for: identity numbers and the like that the province does not require.
    fn column(
        &self,
        field: &FieldInfo,
        name: &str,
        pointer: &str,
        title: &str,
        required: bool,
    ) -> Option<Column> {
        if field.class == Class::Sensitive && !required {
            return None;
        }
        let node = node_at(self.schema, &field.pointer);
        let separator = (field.shape == "array").then(|| self.separator(field));
        let unit = node["x-decimal"]["unit"].as_str().unwrap_or_default();
        let mut heading_text = match &field.parent {
            Some(_) => format!("{title}编号"),
            None => title.to_owned(),
        };
        if !unit.is_empty() {
            heading_text.push_str(&format!("（{unit}）"));
        }
        let name_in_row = heading(&heading_text);
        if required {
            heading_text.push('*');
        }
        if let Some(separator) = separator {
            heading_text.push_str(&format!(
                "（可填多项，用{}隔开）",
                if separator == ';' { '；' } else { separator }
            ));
        }
        let choice = match &field.table {
            Some(table) => match node["const"].as_str() {
                Some(code) => Choice::Only(table.clone(), code.to_owned()),
                None => Choice::Table(table.clone()),
            },
            None if field.shape == "boolean" => Choice::YesNo,
            None => Choice::Free,
        };
        Some(Column {
            field: name.to_owned(),
            full_name: field.name.clone(),
            pointer: pointer.to_owned(),
            expression: self.expression(field, node, &name_in_row, required, separator, unit),
            heading: heading_text,
            name: name_in_row,
            required,
            choice,
            separator,
            // What the schema says of it is about the province's number.
            description: match &field.parent {
                Some(_) => format!("{title}在本市的编号，即它自己那张征集表里的“{FORM_KEY}”。"),
                None => field.description.clone(),
            },
            limits: if field.parent.is_some() { String::new() } else { limits(field, node) },
            class: field.class,
        })
    }

    fn names<'n>(&'n self, field: &FieldInfo) -> impl Iterator<Item = &'n str> {
        let table = field.table.as_deref().and_then(|table| self.codes.table(table).ok());
        table.into_iter().flat_map(|table| table.rows()).map(|row| row.name.as_ref())
    }

    /// The semicolon where the names of the table have commas of their own.
    fn separator(&self, field: &FieldInfo) -> char {
        let is_common = |c: char| matches!(c, ',' | '，' | '、' | '|' | '｜');
        if self.names(field).any(|name| name.contains(is_common)) { ';' } else { '、' }
    }

    /// As ordinary expressions, so that everything that shows a route shows these too.
    fn expression(
        &self,
        field: &FieldInfo,
        node: &Json,
        column: &str,
        required: bool,
        separator: Option<char>,
        unit: &str,
    ) -> String {
        let mut cell = in_row(column);
        // 无 in a field that may be left out says that there is nothing, unless the province has a code of that name.
        let says_none = |name: &str| matches!(name, "无" | "暂无");
        if !required && !self.names(field).any(says_none) {
            cell.push_str(" | null_words");
        }
        let split = match separator {
            Some(';') => " | narrow | split(';')",
            _ => " | split",
        };
        let format = match field.shape.as_str() {
            "array" => node["items"]["format"].as_str(),
            _ => field.format.as_deref(),
        };
        let parent = match field.shape.as_str() {
            "array" => node["items"]["x-parent"].as_str(),
            _ => field.parent.as_deref(),
        };
        match (field.shape.as_str(), parent, field.table.as_deref(), format) {
            ("array", Some(parent), _, _) => format!("{cell}{split} | map('parent', '{parent}')"),
            ("array", _, Some(table), _) => format!("{cell}{split} | codes('{table}')"),
            ("array", _, _, Some("cn-patent")) => format!("{cell} | patents"),
            ("array", ..) if node["items"]["type"] == "integer" => format!("{cell}{split} | map('int')"),
            ("array", ..) => format!("{cell}{split}"),
            ("boolean", ..) => format!("{cell} | bool"),
            ("integer", ..) if is_year(node) => format!("{cell} | year"),
            ("integer", ..) => format!("{cell} | int"),
            (_, Some(parent), _, _) => format!("{cell} | parent('{parent}')"),
            (_, _, Some(_), Some("region-code")) => format!("{cell} | region"),
            (_, _, Some(table), _) => format!("{cell} | code('{table}')"),
            (_, _, _, Some("date")) => format!("{cell} | date"),
            (_, _, _, Some("uscc")) => format!("{cell} | uscc"),
            (_, _, _, Some("cn-phone")) => format!("{cell} | phone"),
            (_, _, _, Some("cn-patent")) => format!("{cell} | patent"),
            // `money` counts in 万元.
            (_, _, _, Some("decimal")) => match unit {
                "万元" => format!("{cell} | money('万元')"),
                "元" => format!("({cell} | money('元')) * 10000"),
                "亿元" => format!("({cell} | money('亿元')) / 10000"),
                "%" => format!("{cell} | narrow | replace('%', '') | decimal"),
                _ => format!("{cell} | decimal"),
            },
            _ => format!("{cell} | text"),
        }
    }
}

/// A whole number that can only be a year: people write `2023年`, and spreadsheets a date.
fn is_year(node: &Json) -> bool {
    let limit = |key: &str| node[key].as_i64().is_some_and(|limit| (1900..=2200).contains(&limit));
    limit("minimum") && limit("maximum")
}
