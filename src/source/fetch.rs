//! One listing by its key.

use super::scan::{Ending, start};
use crate::city::City;
use crate::config::Push;
use crate::record::{Complaint, Row};

/// The listing whose key reads `key`, with its child rows; `None` if there is none.
///
/// Errors: as `scan`; a row that is there but cannot be read is its first complaint.
pub async fn fetch(city: &City, push: &Push, key: &str) -> Result<Option<Row>, Complaint> {
    let parts = parts(key);
    if parts.len() != push.source.key.len() {
        return Ok(None);
    }
    let mut scan = start(city, push, Some(&parts), None).await?;
    let mut trouble = None;
    while let Some(found) = scan.next().await {
        match found {
            // A database may take more for the same than we do: other case, or 07 and 7.
            Ok(row) if row.key.to_string() == key => return Ok(Some(row)),
            Ok(_) => (),
            Err(unreadable) => {
                let is_it = unreadable.key.is_some_and(|found| found.to_string() == key);
                trouble = trouble.or(unreadable.complaints.into_iter().next().filter(|_| is_it));
            }
        }
    }
    match (trouble, scan.end()) {
        (Some(complaint), _) | (None, Ending::Incomplete(complaint)) => Err(complaint),
        (None, Ending::Complete { .. }) => Ok(None),
    }
}

/// The parts of a readable key: the reverse of how `Key` is shown.
pub fn parts(key: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut chars = key.chars();
    while let Some(c) = chars.next() {
        match c {
            ',' => parts.push(std::mem::take(&mut part)),
            '\\' => part.extend(chars.next()),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;
    use crate::record::{Key, KeyPart};

    #[test]
    fn parts_are_read_as_they_are_shown() {
        for texts in [vec!["a,b", "c\\"], vec!["甲"], vec!["", ""], vec!["7"]] {
            let key = Key::new(texts.iter().map(|text| KeyPart::Text((*text).to_owned())).collect());
            assert_eq!(parts(&key.to_string()), texts);
        }
    }
}
