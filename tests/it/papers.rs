//! `qilu schema`: the papers for the province and for tools.

use std::fs;

use serde_json::Value as Json;

use crate::program::qilu;
use crate::world::World;

#[tokio::test]
async fn the_interface_is_written_to_screen_and_file_the_same_way() {
    let world = World::for_program().await;
    let shown = qilu(world.root(), &["schema", "openapi"]).await.ended(0);
    let document: Json = serde_json::from_str(&shown.out).expect("JSON on the screen");
    assert_eq!(document["openapi"], "3.1.0");
    let file = world.path("openapi.json");
    let name = file.to_str().expect("a readable path");
    qilu(world.root(), &["schema", "openapi", "shandong", "--output", name])
        .await
        .ended(0)
        .says(&["openapi.json"]);
    assert_eq!(fs::read_to_string(&file).expect("the file"), shown.out);
    // A paper that somebody may have worked on is not overwritten by accident.
    qilu(world.root(), &["schema", "openapi", "-o", name]).await.ended(2).says(&["已存在"]);
    qilu(world.root(), &["schema", "openapi", "-o", name, "--force"]).await.ended(0);
    qilu(world.root(), &["schema", "openapi", "hunan"]).await.ended(2).says(&["shandong"]);
}

#[tokio::test]
async fn assumptions_and_questions_are_one_sheet() {
    let world = World::for_program().await;
    let rows = qilu(world.root(), &["schema", "report", "--json"]).await.ended(0).json();
    let rows = rows.as_array().expect("rows");
    let count = |part: &str| rows.iter().filter(|row| row["part"] == part).count();
    assert!(count("question") >= 10 && count("interface") >= 30 && count("field") >= 250, "{}", rows.len());
    assert!(
        rows.iter()
            .any(|row| row["place"] == "/chains" && row["source"][0].as_str().unwrap().starts_with("推测"))
    );
    for (name, starts) in [("a.md", "# 山东科技大市场"), ("a.csv", "\u{feff}序号,部分"), ("a.xlsx", "PK")]
    {
        let file = world.path(name);
        qilu(world.root(), &["schema", "report", "--output", file.to_str().unwrap()]).await.ended(0);
        let bytes = fs::read(&file).expect("the sheet");
        assert!(bytes.starts_with(starts.as_bytes()), "{name}");
    }
    qilu(world.root(), &["schema", "report", "--output", "a.docx"]).await.ended(2).says(&[".xlsx"]);
}
