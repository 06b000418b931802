//! The whole province through its own front door, as a city would meet it.

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const SECRET: &str = "s3cret";

/// A running sandbox with its folder and a caller who signs.
struct Town {
    folder: TempDir,
    schemas: TempDir,
    clock: Clock,
    sandbox: Sandbox,
    client: Client,
}

impl Town {
    async fn new() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (folder, schemas) = (tempfile::tempdir().unwrap(), fixture::schemas());
        // 2026-05-01 10:00 in the province.
        let clock = Clock::manual(Timestamp(1_777_600_800_000_000), 7);
        let sandbox = start(&folder, &schemas, &clock).await;
        let client =
            Client::builder().retry(reqwest::retry::never()).pool_max_idle_per_host(0).build().unwrap();
        Town { folder, schemas, clock, sandbox, client }
    }

    async fn restart(self) -> Self {
        self.sandbox.stop().await;
        let sandbox = start(&self.folder, &self.schemas, &self.clock).await;
        Town { sandbox, ..self }
    }

    async fn call(
        &self,
        method: &str,
        target: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> reqwest::Result<Response> {
        let url = format!("{}{target}", self.sandbox.base_url());
        let timestamp = (self.clock.now().0 / 1_000_000).to_string();
        let nonce = signature::to_hex(&self.clock.dice::<16>());
        let sign = sign(SECRET, method, &format!("{}{target}", server::BASE), &timestamp, &nonce, body);
        let mut request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        for (name, value) in
            [("X-App-Id", "zibo"), ("X-Timestamp", &timestamp), ("X-Nonce", &nonce), ("X-Sign", &sign)]
        {
            request = request.header(name, value);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        request.body(body.to_vec()).send().await
    }

    async fn get(&self, target: &str) -> Value {
        let text = self.call("GET", target, None, b"").await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["code"], "0", "{answer}");
        answer["data"].clone()
    }

    async fn post(&self, kind: &str, action: &str, key: &str, records: Value) -> Response {
        let batch = json!({"batchNo": key, "cityCode": "370300", "action": action, "records": records});
        self.call("POST", &format!("/{kind}/batch"), Some(key), batch.to_string().as_bytes()).await.unwrap()
    }

    /// One record alone in its batch: its result.
    async fn send(&self, kind: &str, action: &str, key: &str, record: Value) -> Value {
        let text = self.post(kind, action, key, json!([record])).await.text().await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["data"]["results"][0].clone()
    }

    async fn create(&self, kind: &str, local_id: &str, data: Value) -> Value {
        let record = json!({"localId": local_id, "itemKey": format!("zb/{local_id}/1"), "data": data});
        self.send(kind, "create", &format!("create-{kind}-{local_id}"), record).await
    }

    async fn held(&self, remote_id: &str) -> Held {
        let found = inspect(&self.folder.path().join("state.db")).await.unwrap();
        found.records.into_iter().find(|held| held.remote_id == remote_id).unwrap()
    }
}

async fn start(folder: &TempDir, schemas: &TempDir, clock: &Clock) -> Sandbox {
    let settings = Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        state: folder.path().join("state.db"),
        schemas: schemas.path().to_owned(),
        app_id: "zibo".into(),
        secret: SECRET.into(),
        city: "370300".into(),
        clock: clock.clone(),
        faults: Faults::default(),
    };
    Sandbox::start(settings).await.unwrap()
}

/// An achievement that differs from all others with another number.
fn achievement(number: usize) -> Value {
    let mut data = fixture::achievement();
    data["title"] = format!("协作机器人之{number}").into();
    data
}

fn codes(results: &[Value]) -> Vec<(&str, &str)> {
    let mut codes: Vec<_> = results
        .iter()
        .map(|result| (result["localId"].as_str().unwrap(), result["code"].as_str().unwrap()))
        .collect();
    codes.sort_unstable();
    codes
}

#[tokio::test]
async fn an_unsigned_request_and_an_unknown_path_are_turned_away() {
    let town = Town::new().await;
    let unsigned = town.client.get(format!("{}/ping", town.sandbox.base_url())).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    assert!(unsigned.text().await.unwrap().starts_with("{\"code\":\"1401\""));
    for target in ["/nothing", "/achievement/17", "/achievement/batch", "/enterprise/lookup/x"] {
        assert_eq!(town.call("GET", target, None, b"").await.unwrap().status(), 404, "{target}");
    }
    assert_eq!(town.get("/ping").await["time"], "2026-05-01T02:00:00.000000Z");
    let page = town.client.get(town.sandbox.page_url()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("沙箱省平台") && page.contains("不是"), "{page}");
}

#[tokio::test]
async fn each_item_of_a_batch_is_decided_alone_and_answered_in_another_order() {
    let town = Town::new().await;
    town.create("enterprise", "e1", fixture::enterprise()).await;
    let mut short = achievement(2);
    short["summary"] = "太短".into();
    let mut orphan = achievement(3);
    orphan["owner"] = "SD-ENT-00000099".into();
    let mut wrong_parent = achievement(4);
    wrong_parent["owner"] = "SD-ACH-00000001".into();
    let mut praised = achievement(5);
    praised["title"] = "国际领先的机器人".into();
    let item = |id: &str, data: &Value| json!({"localId": id, "itemKey": format!("zb/{id}/1"), "data": data});
    let records = json!([item("a", &achievement(1)), item("b", &short), item("c", &orphan), item("d", &wrong_parent),
        item("e", &praised), item("f", &achievement(1)), item("a", &achievement(1)), {"data": 1}]);
    let text = town.post("achievement", "create", "k1", records).await.text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    let results = answer["data"]["results"].as_array().unwrap();
    let expect = [
        ("", "2400"),
        ("a", "0"),
        ("a", "2409"),
        ("b", "2006"),
        ("c", "2410"),
        ("d", "2410"),
        ("e", "2102"),
        ("f", "2413"),
    ];
    assert_eq!(codes(results), expect);
    assert_ne!(results[0]["localId"], "a", "the order of the request is never kept");
    let of = |id: &str, code: &str| {
        results.iter().find(|one| one["localId"] == id && one["code"] == code).unwrap()
    };
    assert_eq!(of("a", "0")["remoteId"], "SD-ACH-00000001");
    assert_eq!(of("a", "2409")["remoteId"], "SD-ACH-00000001");
    assert_eq!(of("c", "2410")["field"], "/owner");
    assert_eq!(of("e", "2102")["message"], "名称含宣传用语");
}

#[tokio::test]
async fn the_same_key_is_answered_byte_for_byte_even_after_a_restart() {
    let town = Town::new().await;
    let records = json!([{"localId": "e1", "itemKey": "zb/e1/1", "data": fixture::enterprise()}]);
    let first = town.post("enterprise", "create", "k1", records.clone()).await;
    assert!(first.headers().get("Idempotent-Replay").is_none());
    let first = first.text().await.unwrap();
    let town = town.restart().await;
    let again = town.post("enterprise", "create", "k1", records).await;
    assert_eq!(again.headers()["Idempotent-Replay"], "true");
    assert_eq!(again.text().await.unwrap(), first);
    let other = town.post("enterprise", "create", "k1", json!([{"localId": "e2"}])).await;
    assert_eq!(other.status(), 409);
    assert!(other.text().await.unwrap().contains("\"1409\""));
    assert_eq!(town.held("SD-ENT-00000001").await.creates, 1);
    let log = town.sandbox.log();
    assert_eq!(log.iter().map(|exchange| exchange.status).collect::<Vec<_>>(), [Some(200), Some(409)]);
    assert_eq!(log[0].idempotency_key.as_deref(), Some("k1"));
}

#[tokio::test]
async fn what_is_no_batch_is_refused_whole_and_may_be_sent_again() {
    let town = Town::new().await;
    let good = json!({"batchNo": "k", "cityCode": "370300", "action": "create",
        "records": [{"localId": "e1", "data": fixture::enterprise()}]});
    let with = |name: &str, value: Value| {
        let mut batch = good.clone();
        batch[name] = value;
        batch.to_string()
    };
    let rows = [
        ("{\"batchNo\":".to_owned(), "1400"),
        (with("batchNo", json!("other")), "1400"),
        (with("cityCode", json!("370100")), "1403"),
        (with("action", json!("delete")), "1400"),
        (with("records", json!([])), "1400"),
        (with("records", vec![json!({"localId": "x"}); 101].into()), "1413"),
        (good.to_string(), "0"),
    ];
    for (body, expect) in rows {
        let answer = town.call("POST", "/enterprise/batch", Some("k"), body.as_bytes()).await.unwrap();
        assert_eq!(answer.status(), 200, "business answers are 200");
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(answer["code"], expect, "{body}");
    }
    let no_key = town.call("POST", "/enterprise/batch", None, b"{}").await.unwrap().text().await.unwrap();
    assert!(no_key.contains("1400"), "{no_key}");
    let huge =
        town.call("POST", "/enterprise/batch", Some("h"), &vec![b' '; 2 * 1024 * 1024 + 1]).await.unwrap();
    assert_eq!(huge.status(), 413);
}

#[tokio::test]
async fn a_record_lives_through_update_stale_update_withdrawal_and_return() {
    let town = Town::new().await;
    town.create("enterprise", "e1", fixture::enterprise()).await;
    town.create("achievement", "a", achievement(1)).await;
    let step = |action: &'static str, key: &'static str, version: u32, data: Value| {
        let record = json!({"localId": "a", "itemKey": format!("zb/a/{version}"), "remoteId": "SD-ACH-00000001",
            "data": data, "reason": if version == 9 { "" } else { "下架" }});
        town.send("achievement", action, key, record)
    };
    assert_eq!(step("update", "1", 3, achievement(2)).await["version"], 2);
    assert_eq!(
        step("update", "2", 2, achievement(1)).await["code"],
        "2412",
        "an older version never overwrites"
    );
    assert_eq!(step("update", "3", 3, achievement(2)).await["version"], 2, "the same again changes nothing");
    assert_eq!(step("withdraw", "4", 9, json!(null)).await["code"], "2417");
    assert_eq!(step("withdraw", "5", 4, json!(null)).await["version"], 3);
    assert_eq!(step("withdraw", "6", 4, json!(null)).await["version"], 3);
    assert!(town.held("SD-ACH-00000001").await.withdrawn);
    assert_eq!(step("create", "7", 5, achievement(2)).await["remoteId"], "SD-ACH-00000001");
    let held = town.held("SD-ACH-00000001").await;
    assert_eq!((held.withdrawn, held.version, held.creates), (false, 4, 2));

    let unknown =
        json!({"localId": "z", "remoteId": "SD-ACH-00000077", "data": achievement(7), "reason": "x"});
    assert_eq!(town.send("achievement", "update", "8", unknown.clone()).await["code"], "2404");
    assert_eq!(town.send("achievement", "withdraw", "9", unknown).await["code"], "2404");
}

#[tokio::test]
async fn what_was_typed_in_by_hand_is_offered_for_adoption() {
    let town = Town::new().await;
    let seed_of = |kind: &str, city: &str, data: Value| Seed {
        kind: kind.into(),
        city: city.into(),
        local_id: None,
        data,
    };
    let mut elsewhere = achievement(3);
    elsewhere["owner"] = "somebody in Jinan".into();
    let seeds = [
        seed_of("enterprise", "370300", fixture::enterprise()),
        seed_of("achievement", "370300", achievement(1)),
        seed_of("achievement", "370100", elsewhere),
    ];
    seed(&town.folder.path().join("state.db"), &seeds).await.unwrap();

    let double = town.create("enterprise", "e1", fixture::enterprise()).await;
    assert_eq!((&double["code"], &double["remoteId"]), (&json!("2409"), &json!("SD-ENT-00000001")));
    assert_eq!(double["message"], "疑似重复");
    assert_eq!(town.create("achievement", "c", achievement(3)).await["code"], "2414", "one channel only");

    let caller = &town;
    let found = |query: String| async move { caller.get(&format!("/{query}")).await["remoteId"].clone() };
    assert_eq!(found("enterprise/lookup?uscc=91370303MA00000AAU".into()).await, "SD-ENT-00000001");
    assert_eq!(found("enterprise/lookup?localId=e1".into()).await, Value::Null);
    let title = "%E5%8D%8F%E4%BD%9C%E6%9C%BA%E5%99%A8%E4%BA%BA%E4%B9%8B1";
    for (owner, expect) in [
        ("91370303MA00000AAU", json!("SD-ACH-00000001")),
        ("SD-ENT-00000001", json!("SD-ACH-00000001")),
        ("nobody", Value::Null),
    ] {
        assert_eq!(found(format!("achievement/lookup?title={title}&owner={owner}")).await, expect, "{owner}");
    }

    let adopted = json!({"localId": "e1", "itemKey": "zb/e1/1", "remoteId": "SD-ENT-00000001", "data": fixture::enterprise()});
    assert_eq!(town.send("enterprise", "update", "adopt", adopted).await["code"], "0");
    assert_eq!(town.held("SD-ENT-00000001").await.local_id.as_deref(), Some("e1"));
    assert_eq!(found("enterprise/lookup?localId=e1".into()).await, "SD-ENT-00000001");
    let foreign =
        json!({"localId": "x", "remoteId": "SD-ACH-00000002", "data": achievement(9), "reason": "x"});
    assert_eq!(town.send("achievement", "withdraw", "steal", foreign).await["code"], "2403");
}

#[tokio::test]
async fn reviewers_publish_return_and_strike_off_and_the_feed_tells_it_in_order() {
    let town = Town::new().await;
    let faults = town.sandbox.faults();
    faults.reviews(false);
    town.create("enterprise", "e1", fixture::enterprise()).await;
    let mut thin = achievement(1);
    thin["summary"] = "一种协作机器人，用于装配、搬运和检测等工序。".into();
    town.create("achievement", "a", thin).await;
    let feed = town.get("/reviews?after=0").await;
    assert_eq!(feed["list"].as_array().unwrap().len(), 2, "everything lies in review: {feed}");
    faults.reviews(true);
    let first = town.get("/reviews?after=0&size=3").await;
    let second = town.get(&format!("/reviews?after={}&size=3", first["next"])).await;
    let state = town.folder.path().join("state.db");
    delist(&state, &["SD-ENT-00000001".into()], "运行不善").await.unwrap();
    let third = town.get(&format!("/reviews?after={}", second["next"])).await;
    let all = [&first, &second, &third].map(|page| page["list"].as_array().unwrap().clone()).concat();
    let seqs: Vec<_> = all.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    let told: Vec<_> = all[2..]
        .iter()
        .map(|event| (event["localId"].as_str().unwrap(), event["state"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("a", "returned"), ("e1", "published"), ("e1", "delisted")]);
    assert!(all[2]["opinion"].as_str().unwrap().starts_with("成果简介过于简单"));
    let end = town.get("/reviews?after=5").await;
    assert_eq!((end["list"].as_array().unwrap().len(), &end["next"]), (0, &json!(5)));

    faults.review_delay(Duration::from_secs(60));
    let better =
        json!({"localId": "a", "itemKey": "zb/a/2", "remoteId": "SD-ACH-00000001", "data": achievement(1)});
    town.send("achievement", "update", "better", better).await;
    assert_eq!(town.get("/achievement/lookup?localId=a").await["status"], "in_review");
    town.clock.advance(Duration::from_secs(61));
    assert_eq!(town.get("/achievement/lookup?localId=a").await["status"], "published");
}

#[tokio::test]
async fn lists_are_paged_by_number_or_by_cursor_and_since_a_time() {
    let town = Town::new().await;
    let state = town.folder.path().join("state.db");
    let city = |n: usize| if n.is_multiple_of(5) { "370300" } else { "370100" };
    let seeds: Vec<_> = (0..25)
        .map(|n| Seed {
            kind: "achievement".into(),
            city: city(n).into(),
            local_id: None,
            data: achievement(n),
        })
        .collect();
    let ids = seed(&state, &seeds).await.unwrap();
    assert_eq!(town.get("/achievement?scope=own&city=370300").await["total"], 5);
    let mut by_page = Vec::new();
    let mut by_cursor = Vec::new();
    let mut since = String::new();
    for page in 1..=3 {
        let answer = town.get(&format!("/achievement?scope=others&size=8&page={page}")).await;
        by_page.extend(answer["list"].as_array().unwrap().clone());
        assert_eq!((&answer["total"], answer["next"].is_null()), (&json!(20), page == 3));
        let answer = town.get(&format!("/achievement?scope=others&size=8&since={since}")).await;
        by_cursor.extend(answer["list"].as_array().unwrap().clone());
        since = answer["next"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!(by_page, by_cursor);
    assert_eq!(by_page.len(), 20);
    assert!(by_page.iter().all(|record| record["city"] == "370100"));
    assert!(by_page.windows(2).all(|pair| pair[0]["remoteId"].as_str() < pair[1]["remoteId"].as_str()));

    withdraw(&state, &ids[1..2], "到期").await.unwrap();
    let withdrawn_at = town.held(&ids[1]).await.updated_at;
    let changed = town.get(&format!("/achievement?scope=others&since={withdrawn_at}")).await;
    let changed = changed["list"].as_array().unwrap();
    assert_eq!((changed.len(), &changed[0]["withdrawn"]), (1, &json!(true)));
    for target in
        ["/achievement?page=0", "/achievement?size=501", "/achievement?since=soon", "/achievement?scope=all"]
    {
        let text = town.call("GET", target, None, b"").await.unwrap().text().await.unwrap();
        assert!(text.starts_with("{\"code\":\"1400\""), "{target}: {text}");
    }
}

#[tokio::test]
async fn a_fault_is_met_and_the_same_request_again_is_well() {
    let town = Town::new().await;
    town.create("enterprise", "e1", fixture::enterprise()).await;
    let faults = town.sandbox.faults();
    let all = [
        (Fault::DropBefore, false),
        (Fault::DropAfter, true),
        (Fault::Html, false),
        (Fault::Empty, true),
        (Fault::Truncated, true),
        (Fault::ShortList, true),
        (Fault::AlienIds, true),
        (Fault::TooMany { retry_after_s: 7 }, false),
        (Fault::Unavailable { retry_after_s: 7 }, false),
        (Fault::Hang { seconds: 0 }, true),
    ];
    for (at, (fault, takes_effect)) in all.into_iter().enumerate() {
        let key = format!("k{at}");
        let records: Vec<Value> = (0..4)
            .map(|n| json!({"localId": format!("{at}-{n}"), "data": achievement(at * 10 + n)}))
            .collect();
        let batch =
            json!({"batchNo": key, "cityCode": "370300", "action": "create", "records": records}).to_string();
        faults.next_posts(1, fault);
        let call = || town.call("POST", "/achievement/batch", Some(&key), batch.as_bytes());
        let troubled = call().await;
        let text = |answer: Response| async { (answer.status().as_u16(), answer.text().await.unwrap()) };
        match fault {
            Fault::DropBefore | Fault::DropAfter => {
                assert!(troubled.is_err(), "{fault:?} closes the connection")
            }
            Fault::TooMany { .. } | Fault::Unavailable { .. } => {
                assert_eq!(troubled.as_ref().unwrap().headers()["retry-after"], "7");
                assert!(matches!(text(troubled.unwrap()).await.0, 429 | 503));
            }
            Fault::Html => assert!(text(troubled.unwrap()).await.1.starts_with("<!doctype")),
            Fault::Empty => assert_eq!(text(troubled.unwrap()).await, (200, String::new())),
            Fault::Truncated => {
                assert!(serde_json::from_str::<Value>(&text(troubled.unwrap()).await.1).is_err());
            }
            Fault::ShortList | Fault::AlienIds | Fault::Hang { .. } => {
                let answer: Value = serde_json::from_str(&text(troubled.unwrap()).await.1).unwrap();
                let results = answer["data"]["results"].as_array().unwrap();
                let known = results
                    .iter()
                    .filter(|one| one["localId"].as_str().unwrap().starts_with(&format!("{at}-")));
                assert_eq!(
                    (results.len(), known.count()),
                    match fault {
                        Fault::ShortList => (2, 2),
                        Fault::AlienIds => (4, 2),
                        _ => (4, 4),
                    }
                );
            }
        }
        let again = call().await.unwrap();
        assert_eq!(again.headers().contains_key("idempotent-replay"), takes_effect, "{fault:?}");
        let answer: Value = serde_json::from_str(&again.text().await.unwrap()).unwrap();
        let results = answer["data"]["results"].as_array().unwrap();
        assert!(results.len() == 4 && results.iter().all(|one| one["code"] == "0"), "{fault:?}: {answer}");
    }
    let found = inspect(&town.folder.path().join("state.db")).await.unwrap();
    assert_eq!(found.records.len(), 1 + 40, "nothing is lost and nothing is double");
    assert!(found.records.iter().all(|held| held.creates == 1));
    assert_eq!(faults.counts().faults.len(), 10);
    assert_eq!(town.sandbox.log().iter().filter(|exchange| exchange.status.is_none()).count(), 2);
}

/// The document that a schema's own examples make.
fn example(schema: &Value) -> Value {
    if let Some(first) = schema["examples"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let fields = schema["properties"].as_object().unwrap();
            Value::Object(fields.iter().map(|(name, inner)| (name.clone(), example(inner))).collect())
        }
        Some("array") => json!([example(&schema["items"])]),
        _ => Value::Null,
    }
}

#[test]
fn the_examples_of_every_shipped_schema_are_taken_and_published() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1");
    let reading = Reading::load(&folder, "2026-05-01").unwrap();
    let facts = Facts { today: "2026-05-01".into(), ..Facts::default() };
    let mut kinds = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(name) = name.strip_suffix(".schema.json") else { continue };
        let schema: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (kind, data) = (reading.kind(name).unwrap(), example(&schema));
        assert_eq!(kind.check(&data), None, "{name}");
        assert_eq!(rules::first_broken(name, &data, &facts), None, "{name}");
        assert_eq!(review::judge(name, &data), review::Verdict::Published, "{name}");
        assert!(!kind.natural_keys(&data).is_empty(), "{name} says what it is about");
        kinds += 1;
    }
    assert_eq!(kinds, 15);
}
