//! One open file: page-cache reads and writes, syncs, and durable writes.

use crate::storage::{IoMode, OpenFor, names};
use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An open file of a [`FileStorage`](super::FileStorage). Clones share it.
#[derive(Debug, Clone)]
pub struct OpenFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    open_for: OpenFor,
    /// Through the page cache.
    cached: File,
    /// For durable writes, one for each thread that runs them: the kernel reports a failed write-back once
    /// per descriptor, so on a shared one the first thread to sync would take the error of another's write.
    durable: Vec<File>,
    mode: IoMode,
    /// A sync failed; the kernel would say `Ok` to the next one.
    sync_failed: AtomicBool,
}

impl OpenFile {
    /// A file for reading, or for writing through the page cache.
    pub(super) fn plain(open_for: OpenFor, cached: File) -> Self {
        Self::new(open_for, cached, Vec::new(), IoMode::Buffered)
    }

    /// A file for durable writes too; `durable` has a descriptor for each thread, opened for `mode`.
    pub(super) fn append(cached: File, durable: Vec<File>, mode: IoMode) -> Self {
        Self::new(OpenFor::Append, cached, durable, mode)
    }

    fn new(open_for: OpenFor, cached: File, durable: Vec<File>, mode: IoMode) -> Self {
        Self(Arc::new(Inner { open_for, cached, durable, mode, sync_failed: AtomicBool::new(false) }))
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
        self.run_sync(|| self.0.cached.sync_all())
    }

    /// Runs one sync; once one has failed, none is tried again.
    fn run_sync(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.0.sync_failed.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier sync of this file failed"));
        }
        sync().inspect_err(|_| self.0.sync_failed.store(true, Ordering::Release)).map_err(full)
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

    /// Writes all of `bytes` on the thread with this number; `Ok` means that they are on stable storage.
    pub(super) fn write_durably(&self, thread: usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let file = self.0.durable.get(thread).ok_or(io::ErrorKind::PermissionDenied)?;
        file.write_all_at(bytes, offset).map_err(full)?;
        match self.0.mode {
            IoMode::Direct => Ok(()),
            IoMode::Buffered => self.run_sync(|| file.sync_data()),
        }
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

    fn append() -> OpenFile {
        let file = tempfile::tempfile().unwrap();
        OpenFile::append(file.try_clone().unwrap(), vec![file], IoMode::Buffered)
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
        let file = OpenFile::plain(OpenFor::ReadWrite, tempfile::tempfile().unwrap());
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
        let file = append();
        file.sync().unwrap();
        file.write_durably(0, 0, b"abc").unwrap();
        assert!(file.run_sync(|| Err(Errno::IO.into())).is_err());
        assert!(file.sync().is_err());
        assert!(file.write_durably(0, 0, b"abc").is_err());
    }

    #[test]
    fn only_a_thread_with_a_descriptor_of_its_own_writes_durably() {
        assert!(append().write_durably(0, 0, b"abc").is_ok());
        assert!(append().write_durably(1, 0, b"abc").is_err());
    }
}
