//! What a rich-text editor left in a column, as plain text.

use super::{Call, Filter};
use crate::record::{Complaint, Value};

pub(super) fn filters() -> Vec<Filter> {
    vec![Filter::plain("html_text", html_text).says(
        "去掉 HTML 标签、脚本和样式，解开字符实体，段落变换行，合并空白；空文本变为空值。",
        "Without tags, scripts and styles, entities decoded, blocks on lines of their own, white space folded; empty becomes null.",
        &[
            ("'<p>国内&nbsp;<b>领先</b></p><p>水平 &gt; 90%</p>' | html_text", "\"国内 领先\\n水平 > 90%\""),
            ("'<style>p{}</style>甲<br/>乙' | html_text", "\"甲\\n乙\""),
            ("'误差 < 0.1 mm，x<y' | html_text", "\"误差 < 0.1 mm，x<y\""),
            ("'<p>甲<img src=\"data:image/png;base64,iVBORw0KGgo=\"/>乙<img src=\"/upload/1.jpg\"></p>' | html_text", "\"甲乙\""),
            ("'<p class=\"MsoNormal\" style=\"mso-pagination:none\">甲<o:p></o:p></p><!--[if gte mso 9]><xml></xml><![endif]-->' | html_text", "\"甲\""),
            ("'http://kj.example.cn/?id=1&amp;type=2' | html_text", "\"http://kj.example.cn/?id=1&type=2\""),
            ("'<p>&nbsp;</p>' | html_text", "null"),
        ],
    )]
}

fn html_text(input: Value, call: &Call<'_>) -> Result<Value, Complaint> {
    let written = call.written(&input)?;
    if is_plain(&written) {
        let kept = matches!(input, Value::Text(_)) && !written.is_empty();
        return Ok(if kept { input } else { finish(&written) });
    }
    Ok(finish(&strip(&written)))
}

pub(super) fn finish(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::text(text) }
}

/// Nothing to strip, decode or fold: the usual case costs one look.
fn is_plain(text: &str) -> bool {
    let mut last = ' ';
    for c in text.chars() {
        if matches!(c, '<' | '&') || (c.is_whitespace() && (c != ' ' || last == ' ')) || c == '\u{feff}' {
            return false;
        }
        last = c;
    }
    !last.is_whitespace() || text.is_empty()
}

/// The text of an HTML fragment. Never fails: what looks like no tag stays as it is.
pub(super) fn strip(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(position) = rest.find(['<', '&']) {
        writer.push(&rest[..position]);
        rest = &rest[position..];
        if rest.starts_with('&') {
            let (decoded, length) = entity(rest);
            match decoded {
                Some(c) => writer.push_char(c),
                None => writer.push("&"),
            }
            rest = &rest[length..];
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if let Some((name, after)) = tag(rest) {
            rest = after;
            let closing = name.starts_with('/');
            let name = name.trim_start_matches('/').to_ascii_lowercase();
            if BLOCKS.contains(&name.as_str()) {
                writer.line_break();
            } else if CELLS.contains(&name.as_str()) {
                writer.push(" ");
            } else if DROPPED.contains(&name.as_str()) && !closing {
                rest = after_closing(rest, &name);
            }
        } else {
            writer.push("<");
            rest = &rest[1..];
        }
    }
    writer.push(rest);
    writer.text
}

const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "thead",
    "tr",
    "ul",
];
const CELLS: &[&str] = &["td", "th"];
/// Elements whose content is no text for people.
pub(super) const DROPPED: &[&str] = &["script", "style", "head", "title", "template", "xml"];

/// The name of the tag at the start (with its slash if it closes) and what comes after the tag.
pub(super) fn tag(rest: &str) -> Option<(&str, &str)> {
    let inside = &rest[1..];
    let first = inside.chars().next()?;
    if matches!(first, '!' | '?') {
        return inside.find('>').map(|end| ("", &inside[end + 1..]));
    }
    let start = usize::from(first == '/');
    let length = inside[start..].find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-')));
    let end = start + length?;
    if !inside[start..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    // `x<y >` and `a<b 且 c>d` are formulas: a tag has a known short name or a long one, and its attributes are
    // ASCII.
    let name = &inside[start..end];
    let attributes = inside[end..].trim_start();
    if (name.len() == 1 && !"abipsuqABIPSUQ".contains(name))
        || !attributes.starts_with(|c: char| c.is_ascii())
    {
        return None;
    }
    let mut quote = None;
    for (position, c) in inside[end..].char_indices() {
        match (quote, c) {
            (None, '>') => return Some((&inside[..end], &inside[end + position + 1..])),
            (None, '"' | '\'') => quote = Some(c),
            // Likewise `p<q, r>s`: a tag's name is followed by white space, `/` or `>`.
            (None, c) if position == 0 && !c.is_whitespace() && c != '/' => return None,
            (None, '<') => return None,
            (Some(open), c) if c == open => quote = None,
            _ => (),
        }
    }
    None
}

/// What comes after `</name>`; everything is dropped if it is never closed.
pub(super) fn after_closing<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(position) = rest[from..].find("</") {
        let start = from + position + 2;
        let end = start + name.len();
        if rest.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return rest[end..].split_once('>').map_or("", |(_, after)| after);
        }
        from = start;
    }
    ""
}

/// The character of the entity at the start and the entity's length; no character: one byte, a bare `&`.
fn entity(rest: &str) -> (Option<char>, usize) {
    const NAME_BYTES_MAX: usize = 10;
    let name = rest.as_bytes().iter().take(NAME_BYTES_MAX + 2).position(|byte| *byte == b';');
    let Some(end) = name else { return (None, 1) };
    let Some(name) = rest.get(1..end) else { return (None, 1) };
    let decoded = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => number.parse().ok(),
            };
            code.and_then(char::from_u32)
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c),
    };
    if decoded.is_some() { (decoded, end + 1) } else { (None, 1) }
}

/// Those that editors and Word write; any other stays as it was written.
const ENTITIES: &[(&str, char)] = &[
    ("nbsp", '\u{a0}'),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("hellip", '…'),
    ("middot", '·'),
    ("bull", '•'),
    ("times", '×'),
    ("divide", '÷'),
    ("deg", '°'),
    ("plusmn", '±'),
    ("micro", 'µ'),
    ("le", '≤'),
    ("ge", '≥'),
    ("ne", '≠'),
    ("sup2", '²'),
    ("sup3", '³'),
    ("permil", '‰'),
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("mu", 'μ'),
    ("Omega", 'Ω'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("emsp", ' '),
    ("ensp", ' '),
    ("thinsp", ' '),
    ("yen", '¥'),
    ("larr", '←'),
    ("rarr", '→'),
];

/// Folds white space while it writes: one space between words, one line break between blocks.
#[derive(Default)]
struct Writer {
    text: String,
    space: bool,
    line: bool,
}

impl Writer {
    fn push(&mut self, text: &str) {
        text.chars().for_each(|c| self.push_char(c));
    }

    fn push_char(&mut self, c: char) {
        if c.is_whitespace() {
            self.space = true;
            return;
        }
        if matches!(c, '\u{feff}' | '\u{200b}') || c.is_control() {
            return;
        }
        if !self.text.is_empty() {
            if self.line {
                self.text.push('\n');
            } else if self.space {
                self.text.push(' ');
            }
        }
        (self.space, self.line) = (false, false);
        self.text.push(c);
    }

    fn line_break(&mut self) {
        self.line = true;
    }
}

#[cfg(test)]
mod tests {
    use super::{is_plain, strip};

    #[test]
    fn editors_html_becomes_what_a_person_reads() {
        let rows = [
            ("<p style=\"a>b\">甲</p>\n<p>乙</p>", "甲\n乙"),
            ("<!-- x -->甲<script>if (a<b) {}</script>乙", "甲乙"),
            ("<SCRIPT>x</SCRIPT >甲", "甲"),
            ("<script>never closed", ""),
            ("a &lt;b&gt; &amp;lt; &#20013;&#x56fd; &unknown; & ;", "a <b> &lt; 中国 &unknown; & ;"),
            ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
            ("<o:p></o:p>甲<![endif]>", "甲"),
            ("1 < 2 <", "1 < 2 <"),
            ("a<b 且 c>d", "a<b 且 c>d"),
            ("x<y >z; p<q, r>s", "x<y >z; p<q, r>s"),
            ("  甲 \t\r\n 乙  ", "甲 乙"),
            ("&#0;&#xffffffff;", "&#xffffffff;"),
            ("<", "<"),
            ("</", "</"),
            ("&", "&"),
        ];
        for (given, expect) in rows {
            assert_eq!(strip(given), expect, "{given}");
        }
    }

    #[test]
    fn plain_text_is_left_alone() {
        assert!(is_plain("高精度 协作机器人"));
        for folded in ["a  b", " a", "a ", "a\nb", "a&b", "a<b"] {
            assert!(!is_plain(folded), "{folded}");
        }
    }
}
