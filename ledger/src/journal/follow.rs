//! Follows a journal that another process may be writing.
//!
//! In: the folder, as it is at the moment. Out: what is durable, published to the readers of this process. It reads
//! what may be half written, so it trusts a write only once a later one (or the footer, or the next header) says
//! that it is durable, and looks again before it calls anything damaged.

use super::chain::Chain;
use super::judge::{Tail, sequences};
use super::places::Places;
use super::scan::{Scan, Stop};
use super::segment::{Footer, SegmentHeader, footer_hash, path_of};
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
    /// Whether a footer stood there.
    ended: bool,
    /// The last sequence in a valid write at the last look, confirmed or not.
    written: u64,
}

impl<S: Storage> Following<S> {
    /// Behind the complete segments that `shared` knows.
    pub(super) fn new(shared: Arc<Shared<S>>) -> Self {
        Self { shared, place: None, ended: true, written: 0 }
    }

    /// The last sequence in a valid write at the last look: more than what is durable while a running writer's last write
    /// waits for its confirmation, and after a writer was stopped.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    /// Whether a footer, and no next segment's header, stood where it ended: or nothing at all, before the first segment.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Publishes what is durable by now.
    pub(super) fn follow(&mut self) -> Result<(), Error> {
        if self.place.is_none() {
            let next = self.shared.segment_count() + 1;
            let Some(header) = header_of(&self.shared, next)? else {
                return Ok(());
            };
            self.enter(header);
        }
        // A segment counts as complete once the next one has begun behind its footer: a footer alone may have been
        // seen while its writer failed to make it durable, and then a later writer goes on in its place.
        while let Some(next) = self.look()? {
            self.enter(next);
        }
        Ok(())
    }

    fn enter(&mut self, header: SegmentHeader) {
        self.shared.forget_file(header.ordinal);
        self.shared.begin(header, Places::new(header.first_sequence));
        self.place = Some((header, Chain::begin(&header)));
    }

    /// Looks at the segment that it stands in; gives back the next one's header when this one is complete.
    fn look(&mut self) -> Result<Option<SegmentHeader>, Error> {
        for left in (0..LOOKS_MAX).rev() {
            let Some((header, before)) = self.place.clone() else {
                return Ok(None);
            };
            // A writer that recovers puts another file under this name; the part known durable is the same in both.
            self.shared.forget_file(header.ordinal);
            let (file, path) = (self.shared.file(header.ordinal)?, path_of(header.ordinal));
            let mut scan = Scan::resume(Window::new(self.shared.storage.clone(), file, path.clone()), header, before);
            let stop = self.scan(&mut scan, header)?;
            self.written = scan.chain.next_sequence - 1;
            self.ended = matches!(stop, Stop::Sealed(_));
            let from = scan.chain.offset;
            let next = header_of(&self.shared, header.ordinal + 1)?;
            let through = match (&stop, next) {
                (Stop::Sealed(footer), Some(next)) if follows(&header, footer, from, &next) => {
                    self.shared.seal(footer.last_sequence, from as u32);
                    return Ok(Some(next));
                }
                (Stop::Sealed(_), None) => None,
                (_, Some(next)) => Some(next.first_sequence - 1),
                // A write that says more is durable was submitted when no more than the bounds lay in front of it.
                (_, None) => {
                    let to = from + 2 * header.torn_bytes_max() + u64::from(header.block_bytes);
                    Tail::examine(scan.window(), &header, from, to)?.proof.map(|proof| proof.durable_through)
                }
            };
            let Some(through) = through else {
                return Ok(None);
            };
            if left == 0 {
                let (check, offset) = stop.fault(from);
                let check = format!("{check}; {}", sequences(scan.chain.next_sequence, through));
                return Err(Error::Corrupt { path, offset, check });
            }
        }
        Ok(None)
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

/// Whether `next` names this footer at this place.
fn follows(header: &SegmentHeader, footer: &Footer, offset: u64, next: &SegmentHeader) -> bool {
    let hash = footer_hash(&footer.encode(header.crc, header.block_bytes as usize));
    next.previous_hash == hash && u64::from(next.previous_offset) == offset
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
