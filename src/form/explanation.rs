//! The sheet that explains a form: one line for each column.

use super::column::{Choice, Column, Form};
use crate::codes::Codes;
use crate::config::{FORM_CONSENT, FORM_KEY};
use crate::schema::Class;

/// The sheet's name.
pub(super) const SHEET: &str = "填写说明";

/// The headings of the explanations.
pub(super) const HEADINGS: [&str; 6] = ["工作表", "栏目", "必填", "填什么", "格式和限制", "个人信息"];

/// What stands above them.
pub(super) fn preface(form: &Form) -> Vec<String> {
    let mut lines = vec![
        format!("{}征集表填写说明", form.title),
        "第 2 行是示例，不会报送，可以删除。表头请勿改动或删除；不需要的栏目留空。".to_owned(),
        format!(
            "“{FORM_KEY}”由填报单位自编，每条一个，不可重复，以后也不要改：系统靠它认出同一条记录。“{FORM_CONSENT}”填“是”才会报送。"
        ),
        "带 * 的必填。有下拉列表的栏目从列表中选，也可填代码。各栏目已设为文本，编号开头的 0 不会丢。"
            .to_owned(),
        "涉密的内容一律不得填入本表。".to_owned(),
    ];
    if !form.groups.is_empty() {
        let sheets: Vec<_> = form.groups.iter().map(|group| format!("“{}”", group.sheet)).collect();
        lines.push(format!(
            "一条记录有多项明细的，填在工作表{}里，每项一行，“{FORM_KEY}”与“{}”里的相同。",
            sheets.join("、"),
            form.sheet
        ));
    }
    lines
}

/// A line for each column of every sheet.
pub(super) fn lines(form: &Form, codes: &Codes) -> Vec<[String; 6]> {
    let own = |sheet: &str, name: &str, what: &str| [sheet, name, "是", what, "", ""].map(str::to_owned);
    let mut lines = vec![own(&form.sheet, FORM_KEY, "本单位自编的编号，不可重复。")];
    lines.extend(form.columns.iter().map(|column| line(&form.sheet, column, codes)));
    lines.push(own(&form.sheet, FORM_CONSENT, "是：同意报送到省级平台；否：暂不报送。"));
    for group in &form.groups {
        let what = format!("{}每项一行；编号与“{}”里的相同。", group.description, form.sheet);
        lines.push(own(&group.sheet, FORM_KEY, &what));
        lines.extend(group.columns.iter().map(|column| line(&group.sheet, column, codes)));
    }
    lines
}

fn line(sheet: &str, column: &Column, codes: &Codes) -> [String; 6] {
    let mut format = column.limits.clone();
    let mut add = |more: String| {
        if !format.is_empty() {
            format.push('；');
        }
        format.push_str(&more);
    };
    match &column.choice {
        Choice::Free => (),
        Choice::YesNo => add("是或否".to_owned()),
        Choice::Only(table, code) => {
            add(format!("只能是“{}”", codes.name(table, code).unwrap_or(code)));
        }
        Choice::Table(name) => add(table_words(name, codes)),
    }
    if let Some(separator) = column.separator {
        add(format!("多项用“{}”隔开", if separator == ';' { '；' } else { separator }));
    }
    let personal = match column.class {
        Class::Personal => "个人信息：填写前须取得本人同意",
        Class::Sensitive => "敏感个人信息：填写前须取得本人单独同意",
        Class::Public | Class::Business | Class::Secret => "",
    };
    [
        sheet.to_owned(),
        column.name.clone(),
        if column.required { "是" } else { "" }.to_owned(),
        column.description.clone(),
        format,
        personal.to_owned(),
    ]
}

/// A short table in full, a long one by its size.
fn table_words(name: &str, codes: &Codes) -> String {
    const SHOWN: usize = 15;
    match codes.table(name) {
        Ok(table) if table.rows().len() <= SHOWN => {
            let words: Vec<_> = table.rows().iter().map(|row| row.name.as_ref()).collect();
            format!("代码表 {name}：{}", words.join(" / "))
        }
        Ok(table) => format!("代码表 {name}，共 {} 项，见下拉列表；名称或代码均可", table.rows().len()),
        Err(_) => format!("代码表 {name}"),
    }
}
