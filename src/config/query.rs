//! Is a query of a route one plain `SELECT`?
//!
//! The last word is the database's, which is opened read-only; here a slip of the pen is caught with its line.

use crate::record::Complaint;

/// The query without its closing semicolon.
///
/// Errors: a complaint and the byte at which it applies: not a `SELECT` or `WITH … SELECT`, a second statement,
///         or a quote, comment or bracket that is never closed.
pub(super) fn single_select(text: &str) -> Result<&str, (usize, Complaint)> {
    let tokens = tokens(text)?;
    let mut end = text.len();
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "(" => depth += 1,
            ")" => {
                depth = depth.checked_sub(1).ok_or_else(|| (token.at, unclosed(")")))?;
            }
            ";" if index + 1 == tokens.len() => end = token.at,
            ";" => return Err((token.at, Complaint::new("Q1021"))),
            _ => (),
        }
        let after_bracket = index > 0 && tokens[index - 1].text == "(";
        if after_bracket && token.is_any(&["INSERT", "UPDATE", "DELETE", "MERGE"]) {
            return Err((token.at, Complaint::new("Q1020").found(token.text)));
        }
    }
    if depth > 0 {
        return Err((0, unclosed("(")));
    }
    let first = tokens.first().ok_or_else(|| (0, Complaint::new("Q1020")))?;
    let verb = if first.is_any(&["WITH"]) { verb_after_with(&tokens).unwrap_or(first) } else { first };
    if !verb.is_any(&["SELECT"]) {
        return Err((verb.at, Complaint::new("Q1020").found(verb.text)));
    }
    Ok(text[..end].trim_end())
}

struct Token<'a> {
    at: usize,
    /// A bare word or one sign; quoted things and comments are left out.
    text: &'a str,
}

impl Token<'_> {
    fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }
}

/// The first verb outside of brackets: that of the statement itself.
fn verb_after_with<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<&'t Token<'a>> {
    let mut depth = 0_usize;
    tokens.iter().find(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => (),
        }
        depth == 0 && token.is_any(&["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "VALUES"])
    })
}

fn unclosed(sign: &str) -> Complaint {
    Complaint::new("Q1022").found(sign)
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, (usize, Complaint)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").ok_or_else(|| (at, unclosed("/*")))? + 2
        } else if matches!(c, '\'' | '"' | '`' | '[') {
            let close = if c == '[' { ']' } else { c };
            rest[1..].find(close).ok_or_else(|| (at, unclosed(&c.to_string())))? + 2
        } else if is_word(c) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            found.push(Token { at, text: &rest[..length] });
            length
        } else {
            if !c.is_whitespace() {
                found.push(Token { at, text: &rest[..c.len_utf8()] });
            }
            c.len_utf8()
        };
        at += length;
    }
    Ok(found)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_select_passes_and_everything_else_is_named() {
        let rows = [
            ("SELECT * FROM t_cg", Ok("SELECT * FROM t_cg")),
            ("select 1 ; \n-- done", Ok("select 1")),
            (
                "-- first\nSELECT replace(a, ';', ',') FROM \"a;b\"",
                Ok("-- first\nSELECT replace(a, ';', ',') FROM \"a;b\""),
            ),
            ("WITH x AS (SELECT 1) SELECT * FROM x", Ok("WITH x AS (SELECT 1) SELECT * FROM x")),
            ("SELECT 'it''s' FROM [select;]", Ok("SELECT 'it''s' FROM [select;]")),
            ("SELECT \"update\" FROM t", Ok("SELECT \"update\" FROM t")),
            ("", Err("Q1020")),
            ("DELETE FROM t", Err("Q1020")),
            ("t_cg", Err("Q1020")),
            ("WITH x AS (SELECT 1) DELETE FROM t", Err("Q1020")),
            ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", Err("Q1020")),
            ("SELECT 1; DROP TABLE t", Err("Q1021")),
            ("SELECT 1;;", Err("Q1021")),
            ("SELECT 1) UNION (SELECT 2", Err("Q1022")),
            ("SELECT (1", Err("Q1022")),
            ("SELECT 'abc", Err("Q1022")),
            ("SELECT 1 /* why", Err("Q1022")),
        ];
        for (given, expect) in rows {
            let found = single_select(given);
            let found = found.as_ref().map(|query| *query).map_err(|(_, complaint)| complaint.id.as_str());
            assert_eq!(found, expect, "{given}");
        }
    }
}
