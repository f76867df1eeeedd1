//! One open file: page-cache reads and writes, syncs, and durable writes.

use crate::storage::{OpenFor, names};
use parking_lot::Mutex;
use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An open file of a [`FileStorage`](super::FileStorage). Clones share it.
#[derive(Debug, Clone)]
pub struct OpenFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    open_for: OpenFor,
    /// Through the page cache.
    cached: File,
    /// Past it; each write is durable on return.
    direct: Option<File>,
    /// Durable writes that reached the page cache, counted after each.
    written: AtomicU64,
    syncs: Mutex<Syncs>,
}

/// The kernel reports a failed write-back once per descriptor, to whichever thread syncs first. So syncs
/// run one at a time, and a failure is remembered for every later one.
#[derive(Debug, Default)]
struct Syncs {
    failed: bool,
    /// Writes up to this count were in the page cache when a sync that succeeded began.
    through: u64,
}

impl Syncs {
    fn run(&mut self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier sync of this file failed"));
        }
        sync().inspect_err(|_| self.failed = true)
    }
}

impl OpenFile {
    pub(super) fn new(open_for: OpenFor, cached: File, direct: Option<File>) -> Self {
        Self(Arc::new(Inner { open_for, cached, direct, written: AtomicU64::new(0), syncs: Mutex::default() }))
    }

    pub(super) fn open_for(&self) -> OpenFor {
        self.0.open_for
    }

    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.0.cached.metadata()?.len())
    }

    pub(super) fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            match self.0.cached.read_at(&mut into[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    pub(super) fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        names::may_write(self.0.open_for)?;
        self.0.cached.write_all_at(bytes, offset).map_err(full)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        names::may_write(self.0.open_for)?;
        self.0.syncs.lock().run(|| self.0.cached.sync_all()).map_err(full)
    }

    pub(super) fn preallocate(&self, bytes: u64) -> io::Result<()> {
        names::may_write(self.0.open_for)?;
        if bytes == 0 {
            return Ok(());
        }
        loop {
            match rustix::fs::fallocate(&self.0.cached, FallocateFlags::empty(), 0, bytes) {
                Ok(()) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => break,
                Err(errno) => return Err(full(errno.into())),
            }
        }
        if self.len()? < bytes {
            self.0.cached.set_len(bytes).map_err(full)?;
        }
        Ok(())
    }

    /// Writes all of `bytes`; `Ok` means that they are on stable storage.
    pub(super) fn write_durably(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if let Some(direct) = &self.0.direct {
            return direct.write_all_at(bytes, offset).map_err(full);
        }
        self.0.cached.write_all_at(bytes, offset).map_err(full)?;
        let mine = self.0.written.fetch_add(1, Ordering::AcqRel) + 1;
        let mut syncs = self.0.syncs.lock();
        if syncs.through >= mine && !syncs.failed {
            return Ok(());
        }
        let through = self.0.written.load(Ordering::Acquire);
        syncs.run(|| self.0.cached.sync_data()).map_err(full)?;
        syncs.through = through;
        Ok(())
    }
}

/// One kind for every way in which space runs out: disk, quota, the largest file allowed.
fn full(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => io::Error::new(io::ErrorKind::StorageFull, error),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(open_for: OpenFor) -> OpenFile {
        OpenFile::new(open_for, tempfile::tempfile().unwrap(), None)
    }

    #[test]
    fn every_lack_of_space_is_storage_full() {
        for errno in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
            assert_eq!(full(errno.into()).kind(), io::ErrorKind::StorageFull);
        }
        assert_ne!(full(Errno::IO.into()).kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn preallocating_never_shortens_and_reads_as_zeros() {
        let file = file(OpenFor::ReadWrite);
        file.write_at(0, b"abc").unwrap();
        file.preallocate(10_000).unwrap();
        file.preallocate(10).unwrap();
        assert_eq!(file.len().unwrap(), 10_000);
        let mut read = vec![1; 20_000];
        assert_eq!(file.read_at(0, &mut read).unwrap(), 10_000);
        assert_eq!(&read[..3], b"abc");
        assert!(read[3..10_000].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn after_a_failed_sync_every_later_one_fails() {
        let mut syncs = Syncs::default();
        assert!(syncs.run(|| Ok(())).is_ok());
        assert!(syncs.run(|| Err(Errno::IO.into())).is_err());
        assert!(syncs.run(|| Ok(())).is_err());
    }

    #[test]
    fn a_durable_write_after_a_failed_sync_fails() {
        let file = file(OpenFor::Append);
        file.write_durably(0, b"abc").unwrap();
        file.0.syncs.lock().failed = true;
        assert!(file.write_durably(0, b"abc").is_err());
    }

    #[test]
    fn a_sync_serves_every_write_that_ended_before_it_began() {
        let file = file(OpenFor::Append);
        file.0.syncs.lock().through = 1;
        file.write_durably(0, b"abc").unwrap();
        assert_eq!(file.0.syncs.lock().through, 1, "the first write found itself synced");
        file.write_durably(0, b"abc").unwrap();
        assert_eq!(file.0.syncs.lock().through, 2);
    }
}
