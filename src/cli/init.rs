//! `qilu init`: a new instance.

use std::path::{Path, PathBuf};

use clap::Args;

use super::desk::{Desk, open_ledger};
use super::exit::Exit;
use super::failure::Failure;
use crate::audit::{self, Deed, Event};
use crate::config::Instance;
use crate::init::{Routes, create_key, lay_out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 实例目录，默认 -C 的目录 · The instance's folder; that of -C if left out
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// 不要样例路线，自己用 qilu propose 拟 · Without the sample routes; `qilu propose` drafts your own
    #[arg(long)]
    pub no_routes: bool,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let root = arguments.folder.unwrap_or_else(|| desk.root.clone());
    for taken in ["config", "schemas", "data"] {
        if is_filled(&root.join(taken)) {
            return Err(occupied(&root.join(taken)));
        }
    }
    let written = lay_out(&root, if arguments.no_routes { Routes::None } else { Routes::Sample });
    let written = written.map_err(|error| failed(&root, &error))?;
    let instance = just_written(&root)?;
    create_key(&instance, &desk.clock).map_err(|error| failed(&root, &error))?;
    let ledger = open_ledger(&instance, &desk.clock).await?;
    let mut tx = ledger.db().begin().await?;
    let public = audit::load_public_key(&instance.audit.key_file)?;
    let event = Event::new(Deed::KeyCreated, desk.clock.now(), &desk.actor.name, &desk.actor.role);
    audit::append(&mut tx, &event.subject(&public)).await?;
    tx.commit().await?;
    ledger.db().close().await;
    tell(desk, &root, written.len(), &public.to_string());
    Ok(Exit::Well)
}

/// The instance's own file alone: its routes name databases that the operator has yet to write down.
fn just_written(root: &Path) -> Result<Instance, Failure> {
    let root = std::path::absolute(root).map_err(|error| Failure::file(root, &error))?;
    let file = root.join("config/qilu.toml");
    let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
    let (instance, faults) = Instance::read(&root, Path::new("config/qilu.toml"), &text);
    instance.filter(|_| faults.is_empty()).ok_or(Failure::Faults(faults))
}

fn is_filled(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file()
}

fn occupied(path: &Path) -> Failure {
    let path = path.display();
    Failure::usage(
        format!("{path} 里已有内容，未做任何改动"),
        format!("{path} is not empty; nothing was changed"),
        "换一个空目录；已有实例直接用 qilu check 检查。",
        "choose an empty folder; look at an existing instance with `qilu check`",
    )
}

fn failed(root: &Path, error: &anyhow::Error) -> Failure {
    let root = root.display();
    Failure::usage(
        format!("无法在 {root} 新建实例：{error:#}"),
        format!("no instance could be made in {root}: {error:#}"),
        "检查目录权限和磁盘空间，清空该目录后再试。",
        "check the folder's permissions and the disk's free space, empty the folder and try again",
    )
}

fn tell(desk: &Desk, root: &Path, files: usize, public: &str) {
    let screen = &desk.screen;
    screen.document(&serde_json::json!({"folder": root, "files": files, "public_key": public}));
    let folder = root.display();
    screen.line(format_args!("{} {folder}", screen.pick("已新建实例", "made the instance")));
    screen.line(format_args!(
        "  {}  {files}",
        screen.pick("配置和规范文件", "files of configuration and schemas")
    ));
    screen.line(format_args!(
        "  {}  {public}",
        screen.pick("审计公钥（交给核对审计的人）", "audit key, for whoever verifies")
    ));
    screen.heading(screen.pick("接下来：", "Next:"));
    for step in [
        screen.pick(
            "1. 在 config/qilu.toml 写上本市数据库 [databases.market]，核对 name",
            "1. name the city's database in config/qilu.toml, section [databases.market], and check `name`",
        ),
        screen.pick(
            "2. 按 config/platforms/*.toml 的 [credentials] 备好密钥",
            "2. provide the secrets that [credentials] of config/platforms/*.toml names",
        ),
        screen.pick(
            "3. qilu propose  看本市的表，拟出自己的路线（样例路线可删）",
            "3. qilu propose  looks at the city's tables and drafts your own routes (remove the samples)",
        ),
        screen.pick(
            "4. qilu check    指出配置中的问题",
            "4. qilu check    tells what is wrong with the configuration",
        ),
        screen.pick("5. qilu plan     预演，什么也不写", "5. qilu plan     rehearses, writing nothing"),
        screen.pick(
            "6. qilu sync     演练一次（默认不发送）",
            "6. qilu sync     rehearses a whole round (nothing is sent by default)",
        ),
    ] {
        screen.line(format_args!("  {step}"));
    }
}
