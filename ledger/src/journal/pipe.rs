//! What is on its way to the disk: submitted in order, landing in any order, durable in order.
//!
//! The other half of [`JournalWriter`]: it takes completions, submits what the segment's bounds allow, and tells the
//! readers. Invariant: nothing counts as durable before everything submitted in front of it has landed.

use super::chain::Chain;
use super::planted;
use super::rotate::Stage;
use super::segment::SegmentHeader;
use super::write::{Scratch, WRITE_HEADER_BYTES};
use super::writer::{JournalWriter, SPARE_MAX};
use crate::error::Error;
use crate::storage::{Completion, Storage, Ticket, WriteBuffer};
use std::time::Duration;

/// What is on its way to the disk.
#[derive(Debug)]
pub(super) struct InFlight {
    ticket: Ticket,
    arrived: bool,
    bytes: u64,
    pub load: Load,
}

/// What a submitted write holds.
#[derive(Debug)]
pub(super) enum Load {
    /// Frames: the sequence and the byte behind them, the byte where they begin, and their places.
    Frames { last_sequence: u64, start: u64, end: u64, scratch: Scratch },
    /// A segment's footer.
    Footer,
    /// A segment's header.
    Header,
}

/// A writer's place in its segment.
#[derive(Debug)]
pub(super) struct Place<S: Storage> {
    pub header: SegmentHeader,
    pub file: S::File,
    pub path: String,
    pub chain: Chain,
}

impl<S: Storage> Place<S> {
    /// Whether a write of `bytes` may still go into this segment. A footer always fits behind it, and behind
    /// anything but a close frame's write a close frame's write as well.
    fn has_room(&self, bytes: u64, closes: bool) -> bool {
        let block = u64::from(self.header.block_bytes);
        let reserve = if closes { block } else { 2 * block };
        bytes <= self.header.torn_bytes_max()
            && self.chain.offset + bytes + reserve <= u64::from(self.header.file_bytes)
    }
}

impl<S: Storage> JournalWriter<S> {
    /// Takes what has landed, and submits until nothing more may be.
    pub(super) fn turn(&mut self) -> Result<(), Error> {
        loop {
            self.take_completions()?;
            if !self.step()? {
                break;
            }
        }
        if let Some(reason) = self.ahead.note(!self.is_quiet()) {
            return Err(Error::Poisoned { reason });
        }
        Ok(())
    }

    fn take_completions(&mut self) -> Result<(), Error> {
        if self.in_flight.is_empty() {
            return Ok(());
        }
        let mut outcome = Ok(());
        while let Some(completion) = self.arrived.pop().or_else(|| self.storage.next_completion(Duration::ZERO)) {
            let Completion { ticket, result, buffer } = completion;
            let Some(flying) = self.in_flight.iter_mut().find(|flying| flying.ticket == ticket) else {
                continue;
            };
            match result {
                Ok(()) => flying.arrived = true,
                Err(error) => outcome = Err(Error::io("write", self.stage.path())(error)),
            }
            if buffer.capacity() == self.buffer_bytes && self.spare.len() < SPARE_MAX {
                self.spare.push(buffer);
            }
        }
        while self.in_flight.front().is_some_and(|flying| flying.arrived) {
            if let Some(InFlight { bytes, load, .. }) = self.in_flight.pop_front() {
                self.in_flight_bytes -= bytes;
                self.landed(load);
            }
        }
        outcome
    }

    /// Everything up to the end of `load` is durable.
    fn landed(&mut self, load: Load) {
        match load {
            Load::Frames { last_sequence, start, end, scratch } => {
                if let Stage::Writing(place) | Stage::Draining(place) = &mut self.stage {
                    place.chain.durable_offset = end;
                    place.chain.durable_through = last_sequence;
                }
                self.shared.with_last_places(|places| {
                    for (sequence, at) in &scratch.places {
                        places.add(*sequence, start as u32 + at);
                    }
                });
                if self.scratches.len() < SPARE_MAX {
                    self.scratches.push(scratch);
                }
                self.durable(last_sequence);
            }
            Load::Footer => self.sealed_segment(),
            Load::Header => self.begun_segment(),
        }
    }

    fn durable(&mut self, sequence: u64) {
        self.durable_through = sequence;
        self.shared.publish(sequence);
    }

    /// One step forward; `false` when there is none to take now.
    fn step(&mut self) -> Result<bool, Error> {
        let Stage::Writing(place) = &self.stage else {
            return self.rotate();
        };
        let (block, most) = (place.header.block_bytes as usize, place.header.bounds.writes_in_flight);
        let draft = match self.ready.front() {
            Some(draft) => draft,
            None if self.draft.is_empty() => return Ok(false),
            None => &self.draft,
        };
        if self.in_flight.len() >= usize::from(most) {
            return Ok(false);
        }
        let bytes = draft.padded_len(block) as u64;
        if !place.has_room(bytes, draft.closes) {
            self.start_rotation();
            return Ok(true);
        }
        if self.in_flight_bytes + bytes > place.header.torn_bytes_max()
            || !self.ahead.advance(place.chain.offset + bytes)
        {
            return Ok(false);
        }
        if self.ready.is_empty() {
            self.finish_draft();
        }
        self.submit_frames(block)?;
        Ok(true)
    }

    fn submit_frames(&mut self, block: usize) -> Result<(), Error> {
        let (Some(draft), Stage::Writing(place)) = (self.ready.pop_front(), &mut self.stage) else {
            return Ok(());
        };
        self.ready_bytes -= draft.len();
        let frames = draft.summary();
        let (header, buffer, scratch) = draft.finish(&place.chain, self.epoch, self.ledger_seed, block);
        let start = place.chain.offset;
        place.chain.advance(&header, &buffer.as_slice()[..WRITE_HEADER_BYTES], &frames);
        self.sworn_through = header.durable_through;
        let file = place.file.clone();
        let load = Load::Frames { last_sequence: header.last_sequence, start, end: place.chain.offset, scratch };
        self.submit(&file, start, buffer, load)?;
        if planted::is(planted::Bug::DurableWhenSubmitted) {
            self.durable(header.last_sequence);
        }
        Ok(())
    }

    pub(super) fn submit(&mut self, file: &S::File, offset: u64, buffer: WriteBuffer, load: Load) -> Result<(), Error> {
        let bytes = buffer.len() as u64;
        let ticket =
            self.storage.submit(file, offset, buffer).map_err(|error| Error::io("write", self.stage.path())(error))?;
        self.in_flight.push_back(InFlight { ticket, arrived: false, bytes, load });
        self.in_flight_bytes += bytes;
        Ok(())
    }
}
