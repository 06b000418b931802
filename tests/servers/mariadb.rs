//! MariaDB servers: a plain one, and one whose administrator has set everything that changes what a query means.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::{Plan, Server, are_skipped, free_port, program, run};

/// It has nothing in the kernel that a kill would leave behind, and takes a second to stop by itself.
const PLAN: Plan<'_> = Plan { name: "mariadb", user: "mysql", stop: "KILL" };
const PACKAGE: &str = "mariadb-server";

static PLAIN: LazyLock<(Server, u16)> = LazyLock::new(|| start(&[], ""));
static ODD: LazyLock<(Server, u16)> =
    LazyLock::new(|| start(&ODDITIES, "SET GLOBAL sql_select_limit = 2, require_secure_transport = ON;\n"));

/// What an administrator may have set for everybody. The clock is far from any city that the tests know.
const ODDITIES: [&str; 8] = [
    "--sql-mode=ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES",
    "--max-statement-time=0.5",
    "--group-concat-max-len=8",
    "--default-time-zone=-03:00",
    "--net-write-timeout=1",
    "--max-sort-length=64",
    "--character-set-server=gbk",
    "--lower-case-table-names=1",
];

/// Where the plain server answers; `None` if servers are left out.
///
/// Shape: as `root` without a password, with an empty database `market` in UTF-8. The account `guarded` has to
///        give the password `s3cret`.
pub fn url() -> Option<String> {
    url_of("root", "market")
}

/// The same for another account and database.
pub fn url_of(user: &str, database: &str) -> Option<String> {
    (!are_skipped()).then(|| format!("mysql://{user}@127.0.0.1:{}/{database}", PLAIN.1))
}

/// The odd server's database `market`, as `root`. It lets nobody in whose connection is not encrypted.
pub fn odd_url() -> Option<String> {
    (!are_skipped()).then(|| format!("mysql://root@127.0.0.1:{}/market", ODD.1))
}

/// Where the odd server keeps `certificate.pem`, signed by itself for 127.0.0.1.
pub fn odd_folder() -> PathBuf {
    ODD.0.folder.clone()
}

/// Where the plain server keeps its databases, a folder each.
pub fn data_folder() -> PathBuf {
    PLAIN.0.folder.join("data")
}

fn start(settings: &[&str], also: &str) -> (Server, u16) {
    let install = program(&["/usr/bin/mariadb-install-db", "/usr/local/bin/mariadb-install-db"], PACKAGE);
    let server =
        program(&["/usr/sbin/mariadbd", "/usr/local/sbin/mariadbd", "/usr/libexec/mariadbd"], PACKAGE);
    let folder = PLAN.folder();
    let argument = |name: &str, path: &Path| format!("--{name}={}", path.display());
    let data = argument("datadir", &folder.join("data"));
    let small = "--innodb-log-file-size=16M";
    let mut install = PLAN.command(&install);
    install.args([
        "--no-defaults",
        &data,
        small,
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]);
    run(&mut install);
    let first = folder.join("first.sql");
    let sql = "CREATE DATABASE market CHARACTER SET utf8mb4;
               CREATE USER guarded IDENTIFIED BY 's3cret';
               GRANT ALL ON *.* TO guarded;\n";
    std::fs::write(&first, format!("{sql}{also}")).expect("the folder is there");
    let port = free_port();
    let mut command = PLAN.command(&server);
    command.args(["--no-defaults", &data, small, &argument("init-file", &first)]);
    command.args([argument("socket", &folder.join("socket")), argument("pid-file", &folder.join("pid"))]);
    command.args(["--bind-address=127.0.0.1", "--skip-name-resolve", &format!("--port={port}")]);
    command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"]).args(settings);
    if !settings.is_empty() {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a good name");
        std::fs::write(&certificate, signed.cert.pem()).expect("the folder is there");
        std::fs::write(&key, signed.signing_key.serialize_pem()).expect("the folder is there");
        command.args([argument("ssl-cert", &certificate), argument("ssl-key", &key)]);
    }
    let server = PLAN.start(folder, &command);
    server.wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    (server, port)
}
