//! Web content that acts: a text that holds it is no text.

/// Elements that run, load or send something.
const ACTIVE: &[&str] =
    &["script", "iframe", "frame", "object", "embed", "applet", "svg", "math", "form", "base", "portal"];

/// The first piece of active web content in a text: an element that acts, an event handler, a `javascript:` link.
///
/// Harmless markup passes: what becomes of it is the route's business (`html_text`). So does what only looks
/// frightening, `'); DROP TABLE` or `=HYPERLINK(…)`: as a parameter and in a text column it is nothing but text.
pub(super) fn active(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let tag = rest.split_once('>').map_or(rest, |(tag, _)| tag);
        let inside = tag.trim_start_matches(|c: char| c == '/' || c.is_whitespace() || c.is_control());
        let name: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        if ACTIVE.contains(&name.as_str()) {
            return Some(format!("<{name}>"));
        }
        let attributes = inside[name.len()..].to_ascii_lowercase();
        if let Some(handler) = handler(&attributes) {
            return Some(handler);
        }
        // Browsers skip blanks and controls inside the scheme's name.
        let packed: String = attributes.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        if let Some(scheme) =
            ["javascript:", "vbscript:", "data:text/html"].into_iter().find(|scheme| packed.contains(scheme))
        {
            return Some(scheme.to_owned());
        }
    }
    None
}

/// `onerror=` and its kin, behind whatever may stand before an attribute.
fn handler(attributes: &str) -> Option<String> {
    let mut rest = attributes;
    while let Some(at) = rest.find("on") {
        let before = rest[..at].chars().next_back();
        let after = &rest[at + 2..];
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
        let starts =
            before.is_none_or(|c| c.is_whitespace() || c.is_control() || matches!(c, '/' | '"' | '\''));
        if starts && letters > 0 && after[letters..].trim_start().starts_with('=') {
            return Some(format!("on{}=", &after[..letters]));
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::active;

    #[test]
    fn what_acts_is_found_and_what_is_only_text_passes() {
        let rows = [
            ("<script>alert('成果')</script>智能传感器", Some("<script>")),
            ("甲< SCRIPT src=x>", Some("<script>")),
            ("</script >", Some("<script>")),
            ("<script", Some("<script>")),
            ("<img src=x onerror=alert(1)>本成果", Some("onerror=")),
            ("<img/onload = 'x'>", Some("onload=")),
            ("<a href=\"java\tscript:alert(1)\">详情</a>", Some("javascript:")),
            ("<p>甲</p><svg><a>", Some("<svg>")),
            ("<p class=on>国内<b>领先</b></p>", None),
            ("<p title=\"monitoring=1\">", None),
            ("误差 < 0.1 mm，x<y，ion=2", None),
            ("'); DROP TABLE t_cg; -- 智能传感器", None),
            ("=HYPERLINK(\"http://evil.example.com\",\"成果\")", None),
            ("javascript: 教程", None),
            ("", None),
        ];
        for (given, expect) in rows {
            assert_eq!(active(given).as_deref(), expect, "{given}");
        }
    }
}
