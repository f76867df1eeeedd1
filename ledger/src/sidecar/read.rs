//! Asking a sidecar.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::error::Error;
use crate::model::{AccountNumber, CommandId, Sequence};
use crate::rebuildable::{Bracket, Handles, Identity, Opened, PagedFile, Pages, Reason, Section, array};
use crate::storage::Storage;

use super::build::{fence_bits, slice_of};
use super::hash::{IdHash, IdHasher};
use super::{
    ACCOUNT_BYTES, ACCOUNTS, DIR, FENCE_BYTES, FENCES, FRAME_BYTES, FRAMES, ID_BYTES, IDS, KIND, LANE, LANE_BYTES,
    Lane, SUFFIX, SegmentFacts, TOUCH_BYTES, TOUCHES,
};

/// The path of segment `ordinal`'s sidecar.
pub fn path(ordinal: u64) -> String {
    format!("{DIR}/{ordinal:010}{SUFFIX}")
}

/// An event's place in its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The event.
    pub sequence: Sequence,
    /// Where its frame begins in the segment, in bytes.
    pub frame_offset: u64,
}

/// The open sidecar of one sealed segment. In memory: its fences, at most 16 KiB.
#[derive(Debug)]
pub struct Sidecar<S: Storage> {
    file: PagedFile<S>,
    hasher: IdHasher,
    fences: Vec<u32>,
    fence_bits: u32,
    last_account: u32,
    sections: Sections,
}

#[derive(Debug, Clone, Copy)]
struct Sections {
    ids: Section,
    lane: Section,
    frames: Section,
    accounts: Section,
    touches: Section,
}

impl<S: Storage> Sidecar<S> {
    /// Opens the sidecar of `segment`: header, fences and the last page of accounts are read and checked.
    ///
    /// # Errors
    /// [`Error::Version`] when it is of a newer format. All else that is wrong with it is [`Opened::Unusable`].
    pub fn open(handles: &Arc<Handles<S>>, segment: &SegmentFacts) -> Result<Opened<Self>, Error> {
        let path = path(segment.ordinal);
        let file = match PagedFile::open(handles, &path, &KIND, segment.ledger, Some(segment.ordinal))? {
            Opened::Usable(file) => file,
            Opened::Unusable(why) => return Ok(Opened::Unusable(why)),
            Opened::Missing => return Ok(Opened::Missing),
        };
        if !file.covers(segment.first, segment.last) || file.identity().source != segment.source {
            return Ok(Opened::unusable(&path, Reason::Subject("not the segment that is there")));
        }
        match Self::load(file, IdHasher::new(segment.ledger)) {
            Ok(sidecar) => Ok(Opened::Usable(sidecar)),
            Err(reason) => Ok(Opened::unusable(&path, reason)),
        }
    }

    fn load(file: PagedFile<S>, hasher: IdHasher) -> Result<Self, Reason> {
        let sections = Sections {
            ids: file.section(IDS, ID_BYTES)?,
            lane: file.section(LANE, LANE_BYTES)?,
            frames: file.section(FRAMES, FRAME_BYTES)?,
            accounts: file.section(ACCOUNTS, ACCOUNT_BYTES)?,
            touches: file.section(TOUCHES, TOUCH_BYTES)?,
        };
        let Identity { first, last, .. } = *file.identity();
        let ids = sections.ids.records;
        if ids > last.0 - first.0 + 1 || ids > u64::from(u32::MAX) {
            return Err(Reason::Records("more command ids than events"));
        }
        let fence_bits = fence_bits(ids);
        let fences = read_fences(&file, fence_bits, ids)?;
        let mut accounts = Pages::new(&file, sections.accounts);
        let last_account = match sections.accounts.records.checked_sub(1) {
            None => 0,
            Some(place) => u32_at(accounts.record(place).map_err(|error| Reason::of(&error))?, 0),
        };
        Ok(Self { file, hasher, fences, fence_bits, last_account, sections })
    }

    /// What it is about and what it swears.
    pub fn identity(&self) -> &Identity {
        self.file.identity()
    }

    /// The file, relative to the ledger.
    pub fn path(&self) -> &str {
        self.file.path()
    }

    /// The filter's bits, read whole: about 4 MB for a segment of 256 MiB.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC or the bits are not for this many ids; [`Error::Io`].
    pub fn lane(&self) -> Result<Lane, Error> {
        let section = &self.sections.lane;
        let due = Lane::new(self.sections.ids.records).blocks().len();
        if section.records != due as u64 {
            return Err(self.file.corrupt(section.offset, "number of filter blocks"));
        }
        let mut blocks = Vec::with_capacity(due);
        let mut records = self.file.all(section);
        while let Some(run) = records.next()? {
            blocks.extend(run.map(|record| u64::from_le_bytes(array(record, 0))));
        }
        Lane::from_blocks(blocks).ok_or_else(|| self.file.corrupt(section.offset, "number of filter blocks"))
    }

    /// The sequence of the event that `id` led to in this segment. One or two reads of 4 KiB.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn find_command(&self, id: CommandId) -> Result<Option<Sequence>, Error> {
        self.find_hashed(id, self.hasher.hash(id))
    }

    pub(super) fn find_hashed(&self, id: CommandId, hash: IdHash) -> Result<Option<Sequence>, Error> {
        let slice = slice_of(hash.order, self.fence_bits) as usize;
        let (from, to) = (u64::from(self.fences[slice]), u64::from(self.fences[slice + 1]));
        if from == to {
            return Ok(None);
        }
        let section = self.sections.ids;
        let a_page = self.file.records_a_page(&section);
        let slice_keys = u64::MAX >> self.fence_bits;
        let slice_start = (slice as u64).checked_shl(64 - self.fence_bits).unwrap_or(0);
        let keys_a_record = slice_keys / (to - from);
        // The slice's pages begin and end outside of it: stretch the keys to the pages' edges.
        let (low, high) = (from / a_page, (to - 1) / a_page);
        let bracket = Bracket {
            low,
            high,
            low_key: slice_start.saturating_sub(keys_a_record.saturating_mul(from - low * a_page)),
            high_key: (slice_start + slice_keys).saturating_add(keys_a_record.saturating_mul((high + 1) * a_page - to)),
        };
        let mut pages = Pages::new(&self.file, section);
        let key_of = |record: &[u8]| self.hasher.hash(CommandId::from_bytes(array(record, 0))).order;
        let found = pages.search(bracket, hash.order, key_of)?;
        // Ids of one hash may run over the edges of pages, so their neighbours may have to be looked at.
        let mut page = found;
        while page > low && pages.load(page)?.get(..ID_BYTES).is_some_and(|first| key_of(first) == hash.order) {
            page -= 1;
        }
        while page <= high {
            let records = pages.load(page)?;
            if let Some(event) = find_in_page(records, id, hash.order, key_of) {
                return self.sequence_of(event).map(Some);
            }
            let last = records.len().saturating_sub(ID_BYTES);
            if page >= found && records.get(last..).is_none_or(|last| key_of(last) != hash.order) {
                break;
            }
            page += 1;
        }
        Ok(None)
    }

    fn sequence_of(&self, event: u32) -> Result<Sequence, Error> {
        let Identity { first, last, .. } = *self.file.identity();
        let sequence = Sequence(first.0 + u64::from(event));
        if sequence > last {
            return Err(self.file.corrupt(0, "an event behind the segment's last"));
        }
        Ok(sequence)
    }

    /// The events within `range` that touch `account`, newest first, at most `events_max` of them, appended to `into`.
    ///
    /// Three or four reads of 4 KiB and one more for each 511 events.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn account_sequences(
        &self,
        account: AccountNumber,
        range: RangeInclusive<Sequence>,
        events_max: usize,
        into: &mut Vec<Place>,
    ) -> Result<(), Error> {
        let Identity { first, last, .. } = *self.file.identity();
        let (oldest, newest) = (first.max(*range.start()), last.min(*range.end()));
        if oldest > newest || events_max == 0 {
            return Ok(());
        }
        let Some((from, to)) = self.touches_of(account)? else { return Ok(()) };
        let newest_event = (newest.0 - first.0) as u32;
        let mut pages = Pages::new(&self.file, self.sections.touches);
        let mut place = Self::touches_through(&mut pages, from, to, newest_event)?;
        let mut left = events_max;
        while place > from && left > 0 {
            place -= 1;
            let record = pages.record(place)?;
            let (event, frame_offset) = (u32_at(record, 0), u64::from(u32_at(record, 4)));
            let sequence = self.sequence_of(event)?;
            if sequence < oldest {
                break;
            }
            into.push(Place { sequence, frame_offset });
            left -= 1;
        }
        Ok(())
    }

    /// Which touches are the account's.
    fn touches_of(&self, account: AccountNumber) -> Result<Option<(u64, u64)>, Error> {
        let section = self.sections.accounts;
        if section.records == 0 || account.0 > self.last_account {
            return Ok(None);
        }
        let mut pages = Pages::new(&self.file, section);
        let high_key = u64::from(self.last_account);
        let bracket = Bracket { low: 0, high: pages.count() - 1, low_key: 0, high_key };
        let page = pages.search(bracket, u64::from(account.0), |record| u64::from(u32_at(record, 0)))?;
        let records = pages.load(page)?;
        let count = records.len() / ACCOUNT_BYTES;
        let within = partition(count, |nth| u32_at(records, nth * ACCOUNT_BYTES) < account.0);
        if within == count || u32_at(records, within * ACCOUNT_BYTES) != account.0 {
            return Ok(None);
        }
        let from = u64::from(u32_at(records, within * ACCOUNT_BYTES + 4));
        let next = page * self.file.records_a_page(&section) + within as u64 + 1;
        let to = if next == section.records { self.sections.touches.records } else { touch_place(pages.record(next)?) };
        if from >= to || to > self.sections.touches.records {
            return Err(self.file.corrupt(section.offset, "places of an account's events"));
        }
        Ok(Some((from, to)))
    }

    /// The end of the touches `from..to` that are not behind `newest_event`.
    fn touches_through(pages: &mut Pages<'_, S>, from: u64, to: u64, newest_event: u32) -> Result<u64, Error> {
        let (mut low, mut high) = (from, to);
        if event_of(pages.record(to - 1)?) <= newest_event {
            return Ok(to);
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if event_of(pages.record(middle)?) <= newest_event { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// The noted frame at or before `sequence`, from which the frame that holds it is at most
    /// [`FRAMES_STEP`](super::FRAMES_STEP) frames away; `None` when the segment does not hold the sequence.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn frame_before(&self, sequence: Sequence) -> Result<Option<Place>, Error> {
        let Identity { first, last, .. } = *self.file.identity();
        if sequence < first || sequence > last {
            return Ok(None);
        }
        let event = sequence.0 - first.0;
        let mut pages = Pages::new(&self.file, self.sections.frames);
        let bracket = Bracket { low: 0, high: pages.count().max(1) - 1, low_key: 0, high_key: last.0 - first.0 };
        let page = pages.search(bracket, event, |record| u64::from(event_of(record)))?;
        let records = pages.load(page)?;
        let after =
            partition(records.len() / FRAME_BYTES, |nth| u64::from(u32_at(records, nth * FRAME_BYTES)) <= event);
        let Some(record) = after.checked_sub(1).map(|nth| &records[nth * FRAME_BYTES..]) else {
            return Err(self.file.corrupt(self.sections.frames.offset, "the first frame is missing"));
        };
        let frame_offset = u64::from(u32_at(record, 4));
        self.sequence_of(event_of(record)).map(|sequence| Some(Place { sequence, frame_offset }))
    }

    /// All noted frames in order.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn frames(&self) -> Result<Vec<Place>, Error> {
        let mut places = Vec::with_capacity(self.sections.frames.records as usize);
        let mut records = self.file.all(&self.sections.frames);
        while let Some(run) = records.next()? {
            for record in run {
                let frame_offset = u64::from(u32_at(record, 4));
                places.push(Place { sequence: self.sequence_of(event_of(record))?, frame_offset });
            }
        }
        Ok(places)
    }

    /// Reads every page.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for the first page that fails its CRC; [`Error::Io`] when one cannot be read.
    pub fn verify(&self) -> Result<(), Error> {
        self.file.verify()
    }
}

fn read_fences<S: Storage>(file: &PagedFile<S>, bits: u32, ids: u64) -> Result<Vec<u32>, Reason> {
    let section = file.section(FENCES, FENCE_BYTES)?;
    if section.records != (1 << bits) + 1 {
        return Err(Reason::Records("number of fences"));
    }
    let mut fences = Vec::with_capacity(section.records as usize);
    let mut records = file.all(&section);
    while let Some(run) = records.next().map_err(|error| Reason::of(&error))? {
        fences.extend(run.map(|record| u32_at(record, 0)));
    }
    let ends = fences.first() == Some(&0) && fences.last().is_some_and(|&last| u64::from(last) == ids);
    if ends && fences.is_sorted() { Ok(fences) } else { Err(Reason::Records("order of fences")) }
}

fn find_in_page(records: &[u8], id: CommandId, hash: u64, key_of: impl Fn(&[u8]) -> u64) -> Option<u32> {
    let bytes = id.to_bytes();
    let count = records.len() / ID_BYTES;
    let mut nth = partition(count, |nth| key_of(&records[nth * ID_BYTES..]) < hash);
    while nth < count {
        let record = &records[nth * ID_BYTES..][..ID_BYTES];
        if record[..16] == bytes {
            return Some(u32_at(record, 16));
        }
        if key_of(record) != hash {
            return None;
        }
        nth += 1;
    }
    None
}

/// The first of `0..count` for which `below` does not hold; it holds for all before and none after.
fn partition(count: usize, below: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if below(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

fn event_of(record: &[u8]) -> u32 {
    u32_at(record, 0)
}

fn touch_place(record: &[u8]) -> u64 {
    u64::from(u32_at(record, 4))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}
