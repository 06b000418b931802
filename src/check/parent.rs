//! Do references lead to a kind that the field takes and that somebody pushes?

use super::finding::Findings;
use super::written::Role;
use super::{Subject, World};
use crate::record::Complaint;

pub(super) fn check(world: &World<'_>, subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let kind = &subject.route.kind;
    for written in subject.written.iter().filter(|written| written.role == Role::Field) {
        // A field that the schema does not have has its own complaint.
        let Some(field) = kind.field_named(&written.name) else { continue };
        let inner = format!("{}.", field.name);
        let here = kind.fields.iter().filter(|one| one.name == field.name || one.name.starts_with(&inner));
        let mut allowed: Vec<&str> = here.filter_map(|one| one.parent.as_deref()).collect();
        allowed.dedup();
        let parents = written.expression.parents();
        if let Some(parent) = field.parent.as_ref().filter(|_| parents.is_empty()) {
            let complaint = Complaint::new("Q1116").found(&field.name).label(&field.title);
            findings.at(written.text, complaint.fact("kind", parent));
        }
        for parent in parents {
            if !allowed.contains(&parent.as_ref()) {
                let complaint = Complaint::new("Q1115").found(&field.name).label(&field.title);
                let allowed = if allowed.is_empty() { "–".to_owned() } else { allowed.join(", ") };
                findings.at_word(
                    written.text,
                    parent,
                    complaint.fact("kind", parent).fact("allowed", allowed),
                );
            } else if world.pushing(&subject.route.route.platform, parent).is_none() {
                let complaint = Complaint::new("Q1117").found(parent).label(&field.title);
                findings.at_word(
                    written.text,
                    parent,
                    complaint.fact("platform", &subject.route.route.platform),
                );
            }
        }
    }
}
