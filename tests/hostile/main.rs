//! A province that means harm, on real sockets: answers that would fill memory, never end, lead elsewhere or pretend
//! to be a success. Memory is that of this process, so this target holds nothing else and its rows go one by one.

mod memory;
mod server;
mod street;

use std::time::Duration;

use qilu::clock::Clock;
use qilu::delivery::{Bookmark, Scope, exchange, list};

use memory::Peak;
use server::{Answering, Piece, serve};
use street::{brief, lease, street};

/// What a process may take more than it had, whatever comes.
const GROWTH_MAX: usize = 64 << 20;
const MIB: usize = 1 << 20;

/// An answer, what it is, and what must be made of it when it is the answer to a batch.
fn rows() -> Vec<(&'static str, Answering, &'static str)> {
    let json = |pieces: Vec<Piece>| Answering::plain("application/json", pieces);
    let xml = |pieces: Vec<Piece>| Answering::plain("application/xml", pieces);
    // Just below the limit of 4 MiB: these are received whole.
    let whole = 4 * MIB - 4096;
    let ok = r#"{"code":"0","data":{"results":"#;
    let laughs = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>\
                  <!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]><l>&c;&c;&c;&c;&c;&c;</l>";
    vec![
        ("a gzip bomb of 1 GiB", Answering::bomb(1024), "doubt Q7009"),
        (
            "512 MiB of JSON in chunks",
            json(vec![Piece::new(ok, 1), Piece::new("[1,2,3,4,5,6,7,8],", 512 * MIB / 18)]),
            "doubt Q7009",
        ),
        (
            "ten million elements",
            json(vec![
                Piece::new(ok, 1),
                Piece::new("[", 1),
                Piece::new("0,", 10_000_000),
                Piece::new("0]}}", 1),
            ]),
            "doubt Q7009",
        ),
        (
            "a text of 64 MiB",
            json(vec![Piece::new("\"", 1), Piece::new("x", 64 * MIB), Piece::new("\"", 1)]),
            "doubt Q7009",
        ),
        ("100 000 levels", json(vec![Piece::new("[", 100_000), Piece::new("]", 100_000)]), "doubt Q7463"),
        ("100 000 levels of objects", json(vec![Piece::new("{\"a\":", 100_000)]), "doubt Q7463"),
        (
            "as many empty lists as fit",
            json(vec![
                Piece::new(ok, 1),
                Piece::new("[", 1),
                Piece::new("[],", whole / 3),
                Piece::new("[]]}}", 1),
            ]),
            "doubt Q7464",
        ),
        (
            "as many small objects as fit",
            json(vec![
                Piece::new(ok, 1),
                Piece::new("[", 1),
                Piece::new("{\"\":0},", whole / 7),
                Piece::new("{}]}}", 1),
            ]),
            "doubt Q7464",
        ),
        (
            "one text as long as fits, in the place of the results",
            json(vec![
                Piece::new(ok, 1),
                Piece::new("\"", 1),
                Piece::new("山", whole / 3),
                Piece::new("\"}}", 1),
            ]),
            "doubt Q7103",
        ),
        (
            "thirty thousand results for others",
            json(vec![
                Piece::new(ok, 1),
                Piece::new("[", 1),
                Piece::new("{\"localId\":\"z\",\"code\":\"0\"},", 30_000),
                Piece::new("{}]}}", 1),
            ]),
            "settled unknown(Q7203)",
        ),
        (
            "texts of one kilobyte, as many as fit",
            json(vec![
                Piece::new(ok, 1),
                Piece::new("[", 1),
                Piece::new(&format!("\"{}\",", "x".repeat(1000)), whole / 1003),
                Piece::new("0]}}", 1),
            ]),
            "settled unknown(Q7203)",
        ),
        (
            "bytes of no charset",
            json(vec![Piece::new("\u{fffd}", 1), Piece::raw(b"\xff\xfe\xfd", MIB)]),
            "doubt Q7462",
        ),
        ("a thousand million laughs", xml(vec![Piece::new(laughs, 1)]), "doubt Q7466"),
        ("XML of 100 000 levels", xml(vec![Piece::new("<a>", 100_000)]), "doubt Q7463"),
        (
            "as many elements as fit",
            xml(vec![Piece::new("<r>", 1), Piece::new("<a/>", whole / 4), Piece::new("</r>", 1)]),
            "doubt Q7464",
        ),
        (
            "as many attributes as fit",
            xml(vec![Piece::new("<r ", 1), Piece::counted("a", "='' ", 200_000), Piece::new("/>", 1)]),
            "doubt Q7464",
        ),
        (
            "one long XML text",
            xml(vec![Piece::new("<r>", 1), Piece::new("x", whole), Piece::new("</r>", 1)]),
            "doubt Q7103",
        ),
        (
            "a header of 1 MiB",
            Answering::plain("application/json", vec![Piece::new("{}", 1)]).with_header("x-long", MIB),
            "doubt Q7007",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_fills_the_memory_or_passes_for_more_than_doubt() {
    // What is built once for all is not counted: the client, the expressions, the threads' stacks, the bomb itself.
    let rows = rows();
    let harmless = Answering::plain("application/json", vec![Piece::new(r#"{"code":"1"}"#, 1)]);
    measure(Peak::from_here(), "harmless", harmless, "doubt Q7104").await;
    let start = Peak::from_here();
    for (name, answering, expect) in rows {
        println!("{}", measure(start.again(), name, answering, expect).await);
    }
}

/// The answer to a batch, and the same again to the question for a page.
async fn measure(peak: Peak, name: &str, answering: Answering, expect: &str) -> String {
    let is_xml = answering.kind.ends_with("xml");
    let address = serve(answering).await;
    let street = street(&format!("http://{address}/api/v1"), is_xml);
    let clock = Clock::machine();
    let lease = lease();
    let start = clock.elapsed();
    let (_, event) = exchange(&street, &lease, &clock).await;
    let page =
        list(&street, "achievement", Scope::Others, &Bookmark::first(street.profile(), None), &clock).await;
    let took = clock.elapsed() - start;
    let growth = peak.growth();
    let event = brief(&event);
    assert!(event.starts_with(expect), "{name}: {event}");
    assert!(page.is_err(), "{name}: {page:?}");
    assert!(growth <= GROWTH_MAX, "{name}: {} MiB", growth / MIB);
    assert!(took < Duration::from_secs(60), "{name}: {took:?}");
    format!("{name:<55} {event:<28} +{:>3} MiB {:>6} ms", growth / MIB, took.as_millis())
}

#[tokio::test]
async fn a_redirection_is_not_followed_and_the_other_host_hears_nothing() {
    let canary = serve(Answering::plain("application/json", vec![Piece::new("{}", 1)])).await;
    for status in [301, 302, 303, 307, 308] {
        let moved = Answering::plain("application/json", vec![Piece::new(r#"{"code":"0"}"#, 1)])
            .with_status(status)
            .with_location(&format!("http://{canary}/api/v1/achievement/batch"));
        let address = serve(moved).await;
        let street = street(&format!("http://{address}/api/v1"), false);
        let (attempt, event) = exchange(&street, &lease(), &Clock::machine()).await;
        assert_eq!(brief(&event), "doubt Q7111 block", "{status}");
        assert_eq!(attempt.status, Some(status));
        let at = Bookmark::first(street.profile(), None);
        let trouble = list(&street, "achievement", Scope::Own, &at, &Clock::machine()).await.unwrap_err();
        assert_eq!(trouble.complaint.id, "Q7111");
        assert_eq!(server::heard(address), 2, "once each, and never again");
    }
    assert_eq!(server::heard(canary), 0);
}

#[tokio::test]
async fn an_answer_that_never_ends_ends_with_its_time() {
    // A byte now and then keeps every pause short; the whole has a limit of its own.
    for (answering, expect) in [
        (Answering::drip(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"{"), "doubt Q7008"),
        (Answering::drip(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n"), "doubt Q7006"),
        (Answering::drip(b"", b""), "doubt Q7006"),
    ] {
        let address = serve(answering).await;
        let street = street(&format!("http://{address}/api/v1"), false);
        let clock = Clock::machine();
        let start = clock.elapsed();
        let (_, event) = exchange(&street, &lease(), &clock).await;
        let took = clock.elapsed() - start;
        assert!(brief(&event).starts_with(expect), "{}", brief(&event));
        assert!(took < Duration::from_secs(8), "{took:?}");
    }
}

/// A lane that was told to keep away keeps away: by seconds, by a date, and by the profile's own pause.
#[tokio::test]
async fn a_throttle_names_its_pause() {
    let in_two_minutes =
        Clock::machine().now().plus(Duration::from_secs(120)).to_utc().format("%a, %d %b %Y %H:%M:%S GMT");
    for (retry_after, from, to) in
        [("90".to_owned(), 90, 90), (in_two_minutes.to_string(), 115, 121), (String::new(), 60, 60)]
    {
        let throttled = Answering::plain("application/json", vec![Piece::new(r#"{"code":"1429"}"#, 1)])
            .with_status(429)
            .with_retry_after(&retry_after);
        let address = serve(throttled).await;
        let street = street(&format!("http://{address}/api/v1"), false);
        let (_, event) = exchange(&street, &lease(), &Clock::machine()).await;
        let brief = brief(&event);
        let pause: u64 =
            brief.strip_prefix("not Q7108 pause ").unwrap_or_else(|| panic!("{brief}")).parse().unwrap();
        assert!((from..=to).contains(&pause), "{retry_after}: {pause}");
    }
}
