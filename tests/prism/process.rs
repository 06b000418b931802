//! Prism as a process: started on a port of its own, ended by its own id whatever happens.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::here;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program's file; `None`, with a line that says so, where there is no node to run it.
///
/// Installs what the lock file names if that has not been done yet. Panics if it cannot be installed although
/// node is there: then something is wrong that somebody must look at.
pub fn prepared() -> Option<PathBuf> {
    let has = |program: &str| {
        let tried =
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    let program = here().join("node_modules/@stoplight/prism-cli/dist/index.js");
    if !has("node") || (!program.exists() && !has("npm")) {
        println!("skipped: node and npm are not there (Debian: nodejs npm); Prism has not read our document");
        return None;
    }
    if !program.exists() {
        let arguments = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
        let installed = Command::new("npm").args(arguments).current_dir(here()).output().expect("npm starts");
        assert!(installed.status.success(), "npm ci: {}", String::from_utf8_lossy(&installed.stderr));
    }
    Some(program)
}

/// A running Prism.
pub struct Prism {
    child: Child,
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

impl Prism {
    /// Starts it and waits until it listens.
    pub fn start(program: &Path, arguments: &[&str]) -> Prism {
        let port = free_port();
        let child = Command::new("node")
            .arg(program)
            .args(arguments)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut prism = Prism { child, port, log: Arc::default() };
        let (ready, started) = channel();
        let out = prism.child.stdout.take().expect("its output is ours");
        let err = prism.child.stderr.take().expect("its output is ours");
        prism.keep(out, Some(ready));
        prism.keep(err, None);
        prism.wait(&started);
        prism
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has logged against requests or answers.
    pub fn violations(&self) -> Vec<String> {
        let log = self.log.lock().expect("nobody panicked");
        let bad = |line: &&String| line.contains("Violation") || line.contains("terminated with error");
        log.iter().filter(bad).cloned().collect()
    }

    fn keep(&self, out: impl std::io::Read + Send + 'static, ready: Option<std::sync::mpsc::Sender<()>>) {
        let log = self.log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Some(ready) = ready.as_ref().filter(|_| line.contains("Prism is listening")) {
                    // Whoever waited may have gone.
                    let _ = ready.send(());
                }
                log.lock().expect("nobody panicked").push(line);
            }
        });
    }

    fn wait(&self, started: &Receiver<()>) {
        if started.recv_timeout(PATIENCE).is_err() {
            panic!("Prism did not start:\n{}", self.log.lock().expect("nobody panicked").join("\n"));
        }
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let probe = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    probe.local_addr().expect("an address").port()
}
