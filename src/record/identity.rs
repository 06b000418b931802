//! Check digits of the identifiers that listings carry.

/// The check character of a unified social credit code's first seventeen characters.
///
/// Errors: `None` if a character is not in the code's alphabet or there are not seventeen.
/// Source: GB 32100-2015; 31 characters without I, O, S, V, Z; weights 3^(i-1) mod 31.
pub fn uscc_check(first_17: &str) -> Option<char> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    if first_17.chars().count() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in first_17.chars().zip(WEIGHTS) {
        sum += ALPHABET.find(c)? * weight;
    }
    ALPHABET.chars().nth((31 - sum % 31) % 31)
}

/// The check character of a Chinese application number: 8 digits before October 2003, 12 since.
///
/// Errors: `None` if it is not 8 or 12 digits.
/// Source: ZC 0006-2003; weights 2 to 9, then 2 to 5; the remainder by 11, with X for 10.
pub fn patent_check(number: &str) -> Option<char> {
    const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
    if !matches!(number.len(), 8 | 12) {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in number.chars().zip(WEIGHTS) {
        sum += c.to_digit(10)? * weight;
    }
    "0123456789X".chars().nth(sum as usize % 11)
}

/// The check character of a resident identity number's first seventeen digits.
///
/// Errors: `None` if there are not seventeen digits.
/// Source: GB 11643-1999.
pub fn resident_id_check(first_17: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if first_17.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in first_17.chars().zip(WEIGHTS) {
        sum += c.to_digit(10)? * weight;
    }
    "10X98765432".chars().nth(sum as usize % 11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes_of_the_standard_and_of_public_firms() {
        for code in ["914403001922038216", "9144030071526726XG", "91330100799655058B", "91370303MA00000AAU"] {
            assert_eq!(uscc_check(&code[..17]), code.chars().last(), "{code}");
        }
        for code in ["91110000000000000X", "913201001234567890"] {
            assert_ne!(uscc_check(&code[..17]), code.chars().last(), "{code}");
        }
        assert_eq!(uscc_check("9144030071526726I"), None);
        assert_eq!(uscc_check("企业"), None);
    }

    #[test]
    fn patent_numbers_old_and_new() {
        let rows = [
            ("200410033864", 'X'),
            ("201310064321", '3'),
            ("202110123456", '7'),
            ("202220123456", '7'),
            ("98100001", '0'),
            ("202110100009", 'X'),
        ];
        for (number, check) in rows {
            assert_eq!(patent_check(number), Some(check), "{number}");
        }
        assert_eq!(patent_check("2021101234567"), None);
        assert_eq!(patent_check("2021101a3456"), None);
    }

    #[test]
    fn resident_numbers_of_the_standard() {
        assert_eq!(resident_id_check("11010519491231002"), Some('X'));
        assert_eq!(resident_id_check("44052418800101001"), Some('4'));
    }
}
