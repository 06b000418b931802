//! How long a batch waits.

use std::time::Duration;

use super::*;
use crate::delivery::next_wait;

#[test]
fn waits_grow_to_the_cap_and_end() {
    let profile = shandong();
    let waits: Vec<_> = (1..=10).map(|attempts| next_wait(&profile, attempts, [0; 8])).collect();
    let seconds: Vec<_> = waits.iter().map(|wait| wait.map(|wait| wait.as_secs())).collect();
    assert_eq!(
        seconds,
        [
            Some(5),
            Some(20),
            Some(80),
            Some(320),
            Some(1280),
            Some(5120),
            Some(20480),
            Some(21600),
            Some(21600),
            None
        ]
    );
    assert_eq!(next_wait(&profile, 0, [0; 8]), Some(Duration::from_secs(5)));
    assert_eq!(next_wait(&profile, u32::MAX, [255; 8]), None);
}

#[test]
fn dice_make_it_later_only_and_never_above_the_cap() {
    let profile = shandong();
    let clock = clock();
    for attempts in 1..=9 {
        let least = next_wait(&profile, attempts, [0; 8]).unwrap();
        let most = next_wait(&profile, attempts, [255; 8]).unwrap();
        assert_eq!(most, least.mul_f64(1.2).min(Duration::from_secs(21600)));
        for _ in 0..100 {
            let wait = next_wait(&profile, attempts, clock.dice()).unwrap();
            assert!(least <= wait && wait <= most, "{attempts}: {wait:?}");
        }
    }
}

#[test]
fn a_huge_factor_does_not_overflow() {
    let text = SHANDONG
        .replace("factor = 4", "factor = 4_000_000_000")
        .replace("attempts_max = 10", "attempts_max = 99");
    let profile = profile(&text);
    assert_eq!(next_wait(&profile, 98, [255; 8]), Some(Duration::from_secs(21600)));
}
