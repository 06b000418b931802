//! The material for a first route.

use qilu::city::Reference;
use qilu::record::Value;

use super::{Ground, city};

pub async fn a_survey_tells_what_the_database_says_of_itself<G: Ground>(ground: G) {
    let short = G::short_text();
    ground
        .run(&format!(
            "CREATE TABLE t (dw {short}, nd INTEGER, cgmc {short}, PRIMARY KEY (dw, nd));
             CREATE TABLE p (id INTEGER PRIMARY KEY, p_dw {short}, p_nd INTEGER,
                             FOREIGN KEY (p_dw, p_nd) REFERENCES t (dw, nd));
             CREATE VIEW v AS SELECT cgmc AS mc FROM t;
             INSERT INTO t VALUES ('a', 1, '甲'), ('b', 2, NULL), ('c', 3, '丙');"
        ))
        .await;
    let comments = G::comments();
    if let Some(sql) = comments {
        ground.run(sql).await;
    }
    let city = city(&ground).await;
    let tables = city.survey().await.expect("the catalogue can be read").tables;
    let table = |name: &str| tables.iter().find(|table| table.name == name).expect(name);
    let columns = |name: &str| -> Vec<(String, bool)> {
        table(name).columns.iter().map(|column| (column.name.clone(), column.in_key)).collect()
    };
    let named = |names: &[(&str, bool)]| -> Vec<(String, bool)> {
        names.iter().map(|(name, in_key)| ((*name).to_owned(), *in_key)).collect()
    };
    assert_eq!(columns("t"), named(&[("dw", true), ("nd", true), ("cgmc", false)]));
    assert_eq!(columns("v"), named(&[("mc", false)]));
    assert!(table("v").is_view && !table("t").is_view);
    assert!(tables.iter().flat_map(|table| &table.columns).all(|column| !column.declared_type.is_empty()));
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let reference =
        Reference { columns: texts(&["p_dw", "p_nd"]), table: "t".to_owned(), others: texts(&["dw", "nd"]) };
    assert_eq!(table("p").references, [reference]);
    if comments.is_some() {
        assert_eq!(table("t").comment, "成果表");
        assert_eq!(table("t").columns[2].comment, "成果名称");
    }
    let mut names: Vec<_> = tables.iter().map(|table| table.name.clone()).collect();
    names.sort();
    assert!(names.iter().eq(tables.iter().map(|table| &table.name)), "tables are sorted by name");

    let lines = city.sample(table("t"), 2).await.expect("rows can be looked at");
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.troubles.is_empty() && line.cells.len() == 3));
    assert!(lines.iter().all(|line| matches!(line.cells[1], Value::Int(1..=3))));
}
