//! `ledger stats`: sizes and counts.

use std::fs;
use std::path::Path;

use ledger::model::Sequence;
use serde::Serialize;

use crate::args::{Format, StatsArgs};
use crate::failure::Failure;
use crate::output::{Sheet, add_line, count, write_json, write_text};

/// What a ledger holds, and how much room it takes.
#[derive(Debug, Serialize)]
struct Stats {
    ledger: String,
    format_version: u16,
    clock: &'static str,
    utc_offset: String,
    last_sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_recorded_at: Option<String>,
    accounts: u64,
    open_holds: u64,
    currencies: u64,
    stores: u64,
    actors: u64,
    segments: u64,
    journal_bytes: u64,
    sidecar_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<u64>,
    checkpoint_bytes: u64,
    closing_bytes: u64,
    index_bytes: u64,
}

/// Shows the numbers.
pub fn run(args: &StatsArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    let view = reader.view();
    let dir = &args.open.dir;
    let (segments, journal_bytes) = files(&dir.join("journal"), "seg");
    let (_, sidecar_bytes) = files(&dir.join("journal"), "idx");
    let (_, checkpoint_bytes) = files(&dir.join("checkpoint"), "ckpt");
    let (_, closing_bytes) = files(&dir.join("closing"), "cls");
    let stats = Stats {
        ledger: view.ledger().to_string(),
        format_version: view.genesis().map_or(0, |genesis| genesis.format_version),
        clock: view.clock().name(),
        utc_offset: view.utc_offset().to_string(),
        last_sequence: view.last_sequence().0,
        last_recorded_at: (view.last_sequence() > Sequence(0)).then(|| view.last_recorded_at().to_string()),
        accounts: view.account_count() as u64,
        open_holds: view.hold_count() as u64,
        currencies: view.currencies().count() as u64,
        stores: view.stores().count() as u64,
        actors: view.actors().count() as u64,
        segments,
        journal_bytes,
        sidecar_bytes,
        checkpoint: newest(&dir.join("checkpoint")),
        checkpoint_bytes,
        closing_bytes,
        index_bytes: tree_bytes(&dir.join("index")),
    };
    match args.format {
        Format::Json => write_json(&stats),
        Format::Csv => csv(&stats),
        Format::Text => write_text(&text(&stats)),
    }
}

fn text(stats: &Stats) -> String {
    let mut text = String::new();
    let mut line = |what: &str, value: &str| add_line(&mut text, format_args!("{what:<18} {value:>36}"));
    line("ledger", &stats.ledger);
    line("format version", &stats.format_version.to_string());
    line("clock", stats.clock);
    line("offset from UTC", &stats.utc_offset);
    line("last sequence", &count(stats.last_sequence));
    if let Some(time) = &stats.last_recorded_at {
        line("last recorded at", time);
    }
    line("accounts", &count(stats.accounts));
    line("open holds", &count(stats.open_holds));
    line("currencies", &count(stats.currencies));
    line("stores", &count(stats.stores));
    line("actors", &count(stats.actors));
    line("segments", &count(stats.segments));
    line("journal bytes", &count(stats.journal_bytes));
    line("sidecar bytes", &count(stats.sidecar_bytes));
    line(
        "newest checkpoint",
        &stats.checkpoint.map_or_else(|| "none".to_owned(), |at| format!("sequence {}", count(at))),
    );
    line("checkpoint bytes", &count(stats.checkpoint_bytes));
    line("closing bytes", &count(stats.closing_bytes));
    line("index bytes", &count(stats.index_bytes));
    text
}

fn csv(stats: &Stats) -> Result<(), Failure> {
    let mut sheet = Sheet::new(&["name", "value"])?;
    let value = serde_json::to_value(stats).map_err(|error| Failure::Output(error.into()))?;
    for (name, value) in value.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        sheet.row([name.as_str(), text.as_str()])?;
    }
    sheet.end()
}

/// How many files of that ending a folder holds, and their bytes. A folder that is missing holds none.
fn files(dir: &Path, ending: &str) -> (u64, u64) {
    let Ok(entries) = fs::read_dir(dir) else { return (0, 0) };
    let of_kind = entries.flatten().filter(|entry| entry.path().extension().is_some_and(|found| found == ending));
    of_kind.fold((0, 0), |(files, bytes), entry| (files + 1, bytes + entry.metadata().map_or(0, |meta| meta.len())))
}

/// The sequence of the newest checkpoint, which its name says.
fn newest(dir: &Path) -> Option<u64> {
    let names = fs::read_dir(dir).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(".ckpt")?.parse().ok()).max()
}

fn tree_bytes(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => tree_bytes(&entry.path()),
            Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |meta| meta.len()),
            _ => 0,
        })
        .sum()
}
