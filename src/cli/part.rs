//! One record's part of a batch's text: people look at one record, and a batch carries a hundred.

/// The innermost JSON object in a text that holds `needle`, even where the text was cut off behind it.
///
/// Shape: the slice from `{` to its `}`; `None` where no object around it is complete.
pub fn object_with<'a>(text: &'a str, needle: &str) -> Option<&'a str> {
    let mut open: Vec<usize> = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => (),
            '{' => open.push(at),
            '}' => {
                // Inner objects close first: the first that holds the needle is the innermost.
                let start = open.pop()?;
                let object = &text[start..=at];
                if object.contains(needle) {
                    return Some(object);
                }
            }
            _ => (),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::object_with;

    #[test]
    fn the_object_around_a_record_is_found_in_whole_and_cut_texts() {
        let rows = [
            (r#"{"records":[{"id":"a","data":{"t":"x"}},{"id":"b"}]}"#, "\"b\"", Some(r#"{"id":"b"}"#)),
            (
                r#"{"records":[{"id":"a","data":{"t":"}{"}},{"id":"b"}"#,
                "\"a\"",
                Some(r#"{"id":"a","data":{"t":"}{"}}"#),
            ),
            (r#"{"records":[{"id":"甲\"","n":1},{"id":"乙"#, "甲", Some(r#"{"id":"甲\"","n":1}"#)),
            (r#"{"records":[{"id":"a","#, "\"a\"", None),
            ("<html>a</html>", "a", None),
            ("}", "a", None),
        ];
        for (text, needle, expect) in rows {
            assert_eq!(object_with(text, needle), expect, "{text}");
        }
    }
}
