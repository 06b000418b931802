//! Reads the READMEs as a newcomer does: types every command, compares what is shown with what comes.
//!
//! Conventions of the pages: a block of `sh` is typed line by line in one shell; `# exit N` after a command is its
//! exit code, 0 where nothing is said; a block of `text` after it shows lines of its output in order, where `…` stands
//! for anything left out. A command that stays up is ended by Ctrl-C after the next block. Ports and times may differ.

mod page;
mod shell;

use std::path::Path;

use page::Page;
use qilu::expression::filters;
use qilu::ledger::Status;
use qilu::record::Language;
use shell::Shell;

const ENGLISH: &str = "README.md";
const CHINESE: &str = "README.zh-CN.md";

/// Commands of the pages that are not typed here, and why.
const EXEMPT: &[(&str, &str)] = &[("./tests/run.sh", "it runs this test among the others")];

#[test]
fn every_command_of_the_readme_runs_and_says_what_is_shown() {
    type_all(ENGLISH);
}

#[test]
fn every_command_of_the_chinese_readme_runs_and_says_what_is_shown() {
    type_all(CHINESE);
}

fn type_all(name: &str) {
    let page = Page::open(name);
    let mut shell = Shell::open();
    for step in page.steps() {
        let mut output = String::new();
        let ends_here = shell.has_background();
        for command in &step.commands {
            if EXEMPT.iter().any(|(exempt, _)| *exempt == command.text) {
                continue;
            }
            let (code, said) = shell.run(&command.text);
            let place = format!("{name}:{}: `{}`", command.line, command.text);
            assert_eq!(code, command.exit, "{place} ended with another exit code:\n{said}");
            output += &said;
        }
        if ends_here {
            shell.interrupt();
        }
        if let Err(line) = page::comes_in_order(&step.shown, &output) {
            panic!("{name}:{}: this line does not come:\n{line}\nwhat came:\n{output}", step.line);
        }
    }
}

#[test]
fn what_is_exempt_still_occurs() {
    for name in [ENGLISH, CHINESE] {
        let steps = Page::open(name).steps();
        for (exempt, _) in EXEMPT {
            let occurs = steps.iter().flat_map(|step| &step.commands).any(|one| one.text == *exempt);
            assert!(occurs, "{name} has no `{exempt}` any more; remove it from EXEMPT");
        }
    }
}

#[test]
fn the_tables_of_statuses_say_what_the_program_says() {
    for (name, language) in [(ENGLISH, Language::English), (CHINESE, Language::Chinese)] {
        let page = Page::open(name);
        let mut rows = page.rows("| `not_published`").into_iter();
        for status in Status::ALL {
            let word = serde_json::to_value(status).expect("a word");
            let row = rows.next().unwrap_or_default();
            let expect = [format!("`{}`", word.as_str().expect("a word")), status.name(language).to_owned()];
            assert_eq!(row.iter().take(2).collect::<Vec<_>>(), expect.iter().collect::<Vec<_>>(), "{name}");
            let to_do = row.last().map(String::as_str).unwrap_or_default();
            let expect = status.what_to_do(language);
            assert_eq!(to_do.replace('–', ""), expect.replace('|', "\\|"), "{name}: {word}");
        }
        assert_eq!(rows.next(), None, "{name} has a status that is none");
    }
}

/// `README_UPDATE=1 cargo test --test readme` writes the table instead of comparing it.
#[test]
fn the_table_of_filters_is_the_program_s_own() {
    let mut table = String::from("| filter | gives |\n|---|---|\n");
    for filter in filters() {
        let signature = filter.signature.replace(" | ", "`, `").replace('|', "\\|");
        table += &format!("| `{signature}` | {} |\n", filter.en.replace('|', "\\|"));
    }
    let page = Page::open(ENGLISH);
    let (before, rest) = page.between("<!-- filters:", "<!-- /filters -->");
    if std::env::var_os("README_UPDATE").is_some() {
        let text = page.text.replacen(&format!("{before}{rest}"), &format!("{before}{table}"), 1);
        std::fs::write(page.path, text).expect("the README is ours");
    } else {
        assert_eq!(
            rest, table,
            "the table of filters is old; README_UPDATE=1 cargo test --test readme writes it"
        );
    }
}

#[test]
fn every_file_that_the_pages_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in [ENGLISH, CHINESE] {
        for link in Page::open(name).links() {
            assert!(root.join(&link).exists(), "{name} leads to {link}, which is not there");
        }
    }
}
