//! A page of Markdown, as far as a reader needs it.

use std::path::{Path, PathBuf};

use regex::Regex;

pub struct Page {
    pub path: PathBuf,
    pub text: String,
}

/// One block of commands, with what the page shows of their output.
#[derive(Debug, Default)]
pub struct Step {
    /// The first line of what is shown, counted from 1.
    pub line: usize,
    pub commands: Vec<Command>,
    pub shown: String,
}

/// One command, as it is typed.
#[derive(Debug)]
pub struct Command {
    pub line: usize,
    pub text: String,
    pub exit: i32,
}

impl Page {
    pub fn open(name: &str) -> Page {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Page { path, text }
    }

    /// Every block of commands in the order of the page.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        // A block of text under another heading is a picture, not output.
        let mut same_heading = false;
        let mut lines = self.text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            same_heading &= !line.starts_with('#');
            let Some(language) = line.strip_prefix("```") else { continue };
            let block: Vec<&str> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            match (language, steps.last_mut()) {
                ("sh", _) => {
                    steps.push(Step { commands: commands(at + 2, &block), ..Step::default() });
                    same_heading = true;
                }
                ("text", Some(step)) if same_heading && step.shown.is_empty() => {
                    (step.line, step.shown) = (at + 2, block.join("\n"));
                }
                _ => (),
            }
        }
        steps
    }

    /// The cells of a table's rows, from the row that begins like this.
    pub fn rows(&self, first: &str) -> Vec<Vec<String>> {
        let rows = self.text.lines().skip_while(|line| !line.starts_with(first));
        let cells =
            |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        rows.take_while(|line| line.starts_with('|')).map(cells).collect()
    }

    /// The line that begins with `from`, and what stands between it and `to`.
    pub fn between(&self, from: &str, to: &str) -> (String, String) {
        let start = self.text.find(from).unwrap_or_else(|| panic!("no `{from}`"));
        let first = start + self.text[start..].find('\n').expect("a line") + 1;
        let end = first + self.text[first..].find(to).unwrap_or_else(|| panic!("no `{to}`"));
        (self.text[start..first].to_owned(), self.text[first..end].to_owned())
    }

    /// The files of this project that links lead to.
    pub fn links(&self) -> Vec<String> {
        let link = Regex::new(r"\]\(([^)#:]+)\)").expect("a pattern");
        link.captures_iter(&self.text).map(|found| found[1].to_owned()).collect()
    }
}

/// The commands of a block; a here-document belongs to its command.
fn commands(first: usize, block: &[&str]) -> Vec<Command> {
    let mut found = Vec::new();
    let mut lines = block.iter().enumerate();
    while let Some((at, line)) = lines.next() {
        let (typed, remark) = line.split_once("  #").unwrap_or((line, ""));
        let exit = remark.trim().strip_prefix("exit ").and_then(|code| code.split(':').next()?.parse().ok());
        let mut text = typed.trim().to_owned();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if text.ends_with("<<'END'") {
            for (_, line) in lines.by_ref() {
                text = format!("{text}\n{line}");
                if *line == "END" {
                    break;
                }
            }
        }
        found.push(Command { line: first + at, text, exit: exit.unwrap_or(0) });
    }
    found
}

/// Whether every line that is shown comes, in order. Errors: the first that does not.
pub fn comes_in_order<'a>(shown: &'a str, output: &str) -> Result<(), &'a str> {
    let output = plain(output);
    let mut lines = output.lines();
    for line in shown.lines() {
        let wanted = plain(line);
        let pieces: Vec<&str> = wanted.split('…').map(str::trim).filter(|piece| !piece.is_empty()).collect();
        if !pieces.is_empty() && !lines.any(|line| holds(line, &pieces)) {
            return Err(line);
        }
    }
    Ok(())
}

fn holds(line: &str, pieces: &[&str]) -> bool {
    let mut rest = line;
    pieces.iter().all(|piece| {
        let found = rest.find(piece);
        rest = found.map_or("", |at| &rest[at + piece.len()..]);
        found.is_some()
    })
}

/// Text without what differs from day to day and from screen to screen.
fn plain(text: &str) -> String {
    let replace = |text: String, pattern: &str, by: &str| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, by).into_owned()
    };
    let text = replace(text.to_owned(), r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    let text = replace(text, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+08:00", "TIME");
    replace(text, r"[ \t]+", " ")
}

#[test]
fn lines_are_found_in_order_and_dots_stand_for_anything() {
    let output = "a  1\nb on 127.0.0.1:8123 at 2026-05-01 08:00:00 +08:00\nc";
    for (shown, expect) in [
        ("a 1\n…\nc", Ok(())),
        ("b on 127.0.0.1:1 at …", Ok(())),
        ("b … at", Ok(())),
        ("c\na 1", Err("a 1")),
        ("a 2", Err("a 2")),
        ("", Ok(())),
    ] {
        assert_eq!(comes_in_order(shown, output), expect, "{shown}");
    }
}

#[test]
fn a_block_is_read_command_by_command() {
    let block = [
        "# a remark",
        "cat > x <<'END'",
        "a  # kept",
        "END",
        "false   # exit 1: as it should",
        "true  # why",
    ];
    let found: Vec<_> = commands(10, &block).into_iter().map(|one| (one.line, one.text, one.exit)).collect();
    let expect = [(11, "cat > x <<'END'\na  # kept\nEND", 0), (14, "false", 1), (15, "true", 0)];
    assert_eq!(found, expect.map(|(line, text, exit)| (line, text.to_owned(), exit)));
}
