//! A shell in an empty folder, with the built program on its path.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// The longest that any line of output may take to come: a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// What the shell says after each command, before its exit code.
const MARK: &str = "--- exit code ";
/// What a command that stays up says when it is ready, in both languages.
const READY: &str = "Ctrl-C";

pub struct Shell {
    folder: tempfile::TempDir,
    process: Child,
    typed: ChildStdin,
    said: Receiver<String>,
    background: Option<(Child, Receiver<String>)>,
}

impl Shell {
    /// Errors: panics, as everything here.
    pub fn open() -> Shell {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // The pages use files of the project's tests by their relative name.
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
        std::os::unix::fs::symlink(tests, folder.path().join("tests")).expect("a link");
        let mut process = at_home(Command::new("sh"), &folder).stdin(Stdio::piped()).spawn().expect("sh");
        let mut typed = process.stdin.take().expect("piped");
        let said = lines_of(process.stdout.take().expect("piped"));
        writeln!(typed, "exec 2>&1").expect("the shell listens");
        Shell { folder, process, typed, said, background: None }
    }

    /// Types a command; its exit code and what it said.
    pub fn run(&mut self, command: &str) -> (i32, String) {
        let command = command.replace("cargo run --release -- ", "qilu ");
        if command == "qilu demo" {
            return (0, self.stay_up());
        }
        if let Some(rest) = command.strip_prefix("sqlite3 ") {
            return (0, self.sqlite3(rest));
        }
        // Braces keep what is exported; nobody is there to answer a question.
        writeln!(self.typed, "{{ {command}\n}} </dev/null\necho \"{MARK}$?\"").expect("the shell listens");
        let mut output = String::new();
        loop {
            let line =
                self.said.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("`{command}` hangs:\n{output}"));
            if let Some((last, code)) = line.split_once(MARK) {
                output += last;
                return (code.trim().parse().expect("a number"), output);
            }
            output += &line;
            output.push('\n');
        }
    }

    pub fn has_background(&self) -> bool {
        self.background.is_some()
    }

    /// Ctrl-C for what stays up; it must end well.
    pub fn interrupt(&mut self) {
        let Some((mut child, _)) = self.background.take() else { return };
        let id = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("kill");
        assert!(sent.success());
        let ended = child.wait().expect("it was started here");
        assert!(ended.success(), "the demo ended with {ended}");
    }

    fn stay_up(&mut self) -> String {
        // What the page exported counts here too.
        let (_, language) = self.run("printenv LANG");
        let mut command = at_home(Command::new(env!("CARGO_BIN_EXE_qilu")), &self.folder);
        let mut child = command
            .arg("demo")
            .env("LANG", language.trim())
            .stdin(Stdio::null())
            .spawn()
            .expect("the program");
        let said = lines_of(child.stdout.take().expect("piped"));
        let mut output = String::new();
        while !output.contains(READY) {
            let line = said.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the demo hangs:\n{output}"));
            output += &line;
            output.push('\n');
        }
        self.background = Some((child, said));
        output
    }

    /// `FILE "STATEMENT"`, done here: a machine with Rust and a C compiler has no such command.
    fn sqlite3(&self, arguments: &str) -> String {
        let (file, sql) = arguments.split_once(" \"").expect("a file and a statement in quotes");
        let options = SqliteConnectOptions::new().filename(self.folder.path().join(file));
        let sql = sql.trim_end_matches('"').to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut connection: SqliteConnection = options.connect().await.expect(file);
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await.expect(&sql);
            connection.close().await.expect(file);
        });
        String::new()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        if let Some((child, _)) = &mut self.background {
            child.kill().ok();
            child.wait().ok();
        }
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn at_home(mut command: Command, folder: &tempfile::TempDir) -> Command {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_qilu")).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    for name in ["LC_ALL", "LC_MESSAGES", "LANGUAGE", "QILU_LOG"] {
        command.env_remove(name);
    }
    command
        .env("PATH", format!("{}:{path}", program.display()))
        .env("LANG", "C.UTF-8")
        .env("USER", "wang")
        .current_dir(folder.path())
        .stdout(Stdio::piped());
    command
}

/// Everything a process says, line by line, read as it comes so that it never waits for us.
fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
