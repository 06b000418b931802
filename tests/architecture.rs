//! The building inspector: reads the source as text and compares it with the plan of the house.
//!
//! Rule 1  A room uses only the rooms of its line in `HOUSE`, whose order is that of `src/lib.rs`.
//! Rule 2  I/O only behind doors: files with a door's name, the drivers, and the outermost rooms.
//! Rule 3  Only `clock` knows the time and throws dice.
//! Rule 4  A file longer than 500 lines says why.
//! Rule 5  Nothing unfinished, nothing that accepts every certificate.
//! Rule 6  Complaint ids and the catalogue are the same set.
//!
//! Test code is not inspected: it may open what it likes to look at a room from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[path = "architecture/source.rs"]
mod source;

use source::Source;

/// Room → the rooms it may use, besides `record` and `clock`, which are free to all. Ground floor first.
const HOUSE: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("clock", &[]),
    ("config", &[]),
    ("codes", &["config"]),
    ("crypto", &[]),
    ("expression", &["crypto", "codes"]),
    ("mapping", &["expression", "codes", "config"]),
    ("schema", &["expression", "codes", "config"]),
    ("form", &["schema", "codes", "config"]),
    ("plan", &["schema", "config"]),
    ("db", &["config"]),
    ("audit", &["db", "config"]),
    ("ledger", &["plan", "schema", "audit", "db"]),
    ("schedule", &["audit", "db", "config"]),
    ("city", &["config"]),
    ("source", &["city", "config"]),
    ("propose", &["expression", "codes", "schema", "city", "config"]),
    ("attachment", &["config"]),
    ("platform", &["crypto", "expression", "codes", "schema", "config"]),
    ("openapi", &["expression", "codes", "schema", "config"]),
    ("assumption", &["schema", "config"]),
    ("delivery", &["crypto", "platform", "ledger", "plan", "config"]),
    ("hand", &["delivery", "platform", "ledger", "plan", "form", "schema", "codes", "config"]),
    (
        "import",
        &["delivery", "platform", "mapping", "expression", "schema", "codes", "ledger", "city", "config"],
    ),
    ("sync", ALL),
    ("check", ALL),
    ("doctor", &["delivery", "platform", "ledger", "codes", "config"]),
    ("report", &["ledger", "audit", "config"]),
    // The stand-in province must not share a mistake with us: it reads the schema files by itself.
    ("sandbox", &[]),
    ("console", &["sync", "ledger", "platform"]),
    ("init", &["audit", "config"]),
    ("daemon", ALL),
    ("demo", ALL),
    ("cli", ALL),
    ("main", ALL),
];

/// Every room above in the list.
const ALL: &[&str] = &["*"];

/// Rooms that are doors as a whole.
const OUTERMOST: &[&str] = &["db", "sandbox", "console", "init", "daemon", "demo", "cli", "main"];
const DOOR_FILES: &[&str] = &["store.rs", "wire.rs", "load.rs", "export.rs"];
const OUTSIDE: &[&str] = &[
    "axum",
    "hyper",
    "reqwest",
    "sqlx",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "tokio::fs",
    "tokio::net",
    "tokio::process",
];
/// An address is a value; only opening it is I/O.
const PLAIN: &[&str] = &["std::net::SocketAddr", "std::net::IpAddr"];
const TIME: &[&str] = &["SystemTime::now", "Instant::now", "Utc::now", "Local::now", "Timestamp::now"];
const DICE: &[&str] = &["getrandom", "rand", "fastrand", "OsRng", "thread_rng"];
/// Macros stand at the root of the crate, but each belongs to a room.
const MACROS: &[(&str, &str)] = &[("args", "db"), ("row", "db")];
const LINES_MAX: usize = 500;

#[test]
fn a_room_uses_only_the_rooms_of_its_line() {
    report(inspect(arrows));
}

#[test]
fn the_outside_is_reached_only_through_doors() {
    report(inspect(doors));
}

#[test]
fn only_clock_knows_the_time_and_throws_dice() {
    report(inspect(time_and_dice));
}

#[test]
fn nothing_is_unfinished_or_trusts_everybody() {
    report(inspect(unfinished));
}

#[test]
fn no_file_outgrows_its_reader() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for file in rust_files(Path::new(folder)) {
            wrong.extend(too_long(&file, &fs::read_to_string(&file).unwrap()));
        }
    }
    report(wrong);
}

#[test]
fn the_order_of_the_rooms_is_the_order_of_lib() {
    report(order_of(&fs::read_to_string("src/lib.rs").unwrap()));
}

#[test]
fn complaint_ids_and_the_catalogue_are_the_same_set() {
    let catalogue: BTreeSet<String> = qilu::record::catalogue().map(|entry| entry.id.to_owned()).collect();
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for source in sources() {
        if !source.file.starts_with("src/record/catalogue") {
            for (line, id) in source.complaint_ids() {
                used.entry(id).or_insert(format!("{}:{line}", source.file.display()));
            }
        }
    }
    report(mismatch(&catalogue, &used));
}

fn report(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} against the plan of the house:\n{}", wrong.len(), wrong.join("\n"));
}

fn inspect(rule: fn(&Source) -> Vec<String>) -> Vec<String> {
    sources().iter().flat_map(rule).collect()
}

fn arrows(source: &Source) -> Vec<String> {
    let room = source.room();
    if room == "lib" {
        return Vec::new();
    }
    let Some(here) = HOUSE.iter().position(|(name, _)| *name == room) else {
        return vec![format!(
            "{}: `{room}` is not a room of the house: give it a line in HOUSE",
            source.file.display()
        )];
    };
    let (_, allowed) = HOUSE[here];
    let mut wrong = Vec::new();
    for (line, target) in source.rooms_used() {
        if target == "crate" {
            wrong.push(format!(
                "{}:{line}: name the room instead of taking the whole house",
                source.file.display()
            ));
            continue;
        }
        let macro_of = MACROS.iter().find(|(name, _)| *name == target).map(|(_, room)| *room);
        let target = macro_of.unwrap_or(target.as_str());
        let Some(there) = HOUSE.iter().position(|(name, _)| *name == target) else { continue };
        let free = there == here || matches!(target, "record" | "clock");
        let named = allowed.contains(&target) || (allowed == ALL && there < here);
        // `record` stands below `clock`; what is free to all is not free to the ground floor.
        let below = here < 2 && there > here;
        if (!free && !named) || below {
            wrong.push(format!("{}:{line}: `{room}` may not use `{target}`", source.file.display()));
        }
    }
    wrong
}

fn doors(source: &Source) -> Vec<String> {
    let is_door = OUTERMOST.contains(&source.room().as_str())
        || DOOR_FILES.iter().any(|name| source.file.ends_with(name))
        || source.file.starts_with("src/city/drivers");
    if is_door {
        return Vec::new();
    }
    // One step alone is somebody's local name.
    let outside = |path: &str| {
        path.contains("::")
            && !PLAIN.contains(&path)
            && OUTSIDE.iter().any(|name| path == *name || path.starts_with(&format!("{name}::")))
    };
    let found = source.paths().into_iter().filter(|(_, path)| outside(path));
    found
        .map(|(line, path)| format!("{}:{line}: I/O outside a door: `{path}`", source.file.display()))
        .collect()
}

fn time_and_dice(source: &Source) -> Vec<String> {
    if source.room() == "clock" {
        return Vec::new();
    }
    let found = source.paths().into_iter().filter(|(_, path)| {
        let asks_time = TIME.iter().any(|call| path == call || path.ends_with(&format!("::{call}")));
        asks_time || (path.contains("::") && path.split("::").any(|step| DICE.contains(&step)))
    });
    found
        .map(|(line, path)| {
            format!("{}:{line}: take a `&Clock` or a `now` instead of `{path}`", source.file.display())
        })
        .collect()
}

fn unfinished(source: &Source) -> Vec<String> {
    let words = source.words();
    let found = words.iter().filter(|(_, word, is_macro)| {
        (*is_macro && matches!(word.as_str(), "todo" | "unimplemented" | "dbg"))
            || word.starts_with("danger_accept")
    });
    found
        .map(|(line, word, _)| format!("{}:{line}: `{word}` has no place here", source.file.display()))
        .collect()
}

fn too_long(file: &Path, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let excused =
        text.lines().any(|line| line.trim_start().starts_with("//") && line.contains("LONG BECAUSE:"));
    (lines > LINES_MAX && !excused)
        .then(|| format!("{} has {lines} lines: split it, or say why not (`LONG BECAUSE:`)", file.display()))
}

fn order_of(lib: &str) -> Vec<String> {
    let rooms: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "))
        .map(|name| name.trim_end_matches(';'))
        .collect();
    let place = |room: &str| HOUSE.iter().position(|(name, _)| *name == room);
    let mut wrong: Vec<String> = rooms
        .iter()
        .filter(|room| place(room).is_none())
        .map(|room| format!("src/lib.rs: `{room}` has no line in HOUSE"))
        .collect();
    for pair in rooms.windows(2) {
        if let (Some(one), Some(next)) = (place(pair[0]), place(pair[1]))
            && one >= next
        {
            wrong.push(format!("src/lib.rs: `{}` stands before `{}`", pair[0], pair[1]));
        }
    }
    wrong
}

fn mismatch(catalogue: &BTreeSet<String>, used: &BTreeMap<String, String>) -> Vec<String> {
    let missing = used.iter().filter(|(id, _)| !catalogue.contains(*id));
    let missing = missing.map(|(id, place)| format!("{place}: {id} is not in the catalogue"));
    let idle = catalogue.iter().filter(|id| !used.contains_key(*id));
    missing.chain(idle.map(|id| format!("{id} stands in the catalogue and nobody says it"))).collect()
}

/// Every file of `src` that is compiled into the program.
fn sources() -> Vec<Source> {
    let all: Vec<Source> = rust_files(Path::new("src"))
        .into_iter()
        .map(|file| Source::new(&file, &fs::read_to_string(&file).unwrap()))
        .collect();
    let tests: Vec<PathBuf> = all.iter().flat_map(Source::test_modules).collect();
    let is_test =
        |file: &Path| tests.iter().any(|test| file.starts_with(test) || file.with_extension("") == *test);
    all.into_iter().filter(|source| !is_test(&source.file)).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries.map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// Each rule on samples that break it and on samples that do not.
mod the_inspector {
    use super::*;

    fn sample(file: &str, text: &str) -> Source {
        Source::new(Path::new(file), text)
    }

    fn check(rule: fn(&Source) -> Vec<String>, file: &str, text: &str, wrong: usize) {
        let found = rule(&sample(file, text));
        assert_eq!(found.len(), wrong, "{file}: {text}\n{found:?}");
    }

    #[test]
    fn sees_every_way_to_name_a_room() {
        let rows = [
            ("src/mapping/mod.rs", "use crate::expression::Scope;", 0),
            ("src/mapping/mod.rs", "use crate::record::{Row, Value}; use crate::clock::Clock;", 0),
            ("src/mapping/mod.rs", "use crate::ledger::Lease;", 1),
            ("src/mapping/mod.rs", "use crate::ledger as books;", 1),
            ("src/mapping/mod.rs", "use crate::{record::Row, ledger::{Lease, Event}};", 1),
            ("src/mapping/mod.rs", "use crate::{\n    expression,\n    ledger,\n};", 1),
            ("src/mapping/mod.rs", "use super::ledger::Lease;", 1),
            ("src/mapping/compile.rs", "use super::super::ledger::Lease;", 1),
            ("src/mapping/compile.rs", "use super::ledger::Lease;", 0),
            ("src/mapping/compile.rs", "use super::{super::{ledger::Lease}, Mapping};", 1),
            ("src/mapping/mod.rs", "fn a() { let x = crate::ledger::next(1); }", 1),
            ("src/mapping/mod.rs", "use crate as house; fn a() { house::ledger::next(1) }", 1),
            ("src/mapping/mod.rs", "use crate::*;", 1),
            (
                "src/mapping/mod.rs",
                "pub(crate) fn a() {} pub(super) fn b() {} pub(in crate::mapping) fn c() {}",
                0,
            ),
            ("src/mapping/mod.rs", "fn a() { crate::args![1] }", 1),
            ("src/audit/mod.rs", "fn a() { crate::args![1] }", 0),
            (
                "src/mapping/mod.rs",
                "// use crate::ledger;\n/* crate::ledger */ const A: &str = \"crate::ledger\";",
                0,
            ),
            (
                "src/mapping/mod.rs",
                "#[cfg(test)]\nmod tests { use crate::ledger; }\nuse crate::plan::Action;",
                1,
            ),
            ("src/mapping/mod.rs", "#[cfg(test)]\nmod tests;\nuse crate::plan::Action;", 1),
            ("src/record/key.rs", "use crate::clock::Clock;", 1),
            ("src/ledger.rs", "use crate::audit;", 0),
            ("src/sync/push.rs", "use crate::{ledger, delivery, mapping, source};", 0),
            ("src/sync/push.rs", "use crate::daemon::Loop;", 1),
            ("src/sandbox/mod.rs", "use crate::schema::Kind;", 1),
            ("src/helpers/mod.rs", "", 1),
        ];
        for (file, text, wrong) in rows {
            check(arrows, file, text, wrong);
        }
    }

    #[test]
    fn sees_what_reaches_outside() {
        let rows = [
            ("src/schema/read.rs", "use std::fs;", 1),
            ("src/schema/read.rs", "use std::{collections::HashMap, fs::{self, File}, path::Path};", 2),
            ("src/schema/read.rs", "fn a() { std::env::var(\"X\"); }", 1),
            ("src/schema/read.rs", "use std::fmt; fn fs() {}", 0),
            ("src/schema/load.rs", "use std::fs;", 0),
            ("src/ledger/claim.rs", "use sqlx::Row;", 1),
            ("src/ledger/claim.rs", "let reqwest = 1;", 0),
            ("src/city/drivers/sqlite.rs", "use sqlx::Row;", 0),
            ("src/city/reader.rs", "use tokio::{net::TcpStream, sync::Mutex};", 1),
            ("src/daemon/mod.rs", "use tokio::net::TcpListener;", 0),
        ];
        for (file, text, wrong) in rows {
            check(doors, file, text, wrong);
        }
    }

    #[test]
    fn sees_clocks_dice_and_loose_ends() {
        let rows = [
            ("src/plan/mod.rs", "let a = std::time::SystemTime::now();", 1),
            ("src/plan/mod.rs", "let a = Instant::now(); let b = chrono::Utc::now();", 2),
            ("src/plan/mod.rs", "let a = clock.now(); let b = Instant::from(a);", 0),
            ("src/plan/mod.rs", "getrandom::fill(&mut a); let b = rand::random();", 2),
            ("src/clock/mod.rs", "let a = SystemTime::now();", 0),
        ];
        for (file, text, wrong) in rows {
            check(time_and_dice, file, text, wrong);
        }
        let rows = [
            ("fn a() { todo!() }", 1),
            ("fn a() { dbg!(1); unimplemented!(\"later\") }", 2),
            ("client.danger_accept_invalid_certs(true)", 1),
            ("fn todo() {} // todo!()", 0),
            ("const A: &str = r#\"a \"todo!()\" b\"#; const B: char = '\"'; fn a<'x>() { todo!() }", 1),
        ];
        for (text, wrong) in rows {
            check(unfinished, "src/plan/mod.rs", text, wrong);
        }
    }

    #[test]
    fn counts_lines_and_compares_ids_and_order() {
        let long = "let a = 1;\n".repeat(501);
        assert!(too_long(Path::new("a.rs"), &long).is_some());
        assert!(too_long(Path::new("a.rs"), &format!("//! LONG BECAUSE: a table.\n{long}")).is_none());
        assert!(too_long(Path::new("a.rs"), &long[11..]).is_none());

        let source = sample(
            "src/plan/mod.rs",
            "new(\"Q6001\"); // \"Q6002\"\nlet a = \"Q60011 Q6001\"; at(\"Q6003\")",
        );
        let used: BTreeMap<String, String> =
            source.complaint_ids().into_iter().map(|(line, id)| (id, line.to_string())).collect();
        assert_eq!(used.keys().collect::<Vec<_>>(), ["Q6001", "Q6003"]);
        let catalogue = ["Q6001", "Q6009"].map(str::to_owned).into();
        assert_eq!(
            mismatch(&catalogue, &used),
            ["2: Q6003 is not in the catalogue", "Q6009 stands in the catalogue and nobody says it"]
        );

        assert_eq!(order_of("pub mod record;\n\npub mod plan;\nmod sync;\n"), [""; 0]);
        assert_eq!(order_of("pub mod plan;\npub mod config;\npub mod cellar;\n").len(), 2);
    }

    #[test]
    fn knows_which_files_are_tests_only() {
        let source = sample(
            "src/schema/mod.rs",
            "mod kind;\n#[cfg(test)]\nmod tests;\n#[cfg(test)] mod more { fn a() {} }",
        );
        assert_eq!(source.test_modules(), [Path::new("src/schema/tests")]);
        let source = sample("src/expression/filters.rs", "#[cfg(test)]\nmod properties;");
        assert_eq!(source.test_modules(), [Path::new("src/expression/filters/properties")]);
    }
}
