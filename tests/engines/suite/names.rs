//! Names as cities give them.

use qilu::record::Value;

use super::{Ground, city, push, see};

/// Reserved words, hyphens, capitals, quotes, blanks, Chinese.
const NAMES: [&str; 8] =
    ["order", "research-content", "URL", "sElEcT", "成果名称", "第 一 列", "it''s", "100%"];

pub async fn columns_and_tables_may_have_any_name<G: Ground>(ground: G) {
    let table = "外来 成果-表";
    let columns: Vec<_> =
        NAMES.iter().map(|name| format!("{} {}", G::quoted(name), G::short_text())).collect();
    let values: Vec<_> = NAMES.iter().map(|name| G::literal(name)).collect();
    ground
        .run(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, {columns}); INSERT INTO {table} VALUES (1, {values});",
            table = G::quoted(table),
            columns = columns.join(", "),
            values = values.join(", ")
        ))
        .await;
    let city = city(&ground).await;
    let query = format!("query = '''SELECT * FROM {}'''", G::quoted(table));
    // A key is found whatever capitals the engine gives it.
    for (source, key) in [(format!("table = '{table}'"), "id"), (query, "ID")] {
        let rows = see(&city, &push(&source, &[key])).await.expect("the names are quoted").whole();
        for name in NAMES {
            assert_eq!(rows[0].get(name), Some(&Value::text(name)), "{source}: {name}");
        }
        assert_eq!(rows[0].get("url"), Some(&Value::text("URL")));
    }
    let tables = city.tables().await.expect("tables can be listed");
    assert!(tables.iter().any(|known| known == table), "{tables:?}");
}
