//! `qilu template`: the collection form of a kind, and a filled-in one with what is wrong in it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::send_back;
use crate::codes::Codes;
use crate::config::{Instance, Platform};
use crate::form;
use crate::schema::SchemaSet;

#[derive(Debug, Args)]
pub struct Arguments {
    /// 类别，如 achievement · The kind
    #[arg(value_name = "KIND", required_unless_present = "notes")]
    pub kind: Option<String>,
    /// 把该路线的问题批注到报来的表格副本里 · Writes a route's complaints into copies of the senders' files
    #[arg(long, value_name = "ROUTE", conflicts_with = "kind")]
    pub notes: Option<String>,
    /// 写到哪里；批注多个文件时是目录 · The file to write; a folder for notes on several files
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// 哪个平台的规范，默认有此类别的第一个 · Whose schemas; the first platform with the kind if left out
    #[arg(long, value_name = "NAME", conflicts_with = "notes")]
    pub platform: Option<String>,
    /// 覆盖已有文件 · Overwrites
    #[arg(long)]
    pub force: bool,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    match (&arguments.notes, &arguments.kind) {
        (Some(route), _) => send_back::run(desk, route, arguments.out.as_deref(), arguments.force).await,
        (None, kind) => write(desk, kind.as_deref().unwrap_or_default(), &arguments),
    }
}

/// A form needs the schemas and nothing else: it is what a city begins with.
fn write(desk: &Desk, wanted: &str, arguments: &Arguments) -> Result<Exit, Failure> {
    let instance = desk.instance_alone()?;
    let mut known: Vec<String> = Vec::new();
    for platform in platforms(&instance)? {
        if arguments.platform.as_ref().is_some_and(|name| *name != platform.name) {
            continue;
        }
        let folder = instance.schemas.join(&platform.schemas.value);
        let (codes, faults) = Codes::load(&folder.join("codes"), &instance.crosswalks);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let set = SchemaSet::load(&folder, &codes)?;
        let Some(kind) = set.kind(wanted) else {
            known.extend(set.kinds().map(|kind| kind.name.to_string()));
            continue;
        };
        let form = form::Form::of(kind, &codes);
        let name = format!("{}征集表.xlsx", form.sheet);
        let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from(&name));
        let today = desk.clock.now().to_utc().with_timezone(&instance.zone).date_naive();
        let bytes = form::template(kind, &codes, today).map_err(|error| unwritten(&path, &error))?;
        save(&path, &bytes, arguments.force)?;
        let columns = form.columns.len() + 2;
        desk.screen.document(&serde_json::json!({
            "kind": wanted, "title": kind.title, "file": path, "columns": columns, "sheets": form.groups.len() + 1,
        }));
        let shown = path.display();
        desk.screen.line(match desk.screen.language {
            crate::record::Language::Chinese => format!("{} 征集表：{shown}（{columns} 栏）", kind.title),
            crate::record::Language::English => format!("the form of {wanted}: {shown} ({columns} columns)"),
        });
        return Ok(Exit::Well);
    }
    let known = known.join(", ");
    Err(Failure::usage(
        format!("没有名为 `{wanted}` 的类别；现有：{known}"),
        format!("there is no kind named `{wanted}`; there are: {known}"),
        "核对名称。",
        "check the spelling",
    ))
}

/// The platforms that can be read; a fault in one is the business of `qilu check`.
pub(super) fn platforms(instance: &Instance) -> Result<Vec<Platform>, Failure> {
    let folder = instance.root.join("config/platforms");
    let entries = std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let mut platforms = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        platforms.extend(Platform::read(&name, &file, &text).0);
    }
    Ok(platforms)
}

/// Writes a file that is not there yet.
pub(super) fn save(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if !force {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let shown = path.display();
            Failure::usage(
                format!("{shown} 已存在，未改动"),
                format!("{shown} exists and was not touched"),
                "用 --out 换一个名字；确要覆盖请加 --force。",
                "choose another name with --out, or overwrite it with --force",
            )
        }
        _ => Failure::file(path, &error),
    })
}

pub(super) fn unwritten(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    let path = path.display();
    Failure::usage(
        format!("写不出表格 {path}：{why}"),
        format!("the workbook {path} cannot be made: {why}"),
        "换一份文件再试；若重复出现请报告。",
        "try another file; report it if it comes back",
    )
}
