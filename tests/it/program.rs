//! The real program, run as people run it: a folder, a command line, an exit code.

use std::fmt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use qilu::clock::Clock;
use serde_json::Value as Json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};

/// What a command left behind.
#[derive(Debug)]
pub struct Ran {
    pub command: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(command: String, output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8");
        let ran =
            Ran { command, code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
        assert!(!ran.err.contains("panicked"), "{ran}");
        ran
    }

    /// The same, after a look at its exit code.
    pub fn ended(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// The one JSON document of `--json`.
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Both streams hold all of these texts between them.
    pub fn says(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.out.contains(text) || self.err.contains(text), "{text} is not in {self}");
        }
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "qilu {} → {:?}\n{}\n{}", self.command, self.code, self.out, self.err)
    }
}

/// Runs `qilu -C FOLDER ARGUMENTS` in Chinese to its end, while the caller's own tasks go on.
pub async fn qilu(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = command(folder, arguments);
    let words = arguments.join(" ");
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    Ran::of(words, &output.expect("the program starts"))
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qilu"));
    command.arg("-C").arg(folder).args(arguments).args(["--lang", "zh", "--as", "王经办"]);
    command.stdin(Stdio::null()).env_remove("QILU_LOG");
    command
}

/// A running program; killed when it is dropped.
pub struct Running {
    child: Option<Child>,
    words: String,
}

impl Running {
    pub fn start(folder: &Path, arguments: &[&str]) -> Running {
        let mut command = command(folder, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { child: Some(command.spawn().expect("the program starts")), words: arguments.join(" ") }
    }

    /// Has it ended by itself?
    pub fn has_ended(&mut self) -> bool {
        let child = self.child.as_mut().expect("nobody has taken it");
        child.try_wait().expect("it is our child").is_some()
    }

    /// `kill -9`: it gets no chance to tidy up. Says whether it was still alive.
    pub fn kill(mut self) -> bool {
        let alive = !self.has_ended();
        let mut child = self.child.take().expect("nobody has taken it");
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        alive
    }

    /// SIGTERM, as systemd sends it.
    pub fn terminate(&self) {
        let id = self.child.as_ref().expect("nobody has taken it").id();
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().expect("a shell");
        assert!(sent.success());
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ran {
        let child = self.child.take().expect("nobody has taken it");
        let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("no panic");
        Ran::of(self.words.clone(), &output.expect("it is our child"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended meanwhile, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `QILU_LONG=1` makes campaigns of the tests that kill.
pub fn is_campaign() -> bool {
    std::env::var_os("QILU_LONG").is_some()
}

/// Looks again and again until something is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let clock = Clock::machine();
    while !is_so().await {
        assert!(clock.elapsed() < Duration::from_secs(60), "a minute has passed, and not yet: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The rows of a query on any SQLite file, each cell as text; NULL is empty.
pub async fn rows(file: &Path, sql: &str) -> Vec<Vec<String>> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let options = options.busy_timeout(Duration::from_secs(20));
    let mut connection =
        options.connect().await.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let found = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await;
    let found = found.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("closed");
    let cell = |row: &sqlx::sqlite::SqliteRow, index| {
        row.try_get_unchecked::<Option<String>, _>(index).expect("a column").unwrap_or_default()
    };
    found.iter().map(|row| (0..row.len()).map(|index| cell(row, index)).collect()).collect()
}

/// The one number of a query.
pub async fn count(file: &Path, sql: &str) -> i64 {
    rows(file, sql).await[0][0].parse().expect("a number")
}
