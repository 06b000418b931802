//! The program: logging, cryptography, the runtime, and the command line.

use std::process::ExitCode;

use clap::Parser;
use qilu::cli::{Command, Verb, run};
use qilu::clock::Clock;
use tracing_subscriber::EnvFilter;

/// Two are enough: one thread sends while another scans.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(told) => {
            // Help and version are told this way too. A reader that went away is no error.
            let _ = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2));
        }
    };
    log_to_stderr(&command.verb);
    // Fails only where a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    match runtime {
        Ok(runtime) => ExitCode::from(runtime.block_on(run(command, Clock::machine()))),
        Err(error) => {
            tracing::error!(%error, "the runtime could not start");
            ExitCode::from(3)
        }
    }
}

/// Quiet by default, because the screen tells what matters; a daemon has no screen. `QILU_LOG` says otherwise.
fn log_to_stderr(verb: &Verb) {
    let usual = if matches!(verb, Verb::Daemon) { "qilu=info,error" } else { "error" };
    let filter = EnvFilter::try_from_env("QILU_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
