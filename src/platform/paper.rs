//! Requests and answers as they may be kept and shown: without secrets, personal data masked, cut to size.

use super::{Answer, Content, Credentials, Request};
use crate::record::mask;

/// The most of a body that is kept for showing, in bytes. The payload itself stays whole in the ledger with its
/// hash; this is for reading, and masking costs time for every byte.
const SHOWN_BYTES_MAX: usize = 16 * 1024;

/// Headers that carry a session or a secret by their nature.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate"];

/// What stands in the place of a secret.
pub(super) const HIDDEN: &str = "***";

impl Request {
    /// Method and address, headers, an empty line, the body; and the payload, where the body has it only encrypted.
    pub fn show(&self, credentials: &Credentials) -> String {
        let mut text = printable(&format!("{} {}", self.method, mask(&self.shown.url))).replace('\n', "·");
        text.push('\n');
        for (name, value) in &self.shown.headers {
            write_header(&mut text, name, value);
        }
        write_body(&mut text, self.shown.body.as_ref().unwrap_or(&self.body));
        if let Some(payload) = &self.shown.payload {
            text.push_str("\n\n(payload)");
            write_body(&mut text, payload);
        }
        credentials.hide(text)
    }
}

impl Answer {
    /// Status, headers, an empty line, the body; and once more what was inside of a body that had to be opened.
    pub fn show(&self, content: &Content, credentials: &Credentials) -> String {
        let mut text = format!("HTTP {}\n", self.status);
        for (name, value) in &self.headers {
            write_header(&mut text, name, value);
        }
        let head = &self.body[..self.body.len().min(SHOWN_BYTES_MAX)];
        write_text(&mut text, &content.charset.decode(head).0, self.body.len());
        if let (true, Ok(body)) = (content.is_opened, &content.body) {
            text.push('\n');
            write_body(&mut text, body.to_string().as_bytes());
        }
        credentials.hide(text)
    }
}

fn write_header(text: &mut String, name: &str, value: &str) {
    let secret = SECRET_HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name));
    text.push_str(name);
    text.push_str(": ");
    text.push_str(if secret { HIDDEN } else { value });
    text.push('\n');
}

fn write_body(text: &mut String, body: &[u8]) {
    let head = &body[..body.len().min(SHOWN_BYTES_MAX)];
    write_text(text, &String::from_utf8_lossy(head), body.len());
}

/// The head of a body that has `bytes` bytes in all.
fn write_text(text: &mut String, head: &str, bytes: usize) {
    if bytes == 0 {
        return;
    }
    text.push('\n');
    let mut shown = head;
    if bytes > SHOWN_BYTES_MAX {
        // A number cut in half would no longer be recognised and masked: end before the last word.
        let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+'));
        shown = &shown[..shown.rfind(is_end).unwrap_or(0)];
    }
    text.push_str(&printable(&mask(shown)));
    if bytes > SHOWN_BYTES_MAX {
        text.push_str(&format!("\n… ({bytes} bytes)"));
    }
}

/// Control characters other than line ends become `·`: what is shown on a terminal must not steer it.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '·' } else { c }).collect()
}

/// A text of the province for a complaint: masked, in one line, at most `chars_max` characters.
pub(crate) fn one_line(text: &str, chars_max: usize) -> String {
    let head: String = text.chars().take(chars_max + 20).collect();
    let masked = mask(&head);
    let line: String = masked.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect();
    if masked.chars().count() > chars_max { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::platform::Masked;

    #[test]
    fn neither_secrets_nor_personal_data_are_kept() {
        let credentials =
            Credentials::from_pairs(&[("id", "zibo-market"), ("secret", "s3cret-9"), ("n", "1")]);
        let request = Request {
            method: "POST".into(),
            url: "https://h/api?token=s3cret-9".into(),
            headers: vec![
                ("X-App-Id".into(), "zibo-market".into()),
                ("Authorization".into(), "Basic eA==".into()),
            ],
            body: r#"{"phone":"13812345678","echo":"s3cret-9","n":1}"#.into(),
            shown: Masked {
                url: "https://h/api?token=s3cret-9&phone=13812345678".into(),
                headers: vec![
                    ("X-App-Id".into(), "***".into()),
                    ("Authorization".into(), "Basic eA==".into()),
                ],
                body: None,
                payload: Some("{\"name\":\"甲\u{7}\"}".into()),
            },
        };
        assert_eq!(
            request.show(&credentials),
            "POST https://h/api?token=***&phone=138****5678\nX-App-Id: ***\nAuthorization: ***\n\n\
             {\"phone\":\"138****5678\",\"echo\":\"***\",\"n\":1}\n\n(payload)\n{\"name\":\"甲·\"}"
        );
        let answer = Answer {
            status: 200,
            headers: vec![("set-cookie".into(), "sid=1".into()), ("date".into(), "x".into())],
            body: "\u{1b}[2J 13812345678 zibo-market".into(),
            received: Timestamp(0),
        };
        let shown = answer.show(&Content::none(), &credentials);
        assert_eq!(shown, "HTTP 200\nset-cookie: ***\ndate: x\n\n·[2J 138****5678 ***");
    }

    #[test]
    fn a_long_body_is_cut_between_words() {
        let mut body = "甲".repeat(SHOWN_BYTES_MAX / 3 - 2);
        body.push_str(",13812345678,");
        body.push_str(&"x".repeat(100));
        let mut text = String::new();
        write_body(&mut text, body.as_bytes());
        assert!(!text.contains("138"), "{}", &text[text.len() - 60..]);
        assert!(text.ends_with(&format!("({} bytes)", body.len())));
    }

    #[test]
    fn a_message_is_one_masked_line() {
        assert_eq!(one_line("电话\r\n13812345678 有误", 100), "电话  138****5678 有误");
        assert_eq!(one_line(&"字".repeat(50), 10), format!("{}…", "字".repeat(10)));
    }
}
