//! Columns that nothing in a route speaks of: what stands in them keeps no listing at home.
//!
//! A query often gives more than is mapped, `SELECT *` above all. A column is idle only if its name stands nowhere in
//! the texts of the route, so that a doubt leaves it in use.

use crate::config::{Child, Field, Push};
use crate::record::Columns;

/// The texts in which the columns of one query may be named.
pub(super) struct Texts<'a>(Vec<&'a str>);

impl<'a> Texts<'a> {
    /// Of the listings.
    pub fn of_listings(push: &'a Push) -> Self {
        let source = &push.source;
        let conditions =
            [Some(&source.publish_when), source.withdraw_when.as_ref(), source.hold_when.as_ref()];
        let others = [push.title.as_ref(), source.cursor.as_ref().map(|cursor| &cursor.column)];
        let single = conditions.into_iter().chain(others).flatten().chain(&source.key);
        Texts(single.map(|text| text.as_str()).chain(written(&push.fields)).collect())
    }

    /// Of a group of children.
    pub fn of_child(child: &'a Child) -> Self {
        let key = child.key.iter().map(|column| column.as_str());
        Texts(key.chain(written(&child.fields)).collect())
    }

    /// For each column whether it is idle.
    pub fn idle(&self, columns: &Columns) -> Vec<bool> {
        if self.0.iter().any(|text| speaks_of_the_whole_row(text)) {
            return vec![false; columns.len()];
        }
        let texts: Vec<String> = self.0.iter().map(|text| text.to_ascii_lowercase()).collect();
        let is_idle = |column: &str| {
            // A heading is also found without its unit in brackets.
            let name = column.split(['(', '（']).next().unwrap_or(column).trim().to_ascii_lowercase();
            !texts.iter().any(|text| text.contains(&name))
        };
        columns.iter().map(|column| is_idle(column)).collect()
    }
}

fn written(fields: &[Field]) -> impl Iterator<Item = &str> {
    fields.iter().map(|field| field.expression.as_str())
}

/// `row` other than as `row['name']`.
fn speaks_of_the_whole_row(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices("row").any(|(at, word)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let stands_alone = !before.ends_with(is_word) && !after.starts_with(is_word);
        let after: String = after.chars().filter(|c| !c.is_whitespace()).take(2).collect();
        stands_alone && !matches!(after.as_str(), "['" | "[\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_nowhere_is_idle() {
        let columns: Columns =
            ["id", "CGMC", "gxsj", "意向价格(万元)", "联系 人", "je"].map(Into::into).into();
        let rows: [(&[&str], [bool; 6]); 5] = [
            (&["id", "cgmc | text"], [false, false, true, true, true, true]),
            (&["row['联系 人']", "row['意向价格'] | money('万元')"], [true, true, true, false, false, true]),
            (&["subject"], [true, true, true, true, true, false]),
            (&["row | length"], [false; 6]),
            (&["row[id]"], [false; 6]),
        ];
        for (texts, expect) in rows {
            assert_eq!(Texts(texts.to_vec()).idle(&columns), expect, "{texts:?}");
        }
    }
}
