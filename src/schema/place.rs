//! Where in a JSON text each value is written, so that a fault can name its line.

use std::collections::HashMap;

/// The places of a valid JSON text's values, by JSON pointer.
///
/// `serde_json` forgets positions and keeps only the last of two equal keys; this remembers both.
#[derive(Debug, Default)]
pub(super) struct Places {
    at: HashMap<String, (usize, usize)>,
    /// Pointers of keys that stand in their object twice, outermost ones only, with the second one's place.
    pub twice: Vec<(String, (usize, usize))>,
}

impl Places {
    /// Shape: `text` has been parsed before; of anything else some places are missing.
    pub fn of(text: &str) -> Self {
        let mut walk = Walk { rest: text.chars().peekable(), line: 1, column: 1, places: Places::default() };
        walk.value(&mut String::new());
        walk.places
    }

    /// Line and column, from 1, of the value at `pointer`, or of the nearest value around it.
    pub fn find(&self, pointer: &str) -> (usize, usize) {
        let mut pointer = pointer;
        loop {
            match (self.at.get(pointer), pointer.rfind('/')) {
                (Some(place), _) => return *place,
                (None, Some(slash)) => pointer = &pointer[..slash],
                (None, None) => return (1, 1),
            }
        }
    }
}

/// A name as one step of a JSON pointer (RFC 6901).
pub(super) fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

struct Walk<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    column: usize,
    places: Places,
}

impl Walk<'_> {
    fn value(&mut self, pointer: &mut String) {
        self.blanks();
        self.places.at.entry(pointer.clone()).or_insert((self.line, self.column));
        match self.rest.peek() {
            Some('{') => self.object(pointer),
            Some('[') => self.array(pointer),
            Some('"') => _ = self.text(),
            _ => {
                while self.rest.peek().is_some_and(|c| !matches!(c, ',' | ']' | '}')) {
                    self.next();
                }
            }
        }
        self.blanks();
    }

    fn object(&mut self, pointer: &mut String) {
        self.next();
        let outside = pointer.len();
        loop {
            self.blanks();
            if self.rest.peek() != Some(&'"') {
                self.next();
                return;
            }
            let place = (self.line, self.column);
            let name = self.text();
            pointer.push('/');
            pointer.push_str(&step(&name));
            let inside_one = |(outer, _): &(String, _)| pointer.starts_with(&format!("{outer}/"));
            if self.places.at.contains_key(pointer.as_str()) && !self.places.twice.iter().any(inside_one) {
                self.places.twice.push((pointer.clone(), place));
            }
            self.blanks();
            self.next();
            self.value(pointer);
            pointer.truncate(outside);
            if self.next() != Some(',') {
                return;
            }
        }
    }

    fn array(&mut self, pointer: &mut String) {
        self.next();
        self.blanks();
        if self.rest.peek() == Some(&']') {
            self.next();
            return;
        }
        let outside = pointer.len();
        for index in 0_usize.. {
            pointer.push_str(&format!("/{index}"));
            self.value(pointer);
            pointer.truncate(outside);
            if self.next() != Some(',') {
                return;
            }
        }
    }

    /// A quoted text, read by `serde_json` once its end is found.
    fn text(&mut self) -> String {
        let mut raw = String::from('"');
        self.next();
        while let Some(c) = self.next() {
            raw.push(c);
            match c {
                '"' => break,
                '\\' => raw.extend(self.next()),
                _ => (),
            }
        }
        serde_json::from_str(&raw).unwrap_or(raw)
    }

    fn blanks(&mut self) {
        while self.rest.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.next();
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        (self.line, self.column) = if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        Some(c)
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn values_are_found_by_pointer_with_line_and_column() {
        let text = "{\n  \"甲\": [1, {\"b\\\"/\": \"x\"}],\n  \"c\": {}, \"d\": []\n}";
        let places = Places::of(text);
        let rows = [
            ("", (1, 1)),
            ("/甲", (2, 8)),
            ("/甲/0", (2, 9)),
            ("/甲/1/b\"~1", (2, 21)),
            ("/c", (3, 8)),
            ("/d", (3, 17)),
            ("/d/4/absent", (3, 17)),
            ("/absent", (1, 1)),
        ];
        for (pointer, expect) in rows {
            assert_eq!(places.find(pointer), expect, "{pointer}");
        }
        assert!(places.twice.is_empty());
    }

    #[test]
    fn a_key_that_stands_twice_is_remembered() {
        let places = Places::of("{\"a\": {\"b\": {\"x\": 1},\n\"b\": {\"x\": 2}}, \"c\": 1}");
        assert_eq!(places.twice, [("/a/b".to_owned(), (2, 1))]);
    }

    #[test]
    fn a_broken_text_does_no_harm() {
        for text in ["", "{", "[1", "{\"a\"", "\"", "}", "{1:2}", "[[[", "{\"a\":}"] {
            Places::of(text);
        }
    }
}
