//! Finding a page of a sorted section with few reads.

use std::cmp::Ordering;

use crate::error::Error;
use crate::storage::Storage;

use super::{PagedFile, Section};

/// A section with the page read last.
#[derive(Debug)]
pub struct Pages<'f, S: Storage> {
    file: &'f PagedFile<S>,
    section: Section,
    page: Option<u64>,
    buffer: Vec<u8>,
}

/// Where a key is looked for: pages `low` to `high`, whose keys are taken to grow evenly from `low_key` to `high_key`.
#[derive(Debug, Clone, Copy)]
pub struct Bracket {
    /// The first page.
    pub low: u64,
    /// The last page.
    pub high: u64,
    /// About the key at which `low` begins.
    pub low_key: u64,
    /// About the key at which `high` ends.
    pub high_key: u64,
}

/// After this many guesses the middle is taken, so that uneven keys cost no more than bisection does.
const GUESSES: u32 = 4;

impl<'f, S: Storage> Pages<'f, S> {
    /// The pages of `section`.
    pub fn new(file: &'f PagedFile<S>, section: Section) -> Self {
        Self { file, section, page: None, buffer: Vec::new() }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.file.pages(&self.section)
    }

    /// The records of `page`, read unless it was read last.
    ///
    /// # Errors
    /// As [`PagedFile::page`].
    pub fn load(&mut self, page: u64) -> Result<&[u8], Error> {
        if self.page != Some(page) {
            self.page = None;
            self.file.page(&self.section, page, &mut self.buffer)?;
            self.page = Some(page);
        }
        let first = page * self.file.records_a_page(&self.section);
        let records = self.section.records.saturating_sub(first).min(self.file.records_a_page(&self.section));
        Ok(&self.buffer[..records as usize * self.section.record_bytes as usize])
    }

    /// Record number `place` of the section.
    ///
    /// # Errors
    /// As [`PagedFile::page`].
    pub fn record(&mut self, place: u64) -> Result<&[u8], Error> {
        let a_page = self.file.records_a_page(&self.section);
        let (page, within) = (place / a_page, (place % a_page) as usize);
        let bytes = self.section.record_bytes as usize;
        Ok(&self.load(page)?[within * bytes..(within + 1) * bytes])
    }

    /// The last page of `bracket` whose first key is not above `key`, or the bracket's first page. Keys are read by
    /// `key_of` and do not fall from record to record.
    ///
    /// One or two reads where keys grow evenly, the logarithm of the pages at worst.
    ///
    /// # Errors
    /// As [`PagedFile::page`].
    pub fn search(&mut self, bracket: Bracket, key: u64, key_of: impl Fn(&[u8]) -> u64) -> Result<u64, Error> {
        let Bracket { mut low, mut high, mut low_key, mut high_key } = bracket;
        let lowest = low;
        let bytes = self.section.record_bytes as usize;
        for guesses in 0.. {
            if low > high {
                break;
            }
            let guess = if guesses < GUESSES && low_key < high_key {
                let within = u128::from(key.clamp(low_key, high_key) - low_key);
                low + (within * u128::from(high - low + 1) / (u128::from(high_key - low_key) + 1)) as u64
            } else {
                low + (high - low) / 2
            };
            let records = self.load(guess)?;
            let (Some(first), Some(last)) = (records.get(..bytes), records.len().checked_sub(bytes)) else {
                return Err(self.file.corrupt(self.section.offset, "a page without records"));
            };
            let (first, last) = (key_of(first), key_of(&records[last..]));
            match (key.cmp(&first), key.cmp(&last)) {
                (Ordering::Less, _) if guess == lowest => return Ok(lowest),
                (Ordering::Less, _) => (high, high_key) = (guess - 1, first),
                (_, Ordering::Greater) => (low, low_key) = (guess + 1, last),
                _ => return Ok(guess),
            }
        }
        Ok(high.max(lowest))
    }
}
