//! Rich text that stays rich text: an editor's HTML without what it must not carry out of the house.

use std::sync::Arc;

use super::html::{DROPPED, after_closing, finish, strip, tag};
use super::{Call, Filter, Ready, bad_argument};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("html", html).takes("html | html('https://…/')", 0..=1).prepared(base).says(
            "保留富文本，只留段落、列表、表格、链接和图片；样式（含 Word 的 mso）、脚本和事件去掉；相对地址按括号里的网址补全；base64、内网和补不全的图片外面看不到，去掉，留下说明文字。",
            "Rich text with its paragraphs, lists, tables, links and images alone; styles (Word's mso too), scripts and events go; relative addresses begin at the address given; images that nobody outside can see (base64, intranet, relative without an address) go and leave their description.",
            &[
                (
                    "'<p class=\"MsoNormal\" style=\"mso-list:l0\">甲<o:p></o:p></p><script>x</script>' | html",
                    "\"<p>甲</p>\"",
                ),
                (
                    "'<p onclick=\"x()\">图<img src=\"/ueditor/1.jpg\" width=\"9\"></p>' | html('https://kj.example.cn/')",
                    "\"<p>图<img src=\\\"https://kj.example.cn/ueditor/1.jpg\\\"></p>\"",
                ),
                (
                    "'<img src=\"data:image/png;base64,iVBORw0KGgo=\" alt=\"样机\"><img src=\"http://192.168.1.8/a.png\">' | html",
                    "\"样机\"",
                ),
                ("'a < b' | html", "\"a &lt; b\""),
                ("'<p>&nbsp;</p>' | html", "null"),
                ("'甲' | html('kj.example.cn')", "Q3005"),
            ],
        ),
        Filter::plain("html_images", html_images)
            .takes("html_images | html_images('https://…/')", 0..=1)
            .prepared(base)
            .says(
                "富文本中外面看得到的图片的地址，成为列表；相对地址按括号里的网址补全。",
                "The addresses of the images in a rich text that can be seen from outside, as a list; relative ones begin at the address given.",
                &[
                    (
                        "'<img src=\"upload/1.jpg\"><img src=\"//img.example.cn/2.jpg\">' | html_images('https://kj.example.cn/a/b.html')",
                        "[\"https://kj.example.cn/a/upload/1.jpg\",\"https://img.example.cn/2.jpg\"]",
                    ),
                    ("'<img src=\"http://10.1.2.3/1.jpg\"><img src=\"1.jpg\">' | html_images", "null"),
                ],
            ),
    ]
}

/// What may stay, with no more than the attributes of [`attributes_of`].
const KEPT: &[&str] = &[
    "p",
    "br",
    "hr",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "s",
    "sub",
    "sup",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "a",
    "img",
];

fn base(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    if values.is_empty() {
        return Ok(Ready::Nothing);
    }
    let base = super::one_text(filter, values)?;
    let is_whole = ["https://", "http://"]
        .iter()
        .any(|scheme| base.strip_prefix(scheme).is_some_and(|host| host.starts_with(char::is_alphanumeric)));
    if is_whole { Ok(Ready::Base(base)) } else { Err(bad_argument(filter, &base)) }
}

fn base_of<'c>(call: &'c Call<'_>) -> Option<&'c Arc<str>> {
    match call.ready {
        Ready::Base(base) => Some(base),
        _ => None,
    }
}

fn html(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let mut images = Vec::new();
    let clean = clean(&written, base_of(call).map(AsRef::as_ref), &mut images);
    // Markup around nothing says nothing.
    if images.is_empty() && strip(&clean).is_empty() {
        return Ok(Value::Null);
    }
    Ok(finish(clean.trim()))
}

fn html_images(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let mut images = Vec::new();
    clean(&written, base_of(call).map(AsRef::as_ref), &mut images);
    Ok(if images.is_empty() {
        Value::Null
    } else {
        Value::List(images.into_iter().map(Value::text).collect())
    })
}

/// The fragment with nothing but kept tags; `images` receives the addresses of the kept images.
fn clean(html: &str, base: Option<&str>, images: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(position) = rest.find('<') {
        out.push_str(&rest[..position]);
        rest = &rest[position..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some((name, after)) = tag(rest) else {
            out.push_str("&lt;");
            rest = &rest[1..];
            continue;
        };
        // Behind the angle bracket and the name, up to the closing bracket.
        let inside = &rest[1 + name.len()..rest.len() - after.len()];
        rest = after;
        let closing = name.starts_with('/');
        let name = name.trim_start_matches('/').to_ascii_lowercase();
        if DROPPED.contains(&name.as_str()) {
            rest = if closing { rest } else { after_closing(rest, &name) };
        } else if !KEPT.contains(&name.as_str()) {
            continue;
        } else if closing {
            out.extend(["</", &name, ">"]);
        } else if name == "img" {
            image(&attributes(inside), base, images, &mut out);
        } else {
            open(&name, &attributes(inside), base, &mut out);
        }
    }
    out.push_str(rest);
    out
}

fn image(written: &[(String, &str)], base: Option<&str>, images: &mut Vec<String>, out: &mut String) {
    let value = |name: &str| written.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let description = value("alt").unwrap_or_default();
    match value("src").and_then(|source| address(source, base)) {
        Some(source) => {
            out.extend(["<img src=\"", &quoted(&source), "\""]);
            if !description.is_empty() {
                out.extend([" alt=\"", &quoted(description), "\""]);
            }
            out.push('>');
            images.push(source.replace("&amp;", "&"));
        }
        None => out.push_str(&description.replace('<', "&lt;")),
    }
}

fn open(name: &str, written: &[(String, &str)], base: Option<&str>, out: &mut String) {
    out.extend(["<", name]);
    for (attribute, value) in written {
        let kept = match (name, attribute.as_str()) {
            ("a", "href") => address(value, base),
            ("td" | "th", "colspan" | "rowspan") => {
                value.bytes().all(|byte| byte.is_ascii_digit()).then(|| (*value).to_owned())
            }
            _ => None,
        };
        if let Some(kept) = kept {
            out.extend([" ", attribute, "=\"", &quoted(&kept), "\""]);
        }
    }
    out.push('>');
}

fn quoted(value: &str) -> String {
    value.replace('"', "&quot;").replace('<', "&lt;")
}

/// The attributes of a tag: names in lower case, values as they stand.
fn attributes(inside: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    let mut rest = inside;
    let is_end = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/');
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '=' | '>'));
        let end = rest.find(is_end).unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(behind) = rest.strip_prefix('=') {
            let behind = behind.trim_start();
            let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => behind[1..].split_once(quote).unwrap_or((&behind[1..], "")),
                None => behind
                    .split_at(behind.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(behind.len())),
            };
        }
        found.push((name, value.trim()));
    }
}

/// An address that somebody outside can open; `None`: there is none.
fn address(written: &str, base: Option<&str>) -> Option<String> {
    let lower = written.to_ascii_lowercase();
    let (scheme, behind) = match ["https://", "http://"].into_iter().find(|scheme| lower.starts_with(scheme))
    {
        Some(scheme) => (scheme, &written[scheme.len()..]),
        None if lower.starts_with("//") => ("https://", &written[2..]),
        None => return relative(written, base?),
    };
    let host = behind.split(['/', '?', '#', ':']).next().unwrap_or_default();
    (!is_inside(host)).then(|| format!("{scheme}{behind}"))
}

/// An address without scheme and host, begun at the base; what has another scheme (`data:`, `javascript:`, `D:\`)
/// is none.
fn relative(written: &str, base: &str) -> Option<String> {
    let first = written.split(['/', '?', '#']).next().unwrap_or_default();
    if written.is_empty() || first.contains([':', '\\']) {
        return None;
    }
    let host_at = base.find("://").map_or(0, |at| at + 3);
    let path_at = base[host_at..].find('/').map_or(base.len(), |at| host_at + at);
    let (origin, path) = base.split_at(path_at);
    match written.strip_prefix('/') {
        Some(rooted) => Some(format!("{origin}/{rooted}")),
        None => {
            let folder = path.rfind('/').map_or("", |at| &path[..at]);
            Some(format!("{origin}{folder}/{}", written.trim_start_matches("./")))
        }
    }
}

/// Hosts of a private network (RFC 1918, RFC 3927) and names without a domain.
fn is_inside(host: &str) -> bool {
    if !host.contains('.') {
        return true;
    }
    let numbers: Vec<u8> = host.split('.').filter_map(|part| part.parse().ok()).collect();
    match (numbers.as_slice(), host.split('.').count()) {
        ([10 | 127 | 0, ..] | [192, 168, ..] | [169, 254, ..], 4) => true,
        ([172, second, ..], 4) => (16..=31).contains(second),
        _ => host.to_ascii_lowercase().ends_with(".local"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editors_page_keeps_its_structure_and_nothing_that_acts_or_hides() {
        let check = |given: &str, expect: &str| {
            assert_eq!(clean(given, Some("https://kj.example.cn"), &mut Vec::new()), expect, "{given}");
        };
        check("<P STYLE='x'>甲</P>", "<p>甲</p>");
        check("<!--[if gte mso 9]><xml><w:x/></xml><![endif]-->甲", "甲");
        check("<span style=\"font-size:12pt\">甲</span>&nbsp;乙", "甲&nbsp;乙");
        check("<a href=\"javascript:x()\" target=_blank>甲</a>", "<a>甲</a>");
        check("<a href=\"/a?b=1&amp;c=2\">甲</a>", "<a href=\"https://kj.example.cn/a?b=1&amp;c=2\">甲</a>");
        check("<td colspan=2 width='9'>1</td>", "<td colspan=\"2\">1</td>");
        check("<img src='file:///D:/1.jpg' alt='<图>'>", "&lt;图>");
        check("<img src=x.png alt='a\"b'/>", "<img src=\"https://kj.example.cn/x.png\" alt=\"a&quot;b\">");
        check("<iframe src=\"https://x.example\"></iframe>甲<", "甲&lt;");
        check("<img", "&lt;img");
        check("<p =\"=>甲", "&lt;p =\"=>甲");
    }

    #[test]
    fn what_lies_inside_cannot_be_seen_from_outside() {
        for inside in
            ["10.0.0.1", "192.168.1.8", "172.20.0.3", "127.0.0.1", "localhost", "oa", "nas.local", ""]
        {
            assert!(is_inside(inside), "{inside}");
        }
        for outside in ["123.232.30.9", "172.32.0.1", "kj.zibo.gov.cn", "10.example.cn"] {
            assert!(!is_inside(outside), "{outside}");
        }
    }
}
