//! The demo's city, against the routes that are shipped for it.

use std::fs;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row as _};

use super::*;
use crate::city::City;
use crate::config::{Database, Flow, Push, Route};
use crate::demo::city;
use crate::expression::Expression;

/// A city's survey and samples.
struct Seen {
    survey: Survey,
    samples: BTreeMap<String, Vec<Line>>,
    /// Table and column → what the table's author wrote beside it.
    remarks: BTreeMap<(String, String), String>,
}

async fn look() -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("market.db");
    city::build(&market).await.unwrap();
    let database = Database::from_url("market", &format!("sqlite:{}", market.display()), Shanghai).unwrap();
    let city = City::open(&database).await.unwrap();
    let survey = city.survey().await.unwrap();
    let mut samples = BTreeMap::new();
    for table in &survey.tables {
        samples.insert(table.name.clone(), city.sample(table, ROWS_MAX).await.unwrap());
    }
    let mut remarks = BTreeMap::new();
    let mut connection = SqliteConnectOptions::new().filename(&market).connect().await.unwrap();
    for row in sqlx::query("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut connection)
        .await
        .unwrap()
    {
        let (table, ddl): (String, Option<String>) = (row.get(0), row.get(1));
        for line in ddl.iter().flat_map(|ddl| ddl.lines()) {
            // A line that declares one column, and says what it is.
            let Some((code, remark)) = line.split_once("-- ") else { continue };
            let name = code.trim().split(' ').next().unwrap_or_default();
            if code.trim().trim_end_matches(',').matches(", ").count() == 0 {
                remarks.insert(
                    (table.clone(), name.trim_matches(['[', ']']).to_owned()),
                    remark.trim().to_owned(),
                );
            }
        }
    }
    Seen { survey, samples, remarks }
}

fn shipped() -> Vec<Route> {
    let mut routes = Vec::new();
    for file in fs::read_dir(project("config/routes")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (route, faults) = Route::read(&name, &path, &fs::read_to_string(&path).unwrap());
        assert!(faults.is_empty(), "{faults:#?}");
        routes.extend(route.filter(|route| matches!(route.flow, Flow::Push(_))));
    }
    routes.sort_by(|one, other| one.name.cmp(&other.name));
    routes
}

fn push(route: &Route) -> &Push {
    match &route.flow {
        Flow::Push(push) => push,
        Flow::Import(_) => unreachable!(),
    }
}

/// The first table that a query names.
fn table(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let from = words.iter().position(|word| *word == "FROM").map_or(0, |place| place + 1);
    words[from].to_owned()
}

fn truth(push: &Push) -> Truth {
    let names = |text: &str| -> BTreeSet<String> {
        let names = Expression::compile(text).unwrap();
        // Words behind a number stand for the number's column.
        names.names().iter().map(|name| name.strip_suffix("_mc").unwrap_or(name).to_owned()).collect()
    };
    let mut truth: Truth =
        push.fields.iter().map(|field| (field.name.value.clone(), names(&field.expression))).collect();
    for child in &push.children {
        let table = table(&child.relation.text().value);
        for field in &child.fields {
            let columns = names(&field.expression).into_iter().map(|name| format!("{table}.{name}"));
            truth.insert(format!("{}.{}", child.name.value, field.name.value), columns.collect());
        }
    }
    truth
}

#[tokio::test]
async fn four_of_five_fields_of_the_demo_are_proposed_and_what_is_sure_is_right() {
    let (codes, schemas) = province();
    let seen = look().await;
    let look =
        Look::new(Material { survey: &seen.survey, samples: &seen.samples, codes: &codes, zone: Shanghai });
    let kinds: Vec<&Kind> = schemas.kinds().map(AsRef::as_ref).collect();
    let routes = shipped();
    let homes: Vec<(String, String)> = routes
        .iter()
        .map(|route| (route.kind.clone(), table(&push(route).source.relation.text().value)))
        .collect();

    let found = look.resemblances(&kinds);
    let convincing: Vec<(String, String)> = found
        .iter()
        .filter(|one| one.is_convincing)
        .map(|one| (one.kind.clone(), one.table.clone()))
        .collect();
    for one in found.iter().filter(|one| one.score >= 0.3) {
        println!(
            "{:<16} {:<28} {:.2} {}/{} {}",
            one.kind, one.table, one.score, one.matched, one.fields, one.is_convincing
        );
    }
    assert_eq!(convincing, homes);

    let homes = look.homes(&kinds, &convincing);
    let mut all = Score::default();
    for route in &routes {
        let kind = schemas.kind(&route.kind).unwrap();
        let table = table(&push(route).source.relation.text().value);
        let draft =
            look.draft(kind, &table, &homes, Place { platform: "shandong", database: "market" }).unwrap();
        all.add(compare(&route.name, &draft, &truth(push(route))));
        if let Ok(folder) = std::env::var("QILU_DRAFTS") {
            fs::write(format!("{folder}/{}.toml", route.name), draft.route_text(&kind.function, '"'))
                .unwrap();
        }
    }
    println!("{}", all.show("all"));
    assert!(all.recall() >= 0.8, "{all:?}");
    assert!(all.sure_wrong * 100 <= all.sure, "{all:?}");
}

/// Names that say nothing, as a vendor's extension columns have them: only the comments are left to go by.
#[tokio::test]
async fn comments_alone_are_enough() {
    let (codes, schemas) = province();
    let mut seen = look().await;
    let kinds: Vec<&Kind> = schemas.kinds().map(AsRef::as_ref).collect();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for table in &mut seen.survey.tables {
        for (place, column) in table.columns.iter_mut().enumerate() {
            let Some(remark) = seen.remarks.get(&(table.name.clone(), column.name.clone())) else { continue };
            if column.in_key {
                continue;
            }
            let opaque = format!("EXT_{place}_LV9");
            renamed.insert(format!("{}.{}", table.name, column.name), opaque.clone());
            column.comment.clone_from(remark);
            column.name = opaque;
        }
    }
    let look =
        Look::new(Material { survey: &seen.survey, samples: &seen.samples, codes: &codes, zone: Shanghai });
    let mut all = Score::default();
    for route in
        shipped().iter().filter(|route| ["enterprise", "achievement", "demand"].contains(&&*route.kind))
    {
        let kind = schemas.kind(&route.kind).unwrap();
        let table = table(&push(route).source.relation.text().value);
        let mut truth = truth(push(route));
        truth.retain(|field, _| !field.starts_with("applicants."));
        for columns in truth.values_mut() {
            let name = |column: &String| renamed.get(&format!("{table}.{column}")).unwrap_or(column).clone();
            *columns = columns.iter().map(name).collect();
        }
        let homes = look.homes(&kinds, &[("enterprise".to_owned(), "t_qyxx".to_owned())]);
        let mut draft =
            look.draft(kind, &table, &homes, Place { platform: "shandong", database: "market" }).unwrap();
        draft.children.clear();
        all.add(compare(&route.name, &draft, &truth));
    }
    println!("{}", all.show("comments alone"));
    assert!(all.recall() >= 0.8, "{all:?}");
    assert!(all.sure_wrong * 100 <= all.sure, "{all:?}");
}
