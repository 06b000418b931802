//! The entries that somebody may have meant.

/// Up to `most` candidates near to `wanted`, best first: those that contain it or are contained in it, then
/// those a few edits away (a third of the longer text at most).
pub fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    ranked(wanted, candidates, most).into_iter().map(|(_, other)| other).collect()
}

/// As [`nearest`], each with how far it is.
pub(super) fn ranked<'a>(
    wanted: &str,
    candidates: impl Iterator<Item = &'a str>,
    most: usize,
) -> Vec<(usize, &'a str)> {
    let letters: Vec<char> = wanted.chars().take(LETTERS_MAX).collect();
    if letters.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> =
        candidates.filter_map(|other| distance(wanted, &letters, other).map(|far| (far, other))).collect();
    found.sort();
    found.dedup();
    found.truncate(most);
    found
}

/// Longer texts are prose, not codes: comparing them letter by letter is slow and helps nobody.
const LETTERS_MAX: usize = 40;

/// How far apart; `None` if too far to mention.
fn distance(wanted: &str, letters: &[char], other: &str) -> Option<usize> {
    let others: Vec<char> = other.chars().take(LETTERS_MAX).collect();
    let (short, long) = (letters.len().min(others.len()), letters.len().max(others.len()));
    // That a number stands inside another one is chance.
    let is_number = wanted.bytes().all(|byte| byte.is_ascii_digit());
    if short >= 2 && !is_number && (other.contains(wanted) || wanted.contains(other)) {
        return Some(long - short);
    }
    let allowed = long / 3;
    if short == 0 || long - short > allowed {
        return None;
    }
    let far = edits(letters, &others);
    // Containment is the stronger sign, so that edits count double.
    (far <= allowed).then_some(far * 2)
}

/// Levenshtein's distance, row by row.
fn edits(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_entries_come_best_first_and_far_ones_not_at_all() {
        let entries = ["新材料", "新型材料", "生物", "新能源与节能", "电子信息"];
        let check =
            |given, expect: &[&str]| assert_eq!(nearest(given, entries.into_iter(), 3), expect, "{given}");
        check("新材料技术", &["新材料"]);
        check("新材枓", &["新材料"]);
        check("新能源", &["新能源与节能"]);
        check("电子信恩", &["电子信息"]);
        check("农业", &[]);
        check("", &[]);
        assert_eq!(nearest("999", ["1803999", "99"].into_iter(), 3), ["99"]);
        assert_eq!(nearest("mony", ["money", "month", "money_min"].into_iter(), 3), ["money"]);
    }
}
