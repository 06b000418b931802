//! The real document arrives: what fails it is known before the route switches, and each delivery keeps its version.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::program::qilu;
use crate::world::{PROFILE, World, copy_schemas};

const ENTERPRISE: &str = "config/routes/enterprise.toml";
const ACHIEVEMENT: &str = "config/routes/achievement.toml";

/// The second version: one field newly required, one code removed.
fn write_v2(folder: &Path) {
    copy_schemas(folder);
    let file = folder.join("enterprise.schema.json");
    let mut schema: Json = serde_json::from_str(&fs::read_to_string(&file).expect("a schema")).expect("JSON");
    schema["required"].as_array_mut().expect("a list").push(json!("website"));
    schema["x-version"] = json!("2.0.0");
    fs::write(&file, schema.to_string()).expect("a schema");
    let file = folder.join("codes/tech-field.csv");
    let table = fs::read_to_string(&file).expect("a table");
    let kept: Vec<&str> = table.lines().filter(|line| !line.starts_with("04,")).collect();
    assert_eq!(kept.len() + 1, table.lines().count());
    fs::write(&file, kept.join("\n") + "\n").expect("a table");
}

fn of<'a>(plans: &'a Json, route: &str) -> &'a Json {
    let plan = plans.as_array().expect("previews").iter().find(|one| one["route"] == route);
    &plan.expect("the route")["next_schemas"]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_the_next_schemas_is_known_before_the_switch() {
    let mut world = World::for_program().await;
    let schemas = world.path("schemas");
    copy_schemas(&schemas.join("shandong/v1"));
    write_v2(&schemas.join("shandong/v2"));
    let text = fs::read_to_string(world.path("config/qilu.toml")).expect("the instance");
    let lines =
        text.lines().map(|line| if line.starts_with("schemas = ") { "schemas = 'schemas'" } else { line });
    world.write("config/qilu.toml", &lines.collect::<Vec<_>>().join("\n"));
    world.edit(ACHIEVEMENT, &[("techField = \"'08'\"", "techField = \"jsly | code('tech-field')\"")]);
    world.fill(0..12).await;
    world.sql("alter table t_cg add column jsly text default '电子信息'").await;
    world.sql("update t_cg set jsly = '新材料' where id < 5").await;
    qilu(world.root(), &["sync"]).await.ended(0);

    // Nothing is said of what nobody has named.
    let plans = qilu(world.root(), &["plan", "--json"]).await.ended(0).json();
    assert_eq!(*of(&plans, "enterprise"), Json::Null);

    world.edit(PROFILE, &[("# next_schemas = \"shandong/v2\"", "next_schemas = \"shandong/v2\"")]);
    let plans = qilu(world.root(), &["plan", "--json", "--samples", "3"]).await.ended(0).json();
    let firms = of(&plans, "enterprise");
    assert_eq!(
        (&firms["checked"], &firms["fails"], &firms["version"]),
        (&12.into(), &12.into(), &"2.0.0".into())
    );
    assert_eq!(firms["complaints"].as_array().expect("complaints").len(), 1, "{firms}");
    let first = &firms["complaints"][0];
    assert_eq!((&first["count"], &first["complaint"]["pointer"]), (&12.into(), &"/website".into()));
    assert_eq!(first["examples"].as_array().expect("examples").len(), 3);
    let results = of(&plans, "achievement");
    assert_eq!((&results["checked"], &results["fails"]), (&12.into(), &5.into()));
    assert_eq!(results["complaints"][0]["complaint"]["column"], "jsly");
    let shown = qilu(world.root(), &["plan"]).await.ended(0);
    shown.says(&["按新版规范 shandong/v2", "12 × Q4101", "新版报不出", "5 × "]);
    qilu(world.root(), &["plan", "--strict"]).await.ended(1);
    // Sending goes on under what is in force.
    let quiet = qilu(world.root(), &["sync", "--json"]).await.ended(0).json();
    assert_eq!(quiet["platforms"][0]["delivery"]["run"], Json::Null, "{quiet}");

    world.edit(ENTERPRISE, &[("[basis]", "website = \"'https://example.org/' ~ dm\"\n[basis]")]);
    // Found by its place: [fields] ends where [basis] begins.
    world.sql("update t_cg set jsly = '电子信息'").await;
    qilu(world.root(), &["plan"]).await.says(&["没有一条会因新版规范报不出去"]);

    // The switch; the province has switched too.
    world.edit(
        PROFILE,
        &[
            ("next_schemas = \"shandong/v2\"\n", ""),
            ("schemas = \"shandong/v1\"", "schemas = \"shandong/v2\""),
        ],
    );
    world.province = schemas.join("shandong/v2");
    world.sandbox.take().expect("running").stop().await;
    world.start_sandbox().await;
    let held = qilu(world.root(), &["sync", "--json"]).await.ended(4).json();
    let firms = &held["pushes"].as_array().expect("pushes")[0];
    assert_eq!((&firms["route"], &firms["end"]), (&"enterprise".into(), &"held".into()));
    assert_eq!(firms["complaints"][0]["id"], "Q6012", "changed by mapping or schema, not by data");
    qilu(world.root(), &["release", "enterprise", "--reason", "新版规范"]).await.ended(0);
    qilu(world.root(), &["sync"]).await.ended(0);

    // Each delivery keeps the version that it was checked under.
    let key = crate::world::uscc(3);
    let record = qilu(world.root(), &["records", "show", "enterprise", &key, "--json"]).await.ended(0).json();
    let under: Vec<&str> = record["deliveries"]
        .as_array()
        .expect("deliveries")
        .iter()
        .map(|one| one["schema"].as_str().expect("a version"))
        .collect();
    assert_eq!(under, ["shandong/v1 1.0.0", "shandong/v2 2.0.0"]);
    let shown = qilu(world.root(), &["records", "show", "enterprise", &key]).await.ended(0);
    shown.says(&["规范： shandong/v1 1.0.0", "规范： shandong/v2 2.0.0"]);
    qilu(world.root(), &["explain", "achievement", "9"])
        .await
        .ended(0)
        .says(&["shandong/v2 1.0.0", "省平台接收时用的 shandong/v1 1.0.0"]);
}

#[tokio::test]
async fn next_schemas_that_cannot_be_read_hold_nothing_up() {
    let world = World::for_program().await;
    world.edit(PROFILE, &[("# next_schemas = \"shandong/v2\"", "next_schemas = \"shandong/v9\"")]);
    qilu(world.root(), &["plan"]).await.ended(0).says(&["shandong/v9"]);
    qilu(world.root(), &["sync"]).await.ended(0);
}
