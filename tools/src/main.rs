//! The `ledger` command: keep, replay and question a wallet's books from a shell.
//!
//! One module a subcommand. No rules of the books live here, only reading, showing and saying what to do next.

#![allow(clippy::disallowed_methods, reason = "a command line measures its own work; the books' time is the library's")]

mod account;
mod args;
mod balance;
mod cursor;
mod events;
mod failure;
mod feed;
mod halt;
mod import;
mod init;
mod input;
mod open;
mod output;
mod rehearse;
mod statement;
mod stats;
mod submit;
mod transaction;
mod trial_balance;
mod verify;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use args::{Cli, Command, ImportWhat, VerifyWhat};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A write beyond the largest file allowed (`ulimit -f`) is an error to report, not the end without a word that the
    // signal would be. Whoever catches it gets the error; nobody reads the flag.
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default()) {
        return failure::Failure::io("catch SIGXFSZ")(error).report();
    }
    let result = match &cli.command {
        Command::Init(args) => init::run(args),
        Command::Submit(args) => submit::run(args),
        Command::Events(args) => events::run(args),
        Command::Balance(args) => balance::run(args),
        Command::Statement(args) => statement::run(args),
        Command::TrialBalance(args) => trial_balance::run(args),
        Command::Account(args) => account::run(args),
        Command::Transaction(args) => transaction::run(args),
        Command::Verify { what: VerifyWhat::Ledger(args) } => verify::run(args),
        Command::Import { what: ImportWhat::Csv(args) } => import::run(args),
        Command::Halt { what } => halt::run(what),
        Command::Stats(args) => stats::run(args),
        Command::Rehearse(args) => rehearse::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
