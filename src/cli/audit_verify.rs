//! Verifies the audit log, and seals it.

use serde_json::json;

use super::audit::VerifyArguments;
use super::audit_look::note;
use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::audit::{self, Deed, PublicKey, Report};
use crate::config::Instance;
use crate::db::Db;

/// Reads the whole log and every checkpoint; writes nothing, so that a copy can be verified as well.
pub async fn verify(desk: &Desk, instance: &Instance, arguments: &VerifyArguments) -> Result<Exit, Failure> {
    let path = instance.ledger_file();
    if !path.exists() {
        desk.ledger(instance).await?;
    }
    let files = match arguments.key.as_slice() {
        [] => vec![instance.audit.key_file.clone()],
        given => given.to_vec(),
    };
    let keys: Vec<PublicKey> =
        files.iter().map(|file| audit::load_public_key(file)).collect::<Result<_, _>>()?;
    let mut notes = audit::load_notes(&instance.audit.checkpoints)?;
    if let Some(path) = &arguments.notes {
        std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
        notes.extend(audit::load_notes(path)?);
    }
    let db = Db::open_read_only(path).await?;
    let report = audit::verify(&db, &keys, &notes).await?;
    db.close().await;
    show(&desk.screen, &report, notes.len());
    if arguments.notes.is_none() {
        desk.screen.line(desk.screen.pick(
            "  检查点取自实例自己的目录；若它与台账在同一台机器上，请用 --notes 指明另存的一份再核对。",
            "  the checkpoints are from the instance's own folder; where it is on this machine, verify again with --notes and the copy kept elsewhere",
        ));
    }
    Ok(if report.is_clean() { Exit::Well } else { Exit::Trouble })
}

/// A verification as people and programs read it.
pub fn show(screen: &Screen, report: &Report, notes: usize) {
    let root = report.root.map(|root| root.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|one| {
            let complaint = one.complaint();
            json!({"id": complaint.id, "first": one.at, "last": one.until, "detail": one.detail,
                   "message": complaint.message(screen.language), "advice": complaint.advice(screen.language)})
        })
        .collect();
    screen.document(&json!({
        "clean": report.is_clean(), "events": report.size, "root": root, "notes": notes,
        "findings": findings, "more": report.more, "limits": report.limits(screen.language),
    }));
    let verdict = if report.is_clean() {
        screen.pick("审计日志完好", "the audit log is intact")
    } else {
        screen.pick("审计日志有问题", "the audit log is not intact")
    };
    let root = root.unwrap_or_default();
    screen.line(format_args!(
        "{verdict}{} {} {}, {notes} {}",
        screen.pick("：", ":"),
        report.size,
        screen.pick("个事件", "events"),
        screen.pick("份检查点副本", "copies of checkpoints")
    ));
    screen.line(format_args!("  {} {root}", screen.pick("根", "root")));
    for finding in &report.findings {
        screen.complaint(&finding.complaint(), "  ");
    }
    if report.more > 0 {
        screen.line(format_args!("  … {} {}", report.more, screen.pick("处未列出", "more")));
    }
    screen.heading(screen.pick("本次核对不能证明的", "What this does not prove"));
    for limit in report.limits(screen.language) {
        screen.line(format_args!("  {limit}"));
    }
}

/// Signs the log as it stands and exports every checkpoint that is not there yet.
pub async fn checkpoint(desk: &Desk, instance: &Instance) -> Result<Exit, Failure> {
    let signer = audit::load_signer(&instance.audit.key_file)?;
    let ledger = desk.ledger(instance).await?;
    note(desk, &ledger, Deed::Exported, "checkpoint").await?;
    let mut tx = ledger.db().begin().await?;
    let sealed = audit::seal(&mut tx, &signer).await?;
    tx.commit().await?;
    let folder = &instance.audit.checkpoints;
    let files = audit::export_checkpoints(ledger.db(), folder).await?;
    ledger.db().close().await;
    let screen = &desk.screen;
    let (number, size) = sealed.map_or((0, 0), |sealed| (sealed.number, sealed.size));
    screen.document(&json!({"number": number, "events": size, "folder": folder, "new_files": files}));
    screen.line(format_args!(
        "{} {number}: {size} {}, {}",
        screen.pick("检查点", "checkpoint"),
        screen.pick("个事件", "events"),
        folder.display()
    ));
    screen.line(screen.pick(
        "  请把检查点文件另存到别的机器：只有那样才能发现本机上的改写。",
        "  keep the file on another machine: only then a rewriting on this one can be noticed",
    ));
    Ok(Exit::Well)
}
