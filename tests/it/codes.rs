//! `qilu codes` on the city that the demo keeps, and a crosswalk mended with what it prints.

use std::fs;

use super::program::qilu;
use super::world::World;

const ACHIEVEMENT: &str = "config/routes/achievement.toml";

#[tokio::test(flavor = "multi_thread")]
async fn values_without_a_code_are_told_pasted_and_gone() {
    let world = World::for_program().await;
    world.fill(0..6).await;
    world.edit(ACHIEVEMENT, &[("techField = \"'08'\"", "techField = \"jsly | code('tech-field')\"")]);
    world
        .sql(
            "alter table t_cg add column jsly text default '新材料';
             update t_cg set jsly = '高端新材料' where id in (2, 3); update t_cg set jsly = '硬,软' where id = 4;",
        )
        .await;
    let crosswalk = world.root().join("config/crosswalks/tech-field.csv");
    fs::create_dir_all(world.root().join("config/crosswalks")).expect("the folder is ours");
    fs::write(&crosswalk, "value,code\n早已不用,01\n").expect("the folder is ours");

    let ran = qilu(world.root(), &["codes", "achievement"]).await.ended(1);
    ran.says(&[
        "高端新材料",
        "04 新材料",
        "高端新材料,04",
        "\"硬,软\",",
        "没有相近的",
        "config/crosswalks/tech-field.csv",
    ]);
    let told = qilu(world.root(), &["codes", "tech-field", "--json"]).await.ended(1).json();
    assert_eq!((&told["values"][0]["value"], &told["values"][0]["rows"]), (&"高端新材料".into(), &2.into()));
    assert_eq!(told["stale"][0]["value"], "早已不用");

    let pasted = qilu(world.root(), &["codes", "--paste", "tech-field"]).await.ended(1);
    assert_eq!(pasted.out, "高端新材料,04\n\"硬,软\",\n");
    // A person says what 硬,软 is.
    let text = format!("value,code\n{}", pasted.out.replace("\"硬,软\",", "\"硬,软\",01"));
    fs::write(&crosswalk, text).expect("the folder is ours");
    qilu(world.root(), &["codes"]).await.ended(0).says(&["每个值都有省代码"]);

    fs::remove_file(&crosswalk).expect("the file is ours");
    let pasted = qilu(world.root(), &["codes", "--paste", "tech-field"]).await.ended(1);
    assert!(pasted.out.starts_with("value,code\n"), "{pasted}");
    qilu(world.root(), &["codes", "--paste", "tech-fields"]).await.ended(2).says(&["没有名为 `tech-fields`"]);
    qilu(world.root(), &["codes", "achievements"]).await.ended(2).says(&["achievement", "tech-field"]);
}
