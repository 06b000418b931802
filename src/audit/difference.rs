//! How two versions of a file differ, line by line, fit for a log: short and without secrets.

use std::collections::HashMap;
use std::fmt;

/// Changed lines shown; the counts are always whole.
const LINES_MAX: usize = 40;
const LINE_CHARS_MAX: usize = 160;
/// Up to this many comparisons the difference is exact; two larger files (code tables of thousands of lines that
/// changed everywhere) are compared as bags of lines.
const EXACT_MAX: usize = 4_000_000;

/// Names whose values are never shown, although our files hold only references to secrets: one day somebody
/// writes one in plain.
const SECRET_NAMES: [&str; 6] = ["password", "passwd", "secret", "token", "private", "credential"];

/// Lines that came and went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub added: usize,
    pub removed: usize,
    /// `+ line` and `- line`, at most 40, shortened and without secrets.
    pub lines: Vec<String>,
}

impl Difference {
    pub fn between(before: &str, after: &str) -> Self {
        let (mut old, mut new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
        let same = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
        old.drain(..same);
        new.drain(..same);
        let same = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
        old.truncate(old.len() - same);
        new.truncate(new.len() - same);
        let changes =
            if old.len() * new.len() <= EXACT_MAX { exact(&old, &new) } else { as_bags(&old, &new) };
        let added = changes.iter().filter(|(sign, _)| *sign == '+').count();
        let lines =
            changes.iter().take(LINES_MAX).map(|(sign, line)| format!("{sign} {}", shown(line))).collect();
        Difference { added, removed: changes.len() - added, lines }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{} -{} lines", self.added, self.removed)?;
        for line in &self.lines {
            write!(f, "\n{line}")?;
        }
        let hidden = self.added + self.removed - self.lines.len();
        if hidden > 0 { write!(f, "\n… {hidden} more") } else { Ok(()) }
    }
}

/// By the longest common subsequence.
fn exact<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = new.len() + 1;
    // common[i * width + j]: the longest common subsequence of old[i..] and new[j..].
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut changes = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            changes.push(('-', old[i]));
            i += 1;
        } else {
            changes.push(('+', new[j]));
            j += 1;
        }
    }
    changes
}

/// Lines that one side has more often than the other, wherever they stand.
fn as_bags<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let mut balance: HashMap<&str, i64> = HashMap::new();
    for line in old {
        *balance.entry(line).or_default() += 1;
    }
    let mut changes = Vec::new();
    for line in new {
        let left = balance.entry(line).or_default();
        *left -= 1;
        if *left < 0 {
            changes.push(('+', *line));
        }
    }
    for line in old {
        let left = balance.entry(line).or_default();
        if *left > 0 {
            *left -= 1;
            changes.push(('-', *line));
        }
    }
    changes
}

/// The line without the values of secrets and without a password inside an address.
fn shown(line: &str) -> String {
    let lower = line.to_lowercase();
    let mut text = match line.find(['=', ':']) {
        Some(at) if SECRET_NAMES.iter().any(|name| lower.contains(name)) => format!("{}= ***", &line[..at]),
        _ => line.to_owned(),
    };
    if let Some(start) = text.find("://").map(|at| at + 3)
        && let Some(at) = text[start..].find('@').map(|at| start + at)
        && let Some(colon) = text[start..at].find(':').map(|colon| start + colon)
    {
        text.replace_range(colon + 1..at, "***");
    }
    match text.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_changed_are_told_with_their_sign() {
        let difference = Difference::between("a\nb\nc\nd\n", "a\nx\nc\ne\nd\n");
        assert_eq!(difference.to_string(), "+2 -1 lines\n- b\n+ x\n+ e");
        assert_eq!(Difference::between("a\n", "a\n"), Difference::default());
        assert_eq!(Difference::between("a", "").to_string(), "+0 -1 lines\n- a");
    }

    #[test]
    fn secrets_are_never_told() {
        let after =
            "password = \"hunter2\"\nurl = \"mysql://sync:hunter2@10.0.0.1/market\"\napp_secret: hunter2";
        let text = Difference::between("", after).to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("mysql://sync:***@10.0.0.1/market"), "{text}");
    }

    #[test]
    fn two_large_files_are_counted_and_shown_in_part() {
        let before: String = (0..5000).map(|n| format!("{n}\n")).collect();
        let after: String = (0..5000).map(|n| format!("{}\n", n * 2 + 1)).collect();
        let difference = Difference::between(&before, &after);
        assert_eq!((difference.added, difference.removed, difference.lines.len()), (2500, 2500, LINES_MAX));
        assert!(difference.to_string().ends_with("… 4960 more"));
    }
}
