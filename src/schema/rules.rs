//! `x-rules`: what the province asks across several fields, as expressions with their own words.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Asia::Shanghai;
use serde_json::{Map, Value as Json};

use super::complain::Desk;
use super::place::step;
use super::read::Reader;
use crate::codes::Codes;
use crate::expression::{CompileFault, Expression, Hint, Names, Scope, truth};
use crate::record::{Complaint, Language, Owner, Severity, Value};

/// One rule of a kind.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `achievement.price`: stable, unique in its kind.
    pub id: String,
    /// JSON pointer of the field that a person would mend.
    pub at: String,
    pub owner: Owner,
    pub severity: Severity,
    /// The rule holds its tongue unless this is true.
    pub when: Option<Expression>,
    /// False is a complaint; true and null are not.
    pub must: Expression,
    pub zh: String,
    pub en: String,
    pub advice_zh: String,
    pub advice_en: String,
}

impl Rule {
    /// The fields that the rule reads, without `today`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let when = self.when.iter().flat_map(Expression::names);
        when.chain(self.must.names()).map(AsRef::as_ref).filter(|name| *name != TODAY)
    }

    /// Errors: the rule's complaint, or Q4902 where its expression cannot be worked out.
    pub(super) fn judge(
        &self,
        fields: &Map<String, Json>,
        codes: &Codes,
        today: NaiveDate,
        desk: &Desk<'_>,
    ) -> Option<Complaint> {
        let names = Fields { fields, today };
        let scope = Scope::new(&names, codes, Shanghai);
        let ask = |expression: &Expression| expression.evaluate(&scope).and_then(|value| truth(&value));
        let found = || value_at(fields, &self.at).filter(|value| !value.is_null());
        let verdict = match &self.when {
            Some(when) => ask(when).and_then(|applies| match applies {
                Some(true) => ask(&self.must),
                _ => Ok(None),
            }),
            None => ask(&self.must),
        };
        match verdict {
            Ok(None | Some(true)) => None,
            Ok(Some(false)) => {
                let id = match self.severity {
                    Severity::Error => "Q4900",
                    Severity::Warning => "Q4901",
                };
                let complaint = desk.complaint(id, &self.at, found()).owner(self.owner);
                let complaint = complaint.fact("rule", &self.id).fact("zh", &self.zh).fact("en", &self.en);
                Some(complaint.fact("advice_zh", &self.advice_zh).fact("advice_en", &self.advice_en))
            }
            Err(why) => {
                let complaint = desk.complaint("Q4902", &self.at, None).fact("rule", &self.id);
                let complaint = complaint.fact("why_zh", why.message(Language::Chinese));
                Some(complaint.fact("why_en", why.message(Language::English)))
            }
        }
    }
}

fn value_at<'a>(fields: &'a Map<String, Json>, pointer: &str) -> Option<&'a Json> {
    let inside = pointer.strip_prefix('/')?;
    match inside.find('/') {
        Some(slash) => fields.get(&inside[..slash])?.pointer(&inside[slash..]),
        None => fields.get(inside),
    }
}

/// A name of its own in rules: the day of the check as the text `yyyy-MM-dd`, like a document's dates.
const TODAY: &str = "today";

/// A document's fields as a rule sees them: just as they stand in the JSON, absent ones null.
struct Fields<'a> {
    fields: &'a Map<String, Json>,
    today: NaiveDate,
}

impl Names for Fields<'_> {
    fn get(&self, name: &str, hint: &Hint) -> Option<Cow<'_, Value>> {
        match name {
            TODAY => Some(Cow::Owned(Value::text(self.today.format("%Y-%m-%d").to_string()))),
            name => Names::get(self.fields, name, hint),
        }
    }

    fn known(&self) -> Vec<Arc<str>> {
        self.fields.known()
    }
}

/// How rules are read from a schema file.
impl Reader<'_> {
    /// `known`: the fields of the kind by pointer.
    pub fn rules(&mut self, json: &Json, known: &HashMap<String, usize>) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        for (index, node) in json["x-rules"].as_array().into_iter().flatten().enumerate() {
            let at = format!("/x-rules/{index}");
            let rule = self.rule(node, &at, known);
            if let Some(rule) = rule {
                if rules.iter().any(|other| other.id == rule.id) {
                    self.fault(&format!("{at}/id"), Complaint::new("Q4009").fact("key", &rule.id));
                }
                rules.push(rule);
            }
        }
        rules
    }

    fn rule(&mut self, node: &Json, at: &str, known: &HashMap<String, usize>) -> Option<Rule> {
        let owner = match self.words(node, at, "owner").as_str() {
            "enterprise" => Some(Owner::Enterprise),
            "operator" => Some(Owner::Operator),
            "integrator" => Some(Owner::Integrator),
            "province" => Some(Owner::Province),
            _ => None,
        };
        if owner.is_none() && node.get("owner").is_some() {
            self.wrong(at, "owner", &node["owner"], "enterprise, operator, integrator or province");
        }
        let severity = match self.words(node, at, "severity").as_str() {
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            _ => None,
        };
        if severity.is_none() && node.get("severity").is_some() {
            self.wrong(at, "severity", &node["severity"], "error or warning");
        }
        let when = match node.get("when") {
            Some(_) => self.expression(node, at, "when", known),
            None => None,
        };
        let must = self.expression(node, at, "must", known);
        let pointer = self.words(node, at, "at");
        if !pointer.is_empty() && !known.contains_key(&pointer) {
            self.fault(&format!("{at}/at"), Complaint::new("Q4013").found(&pointer));
        }
        Some(Rule {
            id: self.words(node, at, "id"),
            at: pointer,
            zh: self.words(node, at, "zh"),
            en: self.words(node, at, "en"),
            advice_zh: self.words(node, at, "advice_zh"),
            advice_en: self.words(node, at, "advice_en"),
            owner: owner?,
            severity: severity?,
            when,
            must: must?,
        })
    }

    fn expression(
        &mut self,
        node: &Json,
        at: &str,
        key: &str,
        known: &HashMap<String, usize>,
    ) -> Option<Expression> {
        let text = self.words(node, at, key);
        if text.is_empty() {
            return None;
        }
        let at = format!("{at}/{key}");
        let refuse = |reader: &mut Self, fault: CompileFault| {
            let complaint = Complaint::new("Q4005").found(&text).fact("position", fault.column + 1);
            let complaint = complaint.fact("why_zh", fault.complaint.message(Language::Chinese));
            reader.fault(&at, complaint.fact("why_en", fault.complaint.message(Language::English)));
        };
        match Expression::compile(&text) {
            Ok(expression) => {
                for name in expression.names().iter().filter(|name| name.as_ref() != TODAY) {
                    if !known.contains_key(&format!("/{}", step(name))) {
                        self.fault(&at, Complaint::new("Q4013").found(name));
                    }
                }
                Some(expression)
            }
            Err(faults) => {
                faults.into_iter().for_each(|fault| refuse(self, fault));
                None
            }
        }
    }
}
