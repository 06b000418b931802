//! `doctor` on real sockets: each step of the way that may be closed, and what it says then.

use std::path::Path;

use qilu::clock::{Clock, Timestamp};
use qilu::config::Instance;
use qilu::doctor::{About, Examination, Line, State, examine};
use qilu::record::Language;
use qilu::sandbox::{Faults, Sandbox, Settings};

use super::SHANDONG;
use super::trust::{Identity, Shape, serve_all};

/// An instance with the shipped profile, led elsewhere and changed a little.
struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new(base_url: &str, change: impl Fn(&str) -> String) -> Self {
        let house = House { folder: tempfile::tempdir().unwrap() };
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        house.write("config/qilu.toml", &format!("name = 'test'\nschemas = '{}'\n", schemas.display()));
        let profile = SHANDONG
            .replace("https://123.232.30.9:27180/api/v1", base_url)
            .replace("env:QILU_SHANDONG_APP_ID", "file:id")
            .replace("env:QILU_SHANDONG_APP_SECRET", "file:secret")
            .replace("connect_timeout = \"10s\"", "connect_timeout = \"2s\"");
        house.write("config/platforms/shandong.toml", &change(&profile));
        house.write("id", "zibo");
        house.write("secret", "s3cret");
        house
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    async fn examine(&self, clock: &Clock) -> Examination {
        let instance = Instance::load(self.folder.path()).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let platform = instance.platforms["shandong"].clone();
        examine(&instance, &platform, clock).await
    }
}

/// `dns well`, `tls bad Q7446`: what was seen, in order.
fn brief(examination: &Examination) -> Vec<String> {
    let line = |line: &Line| {
        let id = line.complaint.as_ref().map(|complaint| format!(" {}", complaint.id)).unwrap_or_default();
        format!("{} {}{id}", line.about.word(), line.state.word())
    };
    examination.lines.iter().map(line).collect()
}

fn line(examination: &Examination, about: About) -> &Line {
    examination.lines.iter().find(|line| line.about == about).unwrap()
}

async fn sandbox(folder: &Path, clock: &Clock) -> Sandbox {
    let settings = Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        state: folder.join("state.db"),
        schemas: Path::new("schemas/shandong/v1").to_owned(),
        app_id: "zibo".into(),
        secret: "s3cret".into(),
        city: "370300".into(),
        clock: clock.clone(),
        faults: Faults::default(),
    };
    Sandbox::start(settings).await.unwrap()
}

#[tokio::test]
async fn a_free_way_is_well_from_end_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp(1_777_600_800_000_000), 7);
    let sandbox = sandbox(folder.path(), &clock).await;
    let house = House::new(&sandbox.base_url(), str::to_owned);
    let seen = house.examine(&clock).await;
    assert_eq!(seen.state(), State::Well, "{seen:#?}");
    let about: Vec<&str> = seen.lines.iter().map(|line| line.about.word()).collect();
    assert_eq!(about[..5], ["dns", "tcp", "tls", "credential", "credential"]);
    for word in ["ping", "list", "lookup", "reviews"] {
        let line = seen.lines.iter().find(|line| line.about.word() == word).unwrap();
        assert_eq!(line.state, State::Well, "{word}");
    }
    // What delivers is never tried.
    assert!(!about.iter().any(|word| ["create", "update", "withdraw"].contains(word)));
    assert_eq!(sandbox.faults().counts().posts, 0);
}

#[tokio::test]
async fn a_clock_that_is_off_and_a_secret_that_is_wrong_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp(1_777_600_800_000_000), 7);
    let sandbox = sandbox(folder.path(), &clock).await;
    let house = House::new(&sandbox.base_url(), str::to_owned);
    for (ahead_s, clocks, ping) in [
        (-600_i64, "clock bad Q7448", "ping bad Q7114"),
        (-60, "clock remark Q7448", "ping well"),
        (600, "clock bad Q7448", "ping bad Q7114"),
    ] {
        let ours = Clock::manual(Timestamp(clock.now().0 + ahead_s * 1_000_000), 8);
        let seen = brief(&house.examine(&ours).await);
        assert!(seen.iter().any(|line| line == clocks) && seen.iter().any(|line| line == ping), "{seen:?}");
    }
    house.write("secret", "wrong");
    let seen = brief(&house.examine(&clock).await);
    assert!(
        seen.contains(&"ping bad Q7105".to_owned()) && seen.contains(&"clock well".to_owned()),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_closed_way_says_where_it_is_closed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    // Speaks, but no TLS.
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            use std::io::{Read, Write};
            let mut stream = stream.unwrap();
            let _heard = stream.read(&mut [0; 4096]);
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok();
        }
    });
    let clock = Clock::machine();
    for (url, expect) in [
        ("https://no-such-host.invalid/api".to_owned(), "dns bad Q7450"),
        (format!("https://{free}/api"), "tcp bad Q7451"),
        (format!("https://127.0.0.1:{plain_port}/api"), "tls bad Q7452"),
    ] {
        let seen = House::new(&url, str::to_owned).examine(&clock).await;
        assert!(brief(&seen).iter().any(|line| line == expect), "{expect}: {:?}", brief(&seen));
        assert_eq!(seen.state(), State::Bad);
        // The secrets are looked at all the same, and nobody is asked.
        assert!(seen.lines.iter().any(|line| line.about == About::Credential && line.state == State::Well));
        let asked = |line: &&Line| matches!(line.about, About::Operation(_));
        assert!(seen.lines.iter().filter(asked).all(|line| line.state == State::Skipped));
    }
}

#[tokio::test]
async fn the_fingerprint_of_a_stranger_is_shown_with_the_line_to_paste_and_that_line_is_right() {
    let body = r#"{"code":"0","data":{"list":[],"next":0,"total":0,"items":[]}}"#;
    let clock = Clock::machine();
    for shape in [Shape::Leaf, Shape::Authority, Shape::NameOnly, Shape::Expired] {
        let identity = Identity::new(shape);
        let (port, heard) = serve_all(&identity, body);
        let url = format!("https://127.0.0.1:{port}/api/v1");
        let seen = House::new(&url, str::to_owned).examine(&clock).await;
        let tls = line(&seen, About::Tls);
        assert_eq!((tls.state, tls.complaint.as_ref().unwrap().id.as_str()), (State::Bad, "Q7446"));
        assert!(tls.seen[0].contains(&identity.pin()) && tls.seen[0].contains("TLS 1.3"), "{:?}", tls.seen);
        assert!(tls.complaint.as_ref().unwrap().advice(Language::English).contains("by telephone"));
        let paste = tls.paste.clone().unwrap();
        assert_eq!(paste, format!("pins = [\"{}\"]", identity.pin()));
        assert_eq!(heard.load(std::sync::atomic::Ordering::SeqCst), 0, "{shape:?}");
        // As the advice says: into [tls] in place of roots.
        let mut lines = paste;
        let mut seen =
            House::new(&url, |text| text.replace("roots = \"system\"", &lines)).examine(&clock).await;
        if shape == Shape::Expired {
            assert_eq!(line(&seen, About::Tls).paste.as_deref(), Some("pins_allow_expired = true"));
            assert_eq!(heard.load(std::sync::atomic::Ordering::SeqCst), 0);
            lines = format!("{lines}\n{}", line(&seen, About::Tls).paste.clone().unwrap());
            seen = House::new(&url, |text| text.replace("roots = \"system\"", &lines)).examine(&clock).await;
            assert_eq!(line(&seen, About::Certificate).state, State::Remark);
        }
        assert_eq!(line(&seen, About::Tls).state, State::Well, "{shape:?}");
        assert!(seen.lines.iter().all(|line| line.state != State::Bad), "{:?}", brief(&seen));
        assert!(heard.load(std::sync::atomic::Ordering::SeqCst) > 0);
    }
}

#[tokio::test]
async fn without_secrets_a_rehearsal_is_looked_at_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp(1_777_600_800_000_000), 7);
    let sandbox = sandbox(folder.path(), &clock).await;
    for (mode, credential) in [("rehearse", "credential remark Q1014"), ("live", "credential bad Q1014")] {
        let house = House::new(&sandbox.base_url(), |text| {
            text.replace("file:secret", "file:absent")
                .replace("mode = \"rehearse\"", &format!("mode = \"{mode}\""))
        });
        let seen = house.examine(&clock).await;
        let told = brief(&seen);
        for expect in ["tcp well", credential, "credential bad Q7449", "ping skipped"] {
            assert!(told.iter().any(|line| line == expect), "{expect}: {told:?}");
        }
        assert_eq!(sandbox.faults().counts().requests, 0);
    }
}
