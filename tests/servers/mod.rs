//! Real database servers for tests: each is started once for a test program, from the packages of the machine, on
//! loopback and a free port, and is gone when the program is.
//!
//! A server hangs on a leash: a shell that starts it and then reads from a pipe whose other end only the test
//! program holds. However the program ends, by panic or by kill, the pipe closes; then the shell stops the server
//! by its id and removes its folder.
//!
//! `QILU_SERVERS=skip` leaves out what needs a server; without it a missing package fails the tests.

#![allow(dead_code, reason = "not every test program needs all of it")]

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

pub mod mariadb;
pub mod postgres;

/// How a server is run.
pub struct Plan<'a> {
    /// Names its folder.
    pub name: &'a str,
    /// Whom it runs as when the tests run as root, which servers refuse.
    pub user: &'a str,
    /// The signal that stops it at once and leaves nothing behind in the kernel.
    pub stop: &'a str,
}

/// A server that runs for as long as this program.
pub struct Server {
    pub folder: PathBuf,
    /// Its input closes with this program.
    _leash: Child,
}

/// Whether tests with servers are left out.
pub fn are_skipped() -> bool {
    std::env::var_os("QILU_SERVERS").is_some_and(|wish| wish == "skip")
}

/// The first of these programs that is there. Panics with the package's name if none is.
pub fn program(places: &[&str], package: &str) -> PathBuf {
    let found = places.iter().map(Path::new).find(|place| place.is_file());
    let Some(found) = found else {
        panic!(
            "{} is not installed: run `apt-get install {package}`, or set QILU_SERVERS=skip to leave out what \
             needs a server",
            places.first().copied().unwrap_or(package)
        );
    };
    found.to_owned()
}

/// A port on loopback that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

impl Plan<'_> {
    /// An empty folder of the server's user, in the machine's folder for temporary files.
    pub fn folder(&self) -> PathBuf {
        let folder = tempfile::Builder::new().prefix(&format!("qilu-{}-", self.name)).tempdir();
        let folder = folder.expect("a temporary folder").keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
        if is_root() {
            run(Command::new("chown").arg(self.user).arg(&folder));
        }
        folder
    }

    /// A command as the server's user.
    pub fn command(&self, program: &Path) -> Command {
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={}", self.user)).arg(format!("--regid={}", self.user));
        command.args(["--clear-groups", "--"]).arg(program);
        command
    }

    /// Starts the server on its leash. What it says is in `server.log` of its folder.
    pub fn start(&self, folder: PathBuf, command: &Command) -> Server {
        const LEASH: &str = "trap '' INT TERM HUP
            folder=$1; stop=$2; shift 2
            \"$@\" >\"$folder/server.log\" 2>&1 </dev/null &
            server=$!
            read -r _
            kill -\"$stop\" $server
            wait $server
            rm -rf \"$folder\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", LEASH, "leash"]).arg(&folder).arg(self.stop);
        shell.arg(command.get_program()).args(command.get_args());
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        Server { folder, _leash: shell.spawn().expect("there is a shell") }
    }
}

impl Server {
    /// Waits until `is_ready`. Panics with what the server said if it takes too long.
    pub fn wait_until(&self, is_ready: impl Fn() -> bool) {
        const TRIES: usize = 600;
        for _ in 0..TRIES {
            if is_ready() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        panic!("the server in {} does not answer:\n{log}", self.folder.display());
    }
}

/// Runs a command to its end. Panics with what it said if it fails.
pub fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).current_dir("/").output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        said(&output.stdout),
        said(&output.stderr)
    );
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
