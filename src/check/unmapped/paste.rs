//! A line of a crosswalk file, quoted so that it reads back as it was.

/// `value,code` without the end of the line.
pub(super) fn line(value: &str, code: &str) -> String {
    // A value that begins like a comment must not become one.
    let mut writer = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(Vec::new());
    // Writing into memory cannot fail, and both cells are text.
    let written = writer.write_record([value, code]).ok().and_then(|()| writer.into_inner().ok());
    let text = written.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    text.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_pasted_line_reads_back_as_value_and_code() {
        let rows = [
            ("新材料技术", "04", "新材料技术,04"),
            ("社会公共事业", "", "社会公共事业,"),
            ("硬,软", "01", "\"硬,软\",01"),
            ("叫“新\"材\"”", "04", "\"叫“新\"\"材\"\"”\",04"),
            ("#1", "04", "\"#1\",04"),
            ("上\n下", "", "\"上\n下\","),
        ];
        for (value, code, expect) in rows {
            let written = line(value, code);
            assert_eq!(written, expect, "{value}");
            let text = format!("value,code\n{written}\n");
            let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
            let record = reader.records().next().expect("one line").expect("a good line");
            assert_eq!((&record[0], &record[1]), (value, code));
        }
    }
}
