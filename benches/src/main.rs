//! The harness: measures the embedded rows of the table of targets and says what the disk could have done.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use ledger::Error;
use ledger::storage::IoMode;
use ledger_benches::lab::Lab;
use ledger_benches::machine::Machine;
use ledger_benches::plot;
use ledger_benches::report::Report;
use ledger_benches::rows::Row;
use ledger_benches::rows::child::{self, ChildArgs};

/// Measure the ledger: each figure beside its target and the disk's own limit.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  cargo run --release -p ledger-benches                                  every row at full size, minutes
  cargo run --release -p ledger-benches -- throughput latency
  cargo run --release -p ledger-benches -- --accounts 10000 --transfers 200000 --rounds 1
  cargo run --release -p ledger-benches -- --out results.json --plot results.svg"
)]
struct Args {
    #[command(subcommand)]
    hidden: Option<Hidden>,
    /// Which rows; all when none is named
    #[arg(value_enum)]
    rows: Vec<Row>,
    /// Wallets
    #[arg(long, default_value_t = 1_500_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    accounts: u32,
    /// Transfers of one round of the fastest rows
    #[arg(long, default_value_t = 4_000_000)]
    transfers: usize,
    /// Rounds of each row; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// The folder on the disk to be measured
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
    /// Through the page cache
    #[arg(long)]
    buffered: bool,
    /// The soft bound of a segment in bytes
    #[arg(long, default_value_t = 256 << 20)]
    segment_bytes: u64,
    /// Where the report goes as JSON
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where the plot goes as SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// What the harness runs in a process of its own
    #[command(hide = true)]
    Child(ChildArgs),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.hidden {
        Some(Hidden::Child(child)) => child::run(child),
        None => run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            eprintln!("ledger-benches: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures mean nothing; use cargo run --release");
    }
    let home = tempfile::Builder::new()
        .prefix("ledger-benches-")
        .tempdir_in(&args.dir)
        .map_err(Error::io("make a folder in", args.dir.display().to_string()))?;
    let lab = Lab {
        dir: home.path().to_owned(),
        accounts: args.accounts,
        transfers: args.transfers.max(10_000),
        rounds: usize::from(args.rounds),
        io: if args.buffered { IoMode::Buffered } else { IoMode::Direct },
        segment_bytes: args.segment_bytes,
    };
    let setting = format!("{} accounts, {} transfers a round, {} rounds", lab.accounts, lab.transfers, lab.rounds);
    let mut report = Report::new(Machine::here(&args.dir), setting);
    let rows = if args.rows.is_empty() { Row::value_variants() } else { &args.rows };
    for row in rows {
        row.measure(&lab, &mut report)?;
    }
    if let Some(path) = &args.out {
        report.write(path).map_err(Error::io("write", path.display().to_string()))?;
    }
    if let Some(path) = &args.plot {
        std::fs::write(path, plot::svg(&report)).map_err(Error::io("write", path.display().to_string()))?;
    }
    Ok(())
}
