//! One file's bytes: those on the disk, those that reads see, and the writes between the two.

use super::bytes::{Bytes, PAGE_BYTES};
use super::crash::Odds;
use super::rng::Rng;
use crate::storage::Ticket;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// What a device writes whole or not at all.
pub(super) const SECTOR_BYTES: u64 = 512;

/// How far a write has come on its way to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// In the page cache; the next sync makes it durable.
    Cached,
    /// Submitted and not completed; reads do not see it yet.
    InFlight(Ticket),
    /// Its sync or its completion failed: reads may see it, and nothing makes it durable any more.
    Limbo,
}

/// A write that a power cut may undo; without bytes, it only extends the file to its offset.
#[derive(Debug, Clone)]
struct Unsynced {
    offset: u64,
    bytes: Arc<[u8]>,
    stage: Stage,
}

impl Unsynced {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    fn pages(&self) -> Range<u64> {
        self.offset / PAGE_BYTES..self.end().div_ceil(PAGE_BYTES)
    }

    /// The part of it within `range`.
    fn within(&self, range: &Range<u64>) -> Option<Self> {
        let (start, end) = (self.offset.max(range.start), self.end().min(range.end));
        let part = || self.bytes[(start - self.offset) as usize..(end - self.offset) as usize].into();
        (start < end).then(|| Self { offset: start, bytes: part(), stage: self.stage })
    }
}

/// A file's content.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    durable: Bytes,
    cached: Bytes,
    /// Oldest first.
    unsynced: Vec<Unsynced>,
}

impl Content {
    /// A file that holds `bytes` on the disk.
    pub(super) fn durable(bytes: Bytes) -> Self {
        Self { cached: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }

    /// What reads see.
    pub(super) fn cached(&self) -> &Bytes {
        &self.cached
    }

    pub(super) fn is_settled(&self) -> bool {
        self.unsynced.is_empty()
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.cached.write(offset, bytes);
        self.unsynced.push(Unsynced { offset, bytes: bytes.into(), stage: Stage::Cached });
    }

    pub(super) fn grow_to(&mut self, len: u64) {
        if len > self.cached.len() {
            self.cached.grow_to(len);
            self.unsynced.push(Unsynced { offset: len, bytes: Arc::default(), stage: Stage::Cached });
        }
    }

    /// Everything in the page cache becomes durable, except what an earlier failure left in limbo.
    pub(super) fn sync(&mut self) {
        let (synced, rest) = self.unsynced.drain(..).partition(|write| write.stage == Stage::Cached);
        self.unsynced = rest;
        for write in synced {
            self.settle(&write, |stage| stage == Stage::Limbo);
        }
    }

    /// What this sync should have made durable is in limbo for ever.
    pub(super) fn fail_sync(&mut self) {
        for write in self.unsynced.iter_mut().filter(|write| write.stage == Stage::Cached) {
            write.stage = Stage::Limbo;
        }
    }

    pub(super) fn submit(&mut self, ticket: Ticket, offset: u64, bytes: &[u8]) {
        self.unsynced.push(Unsynced { offset, bytes: bytes.into(), stage: Stage::InFlight(ticket) });
    }

    fn take(&mut self, ticket: Ticket) -> Option<Unsynced> {
        let place = self.unsynced.iter().position(|write| write.stage == Stage::InFlight(ticket))?;
        Some(self.unsynced.remove(place))
    }

    /// How many bytes a submitted write has.
    pub(super) fn in_flight_bytes(&self, ticket: Ticket) -> usize {
        let found = self.unsynced.iter().find(|write| write.stage == Stage::InFlight(ticket));
        found.map_or(0, |write| write.bytes.len())
    }

    /// A submitted write is durable.
    pub(super) fn complete(&mut self, ticket: Ticket) {
        if let Some(write) = self.take(ticket) {
            self.cached.write(write.offset, &write.bytes);
            self.settle(&write, |stage| matches!(stage, Stage::Limbo | Stage::Cached));
        }
    }

    /// A submitted write ended without its sync; reads see it, and only a later sync of the file makes it durable.
    pub(super) fn complete_unsynced(&mut self, ticket: Ticket) {
        if let Some(write) = self.take(ticket) {
            self.write(write.offset, &write.bytes);
        }
    }

    /// A submitted write failed after its first `landed` bytes.
    pub(super) fn fail(&mut self, ticket: Ticket, landed: usize) {
        if let Some(mut write) = self.take(ticket) {
            self.cached.write(write.offset, &write.bytes[..landed]);
            write.stage = Stage::Limbo;
            self.unsynced.push(write);
        }
    }

    /// Puts a write on the disk; what it covers of older writes at the `superseded` stages cannot come back.
    fn settle(&mut self, write: &Unsynced, superseded: impl Fn(Stage) -> bool) {
        self.durable.write(write.offset, &write.bytes);
        let covered = write.offset..write.end();
        let older = std::mem::take(&mut self.unsynced);
        for other in older {
            if covered.is_empty() || !superseded(other.stage) || other.within(&covered).is_none() {
                self.unsynced.push(other);
            } else {
                self.unsynced.extend(other.within(&(0..covered.start)));
                self.unsynced.extend(other.within(&(covered.end..u64::MAX)));
            }
        }
    }

    /// Flips bits on the disk, and says at which bytes.
    pub(super) fn rot(&mut self, rng: &mut Rng, bits: usize) -> Vec<u64> {
        let flip = |place: u64, mask: u8, bytes: &mut Bytes| {
            let mut byte = [0];
            if bytes.read(place, &mut byte) == 1 {
                bytes.write(place, &[byte[0] ^ mask]);
            }
        };
        let mut places = Vec::new();
        for _ in 0..bits.min(self.durable.len() as usize * 8) {
            let (place, mask) = (rng.below(self.durable.len()), 1 << rng.below(8));
            flip(place, mask, &mut self.durable);
            flip(place, mask, &mut self.cached);
            places.push(place);
        }
        places
    }

    /// The process ends and the page cache stays: each page of a write in flight got into it, or did not.
    pub(super) fn kill(&mut self, rng: &mut Rng) {
        let (in_flight, rest) = self.unsynced.drain(..).partition(|write| matches!(write.stage, Stage::InFlight(_)));
        self.unsynced = rest;
        for write in in_flight {
            for page in write.pages() {
                if rng.one_in(2)
                    && let Some(part) = write.within(&(page * PAGE_BYTES..(page + 1) * PAGE_BYTES))
                {
                    self.write(part.offset, &part.bytes);
                }
            }
        }
    }

    /// The bytes as one power cut leaves them: each page, or each sector of a torn one, has some of its
    /// unsynced writes; the length is one the file has had or passed through.
    pub(super) fn crash(&self, rng: &mut Rng, odds: Odds) -> Bytes {
        let mut image = self.durable.clone();
        let pages: BTreeSet<u64> = self.unsynced.iter().flat_map(Unsynced::pages).collect();
        for page in pages {
            let pieces = if odds.tears(rng) { PAGE_BYTES / SECTOR_BYTES } else { 1 };
            for piece in 0..pieces {
                let start = page * PAGE_BYTES + piece * (PAGE_BYTES / pieces);
                self.crash_piece(&(start..start + PAGE_BYTES / pieces), &mut image, rng, odds);
            }
        }
        image.set_len(self.crash_len(rng, odds));
        image
    }

    /// Writes through the page cache reach a piece in order, so it has the first few of them; writes past
    /// the cache, and those in limbo, are there or not, each for itself.
    fn crash_piece(&self, piece: &Range<u64>, image: &mut Bytes, rng: &mut Rng, odds: Odds) {
        let parts: Vec<Unsynced> = self.unsynced.iter().filter_map(|write| write.within(piece)).collect();
        let cached = parts.iter().filter(|part| part.stage == Stage::Cached).count() as u64;
        let mut cached_left = odds.first(cached, rng);
        for part in parts {
            let keeps = if part.stage == Stage::Cached {
                let keeps = cached_left > 0;
                cached_left = cached_left.saturating_sub(1);
                keeps
            } else {
                odds.keeps(rng)
            };
            if keeps {
                image.write(part.offset, &part.bytes);
            }
        }
    }

    fn crash_len(&self, rng: &mut Rng, odds: Odds) -> u64 {
        let shortest = self.durable.len();
        let longest = self.unsynced.iter().map(Unsynced::end).max().unwrap_or(0).max(shortest);
        let extended = longest - shortest;
        match odds {
            _ if extended == 0 => shortest,
            Odds::Everything => longest,
            Odds::Nothing => shortest + if rng.one_in(2) { extended } else { 0 },
            Odds::Eighths(_) => match rng.below(4) {
                0 => shortest,
                1 => longest,
                2 => self.unsynced[rng.below(self.unsynced.len() as u64) as usize].end().max(shortest),
                _ => (shortest + rng.below(extended)).next_multiple_of(PAGE_BYTES).min(longest),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Odds = Odds::Eighths(4);

    fn images(content: &Content) -> Vec<Vec<u8>> {
        (0..400)
            .map(|seed| {
                let mut rng = Rng::new(seed);
                let odds = Odds::pick(&mut rng);
                content.crash(&mut rng, odds).to_vec()
            })
            .collect()
    }

    #[test]
    fn synced_bytes_are_in_every_image() {
        let mut content = Content::default();
        content.write(0, b"synced");
        content.sync();
        content.write(6, b", not synced");
        assert!(images(&content).iter().all(|image| image.starts_with(b"synced")));
        assert!(content.cached().to_vec().ends_with(b"not synced"));
    }

    #[test]
    fn unsynced_bytes_may_go_stay_or_leave_zeros() {
        let mut content = Content::default();
        content.write(0, &[7; 100]);
        let images = images(&content);
        for legal in [vec![], vec![7; 100], vec![0; 100]] {
            assert!(images.contains(&legal), "{legal:?}");
        }
    }

    #[test]
    fn pages_arrive_in_any_order() {
        let mut content = Content::default();
        content.grow_to(2 * PAGE_BYTES);
        content.sync();
        content.write(0, &[1; PAGE_BYTES as usize]);
        content.write(PAGE_BYTES, &[2; PAGE_BYTES as usize]);
        let later_alone = [vec![0; PAGE_BYTES as usize], vec![2; PAGE_BYTES as usize]].concat();
        assert!(images(&content).contains(&later_alone));
    }

    #[test]
    fn a_page_tears_between_sectors_and_nowhere_else() {
        let mut content = Content::durable(Bytes::from([1; PAGE_BYTES as usize].as_slice()));
        content.write(0, &[2; PAGE_BYTES as usize]);
        let images = images(&content);
        assert!(images.iter().any(|image| image.contains(&1) && image.contains(&2)), "none was torn");
        for image in images {
            for sector in image.chunks(SECTOR_BYTES as usize) {
                assert!(sector.iter().all(|byte| *byte == sector[0]));
            }
        }
    }

    #[test]
    fn an_older_cached_write_never_comes_out_on_top() {
        let mut content = Content::durable(Bytes::from([0; 512].as_slice()));
        content.write(0, &[1; 512]);
        content.write(0, &[2; 256]);
        for image in images(&content) {
            // The newer bytes without the older ones behind them would mean that the page was written twice.
            assert!(image[0] != 2 || image[511] == 1);
        }
    }

    #[test]
    fn a_failed_sync_keeps_its_writes_in_limbo_through_every_later_sync() {
        let mut content = Content::default();
        content.write(0, &[1; 4096]);
        content.fail_sync();
        content.sync();
        assert_eq!(content.cached().to_vec(), [1; 4096], "reads see them");
        assert!(images(&content).contains(&vec![]), "a crash may still drop them");
        content.write(0, &[2; 512]);
        content.sync();
        for image in images(&content) {
            assert_eq!(image[..512], [2; 512], "written again and synced, they are safe");
        }
        assert!(images(&content).iter().any(|image| image.get(512) != Some(&1)), "the rest is in limbo still");
    }

    #[test]
    fn a_completed_write_is_durable_and_an_open_one_is_not() {
        let (first, second) = (Ticket(1), Ticket(2));
        let mut content = Content::default();
        content.submit(first, 0, &[1; 512]);
        content.submit(second, 512, &[2; 512]);
        assert_eq!(content.cached().len(), 0, "reads do not see what is in flight");
        content.complete(second);
        let images = images(&content);
        assert!(images.iter().all(|image| image[512..] == [2; 512]));
        assert!(images.iter().any(|image| image[0] == 0) && images.iter().any(|image| image[0] == 1));
    }

    #[test]
    fn an_unsynced_write_below_a_completed_one_cannot_come_back() {
        let mut content = Content::default();
        content.write(0, &[0; 2048]);
        content.submit(Ticket(1), 512, &[1; 512]);
        content.complete(Ticket(1));
        content.sync();
        let mut rng = Rng::new(1);
        assert_eq!(content.crash(&mut rng, SOME).to_vec()[512..1024], [1; 512]);
    }

    #[test]
    fn a_failed_completion_leaves_what_landed_in_limbo() {
        let mut content = Content::default();
        content.submit(Ticket(1), 0, &[1; 1024]);
        content.fail(Ticket(1), 512);
        content.sync();
        assert_eq!(content.cached().to_vec(), [1; 512]);
        let images = images(&content);
        assert!(images.contains(&vec![]) && images.contains(&vec![1; 1024]));
    }

    #[test]
    fn a_killed_process_leaves_the_cache_and_parts_of_what_was_in_flight() {
        let mut content = Content::default();
        content.write(0, &[1; 4096]);
        content.submit(Ticket(1), 4096, &[2; 8192]);
        let mut lengths = BTreeSet::new();
        for seed in 0..50 {
            let mut killed = content.clone();
            killed.kill(&mut Rng::new(seed));
            assert_eq!(killed.cached().to_vec()[..4096], [1; 4096]);
            lengths.insert(killed.cached().len());
            killed.sync();
            assert_eq!(killed.durable.to_vec(), killed.cached().to_vec());
        }
        assert_eq!(lengths, BTreeSet::from([4096, 8192, 12288]));
    }
}
