//! Many thousands of answers that went wrong on their way: a record is accepted only where the answer names it
//! with a success, whatever else it says.

use std::collections::BTreeMap;

use super::*;
use crate::ledger::{Event, ItemOutcome};

/// Numbers that look thrown and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*: good enough to choose by.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end.max(1)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

const IDS: [&str; 4] = ["a", "b", "c", "d"];

/// What an honest province says: one result for each record, some accepted, some not.
fn honest(dice: &mut Dice) -> serde_json::Value {
    let result = |(index, id): (usize, &&str), dice: &mut Dice| {
        let code = dice.one(&[json!("0"), json!("0"), json!(0), json!("2001"), json!("2409"), json!("9")]);
        json!({"localId": id, "code": code, "message": "m", "remoteId": format!("SD-{index}")})
    };
    let results: Vec<_> = IDS.iter().enumerate().map(|entry| result(entry, dice)).collect();
    json!({"code": "0", "message": "成功", "data": {"results": results}, "traceId": "t"})
}

/// What becomes of it: entries moved, lost, doubled, given to others; bytes lost, changed, put in.
fn spoil(mut answer: serde_json::Value, dice: &mut Dice) -> (u16, Vec<u8>) {
    for _ in 0..dice.below(3) {
        let odd =
            dice.one(&[json!(null), json!("0"), json!(0), json!([]), json!({}), json!(true), json!("a")]);
        let other = dice.one(&IDS);
        let results = answer.pointer_mut("/data/results").and_then(|results| results.as_array_mut());
        let count = results.as_ref().map_or(0, |results| results.len());
        let (one, two) = (dice.below(count), dice.below(count));
        let set = |result: &mut serde_json::Value, key: &str, value: serde_json::Value| {
            _ = result.as_object_mut().and_then(|fields| fields.insert(key.to_owned(), value));
        };
        let key = dice.one(&["localId", "code", "remoteId"]);
        match (dice.below(10), results) {
            (0, Some(results)) if count > 0 => results.swap(one, two),
            (1, Some(results)) if count > 0 => _ = results.remove(one),
            (2, Some(results)) if count > 0 => results.push(results[one].clone()),
            (3, Some(results)) if count > 0 => {
                set(&mut results[one], "localId", json!(dice.one(&["z", "A", " a", ""])));
            }
            (4, Some(results)) if count > 0 => set(&mut results[one], "localId", json!(other)),
            (5, Some(results)) if count > 0 => set(&mut results[one], key, odd),
            (6, Some(results)) if count > 0 => results[one] = odd,
            (7, Some(results)) => results.push(odd),
            (8, _) => answer["code"] = odd,
            (_, _) => answer["data"] = odd,
        }
    }
    let mut bytes = answer.to_string().into_bytes();
    match dice.below(8) {
        0 => bytes.truncate(dice.below(bytes.len())),
        1 => {
            let at = dice.below(bytes.len());
            bytes[at] = dice.below(256) as u8;
        }
        2 => {
            let (at, length) = (dice.below(bytes.len()), dice.below(40));
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        3 => {
            let piece =
                dice.one(&["\"code\":\"0\",", "{", "]", "\"0\"", ",", "\u{0}", "<html>", "null", "1e999"]);
            let at = dice.below(bytes.len());
            bytes.splice(at..at, piece.bytes());
        }
        4 => {
            bytes = dice.one(&[&b""[..], b" ", b"<html>ok</html>", b"OK", b"0", b"{\"code\":\"0\"}"]).to_vec()
        }
        _ => (),
    }
    (dice.one(&[200, 200, 200, 200, 200, 200, 201, 302, 500]), bytes)
}

/// An independent reading of who may be accepted under which id: the plain tree, and nothing but it.
fn named_with_success(status: u16, bytes: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(bytes) else { return named };
    let is_zero = |code: &serde_json::Value| *code == json!("0") || code.as_f64() == Some(0.0);
    if status != 200 || !is_zero(&answer["code"]) {
        return named;
    }
    for result in answer["data"]["results"].as_array().into_iter().flatten() {
        let remote_id = match &result["remoteId"] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if let (Some(id), true) = (result["localId"].as_str(), is_zero(&result["code"])) {
            named.entry(id.to_owned()).or_default().push(remote_id);
        }
    }
    named
}

#[test]
fn nothing_is_accepted_that_the_answer_does_not_name_with_a_success() {
    let profile = shandong();
    let lease = lease(Action::Create, IDS.iter().map(|id| item(id, None)).collect());
    let mut dice = Dice(20_261_124);
    let (mut accepted, mut doubtful) = (0, 0);
    for round in 0..20_000 {
        let (status, body) = spoil(honest(&mut dice), &mut dice);
        let answer = Answer { status, headers: Vec::new(), body, received: NOW };
        match judged(&profile, &lease, &answer).event {
            Event::Settled { items } => {
                let named = named_with_success(status, &answer.body);
                let mut taken: Vec<&str> = Vec::new();
                for (outcome, id) in items.iter().zip(IDS) {
                    let ItemOutcome::Accepted { remote_id } = outcome else { continue };
                    accepted += 1;
                    let remote_id = remote_id.as_deref().unwrap();
                    let said = String::from_utf8_lossy(&answer.body);
                    let names = named.get(id).unwrap_or_else(|| panic!("{round}: {id} of {said}"));
                    assert!(
                        names.iter().all(|name| name == remote_id),
                        "{round}: {id} {remote_id} of {said}"
                    );
                    assert!(!taken.contains(&remote_id), "{round}: {remote_id} twice of {said}");
                    taken.push(remote_id);
                }
            }
            Event::InDoubt { .. } => doubtful += 1,
            // Only the profile's rules prove that nothing was accepted, and none of them speaks here.
            event => panic!("{round}: {event:?} of {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    // The generator is worth nothing if all it makes is rubbish, or nothing is.
    assert!(accepted > 8_000 && doubtful > 5_000, "{accepted} {doubtful}");
}
