//! What the disk itself can do, by the journal's own pattern of writes: durable, several in flight, into zero-filled space.
//!
//! Several in flight go through the ledger's own storage. One at a time is written by the measuring thread itself, so that
//! the disk's own latency has no change of threads in it.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use ledger::storage::{FileStorage, IoMode, OpenFile, OpenFor, Storage, WriteBuffer};
use rustix::fs::OFlags;
use serde::Serialize;
use tempfile::TempDir;

use crate::figures::Latency;

/// A pattern of writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pattern {
    /// Bytes of each write.
    pub bytes: usize,
    /// How many are in flight.
    pub depth: usize,
    /// How many are made.
    pub writes: usize,
}

/// What the disk did with it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limit {
    /// The pattern.
    pub pattern: Pattern,
    /// Whether the writes went past the page cache.
    pub direct: bool,
    /// Writes a second.
    pub per_second: f64,
    /// From submission to completion.
    pub latency: Latency,
}

impl Limit {
    /// Megabytes (10⁶ bytes) a second.
    pub fn megabytes_per_second(&self) -> f64 {
        self.per_second * self.pattern.bytes as f64 / 1e6
    }
}

/// The most bytes of the file that is written; longer runs begin again at its start.
const FILE_BYTES_MAX: usize = 512 << 20;

/// A zero-filled file on the disk to be measured, and buffers for it: made once, measured as often as wanted.
#[derive(Debug)]
pub struct Prober {
    storage: FileStorage,
    file: OpenFile,
    bytes: usize,
    depth: usize,
    places: usize,
    next: usize,
    free: Vec<WriteBuffer>,
    /// For one write at a time past the page cache.
    alone: Option<File>,
    /// Removes the folder when dropped, which is after the files are closed.
    _home: TempDir,
}

/// Writes that were measured together.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    /// From submission to completion, each.
    pub latencies: Vec<Duration>,
    /// All of them together.
    pub took: Duration,
}

impl Prober {
    /// A file beneath `dir` for writes of `bytes`, so many in flight, in a run of about `writes`.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn new(dir: &Path, io: IoMode, pattern: Pattern) -> io::Result<Self> {
        let home = tempfile::Builder::new().prefix("disk-").tempdir_in(dir)?;
        let storage = FileStorage::open(home.path(), io, pattern.depth).map_err(io::Error::other)?;
        let bytes = pattern.bytes.next_multiple_of(storage.block_bytes());
        let places = (FILE_BYTES_MAX / bytes).clamp(1, pattern.writes.max(1));
        let file = storage.create("probe")?;
        storage.preallocate(&file, (places * bytes) as u64)?;
        let zeros = vec![0; 1 << 20];
        for offset in (0..places * bytes).step_by(zeros.len()) {
            let rest = (places * bytes - offset).min(zeros.len());
            storage.write_at(&file, offset as u64, &zeros[..rest])?;
        }
        storage.sync(&file)?;
        let file = storage.open("probe", OpenFor::Append)?;
        let free = (0..pattern.depth).map(|_| filled(bytes)).collect();
        let alone = (pattern.depth == 1 && storage.io_mode() == IoMode::Direct)
            .then(|| {
                let flags = OFlags::DIRECT | OFlags::DSYNC;
                OpenOptions::new().write(true).custom_flags(flags.bits() as i32).open(home.path().join("probe"))
            })
            .transpose()?;
        Ok(Self { storage, file, bytes, depth: pattern.depth, places, next: 0, free, alone, _home: home })
    }

    /// Makes so many writes, each behind the one before it.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn write(&mut self, writes: usize) -> io::Result<Writes> {
        if let (Some(file), Some(buffer)) = (&self.alone, self.free.first()) {
            let start = Instant::now();
            let mut latencies = Vec::with_capacity(writes);
            for _ in 0..writes {
                let offset = (self.next % self.places * self.bytes) as u64;
                let at = Instant::now();
                file.write_all_at(buffer.as_slice(), offset)?;
                latencies.push(at.elapsed());
                self.next += 1;
            }
            return Ok(Writes { latencies, took: start.elapsed() });
        }
        let mut begun = VecDeque::with_capacity(self.depth);
        let mut latencies = Vec::with_capacity(writes);
        let start = Instant::now();
        let mut submitted = 0;
        while latencies.len() < writes {
            while submitted < writes
                && let Some(buffer) = self.free.pop()
            {
                let offset = (self.next % self.places * self.bytes) as u64;
                let at = Instant::now();
                begun.push_back((self.storage.submit(&self.file, offset, buffer)?, at));
                submitted += 1;
                self.next += 1;
            }
            let Some(done) = self.storage.next_completion(Duration::from_mins(1)) else {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "a write took longer than a minute"));
            };
            done.result?;
            let place = begun.iter().position(|(ticket, _)| *ticket == done.ticket);
            if let Some((_, at)) = place.and_then(|place| begun.remove(place)) {
                latencies.push(at.elapsed());
            }
            self.free.push(done.buffer);
        }
        Ok(Writes { latencies, took: start.elapsed() })
    }

    /// What these writes say of the disk.
    pub fn limit(&self, mut writes: Writes) -> Limit {
        let pattern = Pattern { bytes: self.bytes, depth: self.depth, writes: writes.latencies.len() };
        Limit {
            pattern,
            direct: self.storage.io_mode() == IoMode::Direct,
            per_second: pattern.writes as f64 / writes.took.as_secs_f64(),
            latency: Latency::of(&mut writes.latencies),
        }
    }
}

impl Writes {
    /// Adds other writes of the same pattern.
    pub fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.took += other.took;
    }
}

/// Measures the disk beneath `dir`.
///
/// # Errors
/// What the operating system reports.
pub fn limit(dir: &Path, io: IoMode, pattern: Pattern) -> io::Result<Limit> {
    let mut prober = Prober::new(dir, io, pattern)?;
    let writes = prober.write(pattern.writes)?;
    Ok(prober.limit(writes))
}

/// A buffer full of bytes that no disk can make smaller.
fn filled(bytes: usize) -> WriteBuffer {
    let mut buffer = WriteBuffer::with_capacity(bytes);
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    while buffer.room() >= 8 {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pushed = buffer.push(&word.to_le_bytes());
        debug_assert!(pushed, "there is room for it");
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_of_the_pattern_is_made_and_timed() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let pattern = Pattern { bytes: 5_000, depth: 3, writes: 20 };
        let limit = limit(dir.path(), IoMode::Buffered, pattern).expect("the disk works");
        assert_eq!(limit.latency.count, 20);
        assert!(limit.pattern.bytes >= 5_000 && limit.per_second > 0.0);
    }
}
