//! `qilu why`: where a listing is, why, and what must happen next.

use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::hand_lines::whose_turn;
use super::progress::Progress;
use super::screen::Screen;
use crate::city::City;
use crate::config::{Flow, Instance, Push, Route};
use crate::ledger::{ComplaintView, Ledger, RecordView, Status};
use crate::record::{Complaint, Document, Language, Row, Value};
use crate::source;
use crate::sync::{Stage, Watcher, compile};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 名称、单位、代码、编号或省里编号的一部分 · Part of a title, unit, code, key or provincial id
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// 最多列几条 · How many at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
}

/// One answer.
#[derive(Debug, Serialize)]
struct Answer {
    kind: String,
    key: String,
    title: String,
    /// `None` for a listing that no sync has read yet.
    record: Option<RecordView>,
    complaints: Vec<ComplaintView>,
    /// Parents that the province must have first.
    waits_for: Vec<Parent>,
    next: String,
}

/// A parent that the province does not have.
#[derive(Debug, Serialize)]
struct Parent {
    kind: String,
    key: String,
    /// `None` where no sync has ever read such a listing: most likely the reference is wrong.
    record: Option<RecordView>,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let instance = desk.instance()?;
    let ledger = desk.ledger(&instance).await?;
    let text = arguments.text.trim();
    let mut answers = Vec::new();
    for record in ledger.find(text, i64::try_from(arguments.limit).unwrap_or(i64::MAX)).await? {
        answers.push(known(&desk.screen, &ledger, record).await?);
    }
    let mut unread = Vec::new();
    if answers.is_empty() {
        // What the ledger does not know by this text may still stand in a column that no document carries.
        let progress = Progress::new(desk.screen.language, desk.screen.json);
        let parts = compile(&instance).ok();
        for route in instance.routes.values() {
            let Flow::Push(push) = &route.flow else { continue };
            // What a form leaves out stands only in the compiled route.
            let push = parts
                .as_ref()
                .and_then(|parts| parts.push_routes.get(&route.name))
                .map_or(push, |one| &one.push);
            let room = arguments.limit.saturating_sub(answers.len());
            match at_home(&instance, route, push, text, room, &progress).await {
                Ok(rows) => {
                    for row in rows {
                        answers.push(found_at_home(&desk.screen, &ledger, route, &row).await?);
                    }
                }
                Err(complaint) if unread.contains(&complaint) => (),
                Err(complaint) => unread.push(complaint),
            }
        }
    }
    ledger.db().close().await;
    desk.screen.document(&answers);
    if answers.is_empty() {
        nothing(&desk.screen, text, unread.is_empty());
    }
    show(&desk.screen, &answers);
    for complaint in &unread {
        desk.screen.complaint(complaint, "  ");
    }
    Ok(if unread.is_empty() { Exit::Well } else { Exit::Unreachable })
}

async fn known(screen: &Screen, ledger: &Ledger, record: RecordView) -> Result<Answer, Failure> {
    let complaints = ledger.complaints_of(record.seq).await?;
    let waits_for = parents(ledger, &record).await?;
    // What a person carries moves by his hand alone.
    let carried = match record.status {
        Status::Sending | Status::Pending => ledger.handover_of(record.seq).await?,
        _ => None,
    };
    let next = match &carried {
        Some(batch) => whose_turn(screen.language, batch),
        None => next_step(screen.language, &record, &complaints),
    };
    let (kind, key, title) = (record.kind.clone(), record.key.clone(), record.title.clone());
    Ok(Answer { kind, key, title, record: Some(record), complaints, waits_for, next })
}

/// Of a record that waits: the parents that the province does not have yet.
async fn parents(ledger: &Ledger, record: &RecordView) -> Result<Vec<Parent>, Failure> {
    let mut missing = Vec::new();
    if record.status != Status::WaitingForParent {
        return Ok(missing);
    }
    let detail = ledger.record(&record.kind, &record.key).await?;
    let newest = detail.and_then(|detail| detail.deliveries.into_iter().rev().find_map(|one| one.document));
    let Some(Json::Object(fields)) = newest else { return Ok(missing) };
    for parent in Document(fields).parents() {
        let found = ledger.record(&parent.kind, &parent.key).await?.map(|found| found.record);
        let record = found.filter(|found| found.key == parent.key);
        if record.as_ref().is_none_or(|record| record.remote_id.is_none()) {
            missing.push(Parent { kind: parent.kind, key: parent.key, record });
        }
    }
    Ok(missing)
}

/// What must happen next, in one sentence.
fn next_step(language: Language, record: &RecordView, complaints: &[ComplaintView]) -> String {
    let blocking = complaints.iter().find(|one| one.complaint.is_error()).map(|one| &one.complaint);
    if let Some(complaint) = blocking {
        let owner = complaint.owner.name(language);
        return format!("{owner}{}{}", language.pick("：", ": "), complaint.advice(language));
    }
    let asked = record.status.what_to_do(language);
    if !asked.is_empty() {
        return asked.to_owned();
    }
    let (chinese, english) = match record.status {
        Status::NotPublished => (
            "本地未设为公开；改为公开后下次同步报送。",
            "the city does not publish it; publish it and the next sync sends it",
        ),
        Status::Queued => (
            "等待下一次发送：qilu sync，或由常驻进程自动发送。",
            "it leaves at the next `qilu sync`, or by the daemon",
        ),
        Status::Waiting | Status::Sending | Status::InDoubt => {
            ("自动重试和核实，不用人管。", "it is retried and found out by itself")
        }
        Status::Pending => (
            "省平台已受理，到时自动查询结果，不用人管。",
            "the province took it in; it is asked for its decision by itself",
        ),
        Status::InReview => ("等省平台审核。", "the province's reviewers decide"),
        Status::Published => ("已公开，没有要做的。", "it is public: nothing to do"),
        Status::Withdrawn | Status::Gone => ("没有要做的。", "nothing to do"),
        _ => ("", ""),
    };
    language.pick(chinese, english).to_owned()
}

/// Listings of a route whose cells hold the text, whatever the ledger knows of them.
async fn at_home(
    instance: &Instance,
    route: &Route,
    push: &Push,
    text: &str,
    room: usize,
    watcher: &dyn Watcher,
) -> Result<Vec<Row>, Complaint> {
    let mut found = Vec::new();
    let Some(database) = instance.databases.get(&push.source.database.value) else { return Ok(found) };
    let mut scan = source::scan(&City::open(database).await?, push).await?;
    let mut read = 0;
    while found.len() < room
        && let Some(next) = scan.next().await
    {
        read += 1;
        if read % 500 == 0 {
            watcher.saw(Stage::Reading, &route.name, read);
        }
        let Ok(row) = next else { continue };
        let holds = |value: &Value| match value {
            Value::Text(cell) => cell.contains(text),
            Value::Int(number) => number.to_string() == text,
            _ => false,
        };
        if row.cells.iter().any(holds) || row.key.to_string() == text {
            found.push(row);
        }
    }
    Ok(found)
}

async fn found_at_home(
    screen: &Screen,
    ledger: &Ledger,
    route: &Route,
    row: &Row,
) -> Result<Answer, Failure> {
    let key = row.key.to_string();
    if let Some(detail) = ledger.record(&route.kind, &key).await?
        && detail.record.key == key
    {
        return known(screen, ledger, detail.record).await;
    }
    let next = match screen.language {
        Language::Chinese => format!(
            "还没有同步过：运行 qilu sync {}；先看看会怎样用 qilu explain {} {key}。",
            route.name, route.kind
        ),
        Language::English => format!(
            "never synced: run `qilu sync {}`, or look first with `qilu explain {} {key}`",
            route.name, route.kind
        ),
    };
    let (kind, title) = (route.kind.clone(), String::new());
    Ok(Answer { kind, key, title, record: None, complaints: Vec::new(), waits_for: Vec::new(), next })
}

fn nothing(screen: &Screen, text: &str, all_read: bool) {
    screen.line(match (screen.language, all_read) {
        (Language::Chinese, true) => {
            format!("没有找到“{text}”：台账和本市各数据库里都没有。换一个更短的词试试。")
        }
        (Language::Chinese, false) => format!("台账里没有“{text}”，本市数据库没能全部查到："),
        (Language::English, true) => format!(
            "nothing found for \"{text}\", neither in the ledger nor in the city's databases; try a shorter text"
        ),
        (Language::English, false) => {
            format!("\"{text}\" is not in the ledger, and not all of the city's databases could be searched:")
        }
    });
}

fn show(screen: &Screen, answers: &[Answer]) {
    for (index, answer) in answers.iter().enumerate() {
        if index > 0 {
            screen.line("");
        }
        screen.line(format_args!("{} {}  {}", answer.kind, answer.key, answer.title));
        if let Some(record) = &answer.record {
            let remote = record.remote_id.as_deref().map_or(String::new(), |id| format!("    {id}"));
            screen.line(format_args!(
                "  {}    {} {}{remote}",
                record.status.name(screen.language),
                screen.pick("自", "since"),
                screen.time(record.changed_at)
            ));
            if !record.opinion.is_empty() {
                screen.line(format_args!("  {} {}", screen.pick("审核意见：", "opinion:"), record.opinion));
            }
        }
        for Parent { kind, key, record } in &answer.waits_for {
            let waits = screen.pick("等待", "waits for");
            let (title, status) = match record {
                Some(record) => (record.title.as_str(), record.status.name(screen.language)),
                None => {
                    ("", screen.pick("本地没有这一条，请核对所填编号", "not at home: check the reference"))
                }
            };
            screen.line(format_args!("  {waits} {kind} {key} {title}  ({status})"));
        }
        for one in &answer.complaints {
            screen.complaint(&one.complaint, "  ");
        }
        screen.line(format_args!("  {} {}", screen.pick("下一步：", "next:"), answer.next));
    }
}
