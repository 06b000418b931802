//! Full-width to half-width, and what counts as white space at the ends of a text.

use std::borrow::Cow;

/// The text with full-width letters, digits and punctuation made half-width, and exotic spaces made plain.
///
/// Chinese punctuation that has no half-width twin (、。「」) stays.
/// Source: Unicode block Halfwidth and Fullwidth Forms, U+FF01 to U+FF5E; U+3000.
pub fn narrow(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().all(|c| half_width(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(half_width).collect())
}

/// The text without white space, zero-width characters and byte order marks at its ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\u{2002}'..='\u{200a}' => ' ',
        _ => c,
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{2060}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_becomes_half_width_and_chinese_stays() {
        let rows = [
            ("ＡＢｃ１２（）", "ABc12()"),
            ("软件　系统", "软件 系统"),
            ("一、二。", "一、二。"),
            ("plain", "plain"),
            ("￥５", "￥5"),
        ];
        for (given, expect) in rows {
            assert_eq!(narrow(given), expect, "{given}");
        }
    }

    #[test]
    fn ends_lose_every_kind_of_blank() {
        assert_eq!(trim("\u{feff}\u{3000} 甲 乙\u{a0}\u{200b}\n"), "甲 乙");
        assert_eq!(trim(" \u{3000}"), "");
    }
}
