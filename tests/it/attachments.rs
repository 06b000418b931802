//! Files of listings on their way to the province: brought there first, once each, and in their order.

use std::fs;
use std::time::Duration;

use qilu::sandbox::Fault;
use qilu::sync::{Connector, Request};
use serde_json::{Value as Json, json};

use crate::program::{count, rows};
use crate::world::{PROFILE, World, guard, request, sync};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// A province that takes files, and achievements that have some: by path, in the column itself.
async fn world() -> World {
    let world = World::new().await;
    let upload = world.path("upload");
    fs::create_dir_all(upload.join("2024")).expect("a folder");
    let text = fs::read_to_string(world.path(PROFILE)).expect("the profile");
    let upload = upload.display();
    let more = format!(
        r#"
[operations.upload]
method = "POST"
path = "'/files'"
envelope = {{ fileName = "file.name", content = "file.content | base64", sha256 = "file.sha256" }}

[answer.upload]
id = "body.data.fileId"
url = "body.data.url"

[attachments]
roots = ["{upload}"]
bytes_max = 1000
count_max = 4
reference = "{{'name': name, 'url': url, 'sizeBytes': size}}"
gone = "code == '2150'"
[attachments.paths]
'D:\upload\' = "{upload}"
"#
    );
    world.write(PROFILE, &format!("{text}{more}"));
    world.edit(
        "config/routes/achievement.toml",
        &[
            ("\"contact.name\" =", "attachments = \"fj | attachments\"\n\"contact.name\" ="),
            (
                "table = \"t_cg\"",
                "query = \"select c.*, f.fj, f.nr from t_cg c left join t_fj f on f.cg = c.id\"",
            ),
        ],
    );
    world.sql("create table t_fj (cg integer primary key, fj text, nr blob)").await;
    world
}

async fn attach(world: &World, id: u32, places: &str) {
    world.sql(&format!("insert or replace into t_fj (cg, fj) values ({id}, '{places}')")).await;
}

fn put(world: &World, name: &str, content: &[u8]) {
    fs::write(world.path("upload").join(name), content).expect("a file");
}

/// The attachments of an achievement as the province has it.
async fn there(world: &World, id: u32) -> Option<Json> {
    let title = format!("面向陶瓷窑炉的节能控制技术{id}");
    let held = world.inspect().await.records;
    let one = held.into_iter().find(|one| one.kind == "achievement" && one.data["title"] == title.as_str());
    one.map(|one| one.data["attachments"].clone())
}

async fn uploads(world: &World) -> Vec<Vec<String>> {
    rows(&world.path("sandbox.db"), "select id, name from file order by id").await
}

/// The complaints about an achievement: id, and the columns they name.
async fn complaints(world: &World, id: u32) -> Vec<Vec<String>> {
    let sql = format!(
        "select c.id, json_extract(c.facts, '$.column'), json_extract(c.facts, '$.found') from complaint c
         join record r on r.seq = c.record where r.kind = 'achievement' and r.key_text = '{id}' and c.severity = 'error'"
    );
    rows(&world.ledger(), &sql).await
}

#[tokio::test]
async fn files_go_first_once_each_and_stand_in_their_order() {
    let world = world().await;
    put(&world, "2024/评价报告.pdf", PDF);
    put(&world, "a.png", PNG);
    put(&world, "同样的内容.pdf", PDF);
    world.fill(1..5).await;
    attach(&world, 1, r"a.png;D:\upload\2024\评价报告.pdf").await;
    attach(&world, 2, r"D:\upload\2024\评价报告.pdf").await;
    attach(&world, 3, "同样的内容.pdf").await;
    let connector = world.connector().await;
    sync(&connector).await;
    assert_eq!(world.inspect().await.records.len(), 12, "listings with and without files");
    let uploaded = uploads(&world).await;
    assert_eq!(uploaded.len(), 2, "the same content is not brought there twice: {uploaded:?}");
    let attachments = there(&world, 1).await.expect("it is there");
    let names: Vec<&Json> = attachments.as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["a.png", "评价报告.pdf"], "in the order of the column");
    assert_eq!(attachments[0]["sizeBytes"], json!(PNG.len()));
    assert!(
        attachments[0]["url"]
            .as_str()
            .expect("an address")
            .starts_with("https://files.sandbox.example/SD-FIL-")
    );
    assert_eq!(there(&world, 2).await.expect("there")[0]["url"], attachments[1]["url"]);
    assert_eq!(there(&world, 3).await.expect("there")[0]["url"], attachments[1]["url"]);
    assert_eq!(there(&world, 4).await, Some(Json::Null));
    // Nothing changed: nothing is sent, and nothing is brought there.
    let before = world.faults().counts().posts;
    let again = sync(&connector).await;
    assert_eq!((again.push("achievement").counts.unchanged, world.faults().counts().posts), (4, before));
    // Another content under the same name is a change of the listing.
    put(&world, "a.png", &[PNG, b"x"].concat());
    sync(&connector).await;
    let newer = there(&world, 1).await.expect("there");
    assert_eq!(newer[0]["sizeBytes"], json!(PNG.len() + 1));
    assert_eq!(newer[1], attachments[1]);
    assert_eq!(uploads(&world).await.len(), 3);
    assert_eq!(count(&world.ledger(), "select count(*) from attachment").await, 0, "nothing is left behind");
    let events = "select count(*) from audit_leaf where event = 'file_uploaded'";
    assert_eq!(count(&world.ledger(), events).await, 3);
}

#[tokio::test]
async fn a_record_whose_file_cannot_be_had_stays_at_home_and_says_which_and_the_others_go() {
    let world = world().await;
    put(&world, "good.pdf", PDF);
    put(&world, "page.pdf", b"<html>please log in</html>");
    put(&world, "large.pdf", &[0x25; 2000]);
    world.fill(1..8).await;
    attach(&world, 1, "good.pdf").await;
    attach(&world, 2, "missing.pdf").await;
    attach(&world, 3, "good.pdf;page.pdf").await;
    attach(&world, 4, "large.pdf").await;
    attach(&world, 5, "../sandbox.db").await;
    attach(&world, 6, "good.pdf;good.pdf;good.pdf;good.pdf;good.pdf").await;
    attach(&world, 7, r"E:\x.pdf").await;
    let connector = world.connector().await;
    sync(&connector).await;
    assert!(there(&world, 1).await.is_some());
    for (id, complaint, found) in [
        (2, "Q7501", "missing.pdf"),
        (3, "Q7505", "page.pdf"),
        (4, "Q7503", "large.pdf"),
        (5, "Q7507", "../sandbox.db"),
        (6, "Q7512", "5"),
        (7, "Q7508", r"E:\x.pdf"),
    ] {
        assert_eq!(there(&world, id).await, None, "{id}");
        let told = complaints(&world, id).await;
        assert_eq!(told, [[complaint, "fj", found]], "{id}");
    }
    assert_eq!(world.inspect().await.records.iter().filter(|one| one.kind == "enterprise").count(), 7);
    // Mended without a change of the row: the file is there now, and of the right type.
    put(&world, "missing.pdf", PDF);
    put(&world, "page.pdf", PNG);
    put(&world, "large.pdf", PDF);
    world.clock.advance(Duration::from_secs(5));
    sync(&connector).await;
    for id in [2, 3, 4] {
        assert!(there(&world, id).await.is_some(), "{id}: {:?}", complaints(&world, id).await);
        assert!(complaints(&world, id).await.is_empty());
    }
    assert_eq!(there(&world, 3).await.expect("there")[1]["name"], "page.pdf.png");
}

#[tokio::test]
async fn a_file_that_the_province_lost_is_brought_there_once_more() {
    let world = world().await;
    put(&world, "a.pdf", PDF);
    world.fill(1..3).await;
    attach(&world, 1, "a.pdf").await;
    let connector = world.connector().await;
    sync(&connector).await;
    let first = there(&world, 1).await.expect("there")[0]["url"].clone();
    sandbox(&world, "delete from file").await;
    attach(&world, 2, "a.pdf").await;
    sync(&connector).await;
    let second = there(&world, 2).await.expect("there")[0]["url"].clone();
    assert!(second.is_string() && first != second, "{first} {second}");
    let uploaded = uploads(&world).await;
    assert_eq!(uploaded.len(), 1, "{uploaded:?}");
    assert_eq!(count(&world.ledger(), "select count(*) from delivery where state = 'refused'").await, 0);

    // A province that loses everything at once is believed the second time.
    world.sql("update t_cg set cgmc = cgmc where 0").await;
    sandbox(&world, "create trigger gone after insert on file begin delete from file where id = new.id; end; delete from file").await;
    world.fill(3..4).await;
    attach(&world, 3, "a.pdf").await;
    sync(&connector).await;
    let told = complaints(&world, 3).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0][0], "Q7201");
    assert_eq!(there(&world, 3).await, None);
}

#[tokio::test]
async fn trouble_while_a_file_goes_leaves_nothing_half_done() {
    for fault in [Fault::DropAfter, Fault::Html, Fault::Truncated, Fault::TooMany { retry_after_s: 30 }] {
        let world = world().await;
        put(&world, "a.pdf", PDF);
        world.fill(1..3).await;
        attach(&world, 1, "a.pdf").await;
        let connector = world.connector().await;
        scan(&connector).await;
        for route in connector.push_routes_in_order() {
            connector.adopt(&guard(&connector).await, route, &request(), &()).await.expect("an adoption");
        }
        world.faults().next_posts(2, fault);
        world.faults().next_posts(1, fault);
        let sent = connector
            .deliver_until_quiet(
                &guard(&connector).await,
                "shandong",
                &request(),
                Duration::from_secs(86_400),
                &(),
            )
            .await
            .expect("a delivery");
        assert_eq!(sent.counts.refused, 0, "{fault:?}");
        assert_eq!(world.inspect().await.records.len(), 6, "{fault:?}");
        let attachments = there(&world, 1).await.expect("there");
        assert_eq!(attachments[0]["name"], "a.pdf", "{fault:?}");
    }
}

async fn scan(connector: &Connector) {
    let request: Request = request();
    for route in connector.push_routes_in_order() {
        connector.push_once(&guard(connector).await, route, &request, &()).await.expect("a scan");
    }
}

#[tokio::test]
async fn what_a_column_holds_is_a_file_too_and_nothing_leaves_before_a_person_says_so() {
    let world = world().await;
    world.edit(
        "config/routes/achievement.toml",
        &[(
            "attachments = \"fj | attachments\"",
            "attachments = \"[nr | attachment('评价报告')] if nr is not none\"",
        )],
    );
    world.fill(1..3).await;
    let hex: String = PDF.iter().map(|byte| format!("{byte:02x}")).collect();
    world.sql(&format!("insert into t_fj (cg, nr) values (1, x'{hex}')")).await;
    world.edit(PROFILE, &[("\"live\"", "\"rehearse\"")]);
    let connector = world.connector().await;
    sync(&connector).await;
    assert_eq!(world.faults().counts().posts, 0, "a rehearsal brings nothing there");
    let documents =
        rows(&world.ledger(), "select cast(content as text) from body where content like '{%attachments%'")
            .await;
    assert!(documents.iter().all(|row| row[0].len() < 5000), "a document holds the hash, not the content");
    connector.close().await;
    world.edit(PROFILE, &[("\"rehearse\"", "\"live\"")]);
    let connector = world.connector().await;
    sync(&connector).await;
    let attachments = there(&world, 1).await.expect("there");
    assert_eq!(
        (&attachments[0]["name"], &attachments[0]["sizeBytes"]),
        (&json!("评价报告.pdf"), &json!(PDF.len()))
    );
    assert_eq!(there(&world, 2).await, Some(Json::Null));
}

#[tokio::test]
async fn a_profile_that_takes_no_files_says_so() {
    let world = world().await;
    let text = fs::read_to_string(world.path(PROFILE)).expect("the profile");
    let kept = text.split("[operations.upload]").next().expect("the part before it");
    world.write(PROFILE, kept);
    world.fill(1..3).await;
    attach(&world, 1, "a.pdf").await;
    let connector = world.connector().await;
    sync(&connector).await;
    assert_eq!(complaints(&world, 1).await[0][..2], ["Q7511", "fj"]);
    assert!(there(&world, 1).await.is_none() && there(&world, 2).await.is_some());
    crate::program::qilu(world.root(), &["check"]).await.says(&["Q7511"]);
}

async fn sandbox(world: &World, sql: &str) {
    use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.path("sandbox.db"));
    let mut connection = options.connect().await.expect("the sandbox's state");
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect(sql);
    connection.close().await.expect("closed");
}
