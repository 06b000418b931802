//! The command line: verbs of people, tables and JSON, exit codes.
//!
//! Decides nothing about records: every verb calls the ticks and views of other rooms and shows what came of them.
//! A verb's file holds its arguments and what it does; the files ending in `_lines` only lay things out.

mod adopt;
mod arguments;
mod attend;
mod audit;
mod audit_look;
mod audit_verify;
mod check;
mod codes;
mod codes_drift;
mod demo;
mod desk;
mod difference;
mod doctor;
mod exit;
mod explain;
mod explain_lines;
mod explain_words;
mod failure;
mod hand;
mod hand_lines;
mod init;
mod masked;
mod moment;
mod part;
mod plan;
mod plan_next;
mod progress;
mod propose;
mod propose_lines;
mod quarantine;
mod record_lines;
mod records;
mod resubmit;
mod round;
mod round_lines;
mod round_tables;
mod runs;
mod sandbox;
mod schema;
mod schema_report;
mod screen;
mod send_back;
mod serve;
mod standing;
mod sync;
mod table;
mod template;
mod why;

pub use arguments::{Command, Verb};
pub use exit::Exit;

use desk::Desk;
use failure::Failure;

use crate::clock::Clock;

/// Does what the command line says; tells the shell how it ended.
pub async fn run(command: Command, clock: Clock) -> u8 {
    let desk = Desk::new(&command.common, clock);
    let exit = match dispatch(&desk, command.verb).await {
        Ok(exit) => exit,
        Err(failure) => {
            failure.show(&desk.screen);
            failure.exit()
        }
    };
    match desk.screen.finish() {
        Ok(()) => exit.code(),
        Err(error) => {
            eprintln_quietly(&error);
            exit.and(Exit::Unreachable).code()
        }
    }
}

async fn dispatch(desk: &Desk, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Demo(arguments) => demo::run(desk, arguments).await,
        Verb::Init(arguments) => init::run(desk, arguments).await,
        Verb::Template(arguments) => template::run(desk, arguments).await,
        Verb::Propose(arguments) => propose::run(desk, arguments).await,
        Verb::Check(arguments) => check::run(desk, arguments).await,
        Verb::Doctor(arguments) => doctor::run(desk, arguments).await,
        Verb::Codes(arguments) => codes::run(desk, arguments).await,
        Verb::Plan(arguments) => plan::run(desk, arguments).await,
        Verb::Explain(arguments) => explain::run(desk, arguments).await,
        Verb::Why(arguments) => why::run(desk, arguments).await,
        Verb::Sync(arguments) => sync::run(desk, arguments).await,
        Verb::Adopt(arguments) => adopt::run(desk, arguments).await,
        Verb::GoLive(arguments) => standing::go_live(desk, arguments).await,
        Verb::Stop(arguments) => standing::set_stopped(desk, arguments, true).await,
        Verb::Resume(arguments) => standing::set_stopped(desk, arguments, false).await,
        Verb::Release(arguments) => standing::release(desk, arguments).await,
        Verb::Hand(arguments) => hand::run(desk, arguments).await,
        Verb::Resubmit(arguments) => resubmit::run(desk, arguments).await,
        Verb::Records(arguments) => records::run(desk, arguments).await,
        Verb::Runs(arguments) => runs::run(desk, arguments).await,
        Verb::Audit(arguments) => audit::run(desk, arguments).await,
        Verb::Schema(arguments) => schema::run(desk, arguments).await,
        Verb::Daemon => serve::run(desk).await,
        Verb::Sandbox(arguments) => sandbox::run(desk, arguments).await,
    }
}

/// The last word about output that could not be written; a closed stderr leaves nobody to tell.
fn eprintln_quietly(error: &std::io::Error) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "error: the output could not be written: {error}");
}
