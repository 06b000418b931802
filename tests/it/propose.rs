//! From a database that nobody has mapped to records at the province: propose, fill the gaps, check, sync.

use std::fs;
use std::path::Path;

use qilu::demo::city;

use super::program::qilu;
use super::world::{World, sync};

/// What a person fills in, word for word. A draft that no longer says the old text fails here, and a person would
/// have to think anew as well.
const ENTERPRISE: &[(&str, &str)] = &[
    (
        "# publish_when = \"(shzt == 1 and del_flag == 0) if shzt in [1, 2, 3, 9] else none\"",
        "publish_when = \"(shzt == 1 and del_flag == 0) if shzt in [0, 1, 2, 3] else none\"",
    ),
    ("# legalPerson = \"待填\"", "legalPerson = \"市场主体登记管理条例：登记事项依法公示\""),
    ("# \"contact.name\" = \"待填\"", "\"contact.name\" = \"填报承诺书第3条\""),
    ("# \"contact.phone\" = \"待填\"", "\"contact.phone\" = \"填报承诺书第3条\""),
    ("# \"contact.email\" = \"待填\"", "\"contact.email\" = \"填报承诺书第3条\""),
];
const ACHIEVEMENT: &[(&str, &str)] = &[
    (
        "# publish_when = \"(mj == '公开' and shzt == 2 and sfsc == 0) if shzt in [2, 9] else none\"",
        "publish_when = \"(mj == '公开' and shzt == 2 and sfsc == 0) if shzt in [0, 1, 2, 3, 4] else none\"",
    ),
    ("# \"contact.name\" = \"待填\"", "\"contact.name\" = \"填报承诺书第3条\""),
    ("# \"contact.phone\" = \"待填\"", "\"contact.phone\" = \"填报承诺书第3条\""),
    ("# \"contact.email\" = \"待填\"", "\"contact.email\" = \"填报承诺书第3条\""),
    ("# applicants = \"待填\"", "applicants = \"成果登记办法\""),
    ("# \"applicants.name\" = \"待填\"", "\"applicants.name\" = \"成果登记办法\""),
];
const DEMAND: &[(&str, &str)] = &[
    (
        "# publish_when = \"(miji == '公开' and shenhexs == 1 and shenhebm == 1 and dlt == 0) if shenhexs in [1, 3, 8] and shenhebm in [0, 1, 2] else none\"",
        "publish_when = \"(miji == '公开' and shenhexs == 1 and shenhebm == 1 and dlt == 0) if shenhexs in [0, 1, 2, 3] and shenhebm in [0, 1, 2, 3] else none\"",
    ),
    ("# \"contact.name\" = \"待填\"", "\"contact.name\" = \"需求征集表\""),
    ("# \"contact.phone\" = \"待填\"", "\"contact.phone\" = \"需求征集表\""),
    ("# \"contact.email\" = \"待填\"", "\"contact.email\" = \"需求征集表\""),
];

/// An instance with the demo's database, the city's crosswalks, and no route.
async fn unmapped() -> World {
    let world = World::new().await;
    for name in ["market.db", "market.db-wal", "market.db-shm"] {
        fs::remove_file(world.path(name)).ok();
    }
    city::build(&world.path("market.db")).await.expect("the demo's city");
    fs::remove_dir_all(world.path("config/routes")).expect("there were routes");
    let crosswalks = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/crosswalks");
    for file in fs::read_dir(crosswalks).expect("crosswalks").flatten() {
        let name = file.file_name().into_string().expect("a plain name");
        world.write(&format!("config/crosswalks/{name}"), &fs::read_to_string(file.path()).expect("a file"));
    }
    world
}

#[tokio::test]
async fn a_proposed_route_is_refused_until_a_person_fills_it_and_then_delivers() {
    let world = unmapped().await;
    let kinds = [("enterprise", ENTERPRISE), ("achievement", ACHIEVEMENT), ("demand", DEMAND)];
    for (kind, _) in kinds {
        qilu(world.root(), &["propose", kind]).await.ended(0).says(&["肯定", "待填"]);
    }
    let before = fs::read(world.path("config/routes/demand.toml")).expect("written");
    qilu(world.root(), &["propose", "demand"]).await.ended(2).says(&["已经存在，没有改动它"]);
    assert_eq!(before, fs::read(world.path("config/routes/demand.toml")).expect("still there"));
    qilu(world.root(), &["check"]).await.ended(2).says(&["source.publish_when"]);

    // The rule for what leaves comes first; then what names a person still needs its reason.
    for (kind, filled) in kinds {
        world.edit(&format!("config/routes/{kind}.toml"), &filled[..1]);
    }
    qilu(world.root(), &["check"]).await.ended(2).says(&["Q1114"]);
    for (kind, filled) in kinds {
        world.edit(&format!("config/routes/{kind}.toml"), &filled[1..]);
    }
    qilu(world.root(), &["check"]).await.ended(0);

    let connector = world.connector().await;
    let synced = sync(&connector).await;
    let mut good = 0;
    for (kind, rows) in city::City::good_rows().filter(|(kind, _)| kinds.iter().any(|(ours, _)| ours == kind))
    {
        // What was typed by hand into the city's database without a fault reaches the province without one.
        let counts = &synced.push(kind).counts;
        assert!(counts.created >= rows as u64, "{kind}: {counts:?}");
        good += rows as u64;
        assert!(counts.conserved() && counts.unreadable == 0, "{kind}: {counts:?}");
    }
    let delivered = &synced.delivered.counts;
    // The sandbox has rules of its own for a few of the planted rows.
    assert!(delivered.accepted >= good && delivered.doubtful == 0, "{good}: {delivered:?}");
    connector.close().await;
}

#[tokio::test]
async fn one_look_finds_every_kinds_table_and_one_command_writes_all_routes() {
    let world = unmapped().await;
    let found = qilu(world.root(), &["propose", "--json"]).await.ended(0).json();
    let tables = found["tables"].as_array().expect("a list");
    let convincing = tables.iter().filter(|one| one["is_convincing"] == true).count();
    assert_eq!(convincing, 15, "{found:#}");

    qilu(world.root(), &["propose", "patent"]).await.ended(2).says(&["没有类别 patent"]);
    qilu(world.root(), &["propose", "expert", "--table", "zjkk"]).await.ended(2).says(&["zjk"]);
    let printed = qilu(world.root(), &["propose", "expert", "--out", "-"]).await.ended(0);
    printed.says(&["name = \"zjmc | text\"", "# publish_when = \"shjg == '通过'"]);
    assert!(!world.path("config/routes").exists(), "printing writes nothing");

    qilu(world.root(), &["propose", "demand"]).await.ended(0);
    let all = qilu(world.root(), &["propose", "--all", "--json"]).await.ended(2).json();
    let routes = all["routes"].as_array().expect("a list");
    let written = routes.iter().filter(|one| one["written"] == true).count();
    assert_eq!((routes.len(), written), (15, 14), "the one that was there is left alone");
    let files = fs::read_dir(world.path("config/routes")).expect("written").count();
    assert_eq!(files, 15);
    let first = &routes[0]["fields"][0];
    assert!(first["reason"]["zh"].is_string() && first["reason"]["en"].is_string(), "{first}");

    // Nobody's number or address stands in a draft.
    for file in fs::read_dir(world.path("config/routes")).expect("written").flatten() {
        let text = fs::read_to_string(file.path()).expect("a file");
        assert_eq!(qilu::record::mask(&text), text, "{:?}", file.path());
    }
}
