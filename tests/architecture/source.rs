//! One source file as the inspector sees it: words and signs, without comments, texts and tests.

use std::path::{Path, PathBuf};

pub struct Source {
    pub file: PathBuf,
    tokens: Vec<Token>,
    /// `#[cfg(test)] mod NAME;`
    test_modules: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    line: usize,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Word(String),
    /// The inside of a text in quotes.
    Text(String),
    /// `::`
    Path,
    Sign(char),
}

impl Source {
    pub fn new(file: &Path, text: &str) -> Self {
        let (tokens, test_modules) = without_tests(tokens(text));
        Source { file: file.to_owned(), tokens, test_modules }
    }

    /// `src/ledger/store.rs` and `src/ledger.rs` are both in room `ledger`.
    pub fn room(&self) -> String {
        self.module().into_iter().next().unwrap_or_else(|| "lib".to_owned())
    }

    /// The module path of the file.
    fn module(&self) -> Vec<String> {
        let inside = self.file.strip_prefix("src").unwrap_or(&self.file).with_extension("");
        let mut steps: Vec<String> =
            inside.components().map(|step| step.as_os_str().to_string_lossy().into_owned()).collect();
        if steps.last().is_some_and(|last| last == "mod" || (steps.len() == 1 && last == "lib")) {
            steps.pop();
        }
        steps
    }

    /// Where the files of test-only modules lie, without their ending.
    pub fn test_modules(&self) -> Vec<PathBuf> {
        let folder: PathBuf = Path::new("src").join(self.module().iter().collect::<PathBuf>());
        self.test_modules.iter().map(|name| folder.join(name)).collect()
    }

    /// Every path, with groups taken apart: `use a::{b, c::d};` is `a::b` and `a::c::d`. A word alone is a path
    /// of one step. A `*` ends a path like a name.
    pub fn paths(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let after_dot = at > 0 && self.tokens[at - 1].kind == Kind::Sign('.');
            match &self.tokens[at].kind {
                Kind::Word(_) if !after_dot => at = self.path(at, &[], &mut found),
                _ => at += 1,
            }
        }
        found
    }

    /// Reads one path from `at`; gives the place behind it.
    fn path(&self, mut at: usize, prefix: &[String], found: &mut Vec<(usize, String)>) -> usize {
        let mut steps = prefix.to_vec();
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        while let Some(token) = self.tokens.get(at) {
            match &token.kind {
                Kind::Word(word) => steps.push(word.clone()),
                Kind::Sign('*') => steps.push("*".to_owned()),
                Kind::Sign('{') => {
                    at += 1;
                    while self.tokens.get(at).is_some_and(|token| token.kind != Kind::Sign('}')) {
                        match &self.tokens[at].kind {
                            Kind::Word(word) if word == "as" => at += 2,
                            Kind::Word(_) | Kind::Sign('*' | '{') => at = self.path(at, &steps, found),
                            _ => at += 1,
                        }
                    }
                    return at + 1;
                }
                _ => break,
            }
            at += 1;
            if self.tokens.get(at).map(|token| &token.kind) != Some(&Kind::Path) {
                break;
            }
            at += 1;
        }
        // `use crate as house` hides every arrow behind a new name: it counts as taking all of it.
        let is_renamed = self.tokens.get(at).is_some_and(|next| next.kind == Kind::Word("as".to_owned()));
        if is_renamed && steps.iter().all(|step| matches!(step.as_str(), "crate" | "super" | "self")) {
            steps.push("*".to_owned());
        }
        found.push((line, steps.join("::")));
        at
    }

    /// The rooms named by `crate::` or by enough `super`s, with their lines; `crate` for the house as a whole.
    pub fn rooms_used(&self) -> Vec<(usize, String)> {
        let mut used = Vec::new();
        for (line, path) in self.paths() {
            let mut module = self.module();
            let mut steps = path.split("::").filter(|step| *step != "self");
            let mut reaches_root = false;
            let mut target = None;
            for step in steps.by_ref() {
                match step {
                    "crate" => module.clear(),
                    "super" => _ = module.pop(),
                    other => {
                        target = Some(other);
                        break;
                    }
                }
                reaches_root = module.is_empty();
            }
            match target {
                Some("*") if reaches_root => used.push((line, "crate".to_owned())),
                Some(room) if reaches_root => used.push((line, room.to_owned())),
                _ => (),
            }
        }
        used.dedup();
        used
    }

    /// Every word, and whether a `!` makes it a macro's.
    pub fn words(&self) -> Vec<(usize, String, bool)> {
        let next_is_bang =
            |at: usize| self.tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Sign('!'));
        let word = |(at, token): (usize, &Token)| match &token.kind {
            Kind::Word(word) => Some((token.line, word.clone(), next_is_bang(at))),
            _ => None,
        };
        self.tokens.iter().enumerate().filter_map(word).collect()
    }

    /// Texts that are a complaint's id and nothing else.
    pub fn complaint_ids(&self) -> Vec<(usize, String)> {
        let is_id = |text: &str| {
            text.len() == 5 && text.starts_with('Q') && text[1..].bytes().all(|byte| byte.is_ascii_digit())
        };
        let id = |token: &Token| match &token.kind {
            Kind::Text(text) if is_id(text) => Some((token.line, text.clone())),
            _ => None,
        };
        self.tokens.iter().filter_map(id).collect()
    }
}

/// Takes out every item behind `#[cfg(test)]`; also gives the modules among them that are files of their own.
fn without_tests(tokens: Vec<Token>) -> (Vec<Token>, Vec<String>) {
    let word = |text: &str| Kind::Word(text.to_owned());
    let mark = [
        Kind::Sign('#'),
        Kind::Sign('['),
        word("cfg"),
        Kind::Sign('('),
        word("test"),
        Kind::Sign(')'),
        Kind::Sign(']'),
    ];
    let (mut kept, mut modules) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        let is_mark = tokens[at..].len() >= mark.len()
            && tokens[at..].iter().zip(&mark).all(|(token, mark)| token.kind == *mark);
        if !is_mark {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += mark.len();
        if let (Some(Kind::Word(first)), Some(Kind::Word(name)), Some(Kind::Sign(';'))) =
            (kind(&tokens, at), kind(&tokens, at + 1), kind(&tokens, at + 2))
            && first == "mod"
        {
            modules.push(name.clone());
        }
        // To the end of the item: a `;` outside all brackets, or the `}` that closes its first `{`.
        let mut depth = 0_i32;
        while let Some(kind) = kind(&tokens, at) {
            at += 1;
            match kind {
                Kind::Sign('{' | '(' | '[') => depth += 1,
                Kind::Sign('}') if depth <= 1 => break,
                Kind::Sign('}' | ')' | ']') => depth -= 1,
                Kind::Sign(';') if depth == 0 => break,
                _ => (),
            }
        }
    }
    (kept, modules)
}

fn kind(tokens: &[Token], at: usize) -> Option<&Kind> {
    tokens.get(at).map(|token| &token.kind)
}

/// Words, texts and signs of Rust, as far as an inspector needs them.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let start = line;
        let c = chars[at];
        let kind = match c {
            '\n' => {
                line += 1;
                at += 1;
                continue;
            }
            '/' if peek(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
                continue;
            }
            '/' if peek(at + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (peek(at), peek(at + 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 2),
                        ('*', '/') => (depth, at) = (depth - 1, at + 2),
                        (other, _) => {
                            line += usize::from(other == '\n');
                            at += 1;
                        }
                    }
                    if depth == 0 || at >= chars.len() {
                        break;
                    }
                }
                continue;
            }
            'r' if matches!(peek(at + 1), '"' | '#') && !matches!(peek(at + 2), 'a'..='z' | '_') => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                at += hashes + 2;
                let from = at;
                let closes = |at: usize| chars[at] == '"' && (1..=hashes).all(|more| peek(at + more) == '#');
                while at < chars.len() && !closes(at) {
                    line += usize::from(chars[at] == '\n');
                    at += 1;
                }
                let inside: String = chars[from..at].iter().collect();
                at += hashes + 1;
                Kind::Text(inside)
            }
            '"' => {
                at += 1;
                let from = at;
                while at < chars.len() && chars[at] != '"' {
                    // An escaped line end continues the text on the next line.
                    at += usize::from(chars[at] == '\\');
                    line += usize::from(peek(at) == '\n');
                    at += 1;
                }
                let inside: String = chars[from..at.min(chars.len())].iter().collect();
                at += 1;
                Kind::Text(inside)
            }
            // A character; anything else behind `'` is a lifetime and goes on as a word.
            '\'' if peek(at + 1) == '\\' => {
                at += 3;
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
                at += 1;
                continue;
            }
            '\'' if peek(at + 2) == '\'' => {
                at += 3;
                continue;
            }
            ':' if peek(at + 1) == ':' => {
                at += 2;
                Kind::Path
            }
            c if c.is_alphanumeric() || c == '_' => {
                let from = at;
                while peek(at).is_alphanumeric() || peek(at) == '_' {
                    at += 1;
                }
                Kind::Word(chars[from..at].iter().collect())
            }
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            sign => {
                at += 1;
                Kind::Sign(sign)
            }
        };
        found.push(Token { line: start, kind });
    }
    found
}
