//! What a writer and the readers of the same process share: how far the journal is durable, and where frames stand.
//!
//! The writer publishes; readers look. Locks are held for a search or for a few pushes, never during I/O.

use super::places::{Found, Places};
use super::segment::{SegmentHeader, ledger_seed, path_of};
use super::survey::Complete;
use crate::error::Error;
use crate::storage::{OpenFor, Storage};
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many files are kept open for reading, at most.
const FILES_OPEN_MAX: usize = 16;

/// A segment that has a header.
#[derive(Debug)]
pub(super) struct Segment {
    pub header: SegmentHeader,
    /// The last sequence and the footer's place, once it is complete.
    pub sealed: Option<(u64, u32)>,
    /// `None` until somebody has walked it.
    pub places: Option<Places>,
}

/// Where a reader finds a sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub header: SegmentHeader,
    pub sealed: Option<(u64, u32)>,
    /// `None` when the segment's places are not known, or when the sequence is before the first.
    pub found: Option<Found>,
    /// Whether its places are known.
    pub placed: bool,
}

/// The part of a journal that is common to its handles.
#[derive(Debug)]
pub(super) struct Shared<S: Storage> {
    pub storage: Arc<S>,
    durable_through: AtomicU64,
    segments: RwLock<Vec<Segment>>,
    files_max: usize,
    files: Mutex<Vec<(u64, S::File)>>,
}

impl<S: Storage> Shared<S> {
    pub(super) fn new(storage: Arc<S>, complete: &[Complete]) -> Self {
        let sealed = complete.iter().map(|segment| Segment {
            header: segment.header,
            sealed: Some((segment.footer.last_sequence, segment.footer_offset)),
            places: None,
        });
        let durable = complete.last().map_or(0, |segment| segment.footer.last_sequence);
        Self {
            files_max: FILES_OPEN_MAX.min(storage.idle_files_max() / 3),
            storage,
            durable_through: AtomicU64::new(durable),
            segments: RwLock::new(sealed.collect()),
            files: Mutex::new(Vec::new()),
        }
    }

    /// The highest sequence that readers may see.
    pub(super) fn durable_through(&self) -> u64 {
        self.durable_through.load(Ordering::Acquire)
    }

    /// Shows readers everything up to `sequence`.
    pub(super) fn publish(&self, sequence: u64) {
        self.durable_through.store(sequence, Ordering::Release);
    }

    /// A segment has begun.
    pub(super) fn begin(&self, header: SegmentHeader, places: Places) {
        self.segments.write().push(Segment { header, sealed: None, places: Some(places) });
    }

    /// The last segment is complete.
    pub(super) fn seal(&self, last_sequence: u64, footer_offset: u32) {
        if let Some(segment) = self.segments.write().last_mut() {
            segment.sealed = Some((last_sequence, footer_offset));
        }
    }

    /// Hands the places of the last segment to `change`.
    pub(super) fn with_last_places(&self, change: impl FnOnce(&mut Places)) {
        if let Some(places) = self.segments.write().last_mut().and_then(|segment| segment.places.as_mut()) {
            change(places);
        }
    }

    /// Replaces the places of a segment.
    pub(super) fn set_places(&self, ordinal: u64, places: Places) {
        let mut segments = self.segments.write();
        if let Some(segment) = segments.iter_mut().find(|segment| segment.header.ordinal == ordinal) {
            segment.places = Some(places);
        }
    }

    /// The places of a segment, when they are known.
    pub(super) fn places(&self, ordinal: u64) -> Option<Places> {
        let segments = self.segments.read();
        segments.iter().find(|segment| segment.header.ordinal == ordinal)?.places.clone()
    }

    /// Where `sequence` is to be looked for; `None` when no segment has begun at or before it.
    pub(super) fn spot(&self, sequence: u64) -> Option<Spot> {
        let segments = self.segments.read();
        let after = segments.partition_point(|segment| segment.header.first_sequence <= sequence);
        // A segment without a commit begins with the same sequence as the one behind it: the last counts.
        let segment = segments.get(after.checked_sub(1)?)?;
        let found = segment.places.as_ref().and_then(|places| places.find(sequence));
        Some(Spot { header: segment.header, sealed: segment.sealed, found, placed: segment.places.is_some() })
    }

    /// The segment with this ordinal, from its beginning.
    pub(super) fn segment(&self, ordinal: u64) -> Option<(SegmentHeader, Option<(u64, u32)>)> {
        let segments = self.segments.read();
        let segment = segments.get(usize::try_from(ordinal.checked_sub(1)?).ok()?)?;
        Some((segment.header, segment.sealed))
    }

    /// How many segments have begun.
    pub(super) fn segment_count(&self) -> u64 {
        self.segments.read().len() as u64
    }

    /// The CRC that frames continue from; 0 when no segment has begun.
    pub(super) fn ledger_seed(&self) -> u32 {
        self.segments.read().first().map_or(0, |segment| ledger_seed(&segment.header.ledger_id))
    }

    /// A segment's file, for reading.
    pub(super) fn file(&self, ordinal: u64) -> Result<S::File, Error> {
        if let Some((_, file)) = self.files.lock().iter().find(|(open, _)| *open == ordinal) {
            return Ok(file.clone());
        }
        let path = path_of(ordinal);
        let file = self.storage.open(&path, OpenFor::Read).map_err(Error::io("open", path))?;
        let mut files = self.files.lock();
        if files.len() >= self.files_max {
            files.remove(0);
        }
        files.push((ordinal, file.clone()));
        Ok(file)
    }

    /// Forgets an open file whose name may stand for another one now.
    pub(super) fn forget_file(&self, ordinal: u64) {
        self.files.lock().retain(|(open, _)| *open != ordinal);
    }
}
