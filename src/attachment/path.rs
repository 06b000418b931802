//! From what a column says to places on this machine: pure, before anything is opened.

use super::Unhad;
use crate::record::Complaint;

/// The names of devices, which Windows takes for files whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
/// The longest name of one file or folder, in bytes.
const NAME_BYTES_MAX: usize = 255;
const PATH_BYTES_MAX: usize = 4000;

/// The absolute places that may be meant, in the order in which they are tried; all of them still have to be looked
/// at where they really lead.
///
/// Errors: Q7507 for a name that leads, or may lead, elsewhere; Q7508 where no map says what a drive or share is here;
/// Q7502 for an absolute path outside every root.
pub(super) fn places(
    written: &str,
    roots: &[String],
    maps: &[(String, String)],
) -> Result<Vec<String>, Unhad> {
    if roots.is_empty() {
        return Err(Unhad::new(Complaint::new("Q7502").found(written).fact("roots", "–")));
    }
    let odd = |why: &str| Unhad::new(Complaint::new("Q7507").found(shown(written)).fact("reason", why));
    if written.len() > PATH_BYTES_MAX {
        return Err(odd("longer than any path"));
    }
    if written.chars().any(|c| c.is_control()) {
        return Err(odd("control characters"));
    }
    if written.chars().any(is_bidirectional) {
        return Err(odd("characters that turn the direction of reading"));
    }
    let path = slashes(written);
    let mapped = maps.iter().find_map(|(from, to)| begins(&path, &slashes(from)).map(|rest| (rest, to)));
    let (rest, bases): (&str, Vec<&str>) = match mapped {
        Some((rest, to)) => (rest, vec![to.as_str()]),
        None if path.starts_with("//") || has_drive(&path) => {
            let complaint = Complaint::new("Q7508").found(shown(written));
            return Err(Unhad::new(complaint));
        }
        None if path.starts_with('/') => {
            if !roots.iter().any(|root| begins_exactly(&path, root)) {
                let complaint = Complaint::new("Q7502").found(shown(written));
                return Err(Unhad::new(complaint.fact("roots", roots.join(" "))));
            }
            (&path, vec![""])
        }
        None => (&path, roots.iter().map(String::as_str).collect()),
    };
    for name in rest.split('/').filter(|name| !name.is_empty() && *name != ".") {
        if name == ".." {
            return Err(odd(".."));
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(odd("a name longer than 255 bytes"));
        }
        if name.contains(':') {
            return Err(odd("a colon in a name"));
        }
        let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
        let numbered = |word: &str| {
            stem.strip_prefix(word)
                .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
        };
        if DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt") {
            return Err(odd("the name of a device"));
        }
    }
    let join = |base: &str| {
        let base = base.trim_end_matches('/');
        format!("{base}/{}", rest.trim_start_matches('/'))
    };
    Ok(bases.into_iter().map(join).collect())
}

fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}

/// What follows a beginning, up to the end of a name; as Windows compares, since the city's tables were written there.
fn begins<'p>(path: &'p str, from: &str) -> Option<&'p str> {
    let from = from.trim_end_matches('/');
    let head = path.get(..from.len())?;
    let rest = &path[from.len()..];
    (head.eq_ignore_ascii_case(from) && (rest.is_empty() || rest.starts_with('/'))).then_some(rest)
}

fn begins_exactly(path: &str, root: &str) -> bool {
    let root = root.trim_end_matches('/');
    path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

fn has_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// As it may be shown: without what would move the cursor or turn the text around.
fn shown(written: &str) -> String {
    let plain = |c: char| if c.is_control() || is_bidirectional(c) { '\u{fffd}' } else { c };
    written.chars().take(200).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_where_the_map_says_and_nowhere_else() {
        let roots = ["/mnt/upload".to_owned(), "/srv/files/".to_owned()];
        let mut maps = vec![
            (r"D:\upload\".to_owned(), "/mnt/upload/".to_owned()),
            (r"\\nas01\share".to_owned(), "/mnt/upload/nas".to_owned()),
            (r"D:\upload\old\".to_owned(), "/srv/files/old".to_owned()),
            ("/upload".to_owned(), "/mnt/upload".to_owned()),
        ];
        maps.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let rows: &[(&str, &[&str])] = &[
            (r"D:\upload\2024\合同.pdf", &["/mnt/upload/2024/合同.pdf"]),
            (r"d:/UPLOAD/2024\a.pdf", &["/mnt/upload/2024/a.pdf"]),
            (r"D:\upload\old\a.pdf", &["/srv/files/old/a.pdf"]),
            (r"D:\uploads\a.pdf", &["Q7508"]),
            (r"\\nas01\share\a.pdf", &["/mnt/upload/nas/a.pdf"]),
            (r"\\nas02\share\a.pdf", &["Q7508"]),
            ("/upload/a.pdf", &["/mnt/upload/a.pdf"]),
            ("2024/a.pdf", &["/mnt/upload/2024/a.pdf", "/srv/files/2024/a.pdf"]),
            (r"2024\a.pdf", &["/mnt/upload/2024/a.pdf", "/srv/files/2024/a.pdf"]),
            ("/srv/files/a.pdf", &["/srv/files/a.pdf"]),
            ("/srv/files2/a.pdf", &["Q7502"]),
            ("/etc/passwd", &["Q7502"]),
            ("../etc/passwd", &["Q7507"]),
            (r"D:\upload\..\secret", &["Q7507"]),
            ("a/../../b", &["Q7507"]),
            (r"..\a.pdf", &["Q7507"]),
            ("a\0b", &["Q7507"]),
            ("CON", &["Q7507"]),
            ("a/nul.txt", &["Q7507"]),
            ("com7.pdf", &["Q7507"]),
            ("company.pdf", &["/mnt/upload/company.pdf", "/srv/files/company.pdf"]),
            ("a.txt::$DATA", &["Q7507"]),
            ("fdp.\u{202e}exe", &["Q7507"]),
            ("%2e%2e%2fa", &["/mnt/upload/%2e%2e%2fa", "/srv/files/%2e%2e%2fa"]),
        ];
        for (written, expect) in rows {
            let found = match places(written, &roots, &maps) {
                Ok(places) => places,
                Err(unhad) => vec![unhad.complaint.id],
            };
            assert_eq!(found, *expect, "{written}");
        }
        assert!(places(&"长".repeat(100), &roots, &maps).is_err());
        assert!(places("a.pdf", &[], &maps).is_err());
    }
}
