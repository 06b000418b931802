//! Where in a route's file a finding belongs.

use std::path::Path;

use crate::config::{Fault, Located, Reader, Route};
use crate::record::{Complaint, Language};
use crate::sync::PushRoute;

/// The findings about one file.
pub(super) struct Findings<'a> {
    file: &'a Path,
    /// Where `form = true` stands: an expression that follows from it is written nowhere, and has no inside.
    form: Option<Located<()>>,
    faults: Vec<Fault>,
}

impl<'a> Findings<'a> {
    pub fn new(file: &'a Path) -> Self {
        Findings { file, form: None, faults: Vec::new() }
    }

    /// About a push route.
    pub fn of(route: &'a PushRoute) -> Self {
        Findings { form: route.push.form.clone(), ..Findings::new(&route.route.file) }
    }

    /// The place of `form = true` if a text follows from it.
    pub fn of_form<T>(&self, text: &Located<T>) -> Option<Located<()>> {
        let is_there = |form: &&Located<()>| (form.line, form.column) == (text.line, text.column);
        self.form.as_ref().filter(is_there).cloned()
    }

    pub fn at<T>(&mut self, place: &Located<T>, complaint: Complaint) {
        self.faults.push(place.fault(self.file, 0, complaint));
    }

    /// At the first place where a text says a word; at its beginning if it nowhere does.
    pub fn at_word(&mut self, text: &Located<String>, word: &str, complaint: Complaint) {
        if let Some(form) = self.of_form(text) {
            return self.at(&form, complaint);
        }
        let before = &text.value[..find_word(text, word).unwrap_or(0)];
        let lines = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let column = if lines == 0 { text.column + last } else { last + 1 };
        self.at(&Located { value: (), line: text.line + lines, column }, complaint);
    }

    /// Whether a field or an expression has been complained of, so that what follows from it need not be said.
    pub fn speak_of(&self, name: &str) -> bool {
        let complaints = self.faults.iter().map(|fault| &fault.complaint);
        // That a field has no basis says nothing of its value.
        complaints.filter(|one| one.id != "Q1114").any(|one| one.found == name || one.label == name)
    }

    /// What a reader of the same file found.
    pub fn add(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

/// Where a table of a route's file begins; the nearest table around it where it is not written.
pub(super) fn table_place(route: &Route, path: &[&str]) -> Located<()> {
    let reader = Reader::new(&route.file, &route.text);
    let tree = reader.parse();
    let root = reader.root(&tree);
    let mut place = Located { value: (), line: 1, column: 1 };
    let mut section = Some(root);
    for name in path {
        section = section.and_then(|outer| outer.section(name));
        let Some(found) = &section else { break };
        place = found.place();
    }
    place
}

/// One complaint as the reason of another, in both languages: `{why_zh}` and `{why_en}`.
pub(super) fn because(complaint: Complaint, why: &Complaint) -> Complaint {
    let said = |language| format!("{} {}", why.id, why.message(language));
    complaint.fact("why_zh", said(Language::Chinese)).fact("why_en", said(Language::English))
}

/// The byte at which a word stands that is no part of a longer one.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = text.match_indices(word).map(|(at, _)| at);
    places.find(|at| !text[..*at].ends_with(inside) && !text[at + word.len()..].starts_with(inside))
}

/// Whether a text says a name, in any case of its ASCII letters.
pub(super) fn says(text: &str, name: &str) -> bool {
    find_word(&text.to_ascii_lowercase(), &name.to_ascii_lowercase()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_only_as_a_whole() {
        let rows = [
            ("cgmc | text", "cgmc", Some(0)),
            ("xcgmc ~ cgmc", "cgmc", Some(8)),
            ("cgmc_2", "cgmc", None),
            ("row['联系 人']", "联系 人", Some(5)),
        ];
        for (text, word, expect) in rows {
            assert_eq!(find_word(text, word), expect, "{text}");
        }
        assert!(says("SELECT * FROM \"T_CG\" c", "t_cg") && !says("SELECT * FROM t_cg_wcr", "t_cg"));
    }

    #[test]
    fn a_word_on_a_later_line_has_that_lines_number() {
        let text = Located { value: "a\n  and 乙 == b".to_owned(), line: 5, column: 14 };
        let mut findings = Findings::new(Path::new("r.toml"));
        findings.at_word(&text, "a", Complaint::new("Q1101"));
        findings.at_word(&text, "b", Complaint::new("Q1101"));
        let places: Vec<_> = findings.into_faults().iter().map(|fault| (fault.line, fault.column)).collect();
        assert_eq!(places, [(5, 14), (6, 12)]);
    }
}
