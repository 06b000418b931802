//! Reads the `cursor` of a route's source.

use serde_json::Value as Json;

use super::parse_route::sql_name;
use super::{Located, Section, SourceCursor};

/// `cursor = "gxsj"`, or `[source.cursor]` with its settings.
pub(super) fn read_cursor(section: &Section<'_>) -> Option<SourceCursor> {
    let (overlap, full_every) = (SourceCursor::OVERLAP, SourceCursor::FULL_EVERY);
    if matches!(section.json("cursor")?, Json::String(_)) {
        let column = section.text("cursor").and_then(|column| sql_name(section, "cursor", column))?;
        let at = Located { value: (), line: column.line, column: column.column };
        return Some(SourceCursor { column, overlap, full_every, at });
    }
    let settings = section.section("cursor")?;
    let column = settings.need_text("column").and_then(|column| sql_name(&settings, "column", column));
    let overlap = settings.duration("overlap").unwrap_or(overlap);
    let full_every = settings.duration("full_every").unwrap_or(full_every);
    settings.finish();
    Some(SourceCursor { column: column?, overlap, full_every, at: settings.place() })
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    /// The cursor as `column overlap full_every`, in seconds, and the faults.
    fn read(text: &str) -> (String, Vec<(usize, String)>) {
        let reader = Reader::new("r.toml", text);
        let tree = reader.parse();
        let root = reader.root(&tree);
        let found = read_cursor(&root).map(|cursor| {
            let SourceCursor { column, overlap, full_every, .. } = cursor;
            format!("{} {} {}", column.value, overlap.as_secs(), full_every.as_secs())
        });
        root.finish();
        drop(root);
        let faults = reader.into_faults().into_iter();
        (found.unwrap_or_default(), faults.map(|fault| (fault.line, fault.complaint.id)).collect())
    }

    #[test]
    fn a_cursor_is_a_column_or_a_section_with_its_settings() {
        /// A file, what is read of it, and the faults.
        type Case<'a> = (&'a str, &'a str, &'a [(usize, &'a str)]);
        let rows: [Case<'_>; 9] = [
            ("", "", &[]),
            ("cursor = 'gxsj'", "gxsj 900 86400", &[]),
            ("cursor.column = '更新时间'", "更新时间 900 86400", &[]),
            ("[cursor]\ncolumn = 'gxsj'\noverlap = '2h'\nfull_every = '7d'", "gxsj 7200 604800", &[]),
            ("[cursor]\ncolumn = 'gxsj'\noverlap = '0'", "gxsj 0 86400", &[]),
            ("cursor = 7", "", &[(1, "Q1004")]),
            ("cursor = ''", "", &[(1, "Q1004")]),
            ("[cursor]\noverlap = '1h'", "", &[(1, "Q1002")]),
            (
                "[cursor]\ncolumn = 'gxsj'\noverlap = '1x'\nevery = '1d'",
                "gxsj 900 86400",
                &[(3, "Q1004"), (4, "Q1003")],
            ),
        ];
        for (text, expect, faults) in rows {
            let (found, said) = read(text);
            let said: Vec<_> = said.iter().map(|(line, id)| (*line, id.as_str())).collect();
            assert_eq!((found.as_str(), said.as_slice()), (expect, faults), "{text}");
        }
    }
}
