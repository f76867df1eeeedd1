//! The appending state machine: frames in, durable writes out, acknowledged in order.
//!
//! In: commits, and the storage's completions. Out: submissions, and how far the journal is durable. No threads,
//! no clock; it blocks only in [`JournalWriter::wait`] (and where the next segment's file must be made on the spot).
//! Invariants: writes are submitted in the order of their frames, at most the segment's bounds are in flight, nothing
//! counts as durable before everything in front of it is, and after one failure nothing is ever submitted again.
//! What is in flight is in `pipe.rs`, rotation in `rotate.rs`.

use super::JournalOptions;
use super::ahead::{Ahead, Filler};
use super::frame::{FrameInput, FrameKind};
use super::pipe::InFlight;
use super::reader::JournalReader;
use super::rotate::Stage;
use super::segment::ledger_seed;
use super::shared::Shared;
use super::write::{Draft, Scratch, WRITE_HEADER_BYTES};
use crate::error::Error;
use crate::storage::{Completion, Storage, WriteBuffer};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Buffers kept for the next writes, beyond those in flight.
pub(super) const SPARE_MAX: usize = 4;

/// What [`JournalWriter::pump`] achieved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Every sequence up to this one is durable.
    pub durable_through: u64,
    /// The segments that were completed meanwhile.
    pub sealed: Vec<SealedSegment>,
}

/// A segment that will never change again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedSegment {
    /// Its place among the segments, from 1.
    pub ordinal: u64,
    /// The first sequence in it.
    pub first_sequence: u64,
    /// The last sequence in it; one less than the first when it holds no commit.
    pub last_sequence: u64,
}

/// Appends frames to a journal. One thread drives it.
#[derive(Debug)]
pub struct JournalWriter<S: Storage> {
    pub(super) storage: Arc<S>,
    pub(super) options: JournalOptions,
    pub(super) shared: Arc<Shared<S>>,
    pub(super) ahead: Arc<Ahead<S>>,
    pub(super) stage: Stage<S>,
    pub(super) epoch: u64,
    pub(super) ledger_seed: u32,
    /// The largest block that a write of this journal may have to be padded to.
    block_max: usize,
    /// The capacity of a buffer that is used again.
    pub(super) buffer_bytes: usize,
    pub(super) draft: Draft,
    pub(super) ready: VecDeque<Draft>,
    pub(super) ready_bytes: usize,
    pub(super) in_flight: VecDeque<InFlight>,
    pub(super) in_flight_bytes: u64,
    pub(super) arrived: Vec<Completion>,
    pub(super) spare: Vec<WriteBuffer>,
    pub(super) scratches: Vec<Scratch>,
    pub(super) next_sequence: u64,
    pub(super) recorded_at_us: i64,
    pub(super) durable_through: u64,
    /// What the journal itself says to be durable: the last write's `durable_through`.
    pub(super) sworn_through: u64,
    pub(super) sealed: Vec<SealedSegment>,
    poisoned: Option<String>,
}

/// Where a writer starts.
pub(super) struct Start<S: Storage> {
    pub stage: Stage<S>,
    pub epoch: u64,
    pub next_sequence: u64,
    pub recorded_at_us: i64,
    pub block_max: usize,
}

impl<S: Storage> JournalWriter<S> {
    pub(super) fn new(shared: Arc<Shared<S>>, ahead: Arc<Ahead<S>>, options: JournalOptions, start: Start<S>) -> Self {
        let Start { stage, epoch, next_sequence, recorded_at_us, block_max } = start;
        let buffer_bytes = (options.bounds.write_bytes_max as usize).next_multiple_of(block_max);
        let buffer = WriteBuffer::with_capacity(buffer_bytes);
        Self {
            storage: shared.storage.clone(),
            options,
            shared,
            ahead,
            stage,
            epoch,
            ledger_seed: ledger_seed(&options.ledger_id),
            block_max,
            buffer_bytes,
            draft: Draft::new(buffer, Scratch::default(), next_sequence),
            ready: VecDeque::new(),
            ready_bytes: 0,
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            arrived: Vec::new(),
            spare: Vec::new(),
            scratches: Vec::new(),
            next_sequence,
            recorded_at_us,
            durable_through: next_sequence - 1,
            sworn_through: next_sequence - 1,
            sealed: Vec::new(),
            poisoned: None,
        }
    }

    /// Takes over a commit; nothing is submitted before [`pump`](Self::pump). Costs a copy and a CRC.
    ///
    /// # Errors
    /// [`Error::Poisoned`]; [`Error::Contradiction`] when `first_sequence` is not the next one or recorded time goes
    /// back; [`Error::Config`] when the frame breaks a bound. Nothing was taken over then.
    #[inline]
    pub fn append(&mut self, frame: FrameInput<'_>) -> Result<(), Error> {
        if self.poisoned.is_some()
            || frame.first_sequence != self.next_sequence
            || frame.recorded_at_us < self.recorded_at_us
        {
            return Err(self.refusal(&frame));
        }
        let Some(bytes) = frame.frame_bytes() else {
            return Err(Error::Config("a commit holds 1 to 16384 events and at most 8 MiB".to_owned()));
        };
        if !self.draft.fits(bytes, self.options.bounds.write_bytes_max as usize, self.block_max) {
            self.make_room(bytes);
        }
        self.draft.commit(&frame, bytes, self.ledger_seed);
        self.next_sequence = self.draft.next_sequence;
        self.recorded_at_us = frame.recorded_at_us;
        Ok(())
    }

    #[cold]
    fn refusal(&self, frame: &FrameInput<'_>) -> Error {
        if let Some(reason) = &self.poisoned {
            return Error::Poisoned { reason: reason.clone() };
        }
        if frame.first_sequence != self.next_sequence {
            let (got, next) = (frame.first_sequence, self.next_sequence);
            return Error::Contradiction(format!("a commit begins at sequence {got}, the next one is {next}"));
        }
        Error::Contradiction(format!(
            "a commit was recorded at {} µs, the one in front of it at {} µs",
            frame.recorded_at_us, self.recorded_at_us
        ))
    }

    /// Makes the draft one that has room for a frame of `bytes`, alone in a buffer of its own if need be.
    #[cold]
    fn make_room(&mut self, bytes: usize) {
        if !self.draft.is_empty() {
            self.finish_draft();
        }
        if !self.draft.fits(bytes, self.options.bounds.write_bytes_max as usize, self.block_max) {
            let capacity = WRITE_HEADER_BYTES + bytes + 2 * self.block_max;
            let buffer = WriteBuffer::with_capacity(capacity.next_multiple_of(self.block_max));
            self.draft = Draft::new(buffer, Scratch::default(), self.next_sequence);
        }
    }

    /// Moves the draft behind those that wait, and starts another.
    pub(super) fn finish_draft(&mut self) {
        let buffer = self.spare.pop().unwrap_or_else(|| WriteBuffer::with_capacity(self.buffer_bytes));
        let next = Draft::new(buffer, self.scratches.pop().unwrap_or_default(), self.next_sequence);
        let draft = std::mem::replace(&mut self.draft, next);
        self.ready_bytes += draft.len();
        self.ready.push_back(draft);
    }

    /// Bytes taken over and not yet submitted.
    pub fn queued_bytes(&self) -> usize {
        self.ready_bytes + if self.draft.is_empty() { 0 } else { self.draft.len() }
    }

    /// The sequence that the next commit begins with.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Every sequence up to this one is durable, as of the last [`pump`](Self::pump).
    pub fn durable_through(&self) -> u64 {
        self.durable_through
    }

    /// The opening this writer stands for.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether nothing waits and nothing is in flight.
    pub fn is_quiet(&self) -> bool {
        self.in_flight.is_empty() && self.ready.is_empty() && self.draft.is_empty()
    }

    /// Takes what has completed, and submits what may be: full writes, and a partly filled one while fewer than
    /// the bound are in flight, so whatever waits joins the next write.
    ///
    /// # Errors
    /// The first failure as it is; from then on [`Error::Poisoned`]. Nothing is tried again.
    pub fn pump(&mut self) -> Result<Progress, Error> {
        if let Some(reason) = &self.poisoned {
            return Err(Error::Poisoned { reason: reason.clone() });
        }
        if let Err(error) = self.turn() {
            self.poisoned = Some(reason_of(&error));
            return Err(error);
        }
        Ok(Progress { durable_through: self.durable_through, sealed: std::mem::take(&mut self.sealed) })
    }

    /// Waits until a completion may be there, at most `at_most`.
    pub fn wait(&mut self, at_most: Duration) {
        if self.in_flight.is_empty() {
            self.ahead.wait(at_most);
        } else if let Some(completion) = self.storage.next_completion(at_most) {
            self.arrived.push(completion);
        }
    }

    /// Lets the journal itself say that everything is durable, once nothing is on its way; nothing happens when it
    /// says so already. For an idle moment: it closes the last doubt about the tail after a crash.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn watermark(&mut self) -> Result<(), Error> {
        if let Some(reason) = &self.poisoned {
            return Err(Error::Poisoned { reason: reason.clone() });
        }
        if self.is_quiet() && self.sworn_through < self.durable_through {
            self.mark(FrameKind::Watermark);
        }
        Ok(())
    }

    /// Queues a frame without entries.
    pub(super) fn mark(&mut self, kind: FrameKind) {
        self.draft.mark(kind, self.recorded_at_us, self.ledger_seed);
    }

    /// Works until everything taken over is durable.
    ///
    /// # Errors
    /// As [`pump`](Self::pump).
    pub fn drain(&mut self) -> Result<Progress, Error> {
        let mut sealed = Vec::new();
        loop {
            let progress = self.pump()?;
            sealed.extend(progress.sealed);
            if self.is_quiet() {
                return Ok(Progress { durable_through: progress.durable_through, sealed });
            }
            self.wait(Duration::from_millis(100));
        }
    }

    /// Makes everything durable, and the close frame behind it.
    ///
    /// # Errors
    /// As [`pump`](Self::pump); the next opening then recovers.
    pub fn close(mut self) -> Result<(), Error> {
        self.drain()?;
        self.mark(FrameKind::Close);
        self.drain().map(drop)
    }

    /// A reader that sees what this writer has made durable.
    pub fn reader(&self) -> JournalReader<S> {
        JournalReader::live(self.shared.clone())
    }

    /// What makes space ready ahead of this writer, for a background thread.
    pub fn filler(&self) -> Filler<S> {
        Filler::new(self.ahead.clone())
    }
}

/// The text that a poisoned handle repeats.
fn reason_of(error: &Error) -> String {
    match error {
        Error::Io { source, .. } => format!("{error}: {source}"),
        Error::Poisoned { reason } => reason.clone(),
        other => other.to_string(),
    }
}
