//! `ledger rehearse --commands`: the stream as JSON Lines, for `ledger submit`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ledger::json::write_submission;

use super::scale::Scale;
use super::stream::Stream;
use super::{path_text, write_truth};
use crate::failure::Failure;
use crate::output::{Progress, count, write_text};

/// How often the progress moves, in commands.
const PROGRESS_EVERY: u64 = 16_384;

/// Writes every command, and the truth beside it; neither file may exist.
///
/// # Errors
/// What the operating system reports.
pub(super) fn write_commands(mut stream: Stream, scale: Scale, path: &Path) -> Result<(), Failure> {
    let doing = || format!("write {}", path.display());
    let file = File::create_new(path).map_err(Failure::io(doing()))?;
    let truth = path.with_extension("truth.json");
    write_truth(&stream, &truth)?;
    let progress = Progress::new("writing", "commands", Some(scale.events));
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    let mut lines = 0;
    for step in stream.by_ref() {
        line.clear();
        write_submission(&step.submission, &mut line);
        line.push(b'\n');
        out.write_all(&line).map_err(Failure::io(doing()))?;
        lines += 1;
        if lines % PROGRESS_EVERY == 0 {
            progress.at(lines);
        }
    }
    out.flush().map_err(Failure::io(doing()))?;
    progress.end();
    let (name, counts) = (path_text(path), stream.counts());
    write_text(&format!(
        "Wrote {} lines to {name}, the truth about the victims to {}. {} commands will be accepted, {} known already, {} \
         refused. Try:\n\
         \x20 ledger init july.ledger --clock commands --at 2019-06-30T15:00:00Z\n\
         \x20 ledger submit july.ledger --file {name} > answers.jsonl\n",
        count(lines),
        path_text(&truth),
        count(counts.accepted),
        count(counts.replayed),
        count(counts.rejected),
    ))
}
