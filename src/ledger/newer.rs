//! Which of two marks is the later: a province numbers its decisions, or dates them in one form or another.

use std::cmp::Ordering;

use chrono::DateTime;

/// `None` where they cannot be compared: a number with a date, dates of two forms.
pub fn mark_order(one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (one.trim(), other.trim());
    if let (Some(one), Some(other)) = (digits(one), digits(other)) {
        return Some(one.len().cmp(&other.len()).then(one.cmp(other)));
    }
    if let (Ok(one), Ok(other)) = (DateTime::parse_from_rfc3339(one), DateTime::parse_from_rfc3339(other)) {
        return Some(one.cmp(&other));
    }
    let shape = |text: &str| -> Vec<bool> { text.chars().map(|c| c.is_ascii_digit()).collect() };
    (shape(one) == shape(other)).then(|| one.cmp(other))
}

/// The later of two, the second where that is not known.
pub fn later_mark<'a>(one: &'a str, other: &'a str) -> &'a str {
    match mark_order(one, other) {
        Some(Ordering::Greater) => one,
        Some(Ordering::Less | Ordering::Equal) | None => other,
    }
}

fn digits(text: &str) -> Option<&str> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_and_dates_compare_within_their_form() {
        use Ordering::{Equal, Greater, Less};
        for (one, other, expect) in [
            ("9", "10", Some(Less)),
            ("0010", "10", Some(Equal)),
            ("0", "0", Some(Equal)),
            ("20260501083000", "20260501082959", Some(Greater)),
            ("2026-05-01 08:30:00", "2026-05-01 08:30:01", Some(Less)),
            ("2026-05-01T08:30:00+08:00", "2026-05-01T00:30:00Z", Some(Equal)),
            ("2026-05-01T08:30:00.5Z", "2026-05-01T08:30:00Z", Some(Greater)),
            ("2026/05/01", "2026-05-01 00:00:00", None),
            ("12", "2026-05-01 08:30:00", None),
            ("", "12", None),
            ("", "", Some(Equal)),
        ] {
            assert_eq!(mark_order(one, other), expect, "{one} {other}");
            assert_eq!(mark_order(other, one), expect.map(Ordering::reverse), "{other} {one}");
        }
        assert_eq!(later_mark("9", "10"), "10");
        assert_eq!(later_mark("2026-05-02", "2026-05-01"), "2026-05-02");
    }
}
