//! `qilu schema`: the province's schemas and interface, written down for others.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::schema_report;
use super::template::{platforms, save};
use crate::codes::Codes;
use crate::config::{Instance, Platform};
use crate::openapi;
use crate::record::Language;
use crate::schema::SchemaSet;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 把平台配置和规范写成 OpenAPI 3.1 文档 · The profile and the schemas as an OpenAPI 3.1 document
    Openapi(Writing),
    /// 我们对省平台的全部假设和待答问题，一张表 · All our assumptions and open questions, as one sheet for the province
    Report(Writing),
}

/// Of which platform, and where to.
#[derive(Clone, Debug, Args)]
pub struct Writing {
    /// 平台，只有一个时可省 · The platform; may be left out where there is one
    #[arg(value_name = "PLATFORM")]
    pub platform: Option<String>,
    /// 写到文件，默认输出到屏幕 · The file to write; the screen if left out
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// 覆盖已有文件 · Overwrites
    #[arg(long)]
    pub force: bool,
}

/// One platform with what its schema folder holds.
pub(super) struct Described {
    pub platform: Platform,
    pub schemas: SchemaSet,
    pub codes: Codes,
    pub folder: PathBuf,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    match arguments.verb {
        Verb::Openapi(writing) => write_openapi(desk, &writing),
        Verb::Report(writing) => schema_report::run(desk, &writing),
    }
}

fn write_openapi(desk: &Desk, writing: &Writing) -> Result<Exit, Failure> {
    let described = described(&desk.instance_alone()?, writing.platform.as_deref())?;
    let document = openapi::document(&described.platform, &described.schemas, &described.codes)?;
    let paths = document["paths"].as_object().map_or(0, serde_json::Map::len);
    // JSON in memory always serialises.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    let Some(path) = &writing.output else {
        desk.screen.document(&document);
        desk.screen.line(text);
        return Ok(Exit::Well);
    };
    save(path, format!("{text}\n").as_bytes(), writing.force)?;
    desk.screen.document(&serde_json::json!({ "file": path, "paths": paths }));
    told(desk, path, paths, ("个路径", "paths"));
    Ok(Exit::Well)
}

pub(super) fn told(desk: &Desk, path: &Path, count: usize, (zh, en): (&str, &str)) {
    let shown = path.display();
    desk.screen.line(match desk.screen.language {
        Language::Chinese => format!("已写入 {shown}（{count} {zh}）"),
        Language::English => format!("wrote {shown} ({count} {en})"),
    });
}

/// The platform that is meant. It needs neither routes nor databases nor secrets.
///
/// Errors: no such platform, or several and none named; faults of its schemas.
pub(super) fn described(instance: &Instance, name: Option<&str>) -> Result<Described, Failure> {
    let mut known = platforms(instance)?;
    let names = known.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
    known.retain(|one| name.is_none_or(|name| one.name == name));
    let platform = match (known.pop(), known.is_empty()) {
        (Some(platform), true) => platform,
        _ => {
            return Err(Failure::usage(
                format!("请指明一个平台；现有：{names}"),
                format!("name one platform; there are: {names}"),
                "核对名称。",
                "check the spelling",
            ));
        }
    };
    let folder = instance.schemas.join(&platform.schemas.value);
    let (codes, faults) = Codes::load(&folder.join("codes"), &instance.crosswalks);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let schemas = SchemaSet::load(&folder, &codes)?;
    Ok(Described { platform, schemas, codes, folder })
}
