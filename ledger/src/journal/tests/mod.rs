//! Tests of the journal on the simulated disk: what they share.

mod bytes;
mod crash;
mod damage;
mod faults;
mod filling;
mod format;
mod planted;
mod reading;
mod simulation;
mod tails;
mod writing;

use super::{
    Bounds, Entry, Frame, FrameInput, JournalOptions, JournalReader, JournalWriter, Recovered, Witnesses,
    open_for_append, verify,
};
use crate::error::Error;
use crate::storage::{SimDisk, Storage};
use std::sync::Arc;

const LEDGER_ID: [u8; 16] = *b"a test's journal";

/// Numbers that follow from a seed.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Small segments and writes, so that little data meets every case.
fn small(segment_bytes: u64, write_bytes_max: u32, writes_in_flight: u16) -> JournalOptions {
    JournalOptions { segment_bytes, bounds: Bounds { write_bytes_max, writes_in_flight }, ledger_id: LEDGER_ID }
}

fn open(disk: &SimDisk, options: JournalOptions) -> Result<(JournalWriter<SimDisk>, Recovered), Error> {
    open_for_append(Arc::new(disk.clone()), options, &Witnesses::none())
}

/// One commit as the tests remember it. Its bytes follow from its place and from the life that appended it, so a
/// stale one is never taken for the one that belongs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    first: u64,
    count: u64,
    life: u64,
    bytes_max: u64,
}

impl Written {
    fn last(&self) -> u64 {
        self.first + self.count - 1
    }

    fn recorded_at_us(&self) -> i64 {
        1_562_000_000_000_000 + self.first as i64
    }

    fn payload(&self, sequence: u64) -> (u16, u16, Vec<u8>) {
        let mut rng = Rng(sequence ^ (self.life << 40));
        let length = rng.below(self.bytes_max + 1);
        let payload = (0..length.div_ceil(8)).flat_map(|_| rng.next().to_le_bytes()).take(length as usize).collect();
        (sequence as u16, self.life as u16, payload)
    }

    fn append<S: Storage>(&self, writer: &mut JournalWriter<S>) -> Result<(), Error> {
        let payloads: Vec<_> = (self.first..=self.last()).map(|sequence| self.payload(sequence)).collect();
        let entries: Vec<Entry<'_>> =
            payloads.iter().map(|(kind, schema, payload)| Entry { kind: *kind, schema: *schema, payload }).collect();
        let (first_sequence, recorded_at_us) = (self.first, self.recorded_at_us());
        writer.append(FrameInput { first_sequence, recorded_at_us, entries: &entries })
    }

    fn assert_is(&self, frame: &Frame<'_>) {
        assert_eq!(frame.first_sequence(), self.first);
        assert_eq!(frame.last_sequence(), self.last(), "at {}", self.first);
        assert_eq!(frame.recorded_at_us(), self.recorded_at_us());
        for (sequence, entry) in (self.first..).zip(frame.entries()) {
            let (kind, schema, payload) = self.payload(sequence);
            assert_eq!((entry.kind, entry.schema), (kind, schema), "sequence {sequence}");
            assert_eq!(entry.payload, payload, "sequence {sequence}");
        }
    }
}

/// What was appended, as a naive list: the oracle.
#[derive(Debug, Clone, Default)]
struct Book {
    commits: Vec<Written>,
    life: u64,
}

impl Book {
    fn last(&self) -> u64 {
        self.commits.last().map_or(0, Written::last)
    }

    /// Appends one commit of `count` events of at most `bytes_max` each.
    fn append<S: Storage>(&mut self, writer: &mut JournalWriter<S>, count: u64, bytes_max: u64) -> Result<(), Error> {
        let written = Written { first: self.last() + 1, count, life: self.life, bytes_max };
        written.append(writer)?;
        self.commits.push(written);
        Ok(())
    }

    /// The journal was opened and holds `last_sequence`: what lies behind was lost, whole commits only.
    fn cut(&mut self, last_sequence: u64) {
        self.commits.retain(|commit| commit.last() <= last_sequence);
        assert_eq!(self.last(), last_sequence, "a commit came back in part, or one that nobody appended");
        self.life += 1;
    }

    /// The journal holds exactly these commits up to `through`.
    fn assert_read<S: Storage>(&self, reader: &JournalReader<S>, from: u64) {
        let through = reader.durable_through();
        let mut frames = reader.frames(from);
        for commit in self.commits.iter().filter(|commit| commit.last() >= from && commit.last() <= through) {
            let frame = frames.next().unwrap().unwrap_or_else(|| panic!("{commit:?} is missing, through {through}"));
            commit.assert_is(&frame);
        }
        assert!(frames.next().unwrap().is_none());
        assert!(frames.next().unwrap().is_none());
    }

    fn assert_point_read<S: Storage>(&self, reader: &JournalReader<S>, sequence: u64) {
        let commit = self.commits.iter().find(|commit| (commit.first..=commit.last()).contains(&sequence)).unwrap();
        commit.assert_is(&reader.frame_of(sequence, &mut Vec::new()).unwrap());
    }
}

/// After every recovery: append, close, reopen, check again. Takes a disk on which nobody works.
fn assert_whole(disk: &SimDisk, options: JournalOptions, book: &mut Book, acknowledged: u64) -> Recovered {
    let (mut writer, recovered) = open(disk, options).unwrap();
    assert!(recovered.last_sequence >= acknowledged, "{acknowledged} was acknowledged: {recovered:?}");
    book.cut(recovered.last_sequence);
    book.assert_read(&writer.reader(), 1);
    for _ in 0..3 {
        book.append(&mut writer, 1, 300).unwrap();
        writer.pump().unwrap();
    }
    let reader = writer.reader();
    writer.close().unwrap();
    assert_eq!(reader.durable_through(), book.last());
    book.assert_read(&reader, 1);
    let (writer, again) = open(disk, options).unwrap();
    assert!(again.clean && !again.rewritten && again.cuts.is_empty(), "{again:?}");
    assert_eq!((again.last_sequence, again.epoch), (book.last(), recovered.epoch + 1));
    writer.close().unwrap();
    let reader = JournalReader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!(reader.durable_through(), book.last());
    book.assert_read(&reader, 1);
    let report = verify(&Arc::new(disk.clone()), &Witnesses::none()).unwrap();
    assert_eq!((report.findings, report.tail), (vec![], None));
    assert_eq!((report.last_sequence, report.durable_through), (book.last(), book.last()));
    assert_eq!(report.commits, book.commits.len() as u64);
    recovered
}
