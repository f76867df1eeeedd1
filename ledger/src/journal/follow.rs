//! Follows a journal that another process may be writing.
//!
//! In: the folder, as it is at the moment. Out: what is durable, published to the readers of this process. It reads
//! what may be half written, so it trusts a write only once a later one (or the footer, or the next header) says
//! that it is durable, and looks again before it calls anything damaged.

use super::chain::Chain;
use super::judge::{Tail, sequences};
use super::places::Places;
use super::scan::{Scan, Stop};
use super::segment::{SegmentHeader, path_of};
use super::shared::Shared;
use super::survey::first_block;
use super::window::Window;
use crate::error::Error;
use crate::storage::{OpenFor, Storage};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// How often a place is looked at again before bytes that are said to be durable count as damaged.
const LOOKS_MAX: u32 = 3;

/// Where a follower stands.
#[derive(Debug)]
pub(super) struct Following<S: Storage> {
    shared: Arc<Shared<S>>,
    /// The place behind the last write known durable, in the last segment that has begun.
    place: Option<(SegmentHeader, Chain)>,
    /// Whether that segment is complete.
    sealed: bool,
    /// The last sequence in a valid write at the last look, confirmed or not.
    written: u64,
}

impl<S: Storage> Following<S> {
    /// Behind the complete segments that `shared` knows.
    pub(super) fn new(shared: Arc<Shared<S>>) -> Self {
        Self { shared, place: None, sealed: true, written: 0 }
    }

    /// The last sequence in a valid write at the last look: more than what is durable while a running writer's last write
    /// waits for its confirmation, and after a writer was stopped.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    /// Whether `ordinal` is the next segment, everything in front of it being complete.
    pub(super) fn awaits(&self, ordinal: u64) -> bool {
        self.sealed && self.shared.segment_count() + 1 == ordinal
    }

    /// Publishes what is durable by now.
    pub(super) fn follow(&mut self) -> Result<(), Error> {
        loop {
            if self.sealed && !self.next_segment()? {
                return Ok(());
            }
            self.look()?;
            if !self.sealed {
                return Ok(());
            }
        }
    }

    /// Goes into the next segment, if it has begun.
    fn next_segment(&mut self) -> Result<bool, Error> {
        let ordinal = self.shared.segment_count() + 1;
        let Some(header) = header_of(&self.shared, ordinal)? else {
            return Ok(false);
        };
        self.shared.forget_file(ordinal);
        self.shared.begin(header, Places::new(header.first_sequence));
        self.place = Some((header, Chain::begin(&header)));
        self.sealed = false;
        Ok(true)
    }

    fn look(&mut self) -> Result<(), Error> {
        for left in (0..LOOKS_MAX).rev() {
            let Some((header, before)) = self.place.clone() else {
                return Ok(());
            };
            // A writer that recovers puts another file under this name; the part known durable is the same in both.
            self.shared.forget_file(header.ordinal);
            let window =
                Window::new(self.shared.storage.clone(), self.shared.file(header.ordinal)?, path_of(header.ordinal));
            let mut scan = Scan::resume(window, header, before);
            let stop = self.scan(&mut scan, header)?;
            self.written = scan.chain.next_sequence - 1;
            if let Stop::Sealed(footer) = stop {
                self.shared.seal(footer.last_sequence, scan.chain.offset as u32);
                self.shared.publish(footer.last_sequence);
                self.sealed = true;
                return Ok(());
            }
            let from = scan.chain.offset;
            // A write that says more is durable was submitted when no more than the bounds lay in front of it.
            let to = from + 2 * header.torn_bytes_max() + u64::from(header.block_bytes);
            let tail = Tail::examine(scan.window(), &header, from, to)?;
            let mut through = tail.proof.map(|proof| proof.durable_through);
            if through.is_none() {
                let next = header_of(&self.shared, header.ordinal + 1)?;
                through = next.map(|next| next.first_sequence - 1);
            }
            let Some(through) = through else {
                return Ok(());
            };
            if left == 0 {
                let (check, offset) = stop.fault(from);
                let check = format!("{check}; {}", sequences(scan.chain.next_sequence, through));
                return Err(Error::Corrupt { path: path_of(header.ordinal), offset, check });
            }
        }
        Ok(())
    }

    /// Goes over the writes that are there, and keeps the place behind the last one that is known durable.
    fn scan(&mut self, scan: &mut Scan<S>, header: SegmentHeader) -> Result<Stop, Error> {
        let mut waiting: VecDeque<(Chain, Places)> = VecDeque::new();
        loop {
            let mut places = Places::new(header.first_sequence);
            let stop = scan.next(&mut places)?;
            if stop.is_none() {
                waiting.push_back((scan.chain.clone(), places));
            }
            let durable = match stop {
                Some(Stop::Sealed(_)) => u64::MAX,
                _ => scan.chain.durable_offset,
            };
            while waiting.front().is_some_and(|(chain, _)| chain.offset <= durable) {
                if let Some((chain, places)) = waiting.pop_front() {
                    self.shared.with_last_places(|all| all.append(&places));
                    self.shared.publish(chain.next_sequence - 1);
                    self.place = Some((header, chain));
                }
            }
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
    }
}

/// The header of a segment, when it has begun.
fn header_of<S: Storage>(shared: &Shared<S>, ordinal: u64) -> Result<Option<SegmentHeader>, Error> {
    let path = path_of(ordinal);
    let file = match shared.storage.open(&path, OpenFor::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open", path)(error)),
    };
    let block = first_block(&*shared.storage, &file, &path)?;
    Ok(SegmentHeader::parse(&block).ok().filter(|header| header.ordinal == ordinal))
}
