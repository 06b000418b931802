//! Names and values as routes, expressions and SQL write them.

use super::fit::COLUMN;
use crate::record::Value;

/// Names that mean something else in an expression.
const RESERVED: [&str; 14] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "row"];
/// Names that SQL reads as its own words on one engine or another.
const SQL_WORDS: [&str; 41] = [
    "add",
    "all",
    "alter",
    "and",
    "as",
    "asc",
    "by",
    "case",
    "check",
    "column",
    "condition",
    "create",
    "default",
    "desc",
    "describe",
    "distinct",
    "else",
    "end",
    "from",
    "group",
    "in",
    "index",
    "int",
    "interval",
    "key",
    "keys",
    "limit",
    "match",
    "number",
    "order",
    "range",
    "rank",
    "read",
    "references",
    "select",
    "set",
    "table",
    "to",
    "user",
    "when",
    "where",
];

/// A column in an expression.
pub(super) fn reference(column: &str) -> String {
    let mut letters = column.chars();
    let starts = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if starts && letters.all(|c| c.is_alphanumeric() || c == '_') && !RESERVED.contains(&column) {
        column.to_owned()
    } else {
        format!("row['{}']", column.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// An expression over a column.
pub(super) fn expression(template: &str, column: &str) -> String {
    template.replace(COLUMN, &reference(column))
}

/// A value in an expression.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        other => format!("'{}'", other.to_string().replace('\\', "\\\\").replace('\'', "\\'")),
    }
}

/// A text in TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            c if c.is_control() => quoted += &format!("\\u{:04x}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// A key in TOML; dots belong to the name.
pub(super) fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// A list of texts in TOML.
pub(super) fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// A name in SQL, quoted where an engine would read it otherwise; dots part schema and table.
pub(super) fn sql_name(name: &str, quote: char) -> String {
    let part = |part: &str| {
        let is_plain = part
            .chars()
            .all(|c| c.is_lowercase() || c.is_ascii_digit() || c == '_' || super::words::is_han(c))
            && part.chars().next().is_some_and(|c| !c.is_ascii_digit())
            && !SQL_WORDS.contains(&part);
        if is_plain {
            part.to_owned()
        } else {
            format!("{quote}{}{quote}", part.replace(quote, &format!("{quote}{quote}")))
        }
    };
    name.split('.').map(part).collect::<Vec<_>>().join(".")
}

/// One line of a comment, whatever is in the text.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match clean.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_so_that_they_are_read_back() {
        for (name, in_expression, in_sql) in [
            ("cgmc", "cgmc", "cgmc"),
            ("合同编号", "合同编号", "合同编号"),
            ("成交金额(万元)", "row['成交金额(万元)']", "\"成交金额(万元)\""),
            ("research-content", "row['research-content']", "\"research-content\""),
            ("in", "row['in']", "\"in\""),
            ("BASE_ID", "BASE_ID", "\"BASE_ID\""),
            ("order", "order", "\"order\""),
            ("it's", "row['it\\'s']", "\"it's\""),
        ] {
            assert_eq!(reference(name), in_expression);
            assert_eq!(sql_name(name, '"'), in_sql);
        }
        assert_eq!(sql_name("public.T", '`'), "public.`T`");
    }
}
