//! A province that will not have us: our clock is off, our secret is old, its certificate is not the one we know.
//! Nothing is lost, nobody is pestered, and the audit log says what it was.

use std::time::Duration;

use qilu::audit;
use qilu::clock::Clock;
use qilu::config::Instance;
use qilu::sync::{Connector, DeliverReport};

use crate::world::{PROFILE, World, guard, request, sync};

const MINUTE: Duration = Duration::from_secs(60);

async fn scan(connector: &Connector) {
    let guard = guard(connector).await;
    for route in connector.push_routes_in_order() {
        connector.push_once(&guard, route, &request(), &()).await.expect("a scan");
    }
}

async fn deliver(connector: &Connector) -> DeliverReport {
    let guard = guard(connector).await;
    connector.deliver_once(&guard, "shandong", &request(), &()).await.expect("a delivery")
}

async fn review(connector: &Connector) {
    let guard = guard(connector).await;
    connector.review_once(&guard, "shandong", &()).await.expect("the ledger");
}

/// A world at peace, with something new to send.
async fn settled() -> World {
    let world = World::new().await;
    world.fill(1..3).await;
    let connector = world.connector().await;
    sync(&connector).await;
    connector.close().await;
    world.fill(3..6).await;
    world.sql("update t_cg set cgmc = cgmc || '改' where id < 3").await;
    world
}

/// Event and subject of the newest events of the audit log.
async fn logged(connector: &Connector) -> String {
    let page = audit::Page { before: None, limit: 200 };
    let events = audit::list(connector.ledger.db(), &audit::Filter::default(), page).await;
    let events = events.expect("the audit log");
    events.iter().map(|event| format!("{} {}\n", event.word, event.subject)).collect()
}

#[tokio::test]
async fn a_clock_that_is_off_is_named_and_the_province_is_not_pestered() {
    for ahead in [-600_i64, 600] {
        let world = settled().await;
        let ours = Clock::manual(qilu::clock::Timestamp(world.clock.now().0 + ahead * 1_000_000), 9);
        let instance = Instance::load(world.root()).expect("the configuration is right");
        let connector =
            Connector::open(instance, ours.clone()).await.unwrap_or_else(|error| panic!("{error}"));
        scan(&connector).await;
        let before = world.faults().counts().requests;
        for minute in 0..120 {
            deliver(&connector).await;
            // As often as the daemon does.
            if minute % 5 == 0 {
                review(&connector).await;
            }
            ours.advance(MINUTE);
            world.clock.advance(MINUTE);
        }
        let asked = world.faults().counts().requests - before;
        assert!((1..=120).contains(&asked), "{asked} requests in two hours");
        let lanes = connector.ledger.closed_lanes().await.expect("the ledger");
        assert!(!lanes.is_empty());
        for lane in &lanes {
            let why: qilu::record::Complaint = serde_json::from_str(&lane.why).expect("a complaint");
            assert_eq!((lane.state.as_str(), why.id.as_str()), ("blocked", "Q7114"));
        }
        assert!(logged(&connector).await.contains("batch_not_accepted Q7114"));
        connector.close().await;
        // Once the clock is set, everything goes.
        let connector = world.connector().await;
        connector.ledger.retry_lanes("shandong", connector.clock.now()).await.expect("the ledger");
        sync(&connector).await;
        assert_eq!(world.inspect().await.records.len(), 15);
        connector.close().await;
    }
}

#[tokio::test]
async fn a_secret_is_changed_while_the_program_runs_and_nothing_is_lost() {
    let mut world = settled().await;
    let connector = world.connector().await;
    scan(&connector).await;
    // The province takes another secret from now on; the file follows after a few refusals.
    world.set_secret("another-secret-of-the-province").await;
    for minute in 0..20 {
        if minute == 8 {
            world.write_secret("app_secret", "another-secret-of-the-province");
        }
        deliver(&connector).await;
        world.clock.advance(MINUTE);
    }
    let held = world.inspect().await.records;
    assert_eq!(held.len(), 15);
    assert!(held.iter().all(|one| one.creates == 1));
    let log = logged(&connector).await;
    assert!(log.contains("batch_not_accepted Q7105") && !log.contains("batch_doubted"), "{log}");
}

#[tokio::test]
async fn a_certificate_that_is_not_the_provinces_is_in_the_audit_log() {
    let world = settled().await;
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
    let certificate = certificate.self_signed(&key).expect("a certificate");
    let chain = vec![certificate.der().clone()];
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key.into());
    let config = std::sync::Arc::new(config.expect("a server"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let impostor = format!("https://{}/api/v1", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = rustls::ServerConnection::new(config.clone()).expect("a handshake");
            let mut stream = stream.expect("a connection");
            while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
            assert!(connection.is_handshaking(), "nobody finishes a handshake with an impostor");
        }
    });
    let text = std::fs::read_to_string(world.path(PROFILE)).expect("the profile");
    let line = text.lines().find(|line| line.starts_with("base_url")).expect("an address").to_owned();
    let connector = world.connector().await;
    scan(&connector).await;
    connector.close().await;
    // The ledger is bound to its province: the address stays in the ledger, the way there leads elsewhere.
    world.edit(PROFILE, &[(&line, &format!("base_url = \"{impostor}\""))]);
    world.rebind(&impostor).await;
    let connector = world.connector().await;
    deliver(&connector).await;
    review(&connector).await;
    let log = logged(&connector).await;
    assert!(log.contains("batch_not_accepted Q7004"), "{log}");
    assert!(log.contains("distrusted Q7004"), "{log}");
    connector.close().await;
}
