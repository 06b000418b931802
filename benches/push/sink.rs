//! A province that accepts everything: reads the ids of a batch and says yes to each.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::routing::{get, post};
use serde::Deserialize;

/// The sink in a process of its own; ends with it.
pub struct Process {
    child: Child,
    port: u16,
}

impl Process {
    pub fn start() -> Self {
        let this = std::env::current_exe().expect("this program");
        let child = Command::new(this).arg("--sink").stdout(Stdio::piped()).stdin(Stdio::piped()).spawn();
        let mut child = child.expect("a child process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its port");
        Process { child, port: line.trim().parse().expect("a port") }
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    records: Vec<Record<'a>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "localId")]
    local_id: &'a str,
}

/// Serves until its standard input closes, which is when the bench ends, however it ends.
pub async fn serve() {
    let batch = |body: axum::body::Bytes| async move {
        let batch: Batch<'_> = serde_json::from_slice(&body).expect("a batch");
        let results: Vec<String> = batch
            .records
            .iter()
            .map(|record| {
                let id = record.local_id;
                format!(r#"{{"localId":"{id}","code":"0","message":"ok","remoteId":"R-{id}"}}"#)
            })
            .collect();
        format!(r#"{{"code":"0","message":"ok","data":{{"results":[{}]}}}}"#, results.join(","))
    };
    let list = || async { r#"{"code":"0","message":"ok","data":{"total":0,"next":null,"list":[]}}"# };
    let app = Router::new().route("/api/v1/{kind}/batch", post(batch)).route("/api/v1/{kind}", get(list));
    let app = app.layer(axum::extract::DefaultBodyLimit::max(16 << 20));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    let end = async {
        let wait = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        tokio::task::spawn_blocking(wait).await.expect("a thread").ok();
    };
    axum::serve(listener, app).with_graceful_shutdown(end).await.expect("the sink serves");
}
