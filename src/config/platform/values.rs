//! `[values]`: what is computed on the way to a request, under a name; of all operations, or of one.

use super::{Named, expected_at, named};
use crate::config::Section;

/// The values in the order of the file, which does not matter: each is computed when it is first needed.
pub(super) fn read(around: &Section<'_>) -> Vec<Named> {
    let Some(section) = around.section("values") else { return Vec::new() };
    let values = named(section.all_texts());
    for Named { name, .. } in &values {
        if !is_word(name) {
            let complaint = expected_at(section.path(), "names of letters, digits and _").found(&name.value);
            section.complain_located(name, complaint);
        }
    }
    section.finish();
    values
}

/// What an expression can call by its name.
fn is_word(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_ascii_digit())
}
