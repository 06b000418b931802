//! Masks personal data before it reaches a log, a screen, an error or the audit trail.

use super::uscc_check;

/// The text with identity numbers, phones, e-mail addresses and bank accounts masked; all else unchanged.
///
/// Shape:  `13812345678` → `138****5678`; an 18-digit resident number keeps its first 6 and last 4;
///         a longer run of digits (16–19, a bank account) keeps its last 4; `zhang@x.cn` → `z****@x.cn`;
///         a landline `0533-2345678` keeps its area code and last 2.
/// Source: GB/T 35273-2020 (personal information security), de-identification of display.
pub fn mask(text: &str) -> String {
    if !text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@') {
        return text.to_owned();
    }
    let mut masked = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+') {
            word.push(c);
        } else {
            mask_word(&word, &mut masked);
            word.clear();
            masked.push(c);
        }
    }
    mask_word(&word, &mut masked);
    masked
}

fn mask_word(word: &str, out: &mut String) {
    if let Some((name, host)) = word.split_once('@')
        && !name.is_empty()
        && host.contains('.')
    {
        out.push_str(&name[..1]);
        out.push_str("****@");
        out.push_str(host);
        return;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let bare = word.strip_prefix("+86").unwrap_or(word);
    let all_digits = bare.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits && bare.len() == 11 && bare.starts_with('1') {
        keep_ends(word, word.len() - 8, 4, out);
    } else if word.len() == 18 && digits >= 17 && is_resident_id(word) {
        keep_ends(word, 6, 4, out);
    } else if all_digits && (16..=19).contains(&bare.len()) && !is_credit_code(bare) {
        keep_ends(word, 0, 4, out);
    } else if is_landline(word) {
        keep_ends(word, 5, 2, out);
    } else {
        out.push_str(word);
    }
}

/// Seventeen digits and a digit or X with a plausible birth date; a credit code hardly ever looks like it.
fn is_resident_id(word: &str) -> bool {
    let (body, last) = word.split_at(17);
    let month = body.get(10..12).and_then(|text| text.parse::<u8>().ok()).unwrap_or(0);
    body.bytes().all(|byte| byte.is_ascii_digit())
        && last.bytes().all(|byte| byte.is_ascii_digit() || byte.eq_ignore_ascii_case(&b'x'))
        && matches!(&body[6..8], "18" | "19" | "20")
        && (1..=12).contains(&month)
}

/// A credit code may consist of digits alone; it is public and names the firm.
fn is_credit_code(word: &str) -> bool {
    word.len() == 18 && uscc_check(&word[..17]) == word.chars().last()
}

fn is_landline(word: &str) -> bool {
    let Some((area, number)) = word.split_once('-') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    area.starts_with('0')
        && (3..=4).contains(&area.len())
        && digits(area)
        && number.len() >= 7
        && digits(number)
}

fn keep_ends(word: &str, head: usize, tail: usize, out: &mut String) {
    let hidden = word.len().saturating_sub(head + tail);
    out.push_str(&word[..head]);
    out.extend(std::iter::repeat_n('*', hidden));
    out.push_str(&word[word.len() - tail..]);
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn personal_data_is_masked_and_all_else_is_left_alone() {
        let rows = [
            ("联系人 13812345678。", "联系人 138****5678。"),
            ("+8613812345678", "+86138****5678"),
            ("11010519491231002X", "110105********002X"),
            ("440524188001010014", "440524********0014"),
            ("6222021234567890123", "***************0123"),
            ("zhang.san@163.com", "z****@163.com"),
            ("0533-2345678", "0533-*****78"),
            ("91370303MA00000AAU", "91370303MA00000AAU"),
            ("914403001922038216", "914403001922038216"),
            ("ZL202110123456.7", "ZL202110123456.7"),
            ("307.5亿元, 2023-05-01", "307.5亿元, 2023-05-01"),
            ("@", "@"),
            ("", ""),
        ];
        for (given, expect) in rows {
            assert_eq!(mask(given), expect, "{given}");
        }
    }
}
