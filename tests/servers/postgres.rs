//! A PostgreSQL server.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::LazyLock;

use super::{Plan, Server, are_skipped, free_port, program, run};

const PLAN: Plan<'_> = Plan { name: "postgres", user: "postgres", stop: "QUIT" };
/// Newest first.
const FOLDERS: [&str; 6] = ["18", "17", "16", "15", "14", "13"];

static SERVER: LazyLock<(Server, u16)> = LazyLock::new(start);

/// Where the server answers; `None` if servers are left out.
///
/// Shape: as superuser `postgres` without a password, with an empty database `postgres` in UTF-8. The account
///        `guarded` has to give the password `s3cret`, and `keyed` that which its test gives it. Other accounts that
///        tests make need none.
pub fn url() -> Option<String> {
    url_of("postgres", "postgres")
}

/// The same for another account and database.
pub fn url_of(user: &str, database: &str) -> Option<String> {
    (!are_skipped()).then(|| format!("postgres://{user}@127.0.0.1:{}/{database}", SERVER.1))
}

fn start() -> (Server, u16) {
    let tool = |name: &str| {
        let places: Vec<_> =
            FOLDERS.iter().map(|version| format!("/usr/lib/postgresql/{version}/bin/{name}")).collect();
        let places: Vec<_> = places.iter().map(String::as_str).collect();
        program(&places, "postgresql")
    };
    let folder = PLAN.folder();
    let data = folder.join("data");
    let mut initdb = PLAN.command(&tool("initdb"));
    initdb.arg("-D").arg(&data).args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]);
    // A locale whose collation is not that of bytes, so that forgotten collations show.
    run(initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh-CN"]));
    let doors = "host all guarded,keyed all scram-sha-256\nhost all all all trust\nlocal all all trust\n";
    std::fs::write(data.join("pg_hba.conf"), doors).expect("the folder is there");
    let port = free_port();
    let mut command = PLAN.command(&tool("postgres"));
    command.arg("-D").arg(&data).arg("-k").arg(&folder).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    for setting in ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=100"] {
        command.args(["-c", setting]);
    }
    let server = PLAN.start(folder, &command);
    let pid_file = data.join("postmaster.pid");
    server.wait_until(|| {
        let is_ready = std::fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready"));
        is_ready && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    });
    (server, port)
}
