//! The demo's city, against the routes that are shipped for it.

use std::fs;

use super::*;
use crate::city::City;
use crate::config::{Database, Flow, Push, Route};
use crate::demo::city;
use crate::expression::Expression;

/// A city's survey and samples.
pub struct Seen {
    pub survey: Survey,
    pub samples: BTreeMap<String, Vec<Line>>,
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
    Seen { survey, samples }
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
