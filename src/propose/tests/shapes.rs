//! Tables as other cities keep them: pinyin words, English names, a dictionary of numbers, spelling errors, Chinese
//! names. Nothing here comes from the demo, and the city has no crosswalk yet.
//!
//! The files are written as MySQL would have them. Their COMMENTs are read here, since SQLite keeps none.

use regex::Regex;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::*;
use crate::city::City;
use crate::config::Database;

/// SQL, and what each column means.
const SHAPES: [(&str, &str, &str); 5] = [
    ("A pinyin words", include_str!("shapes/a.sql"), include_str!("shapes/a.toml")),
    ("D English, soft delete", include_str!("shapes/d.sql"), include_str!("shapes/d.toml")),
    ("G dictionary of numbers", include_str!("shapes/g.sql"), include_str!("shapes/g.toml")),
    ("E spelling errors", include_str!("shapes/e.sql"), include_str!("shapes/e.toml")),
    ("F Chinese names", include_str!("shapes/f.sql"), include_str!("shapes/f.toml")),
];

/// The tables, built in SQLite, with the comments that their own engine would keep.
async fn look(sql: &str) -> (Survey, BTreeMap<String, Vec<Line>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.db");
    let comment = Regex::new(r" COMMENT ?=? ?'([^']*)'").unwrap();
    let update = " ON UPDATE CURRENT_TIMESTAMP";
    let plain = comment.replace_all(sql, "").replace(update, "");
    let mut database =
        SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(plain)).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let database = Database::from_url("city", &format!("sqlite:{}", path.display()), Shanghai).unwrap();
    let city = City::open(&database).await.unwrap();
    let mut survey = city.survey().await.unwrap();
    let mut samples = BTreeMap::new();
    for table in &mut survey.tables {
        samples.insert(table.name.clone(), city.sample(table, ROWS_MAX).await.unwrap());
        let start = sql.find(&format!("CREATE TABLE {} ", table.name));
        let start = start.or_else(|| sql.find(&format!("CREATE TABLE [{}] ", table.name))).unwrap();
        let ddl = &sql[start..start + sql[start..].find(";\n").unwrap()];
        for line in ddl.lines() {
            let Some(found) = comment.captures(line) else { continue };
            let name = line.trim().split(' ').next().unwrap().trim_matches(['[', ']']);
            match table.columns.iter_mut().find(|column| column.name == name) {
                Some(column) => column.comment = found[1].to_owned(),
                None => table.comment = found[1].to_owned(),
            }
        }
        for line in ddl.lines().filter(|line| line.contains(update)) {
            let name = line.trim().split(' ').next().unwrap();
            let column = table.columns.iter_mut().find(|column| column.name == name).unwrap();
            column.declared_type += update;
        }
    }
    (survey, samples)
}

fn truth(text: &str) -> (String, String, Truth) {
    let root: toml::Table = text.parse().unwrap();
    let fields = root["fields"].as_table().unwrap();
    let columns = |value: &toml::Value| {
        value.as_array().unwrap().iter().map(|column| column.as_str().unwrap().to_owned()).collect()
    };
    let truth = fields.iter().map(|(field, value)| (field.clone(), columns(value))).collect();
    (root["kind"].as_str().unwrap().to_owned(), root["table"].as_str().unwrap().to_owned(), truth)
}

#[tokio::test]
async fn tables_of_other_cities_are_proposed_as_well() {
    let (codes, schemas) = bare_province();
    let kinds: Vec<&Kind> = schemas.kinds().map(AsRef::as_ref).collect();
    let mut all = Score::default();
    for (name, sql, explained) in SHAPES {
        let (survey, samples) = look(sql).await;
        let look = Look::new(Material { survey: &survey, samples: &samples, codes: &codes, zone: Shanghai });
        let (kind, table, truth) = truth(explained);
        let found = look.resemblances(&kinds);
        let best = found.iter().find(|one| one.is_convincing && one.table == table);
        println!(
            "{name}: {:?}",
            found.iter().map(|one| (&*one.kind, &*one.table, one.score)).collect::<Vec<_>>()
        );
        assert_eq!(best.map(|one| one.kind.as_str()), Some(kind.as_str()), "{name}");
        let homes = look.homes(&kinds, &[(kind.clone(), table.clone())]);
        let kind = schemas.kind(&kind).unwrap();
        let draft =
            look.draft(kind, &table, &homes, Place { platform: "shandong", database: "city" }).unwrap();
        let score = compare(name, &draft, &truth);
        if let Ok(folder) = std::env::var("QILU_DRAFTS") {
            std::fs::write(format!("{folder}/shape {name}.toml"), draft.route_text(&kind.function, '"'))
                .unwrap();
        }
        assert!(score.recall() >= 0.8, "{name}: {score:?}");
        all.add(score);
    }
    println!("{}", all.show("all shapes"));
    assert!(all.sure_wrong * 100 <= all.sure, "{all:?}");
}

#[tokio::test]
async fn a_comment_that_contradicts_the_provinces_codes_is_heeded() {
    let sql = "CREATE TABLE t_cg (
  id int PRIMARY KEY,
  cgmc varchar(100) COMMENT '成果名称',
  cglb int COMMENT '成果类别：01软科学 02应用技术 03基础理论',
  qsxz int COMMENT '权属性质：7职务 8非职务'
);
INSERT INTO t_cg VALUES (1, '陶瓷基板低温烧结技术', 01, 7), (2, '特种泵叶轮耐磨涂层', 02, 8), (3, '窑炉余热发电技术', 02, 7);
";
    let sql = sql.replace("cglb int", "cglb text").replace(", 01,", ", '01',").replace(", 02,", ", '02',");
    let (codes, schemas) = bare_province();
    let (survey, samples) = look(&sql).await;
    let look = Look::new(Material { survey: &survey, samples: &samples, codes: &codes, zone: Shanghai });
    let kind = schemas.kind("achievement").unwrap();
    let place = Place { platform: "shandong", database: "city" };
    let draft = look.draft(kind, "t_cg", &Homes::default(), place).unwrap();
    let found = |name: &str| draft.fields.iter().find(|one| one.field == name).unwrap();
    for (name, listed) in [("category", "01=软科学 02=应用技术"), ("ownership", "7=职务 8=非职务")]
    {
        let proposal = found(name);
        assert_eq!(proposal.confidence, Confidence::Likely, "{proposal:?}");
        let caution = proposal.caution.as_ref().expect(name);
        assert!(caution.zh.contains(listed), "{caution:?}");
    }
}
