//! Every expression of a push route with its place.

use super::Subject;
use crate::config::{Field, Located, Push};
use crate::expression::{Expression, Scope, truth};
use crate::record::{Complaint, Row, Value};

/// One expression as the route writes it.
pub(super) struct Written<'a> {
    /// `publish_when`, `title`, `contact.phone`; of a child group `applicants.name`.
    pub name: String,
    pub role: Role,
    pub text: &'a Located<String>,
    pub expression: Expression,
    /// The child group whose rows it reads.
    pub group: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Condition,
    Title,
    Field,
}

/// In the order in which they are evaluated. One that does not compile is left out: it has been complained of.
pub(super) fn written(push: &Push) -> Vec<Written<'_>> {
    let source = &push.source;
    let conditions = [
        ("publish_when", Some(&source.publish_when)),
        ("withdraw_when", source.withdraw_when.as_ref()),
        ("hold_when", source.hold_when.as_ref()),
    ];
    let conditions = conditions
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), Role::Condition, text?, None)));
    let title = push.title.iter().map(|text| ("title".to_owned(), Role::Title, text, None));
    let own = push
        .fields
        .iter()
        .map(|Field { name, expression }| (name.value.clone(), Role::Field, expression, None));
    let inner = push.children.iter().flat_map(|child| {
        child.fields.iter().map(move |Field { name, expression }| {
            let name = format!("{}.{}", child.name.value, name.value);
            (name, Role::Field, expression, Some(child.name.as_str()))
        })
    });
    let all = conditions.chain(title).chain(own).chain(inner);
    all.filter_map(|(name, role, text, group)| {
        let expression = Expression::compile(text).ok()?;
        Some(Written { name, role, text, expression, group })
    })
    .collect()
}

impl Written<'_> {
    /// The value over a row. Errors: what keeps it from being one; a condition that is neither yes, no nor null.
    pub fn evaluate(&self, row: &Row, subject: &Subject<'_>) -> Result<Value, Complaint> {
        let value = self.expression.evaluate(&Scope::new(row, subject.codes, subject.zone))?;
        if self.role == Role::Condition {
            truth(&value)?;
        }
        Ok(value)
    }

    /// The rows that it reads: the listing itself, or its child rows.
    pub fn rows<'r>(&self, listing: &'r Row) -> Vec<&'r Row> {
        match self.group {
            None => vec![listing],
            Some(group) => {
                let groups = listing.children.iter().filter(|(name, _)| name.as_ref() == group);
                groups.flat_map(|(_, rows)| rows).collect()
            }
        }
    }

    /// A complaint about this expression as a whole.
    pub fn complaint(&self, id: &str) -> Complaint {
        Complaint::new(id).label(&self.name).column(self.expression.names().join(", "))
    }
}

/// Whether a complaint is about types, which the expression decides, and not about one value.
pub(super) fn is_about_types(complaint: &Complaint) -> bool {
    matches!(complaint.id.as_str(), "Q3102" | "Q3103" | "Q3104" | "Q3106" | "Q3107" | "Q3109" | "Q3213")
}
