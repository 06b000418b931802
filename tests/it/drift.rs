//! The province changes something without a word: its code tables, or what it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use qilu::ledger::State;

use crate::program::{Running, count, qilu, rows, until};
use crate::world::{PROFILE, World, copy_schemas, sync};

/// A world whose province reads schema files of its own.
async fn with_a_province_of_its_own(mut world: World) -> (World, PathBuf) {
    let own = world.path("province");
    copy_schemas(&own);
    world.province = own.clone();
    restart(&mut world).await;
    (world, own)
}

async fn restart(world: &mut World) {
    world.sandbox.take().expect("running").stop().await;
    world.start_sandbox().await;
}

fn edit(file: &Path, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(file).expect("a file of the province");
    for (old, new) in changes {
        assert!(text.contains(old), "{} has no `{old}`", file.display());
        text = text.replacen(old, new, 1);
    }
    fs::write(file, text).expect("a file of the province");
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_code_tables_are_told_once_each_and_change_nothing_at_home() {
    let (mut world, province) = with_a_province_of_its_own(World::for_program().await).await;
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1/codes/tech-field.csv");
    let before = fs::read_to_string(&ours).expect("our table");
    qilu(world.root(), &["codes", "drift"]).await.ended(0).says(&["比对了 64 张代码表，0 张有出入"]);

    let table = province.join("codes/tech-field.csv");
    let original = fs::read_to_string(&table).expect("the province's table");
    edit(&table, &[("01,电子信息,,,", "01,信息技术,,,"), ("03,", "13,")]);
    restart(&mut world).await;
    let found = qilu(world.root(), &["codes", "drift", "shandong", "--json"]).await.ended(1).json();
    let alarms = found[0]["alarms"].as_array().expect("alarms");
    let ids: Vec<&str> = alarms.iter().map(|one| one["complaint"]["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["Q7711", "Q7712", "Q7713"]);
    let tables = found[0]["tables"].as_array().expect("tables");
    let drift = tables.iter().find(|one| one["table"] == "tech-field").expect("the table");
    assert_eq!((&drift["new"][0]["code"], &drift["gone"][0]["code"]), (&"13".into(), &"03".into()));
    assert_eq!(drift["renamed"][0]["theirs"], "信息技术");

    // It stands, and is no news; nothing was changed.
    let again = qilu(world.root(), &["codes", "drift"]).await.ended(1);
    again.says(&["1 张有出入", "13 ", "电子信息 → 信息技术"]);
    assert!(!again.out.contains("新告警"), "{again}");
    assert_eq!(fs::read_to_string(&ours).expect("our table"), before);
    let audited = qilu(world.root(), &["audit", "list", "--event", "alarm", "--json"]).await.ended(0).json();
    assert_eq!(audited.as_array().expect("events").len(), 3);

    fs::write(&table, original).expect("the province's table");
    restart(&mut world).await;
    qilu(world.root(), &["codes", "drift"]).await.ended(0);
    assert_eq!(count(&world.ledger(), "select count(*) from alarm where ended_at is null").await, 0);
    assert_eq!(count(&world.ledger(), "select count(*) from alarm").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_looks_at_the_code_tables_by_itself() {
    let (mut world, province) = with_a_province_of_its_own(World::for_program().await).await;
    edit(&province.join("codes/gender.csv"), &[("\n1,", "\n7,")]);
    restart(&mut world).await;
    let running = Running::start(world.root(), &["daemon"]);
    let looks = "select count(*) from dictionary_look where platform = 'shandong'";
    until("it has looked", async || count(&world.ledger(), looks).await == 1).await;
    running.terminate();
    running.end().await.ended(0);
    let alarms = rows(&world.ledger(), "select subject from alarm order by subject").await;
    assert_eq!(alarms, [["gender/gone"], ["gender/new"]]);
}

#[tokio::test]
async fn a_table_that_the_schemas_do_not_have_is_a_fault_of_the_profile() {
    let world = World::for_program().await;
    world.edit(PROFILE, &[("tech-field = \"tech-field\"", "tech-feild = \"tech-field\"")]);
    qilu(world.root(), &["check"]).await.ended(2).says(&["Q7716", "tech-feild", "tech-field"]);
}

#[tokio::test]
async fn a_new_refusal_of_what_used_to_pass_is_one_alarm_with_examples() {
    let (mut world, province) = with_a_province_of_its_own(World::new().await).await;
    world.fill(0..12).await;
    let connector = world.connector().await;
    let first = sync(&connector).await;
    assert_eq!((first.delivered.counts.accepted, first.delivered.alarms.len()), (36, 0));
    connector.close().await;

    // The field of technology of every achievement is no longer in the province's table.
    edit(&province.join("codes/tech-field.csv"), &[("\n08,", "\n88,")]);
    restart(&mut world).await;
    world.fill(12..19).await;
    let connector = world.connector().await;
    let second = sync(&connector).await;
    let [alarm] = second.delivered.alarms.as_slice() else { panic!("{:?}", second.delivered.alarms) };
    assert_eq!(alarm.complaint.id, "Q7731");
    assert_eq!(alarm.complaint.pointer, "/techField");
    let fact = |name: &str| {
        let found = alarm.complaint.facts.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).expect("a fact")
    };
    assert_eq!((fact("code"), fact("count"), fact("passed")), ("2004", "7", "12"));
    assert_eq!(alarm.examples.len(), 5);
    let run = second.delivered.alarms[0].run.expect("a run");
    assert_eq!(connector.ledger.alarms_of_run(run).await.expect("the ledger").len(), 1);

    // More of the same is no news.
    world.fill(19..22).await;
    let third = sync(&connector).await;
    assert_eq!((third.delivered.counts.refused, third.delivered.alarms.len()), (3, 0));
    assert_eq!(connector.ledger.standing_alarms().await.expect("the ledger").len(), 1);
    let refused = connector.ledger.open_deliveries().await.expect("the ledger");
    assert!(refused.iter().any(|one| one.state == State::Refused.word() && one.count == 10), "{refused:?}");
}

#[tokio::test]
async fn at_first_contact_no_refusal_is_a_surprise() {
    let (mut world, province) = with_a_province_of_its_own(World::new().await).await;
    edit(&province.join("codes/tech-field.csv"), &[("\n08,", "\n88,")]);
    restart(&mut world).await;
    world.fill(0..12).await;
    let connector = world.connector().await;
    let first = sync(&connector).await;
    assert_eq!((first.delivered.counts.refused, first.delivered.alarms.len()), (12, 0));
}
