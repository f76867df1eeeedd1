//! Building a sidecar from the events of its segment.

use crate::error::Error;
use crate::model::{AccountNumber, CommandId, LedgerId, Sequence, Timestamp};
use crate::rebuildable::{FileWriter, Identity, Purpose};
use crate::storage::Storage;

use super::hash::IdHasher;
use super::{
    ACCOUNT_BYTES, ACCOUNTS, FENCE_BYTES, FENCES, FRAME_BYTES, FRAMES, FRAMES_STEP, ID_BYTES, IDS, KIND, LANE,
    LANE_BYTES, Lane, TOUCH_BYTES, TOUCHES, path,
};

/// How many ids, at most twice as many, lie between two fences: so that the place of one is known to a page or two.
const IDS_A_FENCE: u64 = 256;
/// The most fences: they stay in memory, four bytes each.
pub(super) const FENCE_BITS_MAX: u32 = 12;

/// Which segment a sidecar is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentFacts {
    /// The ledger.
    pub ledger: LedgerId,
    /// The segment's ordinal.
    pub ordinal: u64,
    /// Its first sequence.
    pub first: Sequence,
    /// Its last sequence.
    pub last: Sequence,
    /// When its last event was recorded.
    pub recorded_at: Timestamp,
    /// What ties it to one history: its footer's hash.
    pub source: [u8; 32],
}

/// Takes a sealed segment's events in order and writes its sidecar.
///
/// Memory while it builds: 36 bytes an event and 8 bytes an account touched, so about 80 MB for a segment of 256 MiB.
#[derive(Debug)]
pub struct SidecarBuilder {
    segment: SegmentFacts,
    hasher: IdHasher,
    ids: Vec<HashedId>,
    /// Account number in the high half, event in the low half.
    touches: Vec<u64>,
    /// The place of each event's frame.
    offsets: Vec<u32>,
    frames: Vec<(u32, u32)>,
    frames_seen: u64,
}

/// An id with its hash before it: the order of the section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct HashedId {
    hash: u64,
    id: [u8; 16],
    /// The event, counted from the segment's first.
    event: u32,
}

impl SidecarBuilder {
    /// Starts the sidecar of `segment`.
    pub fn new(segment: SegmentFacts) -> Self {
        Self {
            segment,
            hasher: IdHasher::new(segment.ledger),
            ids: Vec::new(),
            touches: Vec::new(),
            offsets: Vec::new(),
            frames: Vec::new(),
            frames_seen: 0,
        }
    }

    /// Which segment it is for.
    pub const fn facts(&self) -> &SegmentFacts {
        &self.segment
    }

    /// Takes in the next event: the command it answers, if there is one, the accounts it touches, each once, and where its
    /// frame begins in the segment.
    ///
    /// # Errors
    /// [`Error::Config`] when the frame lies beyond 4 GiB; [`Error::Contradiction`] when the event is not the next one.
    pub fn event(
        &mut self,
        sequence: Sequence,
        command: Option<CommandId>,
        accounts: impl IntoIterator<Item = AccountNumber>,
        frame_offset: u64,
    ) -> Result<(), Error> {
        let Ok(event) = u32::try_from(self.offsets.len()) else {
            return Err(Error::Config("a segment of more than 4,294,967,295 events has no sidecar".to_owned()));
        };
        let Ok(offset) = u32::try_from(frame_offset) else {
            return Err(Error::Config("a segment of more than 4 GiB has no sidecar".to_owned()));
        };
        let next = self.segment.first.0 + u64::from(event);
        if sequence.0 != next || sequence > self.segment.last {
            let Sequence(found) = sequence;
            let ordinal = self.segment.ordinal;
            return Err(Error::Contradiction(format!("segment {ordinal} has event {found} where {next} is due")));
        }
        if self.offsets.last() != Some(&offset) {
            if self.frames_seen.is_multiple_of(FRAMES_STEP) {
                self.frames.push((event, offset));
            }
            self.frames_seen += 1;
        }
        self.offsets.push(offset);
        if let Some(command) = command {
            let hash = self.hasher.hash(command).order;
            self.ids.push(HashedId { hash, id: command.to_bytes(), event });
        }
        self.touches.extend(accounts.into_iter().map(|account| u64::from(account.0) << 32 | u64::from(event)));
        Ok(())
    }

    /// Writes the sidecar and makes it durable.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when events are missing; [`Error::Io`] when it could not be written: an older sidecar of
    /// that segment, if there was one, is then still there.
    pub fn write<S: Storage>(self, storage: &S) -> Result<(), Error> {
        self.pour(storage, Purpose::Write)
    }

    /// Holds the sidecar that is there against what would be written.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when they differ, or when events are missing; [`Error::Io`].
    pub fn compare<S: Storage>(self, storage: &S) -> Result<(), Error> {
        self.pour(storage, Purpose::Compare)
    }

    fn pour<S: Storage>(mut self, storage: &S, purpose: Purpose) -> Result<(), Error> {
        let SegmentFacts { ledger, ordinal, first, last, recorded_at, source } = self.segment;
        if first.0 + self.offsets.len() as u64 != last.0 + 1 {
            let found = self.offsets.len();
            let due = last.0 + 1 - first.0;
            return Err(Error::Contradiction(format!("segment {ordinal} has {found} events where {due} are due")));
        }
        self.ids.sort_unstable();
        self.touches.sort_unstable();
        let path = path(ordinal);
        let identity = Identity { ledger, subject: ordinal, first, last, recorded_at, source };
        let mut file = FileWriter::begin(storage, &path, &KIND, identity, purpose)?;
        self.write_ids(&mut file)?;
        self.write_frames(&mut file)?;
        self.write_touches(&mut file)?;
        file.finish()
    }

    fn write_ids<S: Storage>(&self, file: &mut FileWriter<'_, S>) -> Result<(), Error> {
        let mut lane = Lane::new(self.ids.len() as u64);
        file.section(IDS, true, ID_BYTES as u32)?;
        for entry in &self.ids {
            let mut record = [0; ID_BYTES];
            record[..16].copy_from_slice(&entry.id);
            record[16..].copy_from_slice(&entry.event.to_le_bytes());
            file.record(&record)?;
            lane.set(self.hasher.hash(CommandId::from_bytes(entry.id)));
        }
        file.section(FENCES, true, FENCE_BYTES as u32)?;
        let bits = fence_bits(self.ids.len() as u64);
        let mut place = 0;
        for fence in 0..=1u64 << bits {
            while place < self.ids.len() && slice_of(self.ids[place].hash, bits) < fence {
                place += 1;
            }
            file.record(&(place as u32).to_le_bytes())?;
        }
        file.section(LANE, true, LANE_BYTES as u32)?;
        lane.blocks().iter().try_for_each(|block| file.record(&block.to_le_bytes()))
    }

    fn write_frames<S: Storage>(&self, file: &mut FileWriter<'_, S>) -> Result<(), Error> {
        file.section(FRAMES, true, FRAME_BYTES as u32)?;
        self.frames.iter().try_for_each(|&(event, offset)| file.record(&pair(event, offset)))
    }

    fn write_touches<S: Storage>(&self, file: &mut FileWriter<'_, S>) -> Result<(), Error> {
        file.section(ACCOUNTS, true, ACCOUNT_BYTES as u32)?;
        let mut before = None;
        for (place, &touch) in self.touches.iter().enumerate() {
            let account = (touch >> 32) as u32;
            if before != Some(account) {
                file.record(&pair(account, place as u32))?;
                before = Some(account);
            }
        }
        file.section(TOUCHES, true, TOUCH_BYTES as u32)?;
        for &touch in &self.touches {
            let event = touch as u32;
            file.record(&pair(event, self.offsets[event as usize]))?;
        }
        Ok(())
    }
}

/// How many high bits of a hash tell the slice between two fences; a function of the number of ids.
pub(super) fn fence_bits(ids: u64) -> u32 {
    (ids / IDS_A_FENCE).checked_ilog2().unwrap_or(0).min(FENCE_BITS_MAX)
}

/// The slice of `bits` bits that a hash lies in.
pub(super) fn slice_of(hash: u64, bits: u32) -> u64 {
    hash.checked_shr(64 - bits).unwrap_or(0)
}

fn pair(first: u32, second: u32) -> [u8; 8] {
    let mut record = [0; 8];
    record[..4].copy_from_slice(&first.to_le_bytes());
    record[4..].copy_from_slice(&second.to_le_bytes());
    record
}
