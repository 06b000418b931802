//! An explanation as people read it, from the row to the request.

use serde_json::Value as Json;

use super::explain::{Explanation, StepView};
use super::screen::Screen;
use super::table::{Table, cut};

/// How much of an input or a value is shown, in terminal cells.
const VALUE_WIDTH: usize = 60;

pub fn show(screen: &Screen, explanation: &Explanation) {
    let Explanation { kind, key, title, route, .. } = explanation;
    screen.line(format_args!("{kind} {key}  {title}"));
    let status = explanation.status.map_or(
        screen.pick("台账中还没有（尚未同步）", "not in the ledger yet: never synced"),
        |status| status.name(screen.language),
    );
    screen.line(format_args!(
        "  {} {route}    {} {status}",
        screen.pick("路线", "route"),
        screen.pick("状态", "status")
    ));
    let under = screen.pick("规范", "schema");
    match &explanation.accepted_under {
        Some(accepted) if *accepted != explanation.schema => screen.line(format_args!(
            "  {under} {}    {} {accepted}",
            explanation.schema,
            screen.pick("省平台接收时用的", "accepted under")
        )),
        _ => screen.line(format_args!("  {under} {}", explanation.schema)),
    }
    screen.heading(screen.pick("一、从本地列到字段", "1. From columns to fields"));
    for step in &explanation.steps {
        show_step(screen, step);
    }
    screen.heading(screen.pick("二、映射出的内容", "2. The document"));
    screen.line(pretty(&explanation.document));
    screen.heading(screen.pick("三、校验意见", "3. Complaints"));
    if explanation.complaints.is_empty() {
        screen.line(screen.pick("  没有", "  none"));
    }
    for complaint in &explanation.complaints {
        screen.complaint(complaint, "  ");
    }
    screen.heading(screen.pick("四、将发送的请求（已脱敏）", "4. The request that would be sent (masked)"));
    show_request(screen, explanation);
    screen.heading(screen.pick("五、与省平台上次接收的相比", "5. Against what the province accepted last"));
    show_differences(screen, explanation);
}

fn show_step(screen: &Screen, step: &StepView) {
    let outcome = match (&step.value, &step.complaint) {
        (_, Some(complaint)) => format!("✗ {} {}", complaint.id, complaint.message(screen.language)),
        (Some(value), None) => cut(value, VALUE_WIDTH),
        (None, None) => screen.pick("（空）", "(null)").to_owned(),
    };
    screen.line(format_args!("  {} = {outcome}", step.name));
    let inputs: Vec<String> =
        step.inputs.iter().map(|(name, value)| format!("{name} = {}", cut(value, VALUE_WIDTH))).collect();
    let inputs = if inputs.is_empty() { String::new() } else { format!("    [{}]", inputs.join(", ")) };
    screen.line(format_args!("      {}{inputs}", step.expression));
}

fn show_request(screen: &Screen, explanation: &Explanation) {
    match &explanation.request {
        Some(request) => {
            let body_at = request.find("\n\n").map_or(request.len(), |at| at + 2);
            let (head, body) = request.split_at(body_at);
            for line in head.lines() {
                screen.line(format_args!("  {line}"));
            }
            match serde_json::from_str(body) {
                Ok(json) => screen.line(pretty(&json)),
                Err(_) => screen.line(format_args!("  {body}")),
            }
        }
        None => screen.line(screen.pick("  不会发送。", "  nothing would be sent")),
    }
    if let Some(remark) = &explanation.remark {
        screen.complaint(remark, "  ");
    }
    if !explanation.waits_for.is_empty() {
        let parents = explanation.waits_for.join(", ");
        screen.line(format_args!(
            "  {} {parents}",
            screen.pick("先要等上级记录被省平台接收：", "waits until the province has accepted:")
        ));
    }
}

fn show_differences(screen: &Screen, explanation: &Explanation) {
    let Some(differences) = &explanation.differences else {
        screen.line(screen.pick("  省平台还没有接收过它。", "  the province has never accepted it"));
        return;
    };
    if differences.is_empty() {
        screen.line(screen.pick("  完全一致，无需发送。", "  the same: nothing needs to be sent"));
        return;
    }
    let mut table = Table::new()
        .words(screen.pick("字段", "field"))
        .words_to(screen.pick("上次接收", "accepted"), VALUE_WIDTH)
        .words_to(screen.pick("现在", "now"), VALUE_WIDTH);
    for one in differences {
        table.row([one.pointer.clone(), short(one.before.as_ref()), short(one.after.as_ref())]);
    }
    screen.table(&table);
}

/// A value in one line; a dash where there is none.
pub fn short(value: Option<&Json>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// JSON over several lines, indented by two.
pub fn pretty(json: &Json) -> String {
    let text = serde_json::to_string_pretty(json).unwrap_or_default();
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
