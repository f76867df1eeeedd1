//! `ledger rehearse`: the first days of July 2019, played into a fresh ledger.
//!
//! [`Stream`](stream::Stream) makes the commands, with the answer that each must get; [`play`] hands them to a ledger and holds
//! every answer against it; [`proof`] opens the ledger again, folds its whole journal and holds the books against each other.

mod books;
mod crude_rule;
mod due;
mod file;
mod followups;
mod holds;
mod intrusion;
mod large_buyers;
mod names;
mod opening;
mod ordinary;
mod plan;
mod play;
mod proof;
mod random;
mod scale;
mod show;
mod step;
mod stream;
mod timeline;
mod transfers;
mod truth;
mod wallets;

#[cfg(test)]
mod tests;

use std::fs::{DirBuilder, File};
use std::io::BufWriter;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use ledger::model::Clock;
use ledger::{Chart, InitOptions, Ledger};

use crate::args::{Io, Open};
use crate::failure::Failure;
use crate::output::{Progress, count, shown, write_text};
use scale::Scale;
use stream::Stream;

/// `ledger rehearse`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ledger rehearse                                           1,500,000 wallets and 10,000,000 events, minutes
  ledger rehearse --accounts 2000 --events 20000            the same days in small
  ledger rehearse --accounts 20000 --events 200000 --keep july
  ledger rehearse --accounts 2000 --events 20000 --commands july.jsonl
  ledger init july.ledger --clock commands --at 2019-06-30T15:00:00Z && ledger submit july.ledger --file july.jsonl

A wallet service opens on 1 July 2019; on the 2nd and 3rd, strangers load victims' cards and buy tobacco. All commands and
amounts follow from the seed, and no real person is in them. Who the victims are stands in truth.json, which nothing reads.")]
pub struct RehearseArgs {
    /// How many wallets are opened
    #[arg(long, value_name = "N", default_value_t = scale::FULL_ACCOUNTS)]
    pub accounts: u32,
    /// How many events are played
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub events: u64,
    /// The seed: the same seed plays the same days
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// Where the ledger stays, a new folder; it is taken away at the end when absent
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Write the commands as JSON Lines instead of playing them
    #[arg(long, value_name = "FILE", conflicts_with = "keep")]
    pub commands: Option<PathBuf>,
    /// How files are read and written
    #[arg(long, value_enum, default_value_t = Io::Direct)]
    pub io: Io,
}

/// Plays the rehearsal, or writes its commands.
pub fn run(args: &RehearseArgs) -> Result<(), Failure> {
    let scale = Scale { accounts: args.accounts, events: args.events, seed: args.seed };
    let stream = Stream::new(scale).map_err(Failure::Usage)?;
    if let Some(file) = &args.commands {
        return file::write_commands(stream, scale, file);
    }
    if let Some(dir) = &args.keep {
        return rehearse(stream, scale, dir, args.io, true);
    }
    let dir = tempfile::Builder::new().prefix("ledger-rehearse-").tempdir();
    let dir = dir.map_err(Failure::io("make a temporary folder"))?;
    rehearse(stream, scale, dir.path(), args.io, false)
}

fn rehearse(mut stream: Stream, scale: Scale, home: &Path, io: Io, keep: bool) -> Result<(), Failure> {
    let dir = home.join("wallet.ledger");
    let options = InitOptions {
        clock: Clock::Commands,
        utc_offset: timeline::TOKYO,
        chart: Chart::Wallet,
        at: Some(timeline::OPENING),
        io: io.into(),
        ..InitOptions::default()
    };
    let open = Open { dir, io };
    if keep {
        make_home(home)?;
    }
    Ledger::init(&open.dir, &options)?;
    write_truth(&stream, &home.join("truth.json"))?;
    let ledger = crate::open::write(&open)?;
    let before = ledger.reader().through();

    let progress = Progress::new("playing", "events", Some(scale.events));
    let played = play::play(&ledger, &mut stream, &progress);
    progress.end();
    let played = played?;
    let live = ledger.reader().view();
    ledger.close()?;
    write_text(&show::played(scale, &stream, &played))?;

    let reopened = crate::open::write(&open)?;
    let progress = Progress::new("replaying", "events", Some(live.last_sequence().0));
    let proof = proof::prove(&reopened, &live, &stream.counts(), before, &progress);
    progress.end();
    let proof = proof?;
    drop(live);
    let reader = reopened.reader();
    write_text(&show::proved(&reader, &proof))?;
    let balance = reader.trial_balance(&ledger::query::AsOf::default(), ledger::query::Detail::ByCode)?;
    write_text(&format!("\n{}", crate::trial_balance::text(&reader, &balance)))?;
    write_text(&show::largest_spends(&reader, &proof))?;
    write_text(&show::first_estimate(&proof))?;
    reopened.close()?;
    let what_next = if keep { show::what_next(&open.dir, &proof) } else { show::taken_away(scale) };
    write_text(&what_next)
}

/// Makes the folder to be kept, which must be missing or empty.
fn make_home(home: &Path) -> Result<(), Failure> {
    let doing = |what: &str| Failure::io(format!("{what} {}", home.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(home).map_err(doing("make"))?;
    match home.read_dir().map_err(doing("read"))?.next() {
        None => Ok(()),
        Some(_) => Err(Failure::Usage(format!("{} is not empty: name a new folder", home.display()))),
    }
}

/// Writes the truth beside the ledger.
fn write_truth(stream: &Stream, path: &Path) -> Result<(), Failure> {
    let doing = || format!("write {}", path.display());
    let file = File::create_new(path).map_err(Failure::io(doing()))?;
    stream.truth().write(BufWriter::new(file)).map_err(Failure::io(doing()))
}

/// A path as it is said to people.
fn path_text(path: &Path) -> String {
    shown(&path.display().to_string()).into_owned()
}

/// `1,000,000 events a second`.
fn rate(number: u64, seconds: std::time::Duration) -> String {
    let millis = u64::try_from(seconds.as_millis()).unwrap_or(u64::MAX).max(1);
    count(number.saturating_mul(1_000) / millis)
}
