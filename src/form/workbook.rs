//! The form as a workbook.

use chrono::NaiveDate;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Formula, Workbook,
    Worksheet, XlsxError,
};
use serde_json::{Map, Value as Json};

use super::column::{Choice, Column, Form};
use super::explanation;
use super::shown::{cell, choices};
use crate::codes::Codes;
use crate::config::{FORM_CONSENT, FORM_KEY};
use crate::schema::Kind;

/// The number of the example row, which is never sent.
pub const EXAMPLE_KEY: &str = "示例";

/// The empty form of a kind with one example row. `today` decides which codes are offered.
///
/// Errors: what the library that writes workbooks says; a schema within this program's limits gives no reason for it.
pub fn template(kind: &Kind, codes: &Codes, today: NaiveDate) -> Result<Vec<u8>, XlsxError> {
    let form = Form::of(kind, codes);
    let example = kind.example().0;
    let mut book = Workbook::new();
    let mut lists = Lists { sheet: Worksheet::new(), columns: Vec::new() };
    lists.sheet.set_name(LISTS)?.set_very_hidden(true);
    let own = |name: &str, choice, message: &str| Slot {
        heading: format!("{name}*"),
        message: message.to_owned(),
        choices: choice,
        is_open: false,
        is_wide: false,
    };
    let key = own(FORM_KEY, Vec::new(), "本单位自编，每条一个，不可重复，以后不要改。");
    let consent = own(FORM_CONSENT, choices(&Choice::YesNo, codes, today), "填“是”才会报送。");
    let slot = |column: &Column| Slot::of(column, codes, today);

    let mut slots = vec![key.clone()];
    slots.extend(form.columns.iter().map(slot));
    slots.push(consent);
    let mut cells = vec![EXAMPLE_KEY.to_owned()];
    cells.extend(form.columns.iter().map(|column| cell(column, &example, codes)));
    cells.push("否".to_owned());
    sheet(book.add_worksheet(), &form.sheet, &slots, &[cells], &mut lists)?;
    for group in &form.groups {
        let mut slots = vec![key.clone()];
        slots.extend(group.columns.iter().map(slot));
        let items = example.get(&group.name).and_then(Json::as_array).cloned().unwrap_or_default();
        let nothing = Map::new();
        let row = |item: &Json| {
            let item = item.as_object().unwrap_or(&nothing);
            let cells = group.columns.iter().map(|column| cell(column, item, codes));
            std::iter::once(EXAMPLE_KEY.to_owned()).chain(cells).collect()
        };
        let rows: Vec<Vec<String>> = items.iter().map(row).collect();
        sheet(book.add_worksheet(), &group.sheet, &slots, &rows, &mut lists)?;
    }
    explain(book.add_worksheet(), &form, codes)?;
    // Formulas may refer to a sheet that comes later.
    if !lists.columns.is_empty() {
        book.push_worksheet(lists.sheet);
    }
    book.save_to_buffer()
}

/// The sheet that long lists stand in.
const LISTS: &str = "选项";
/// Rows that have drop-downs.
const ROWS: u32 = 2000;
/// Excel's limits for a list inside a validation, a message and its title, in characters.
const INLINE_MAX: usize = 255;
const MESSAGE_MAX: usize = 255;
const TITLE_MAX: usize = 32;

/// A column as it is laid out.
#[derive(Clone)]
struct Slot {
    heading: String,
    message: String,
    choices: Vec<String>,
    /// Other texts than the listed ones may be typed: several of them, or what the city calls them.
    is_open: bool,
    is_wide: bool,
}

impl Slot {
    fn of(column: &Column, codes: &Codes, today: NaiveDate) -> Slot {
        let choices = choices(&column.choice, codes, today);
        let mut message = column.description.clone();
        if !column.limits.is_empty() {
            message = format!("{}\n{message}", column.limits);
        }
        if let Some(separator) = column.separator {
            let separator = if separator == ';' { '；' } else { separator };
            message = format!("可填多项，用“{separator}”隔开。\n{message}");
        }
        let is_region = column.expression.ends_with("| region");
        Slot {
            heading: column.heading.clone(),
            message,
            choices,
            is_open: column.separator.is_some() || is_region,
            is_wide: column.limits.contains("00字"),
        }
    }
}

/// Lists that are too long for a validation, each in a column of its own.
struct Lists {
    sheet: Worksheet,
    columns: Vec<Vec<String>>,
}

impl Lists {
    /// The range that holds a list; the same list is written once.
    fn range(&mut self, choices: &[String]) -> Result<Formula, XlsxError> {
        let place = match self.columns.iter().position(|known| known == choices) {
            Some(place) => place,
            None => {
                let place = self.columns.len();
                for (row, choice) in choices.iter().enumerate() {
                    self.sheet.write_string(row as u32, place as u16, choice)?;
                }
                self.columns.push(choices.to_vec());
                place
            }
        };
        let letters = rust_xlsxwriter::utility::column_number_to_name(place as u16);
        Ok(Formula::new(format!("='{LISTS}'!${letters}$1:${letters}${}", choices.len())))
    }
}

fn sheet(
    sheet: &mut Worksheet,
    name: &str,
    slots: &[Slot],
    examples: &[Vec<String>],
    lists: &mut Lists,
) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let line = Color::RGB(0x00BF_BFBF);
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Center);
    let head =
        head.set_align(FormatAlign::VerticalCenter).set_border(FormatBorder::Thin).set_border_color(line);
    let needed = head.clone().set_background_color(Color::RGB(0x00FC_E4D6));
    let head = head.set_background_color(Color::RGB(0x00DD_EBF7));
    let grey = text.clone().set_font_color(Color::RGB(0x0080_8080)).set_italic();
    let grey = grey.set_background_color(Color::RGB(0x00F2_F2F2));

    sheet.set_name(name)?.set_freeze_panes(1, 1)?.set_row_height(0, 48)?;
    for (place, slot) in slots.iter().enumerate() {
        let place = place as u16;
        let format = if slot.heading.contains('*') { &needed } else { &head };
        sheet.set_column_format(place, &text)?;
        sheet
            .set_column_width(place, width(slot, examples.first().and_then(|row| row.get(place as usize))))?;
        sheet.write_string_with_format(0, place, &slot.heading, format)?;
        if let Some(validation) = validation(slot, lists)? {
            sheet.add_data_validation(1, place, ROWS, place, &validation)?;
        }
    }
    for (row, cells) in examples.iter().enumerate() {
        for (place, cell) in cells.iter().enumerate() {
            sheet.write_string_with_format(row as u32 + 1, place as u16, cell, &grey)?;
        }
    }
    Ok(())
}

fn width(slot: &Slot, example: Option<&String>) -> f64 {
    // A Chinese character is as wide as two digits.
    let heading = slot.heading.chars().take(9).count() * 2 + 2;
    let example = example.map_or(0, |text| text.chars().count() * 2);
    let widest = if slot.is_wide { 48 } else { 26 };
    example.clamp(heading.clamp(10, 20), widest) as f64
}

fn validation(slot: &Slot, lists: &mut Lists) -> Result<Option<DataValidation>, XlsxError> {
    let mut rule = DataValidation::new();
    if slot.choices.is_empty() {
        if slot.message.is_empty() {
            return Ok(None);
        }
        rule = rule.allow_any_value();
    } else {
        let inline: usize = slot.choices.iter().map(|choice| choice.chars().count() + 1).sum();
        let has_comma = slot.choices.iter().any(|choice| choice.contains(','));
        rule = if inline <= INLINE_MAX && !has_comma {
            rule.allow_list_strings(&slot.choices)?
        } else {
            let range = lists.range(&slot.choices)?;
            rule.allow_list_formula(range)
        };
        rule = if slot.is_open {
            rule.show_error_message(false)
        } else {
            rule.set_error_style(DataValidationErrorStyle::Warning)
                .set_error_title("不在列表中")?
                .set_error_message("请从下拉列表中选，或填列表中名称对应的代码。")?
        };
    }
    let title: String =
        slot.heading.split(['（', '*']).next().unwrap_or_default().chars().take(TITLE_MAX).collect();
    rule.set_input_title(title)?.set_input_message(cut(&slot.message, MESSAGE_MAX)).map(Some)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let short: String = text.chars().take(most - 1).collect();
    format!("{short}…")
}

fn explain(sheet: &mut Worksheet, form: &Form, codes: &Codes) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(14);
    let head =
        Format::new().set_bold().set_background_color(Color::RGB(0x00DD_EBF7)).set_border(FormatBorder::Thin);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    sheet.set_name(explanation::SHEET)?;
    for (column, width) in [18.0, 24.0, 6.0, 60.0, 48.0, 18.0].into_iter().enumerate() {
        sheet.set_column_width(column as u16, width)?;
    }
    let mut row = 0;
    for (index, line) in explanation::preface(form).iter().enumerate() {
        let format = if index == 0 { title.clone() } else { Format::new() };
        sheet.write_string_with_format(row, 0, line, &format)?;
        row += 1;
    }
    row += 1;
    for (column, heading) in explanation::HEADINGS.iter().enumerate() {
        sheet.write_string_with_format(row, column as u16, *heading, &head)?;
    }
    for line in explanation::lines(form, codes) {
        row += 1;
        for (column, cell) in line.iter().enumerate() {
            sheet.write_string_with_format(row, column as u16, cell, &text)?;
        }
    }
    Ok(())
}
