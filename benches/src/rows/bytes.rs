//! What a transfer costs in the journal, everything counted: entries, frames, writes, padding.

use std::path::Path;
use std::sync::Arc;

use ledger::Error;
use ledger::journal::JournalReader;
use ledger::storage::FileStorage;

use super::throughput::remove;
use crate::figures::{Figure, Target};
use crate::lab::{Lab, play};
use crate::report::Report;
use crate::workload::{Kind, Workload};

/// Wallets of this row: bytes do not depend on how many there are.
const ACCOUNTS: u32 = 10_000;
/// Transfers of one measurement.
const TRANSFERS: usize = 200_000;

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    // One segment for everything, so that a distance between two frames is what lies between them.
    let lab = Lab { segment_bytes: 1 << 30, ..lab.clone() };
    let (dir, mut ledger) = lab.funded("bytes", ACCOUNTS, None)?;
    let mut seed = 0;
    for (measure, kind, size, in_flight, target) in [
        ("with context, batches of 8,000", Kind::Spread, 8_000, 8, Some(240.0)),
        ("with context, batches of 100", Kind::Spread, 100, 8, Some(240.0)),
        ("without context, batches of 100", Kind::Bare, 100, 8, Some(176.0)),
        ("with context, one at a time", Kind::Spread, 1, 1, None),
    ] {
        seed += 1;
        let transfers = if size == 1 { 1_000 } else { TRANSFERS };
        let batches = Workload::new(ACCOUNTS, seed, None).batches(kind, transfers, size);
        let from = ledger.reader().through().0;
        play(&ledger, batches, in_flight)?;
        let to = ledger.reader().through().0;
        ledger.close()?;
        let bytes = distance(&dir, &lab, from, to)? / (to - from) as f64;
        let figure = Figure::new("journal bytes a transfer", measure, "bytes", &[bytes]);
        report.add(target.map_or(figure.clone(), |most| figure.target(Target::AtMost(most))));
        ledger = lab.open(&dir, 0)?;
    }
    ledger.close()?;
    remove(&dir);
    Ok(())
}

/// Bytes from the frame of one event to that of another in the same segment.
fn distance(dir: &Path, lab: &Lab, from: u64, to: u64) -> Result<f64, Error> {
    let storage = Arc::new(FileStorage::open(dir, lab.io, 1)?);
    let journal = JournalReader::open(storage)?;
    let mut bytes = Vec::new();
    let mut place = |sequence| journal.frame_of(sequence, &mut bytes).map(|frame| (frame.segment(), frame.offset()));
    let (first, last) = (place(from)?, place(to)?);
    if first.0 != last.0 {
        return Err(Error::Contradiction("the measured transfers do not lie in one segment".to_owned()));
    }
    Ok((last.1 - first.1) as f64)
}
