//! How long a check takes; the figure is printed, and only a gross loss fails.

use std::hint::black_box;

use super::*;
use crate::clock::Clock;

#[test]
fn checking_a_document_takes_microseconds() {
    let kind = shipped("achievement");
    let document = kind.example();
    let clock = Clock::machine();
    const ROUNDS: u32 = 2_000;
    let mut document = Some(document);
    for _ in 0..ROUNDS {
        let checked = kind.check(document.take().unwrap(), &|_| String::new(), today()).unwrap();
        document = Some(black_box(checked).into_document());
    }
    let each = clock.elapsed() / ROUNDS;
    println!("one check: {each:?}");
    assert!(each.as_micros() < 2_000, "{each:?} a document");
}
