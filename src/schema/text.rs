//! What a text is made of: blanks, characters that do not belong, and its length in bytes.

use std::cmp::Ordering::{Equal, Greater, Less};

/// A character that no clerk typed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// Controls: they break the province's pages and files.
    Control(char),
    /// Marks that turn the direction of writing around: what is shown is not what is stored.
    Bidirectional(char),
    /// U+FFFD, left behind where somebody decoded with the wrong charset.
    Broken,
}

/// The first odd character of a text.
///
/// Tab, line feed and carriage return are ordinary.
/// Source: Unicode general category Cc; UAX #9, explicit formatting characters.
pub(super) fn odd(text: &str) -> Option<Odd> {
    text.chars().find_map(|c| match c {
        '\t' | '\n' | '\r' => None,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => Some(Odd::Control(c)),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Odd::Bidirectional(c)),
        '\u{fffd}' => Some(Odd::Broken),
        _ => None,
    })
}

/// Whether a person sees nothing: white space, also full-width, and characters without width.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
}

/// A charset in which the province counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Gbk,
}

impl Charset {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "utf-8" => Some(Charset::Utf8),
            "gbk" => Some(Charset::Gbk),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "UTF-8",
            Charset::Gbk => "GBK",
        }
    }

    /// How many bytes the text takes.
    pub fn bytes(self, text: &str) -> usize {
        match self {
            Charset::Utf8 => text.len(),
            Charset::Gbk => text.chars().map(gbk_bytes).sum(),
        }
    }
}

/// One byte for ASCII, two for what GBK has, four for all else, as GB 18030 writes it.
fn gbk_bytes(c: char) -> usize {
    let c = u32::from(c);
    if c < 0x80 {
        1
    } else if GBK
        .binary_search_by(|(first, last)| {
            if *last < c {
                Less
            } else if c < *first {
                Greater
            } else {
                Equal
            }
        })
        .is_ok()
    {
        2
    } else {
        4
    }
}

/// The characters of GBK beyond ASCII, as ranges of code points, both ends included.
///
/// Source: GBK 1.0 (CP936), 21,791 characters of the Basic Multilingual Plane.
#[rustfmt::skip]
const GBK: [(u32, u32); 138] = [
    (0xa4, 0xa4), (0xa7, 0xa8), (0xb0, 0xb1), (0xb7, 0xb7), (0xd7, 0xd7), (0xe0, 0xe1), (0xe8, 0xea),
    (0xec, 0xed), (0xf2, 0xf3), (0xf7, 0xf7), (0xf9, 0xfa), (0xfc, 0xfc), (0x101, 0x101), (0x113, 0x113),
    (0x11b, 0x11b), (0x12b, 0x12b), (0x144, 0x144), (0x148, 0x148), (0x14d, 0x14d), (0x16b, 0x16b),
    (0x1ce, 0x1ce), (0x1d0, 0x1d0), (0x1d2, 0x1d2), (0x1d4, 0x1d4), (0x1d6, 0x1d6), (0x1d8, 0x1d8),
    (0x1da, 0x1da), (0x1dc, 0x1dc), (0x251, 0x251), (0x261, 0x261), (0x2c7, 0x2c7), (0x2c9, 0x2cb),
    (0x2d9, 0x2d9), (0x391, 0x3a1), (0x3a3, 0x3a9), (0x3b1, 0x3c1), (0x3c3, 0x3c9), (0x401, 0x401),
    (0x410, 0x44f), (0x451, 0x451), (0x2010, 0x2010), (0x2013, 0x2016), (0x2018, 0x2019), (0x201c, 0x201d),
    (0x2025, 0x2026), (0x2030, 0x2030), (0x2032, 0x2033), (0x2035, 0x2035), (0x203b, 0x203b),
    (0x2103, 0x2103), (0x2105, 0x2105), (0x2109, 0x2109), (0x2116, 0x2116), (0x2121, 0x2121),
    (0x2160, 0x216b), (0x2170, 0x2179), (0x2190, 0x2193), (0x2196, 0x2199), (0x2208, 0x2208),
    (0x220f, 0x220f), (0x2211, 0x2211), (0x2215, 0x2215), (0x221a, 0x221a), (0x221d, 0x2220),
    (0x2223, 0x2223), (0x2225, 0x2225), (0x2227, 0x222b), (0x222e, 0x222e), (0x2234, 0x2237),
    (0x223d, 0x223d), (0x2248, 0x2248), (0x224c, 0x224c), (0x2252, 0x2252), (0x2260, 0x2261),
    (0x2264, 0x2267), (0x226e, 0x226f), (0x2295, 0x2295), (0x2299, 0x2299), (0x22a5, 0x22a5),
    (0x22bf, 0x22bf), (0x2312, 0x2312), (0x2460, 0x2469), (0x2474, 0x249b), (0x2500, 0x254b),
    (0x2550, 0x2573), (0x2581, 0x258f), (0x2593, 0x2595), (0x25a0, 0x25a1), (0x25b2, 0x25b3),
    (0x25bc, 0x25bd), (0x25c6, 0x25c7), (0x25cb, 0x25cb), (0x25ce, 0x25cf), (0x25e2, 0x25e5),
    (0x2605, 0x2606), (0x2609, 0x2609), (0x2640, 0x2640), (0x2642, 0x2642), (0x3000, 0x3003),
    (0x3005, 0x3017), (0x301d, 0x301e), (0x3021, 0x3029), (0x3041, 0x3093), (0x309b, 0x309e),
    (0x30a1, 0x30f6), (0x30fc, 0x30fe), (0x3105, 0x3129), (0x3220, 0x3229), (0x3231, 0x3231),
    (0x32a3, 0x32a3), (0x338e, 0x338f), (0x339c, 0x339e), (0x33a1, 0x33a1), (0x33c4, 0x33c4),
    (0x33ce, 0x33ce), (0x33d1, 0x33d2), (0x33d5, 0x33d5), (0x4e00, 0x9fa5), (0xf92c, 0xf92c),
    (0xf979, 0xf979), (0xf995, 0xf995), (0xf9e7, 0xf9e7), (0xf9f1, 0xf9f1), (0xfa0c, 0xfa0f),
    (0xfa11, 0xfa11), (0xfa13, 0xfa14), (0xfa18, 0xfa18), (0xfa1f, 0xfa21), (0xfa23, 0xfa24),
    (0xfa27, 0xfa29), (0xfe30, 0xfe31), (0xfe33, 0xfe44), (0xfe49, 0xfe52), (0xfe54, 0xfe57),
    (0xfe59, 0xfe66), (0xfe68, 0xfe6b), (0xff01, 0xff5e), (0xffe0, 0xffe5),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_characters_are_found_and_ordinary_ones_are_not() {
        let rows = [
            ("高精度协作机器人\r\n\t±0.02 毫米", None),
            ("甲\u{0}乙", Some(Odd::Control('\0'))),
            ("甲\u{b}乙", Some(Odd::Control('\u{b}'))),
            ("甲\u{85}", Some(Odd::Control('\u{85}'))),
            ("报告\u{202e}fdp.exe", Some(Odd::Bidirectional('\u{202e}'))),
            ("淄博\u{fffd}\u{fffd}公司", Some(Odd::Broken)),
        ];
        for (given, expect) in rows {
            assert_eq!(odd(given), expect, "{given:?}");
        }
    }

    #[test]
    fn a_full_width_space_is_blank_and_a_dash_is_not() {
        for (given, expect) in
            [("", true), (" \u{3000}\n", true), ("\u{200b}", true), ("-", false), ("　甲", false)]
        {
            assert_eq!(is_blank(given), expect, "{given:?}");
        }
    }

    #[test]
    fn bytes_are_counted_as_the_charset_writes_them() {
        let rows =
            [("a1", 2, 2), ("淄博", 6, 4), ("±·—“”…", 16, 12), ("𠮷", 4, 4), ("é€", 5, 6), ("㐀", 3, 4)];
        for (text, utf8, gbk) in rows {
            assert_eq!((Charset::Utf8.bytes(text), Charset::Gbk.bytes(text)), (utf8, gbk), "{text}");
        }
    }

    #[test]
    fn ranges_are_sorted_and_count_as_many_characters_as_the_charset_has() {
        assert!(GBK.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert_eq!(GBK.iter().map(|(first, last)| last - first + 1).sum::<u32>(), 21_791);
    }
}
