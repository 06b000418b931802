//! How one document differs from another, field by field.

use serde::Serialize;
use serde_json::Value as Json;

/// One field that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    pub pointer: String,
    /// `None` where the field is new.
    pub before: Option<Json>,
    /// `None` where the field is gone.
    pub after: Option<Json>,
}

/// Every leaf that differs, in the order of `after` and then what is gone. Lists are compared place by place.
pub fn differences(before: &Json, after: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(pointer: &str, before: Option<&Json>, after: Option<&Json>, found: &mut Vec<Difference>) {
    match (before, after) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            for name in new.keys().chain(gone) {
                // Pointers escape `~` and `/` (RFC 6901).
                let inner = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                compare(&inner, old.get(name), new.get(name), found);
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(&format!("{pointer}/{index}"), old.get(index), new.get(index), found);
            }
        }
        (before, after) if before == after => (),
        (before, after) => found.push(Difference {
            pointer: pointer.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_that_differ_are_named_by_their_pointer() {
        let before =
            json!({"title": "甲", "year": 2023, "contact": {"name": "王"}, "tags": ["a", "b"], "a/b": 1});
        let after = json!({"title": "甲", "year": 2024, "contact": {"name": "王", "phone": "1"}, "tags": ["a"], "a/b": 2});
        let shown: Vec<String> = differences(&before, &after)
            .into_iter()
            .map(|one| {
                let text = |json: Option<Json>| json.map_or("-".to_owned(), |json| json.to_string());
                format!("{} {} {}", one.pointer, text(one.before), text(one.after))
            })
            .collect();
        assert_eq!(shown, ["/year 2023 2024", "/contact/phone - \"1\"", "/tags/1 \"b\" -", "/a~1b 1 2"]);
        assert_eq!(differences(&before, &before), []);
    }
}
