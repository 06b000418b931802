//! Every rule of every shipped kind: silent about the example, and able to fail by its counter-example.

use super::*;

#[test]
fn every_rule_passes_the_example_and_fails_its_counter_example() {
    let cases: Json =
        serde_json::from_str(&std::fs::read_to_string(shipped_folder().join("rule-cases.json")).unwrap())
            .unwrap();
    let mut wrong = Vec::new();
    let mut rules = 0;
    for kind in SHIPPED.kinds() {
        let about_rules = |document: Document| -> Vec<(String, String)> {
            let found = complaints(kind, document).into_iter().filter(|one| one.id.starts_with("Q49"));
            let rule =
                |one: &Complaint| one.facts.iter().find(|(name, _)| name == "rule").map(|(_, id)| id.clone());
            found.map(|one| (rule(&one).unwrap_or_default(), one.id)).collect()
        };
        let unwanted = about_rules(kind.example());
        if !unwanted.is_empty() {
            wrong.push(format!("{}: the example breaks {unwanted:?}", kind.name));
        }
        for rule in &kind.rules {
            rules += 1;
            let Some(patch) = cases.get(&rule.id) else {
                wrong.push(format!("{}: no case", rule.id));
                continue;
            };
            let found = about_rules(changed(kind, patch));
            let id = if rule.severity == crate::record::Severity::Error { "Q4900" } else { "Q4901" };
            if !found.contains(&(rule.id.clone(), id.to_owned())) {
                let all = complaints(kind, changed(kind, patch));
                let all: Vec<String> = all.iter().map(|one| format!("{} {one}", one.pointer)).collect();
                wrong.push(format!("{}: {patch} should break it; found {found:?}, in all {all:?}", rule.id));
            }
            if let Some((broken, _)) = found.iter().find(|(_, id)| id == "Q4902") {
                wrong.push(format!("{broken}: cannot be worked out over {patch}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused = cases
        .as_object()
        .unwrap()
        .keys()
        .filter(|id| !SHIPPED.kinds().any(|kind| kind.rules.iter().any(|rule| rule.id == **id)));
    assert_eq!(unused.collect::<Vec<_>>(), [""; 0], "cases of rules that are not there");
    assert!(rules >= 45, "three rules a kind at least, {rules} in all");
}

#[test]
fn a_rule_speaks_with_the_words_of_the_schema() {
    let kind = shipped("tech_contract");
    let found = complaints(kind, changed(kind, &json!({"techAmount": "1960000"})));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].id.as_str(), found[0].pointer.as_str()), ("Q4900", "/techAmount"));
    assert_eq!((found[0].column.as_str(), found[0].found.as_str()), ("c_techAmount", "1960000"));
    assert_eq!(found[0].message(Language::Chinese), "技术交易额不得大于合同成交金额");
    assert_eq!(found[0].advice(Language::Chinese), "核对两个金额是否填反、单位是否一致");
}

#[test]
fn a_warning_does_not_keep_the_record_at_home() {
    let kind = shipped("achievement");
    let checked = kind.check(changed(kind, &json!({"priceWan": "0"})), &columns, today()).unwrap();
    assert_eq!(checked.warnings().iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["Q4901"]);
}

#[test]
fn a_rule_is_silent_about_fields_that_are_complained_of_already() {
    // The price is no number: that it is not below a limit either would be noise.
    check("achievement", json!({"priceWan": "面议"}), &["Q4426 /priceWan “意向价格”不是数字：面议"]);
}
