//! An independent reader of our OpenAPI document: Prism, written by others in another language.
//!
//! As a mock it takes every request that a whole demo sends; as a proxy before the sandbox province it finds no
//! difference, neither in requests nor in answers. Needs node; what it needs besides is in `package-lock.json`.

mod between;
mod process;

use std::path::{Path, PathBuf};
use std::process::Command;

use qilu::clock::Clock;
use qilu::config::{Instance, Platform};
use qilu::delivery::{LookFor, lookup, ping};
use qilu::demo::Demo;
use qilu::demo::city::change_one_percent;
use qilu::platform::{Credentials, Profile, Street};
use qilu::sandbox::{Faults, Sandbox, Settings};
use serde_json::Value as Json;

use between::Between;
use process::{Prism, prepared};

#[tokio::test(flavor = "multi_thread")]
async fn prism_takes_every_request_of_a_demo_and_finds_no_difference() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let Some(prism) = prepared() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("demo");
    let town = Town::new(&place).await;
    let document = place.join("openapi.json");
    qilu(&place, &["schema", "openapi", "--output", &document.display().to_string()]);

    // qilu → front → Prism as mock; and front → Prism as proxy → back → sandbox, whose answer comes home.
    let between = Between::listen(&town.base_url, &town.sandbox.base_url()).await;
    let mock = Prism::start(&prism, &["mock", &document.display().to_string(), "--errors"]);
    let proxy =
        Prism::start(&prism, &["proxy", &document.display().to_string(), &between.back_url(), "--errors"]);
    between.lead_to(&mock.url(), &proxy.url());

    let round =
        json(&qilu(&folder.path().join("."), &["demo", &place.display().to_string(), "--once", "--json"]));
    assert_eq!(round["pushes"].as_array().expect("reports").len(), 15, "all kinds");
    change_one_percent(&place.join("market.db")).await.expect("the market");
    qilu(&place, &["sync", "--json"]);
    qilu(&place, &["codes", "drift", "--json"]);
    town.ask().await;

    let seen = between.seen();
    for (what, least) in [
        ("create", 15),
        ("update", 5),
        ("withdraw", 1),
        ("lookup", 4),
        ("list", 15),
        ("reviews", 2),
        ("dictionary", 60),
        ("ping", 1),
    ] {
        let count = seen.iter().filter(|(operation, _)| operation == what).count();
        assert!(count >= least, "{what}: {count} of at least {least}");
    }
    let kinds: std::collections::BTreeSet<&str> =
        seen.iter().filter(|(what, _)| what == "create").map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds.len(), 15, "{kinds:?}");
    let wrong = between.wrong();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        seen.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    for one in [&mock, &proxy] {
        let complaints = one.violations();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
    // A reader that objects to nothing would prove nothing.
    for (what, change) in between::DAMAGES {
        assert!(between.objects_to(change).await, "Prism has nothing against {what}");
    }
    println!("{} requests, each read by Prism as mock and as proxy: no difference", seen.len());
}

/// The demo's folder with its province moved away from its address, where we stand now.
struct Town {
    base_url: String,
    sandbox: Sandbox,
    street: Street,
}

impl Town {
    async fn new(place: &Path) -> Town {
        let clock = Clock::machine();
        Demo::open(place, &clock).await.expect("the demo's folder").close().await;
        let instance = Instance::load(place).unwrap_or_else(|faults| panic!("{faults:?}"));
        let platform = instance.platforms["shandong"].clone();
        let read = |name: &str| std::fs::read_to_string(place.join("data").join(name)).expect("a secret");
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            state: place.join("data/sandbox.db"),
            schemas: instance.schemas.join(&platform.schemas.value),
            app_id: read("app_id"),
            secret: read("app_secret"),
            city: platform.city_code.value.clone(),
            clock,
            faults: Faults::default(),
        };
        let sandbox = Sandbox::start(settings).await.expect("the sandbox starts");
        let street = street(&platform, place);
        Town { base_url: platform.base_url.value.clone(), sandbox, street }
    }

    /// What a demo may not come to ask by itself.
    async fn ask(&self) {
        let clock = Clock::machine();
        ping(&self.street, &clock).await.expect("a ping");
        for what in [
            LookFor::LocalId("nobody"),
            LookFor::Uscc("91370303MA00000AAU"),
            LookFor::TitleAndOwner {
                title: "高精度 协作机器人 (1+1)",
                owner: "遨博(山东)智能机器人有限公司",
            },
            LookFor::TitleAndOwner { title: "10微米超薄氢燃料电池全氟质子膜~*", owner: "无" },
        ] {
            lookup(&self.street, "achievement", what, &clock).await.expect("a look-up");
        }
    }
}

fn street(platform: &std::sync::Arc<Platform>, place: &Path) -> Street {
    let profile = Profile::compile(platform.clone()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let credentials = Credentials::resolve(platform, place).unwrap_or_else(|faults| panic!("{faults:?}"));
    Street::open(profile, credentials, place).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// Runs the real program; refusals are what a demo is there to show, a failure is not.
fn qilu(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qilu"));
    command.arg("-C").arg(folder).args(arguments).args(["--lang", "en", "--as", "tester"]);
    let output = command.output().expect("the program starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "qilu {arguments:?}: {:?}\n{out}\n{err}",
        output.status
    );
    out.into_owned()
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Where the package file of this test stands.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prism")
}
