//! `qilu sandbox`: the stand-in province alone.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::attend::asked_to_stop;
use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use crate::config::Secret;
use crate::sandbox::{Faults, Sandbox, Settings};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 监听地址，端口 0 任取 · Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// 状态文件 · The state's file
    #[arg(long, value_name = "FILE", default_value = "sandbox.db")]
    pub state: PathBuf,
    /// 省级规范目录 · The folder of the province's schemas
    #[arg(long, value_name = "DIR", default_value = "schemas/shandong/v1")]
    pub schemas: PathBuf,
    /// 应用编号 · The application's id
    #[arg(long, value_name = "ID", default_value = "qilu")]
    pub app_id: String,
    /// 放应用密钥的文件 · The file with the application's secret
    #[arg(long, value_name = "FILE")]
    pub secret_file: PathBuf,
    /// 可以调用的城市 · The city that may call
    #[arg(long, value_name = "CODE", default_value = "370300")]
    pub city: String,
}

/// Runs until Ctrl-C or SIGTERM.
pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::usage(
            format!("沙盒只在本机监听，不能用 {}", arguments.listen),
            format!("the sandbox listens on this machine alone, not on {}", arguments.listen),
            "用 127.0.0.1:端口。",
            "use 127.0.0.1:PORT",
        ));
    }
    let root = &desk.root;
    let secret = Secret::resolve(&format!("file:{}", arguments.secret_file.display()), root)
        .map_err(|complaint| Failure::Complaint(Exit::Configuration, complaint))?;
    let settings = Settings {
        listen: arguments.listen,
        state: beside(root, &arguments.state),
        schemas: beside(root, &arguments.schemas),
        app_id: arguments.app_id,
        secret: secret.expose().to_owned(),
        city: arguments.city,
        clock: desk.clock.clone(),
        faults: Faults::default(),
    };
    let sandbox = Sandbox::start(settings).await.map_err(|error| {
        Failure::usage(
            format!("沙盒省平台无法启动：{error:#}"),
            format!("the sandbox cannot start: {error:#}"),
            "检查端口是否被占用、规范目录和状态文件的路径。",
            "check that the port is free, and the paths of schemas and state",
        )
    })?;
    let screen = &desk.screen;
    let (base_url, page) = (sandbox.base_url(), sandbox.page_url());
    screen.document(&json!({"base_url": base_url, "page": page}));
    screen.line(
        screen
            .pick("沙盒省平台已启动（不是真的省平台）", "the sandbox province is up; it is not the real one"),
    );
    screen.line(format_args!("  base_url = \"{base_url}\""));
    screen.line(format_args!("  {}  {page}", screen.pick("查看", "look at")));
    screen.line(screen.pick("  Ctrl-C 停止", "  Ctrl-C ends it"));
    asked_to_stop().await;
    sandbox.stop().await;
    Ok(Exit::Well)
}

fn beside(root: &Path, path: &Path) -> PathBuf {
    root.join(path)
}
