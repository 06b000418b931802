//! What a file is, by its content; its name is believed only where content says nothing.

/// A type of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Without the dot.
    pub ending: &'static str,
    pub media: &'static str,
}

/// Where the endings of one container differ: an old Office file is the same container whatever is in it.
const OFFICE: [Kind; 3] = [
    Kind { ending: "doc", media: "application/msword" },
    Kind { ending: "xls", media: "application/vnd.ms-excel" },
    Kind { ending: "ppt", media: "application/vnd.ms-powerpoint" },
];
const UNKNOWN: Kind = Kind { ending: "bin", media: "application/octet-stream" };
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

pub(super) fn kind(content: &[u8], name: &str) -> Kind {
    let by_name = |ending: &str| name.to_lowercase().ends_with(&format!(".{ending}"));
    if content.starts_with(OLE) {
        return OFFICE.into_iter().find(|kind| by_name(kind.ending)).unwrap_or(UNKNOWN);
    }
    if let Some(found) = infer::get(content) {
        return Kind { ending: found.extension(), media: found.mime_type() };
    }
    match text_of(content) {
        Some(text) if looks_like_markup(text) => Kind { ending: "html", media: "text/html" },
        Some(_) if by_name("csv") => Kind { ending: "csv", media: "text/csv" },
        Some(_) => Kind { ending: "txt", media: "text/plain" },
        None => UNKNOWN,
    }
}

/// The name with an ending that fits the content.
pub(super) fn named(name: &str, ending: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
    let alike = |written: &str| match ending {
        "jpg" => matches!(written, "jpg" | "jpeg"),
        other => written == other,
    };
    let has = name.rsplit_once('.').is_some_and(|(_, written)| alike(&written.to_lowercase()));
    if has { name.to_owned() } else { format!("{name}.{ending}") }
}

/// Text, by its beginning: no control characters but those of lines, and readable as UTF-8 or GB 18030.
fn text_of(content: &[u8]) -> Option<&[u8]> {
    let head = &content[..content.len().min(8192)];
    let odd = |byte: &u8| *byte < 0x20 && !matches!(*byte, b'\t' | b'\r' | b'\n' | 0x0c);
    if head.iter().any(odd) {
        return None;
    }
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut at the end of the head.
        Err(error) => error.error_len().is_none(),
    };
    let gbk = || !encoding_rs::GB18030.decode_without_bom_handling(head).1;
    (is_utf8 || gbk() || head.len() == 8192).then_some(head)
}

fn looks_like_markup(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(1024)]).to_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    ["<!doctype html", "<html", "<head", "<script", "<svg", "<body"]
        .iter()
        .any(|start| text.starts_with(start))
        || text.contains("<html")
        || text.contains("<script")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_and_a_name_only_where_content_is_silent() {
        let ole = [OLE, &[0; 100]].concat();
        let rows: &[(&[u8], &str, &str)] = &[
            (b"%PDF-1.7\n...", "a.exe", "pdf"),
            (b"\x89PNG\r\n\x1a\n....", "a.pdf", "png"),
            (b"MZ\x90\0\x03\0\0\0", "a.pdf", "exe"),
            (&ole, "a.doc", "doc"),
            (&ole, "a.XLS", "xls"),
            (&ole, "a.pdf", "bin"),
            ("姓名,电话\n".as_bytes(), "a.csv", "csv"),
            ("说明".as_bytes(), "a.pdf", "txt"),
            (b"\xcb\xb5\xc3\xf7", "a", "txt"),
            (b"  <!DOCTYPE html><p>login", "a.pdf", "html"),
            (b"\xef\xbb\xbf<svg onload=alert(1)>", "a.png", "html"),
            (b"\x00\x01\x02\x03", "a.pdf", "bin"),
        ];
        for (content, name, ending) in rows {
            assert_eq!(kind(content, name).ending, *ending, "{name}");
        }
    }

    #[test]
    fn a_name_gets_the_ending_that_fits() {
        for (name, ending, expect) in [
            ("合同.pdf", "pdf", "合同.pdf"),
            ("合同.PDF", "pdf", "合同.PDF"),
            ("图.jpeg", "jpg", "图.jpeg"),
            ("图.pdf", "png", "图.pdf.png"),
            ("1682900000", "pdf", "1682900000.pdf"),
            (r"..\..\x.pdf", "pdf", "x.pdf"),
        ] {
            assert_eq!(named(name, ending), expect);
        }
    }
}
