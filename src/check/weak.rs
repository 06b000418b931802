//! Weak digests and ciphers in a platform's expressions: allowed, since provinces ask for them, and named.

use std::path::Path;

use toml::Spanned;
use toml::de::DeValue;

use crate::config::{Fault, Reader};
use crate::crypto;
use crate::expression::Expression;
use crate::record::Complaint;

/// One remark for each weak filter in each expression, at the filter's name.
///
/// Every text of the file is looked at, whatever its key: what is no expression names no filter.
pub(super) fn remarks(file: &Path, text: &str) -> Vec<Fault> {
    let reader = Reader::new(file, text);
    let tree = reader.parse();
    for (_, value) in tree.get_ref().iter() {
        visit(value, text, &reader);
    }
    reader.into_faults()
}

fn visit(value: &Spanned<DeValue<'_>>, file_text: &str, reader: &Reader<'_>) {
    match value.get_ref() {
        DeValue::String(text) => {
            let Ok(expression) = Expression::compile(text) else { return };
            for name in expression.filters() {
                if let Some(why) = crypto::weak(name) {
                    let span = value.span();
                    let written = file_text.get(span.clone()).unwrap_or_default();
                    let complaint = Complaint::new("Q3180").found(name);
                    let complaint = complaint.fact("why_zh", why.zh).fact("why_en", why.en);
                    reader.complain(span.start + place(written, name), complaint);
                }
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| visit(item, file_text, reader)),
        DeValue::Table(table) => table.iter().for_each(|(_, value)| visit(value, file_text, reader)),
        _ => (),
    }
}

/// Where a filter's name stands after a bar, or quoted inside `map`; the text's beginning if it is written oddly.
fn place(written: &str, name: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_filter = |at: &usize| {
        let before = written[..*at].trim_end();
        let after = &written[at + name.len()..];
        before.ends_with(['|', '\'', '"'])
            && !written[..*at].ends_with(is_part)
            && !after.starts_with(is_part)
    };
    written.match_indices(name).map(|(at, _)| at).find(is_filter).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<String> = remarks(Path::new("p.toml"), text)
            .iter()
            .map(|fault| {
                format!("{}:{} {} {}", fault.line, fault.column, fault.complaint.id, fault.complaint.found)
            })
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn each_weak_filter_is_named_where_it_stands() {
        check("title = 'md5 and sha1'\n[values]\na = \"body | sha256 | hex\"\n", &[]);
        check("[values]\nmd5 = \"md5_of ~ (body |md5| hex)\"\n", &["2:24 Q3180 md5"]);
        check(
            "[values]\na = '''\nb | sha1 ~\n  (c | md5)'''\n[operations.x]\nq = { a = \"b | aes_ecb_encrypt(k)\" }\n",
            &["3:5 Q3180 sha1", "4:8 Q3180 md5", "6:16 Q3180 aes_ecb_encrypt"],
        );
        check("[[logins]]\nl = [\"x | map('md5')\"]\n", &["2:16 Q3180 md5"]);
        check("a = \"b | md5(\"\n", &[]);
    }

    #[test]
    fn whole_profiles_are_looked_through() {
        let named = |text: &str| {
            let mut found: Vec<String> =
                remarks(Path::new("p.toml"), text).into_iter().map(|fault| fault.complaint.found).collect();
            found.dedup();
            found
        };
        assert_eq!(named(include_str!("../../config/platforms/shandong.toml")), [""; 0]);
        assert_eq!(named(include_str!("../../tests/profiles/xtif-sm3/profile.toml")), [""; 0]);
        assert_eq!(named(include_str!("../../tests/profiles/shenzhen-shuiwu/profile.toml")), ["md5"]);
        let national = named(include_str!("../../tests/profiles/yibao-sm/profile.toml"));
        assert!(
            national.iter().all(|name| name.starts_with("sm4_ecb_")) && !national.is_empty(),
            "{national:?}"
        );
    }
}
