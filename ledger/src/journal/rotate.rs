//! From one segment to the next: drain, footer, header. Each is durable before the next is submitted.
//!
//! The next segment's file and its name are durable before the footer is submitted, so a footer without a next
//! file means that the file was lost.

use super::Bounds;
use super::chain::Chain;
use super::pipe::{Load, Place};
use super::places::Places;
use super::segment::{SegmentHeader, footer_hash, path_of};
use super::writer::{JournalWriter, SealedSegment};
use crate::error::Error;
use crate::storage::{OpenFor, Storage, WriteBuffer};

/// What a writer is doing.
#[derive(Debug)]
pub(super) enum Stage<S: Storage> {
    /// Writing into a segment.
    Writing(Place<S>),
    /// Waiting until everything in flight has landed, to seal the segment.
    Draining(Place<S>),
    /// The footer is in flight.
    Sealing(Place<S>, Previous),
    /// No segment is begun behind the last complete one.
    Between(Previous),
    /// The header is in flight.
    Beginning(Place<S>),
}

/// What the next header says of the segment in front.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Previous {
    pub ordinal: u64,
    pub footer_offset: u32,
    pub footer_hash: [u8; 32],
    pub recorded_at_us: i64,
}

impl<S: Storage> Stage<S> {
    /// The file that it writes, for errors.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Writing(place) | Self::Draining(place) | Self::Sealing(place, _) | Self::Beginning(place) => {
                &place.path
            }
            Self::Between(_) => super::FOLDER,
        }
    }
}

impl<S: Storage> JournalWriter<S> {
    /// The write in front does not fit: seals the segment once it is drained. The write is fixed from here on,
    /// since the next segment is made to hold it.
    pub(super) fn start_rotation(&mut self) {
        if self.ready.is_empty() {
            self.finish_draft();
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between(Previous::default())) {
            Stage::Writing(place) => Stage::Draining(place),
            other => other,
        };
    }

    /// One step of the rotation; `false` when it waits for the disk.
    pub(super) fn rotate(&mut self) -> Result<bool, Error> {
        if !self.in_flight.is_empty() {
            return Ok(false);
        }
        match std::mem::replace(&mut self.stage, Stage::Between(Previous::default())) {
            Stage::Draining(place) => self.seal(place).map(|()| true),
            Stage::Between(previous) => self.begin(previous).map(|()| true),
            other => {
                self.stage = other;
                Ok(false)
            }
        }
    }

    fn seal(&mut self, place: Place<S>) -> Result<(), Error> {
        let offset = place.chain.offset;
        let footer = place.chain.footer().encode(place.chain.seed, place.header.block_bytes as usize);
        let previous = Previous {
            ordinal: place.header.ordinal,
            footer_offset: offset as u32,
            footer_hash: footer_hash(&footer),
            recorded_at_us: place.chain.recorded_at_us,
        };
        let file = place.file.clone();
        self.stage = Stage::Sealing(place, previous);
        self.ahead.take_next()?;
        self.submit(&file, offset, buffer_of(&footer), Load::Footer)
    }

    /// The footer is durable.
    pub(super) fn sealed_segment(&mut self) {
        if let Stage::Sealing(place, previous) = &self.stage {
            let last_sequence = place.chain.next_sequence - 1;
            self.shared.seal(last_sequence, previous.footer_offset);
            self.sealed.push(SealedSegment {
                ordinal: place.header.ordinal,
                first_sequence: place.header.first_sequence,
                last_sequence,
            });
            self.stage = Stage::Between(*previous);
        }
    }

    /// Begins the segment behind `previous`, in the file that was made for it.
    fn begin(&mut self, previous: Previous) -> Result<(), Error> {
        if self.ready.is_empty() {
            self.finish_draft();
        }
        let (first_sequence, bytes) = self.ready.front().map_or((self.next_sequence, 0), |draft| {
            (draft.first_sequence, draft.padded_len(self.storage.block_bytes()) as u64)
        });
        let header = self.header_for(previous, first_sequence, bytes)?;
        let path = path_of(header.ordinal);
        let file = self.storage.open(&path, OpenFor::Append).map_err(Error::io("open", &*path))?;
        if self.storage.len(&file).map_err(Error::io("measure", &*path))? < u64::from(header.file_bytes) {
            self.storage.preallocate(&file, u64::from(header.file_bytes)).map_err(Error::io("preallocate", &*path))?;
            self.storage.sync(&file).map_err(Error::io("sync", &*path))?;
        }
        let mut block = vec![0; header.block_bytes as usize];
        block[..super::segment::HEADER_BYTES].copy_from_slice(&header.encode());
        let chain = Chain::begin(&header);
        self.stage = Stage::Beginning(Place { header, file: file.clone(), path, chain });
        self.submit(&file, 0, buffer_of(&block), Load::Header)
    }

    /// The header of the segment behind `previous`, whose first write has `bytes`. A write that breaks the usual
    /// bounds gets a segment of its own: its own length, and nothing in flight beside it.
    fn header_for(&self, previous: Previous, first_sequence: u64, bytes: u64) -> Result<SegmentHeader, Error> {
        let block = self.storage.block_bytes() as u64;
        let usual = self.options.bounds;
        let large = bytes > u64::from(usual.write_bytes_max) * u64::from(usual.writes_in_flight);
        let bounds = if large { Bounds { write_bytes_max: bytes as u32, writes_in_flight: 1 } } else { usual };
        let whole = |bytes: u64| bytes.next_multiple_of(block);
        let file_bytes = whole(self.options.segment_bytes).max(block + whole(bytes) + 2 * block);
        let header = SegmentHeader {
            crc: 0,
            ledger_id: self.options.ledger_id,
            ordinal: previous.ordinal + 1,
            first_sequence,
            epoch: self.epoch,
            recorded_at_us: previous.recorded_at_us,
            previous_hash: previous.footer_hash,
            previous_offset: previous.footer_offset,
            file_bytes: u32::try_from(file_bytes).map_err(|_| Error::Config("a segment is too long".to_owned()))?,
            block_bytes: block as u32,
            bounds,
        };
        Ok(header.sealed())
    }

    /// The header is durable.
    pub(super) fn begun_segment(&mut self) {
        match std::mem::replace(&mut self.stage, Stage::Between(Previous::default())) {
            Stage::Beginning(place) => {
                let header = place.header;
                self.ahead.enter(header.ordinal, place.chain.offset, u64::from(header.file_bytes));
                self.shared.begin(header, Places::new(header.first_sequence));
                self.sworn_through = header.first_sequence - 1;
                self.stage = Stage::Writing(place);
            }
            other => self.stage = other,
        }
    }
}

fn buffer_of(bytes: &[u8]) -> WriteBuffer {
    let mut buffer = WriteBuffer::with_capacity(bytes.len());
    let fits = buffer.push(bytes);
    debug_assert!(fits);
    buffer
}
