//! Real files beneath one folder.
//!
//! In: names, offsets and bytes. Out: what the system says; nothing is tried again except an interrupted
//! or short call. Durable writes run on a few threads of their own. Absent on purpose: caches, and any
//! fallback after a failed sync.

mod device;
mod file;
mod lock;
mod pool;
mod tree;

pub use file::OpenFile;
pub use lock::WriterLock;

use super::{Completion, IoMode, LockError, OpenFor, Storage, Ticket, WriteBuffer, names};
use crate::error::Error;
use device::Device;
use pool::Pool;
use rustix::fs::OFlags;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;
use tree::Tree;

/// The files of one ledger.
///
/// Folders are made with mode 0700 and files with 0600; a symbolic link inside the ledger is refused.
#[derive(Debug)]
pub struct FileStorage {
    tree: Tree,
    wanted: IoMode,
    device: OnceLock<Device>,
    pool: Pool,
}

impl FileStorage {
    /// How many durable writes run at once when the caller has no reason for another number.
    pub const WRITERS_DEFAULT: usize = 4;

    /// The files beneath `dir`, which must exist; at most `writers` durable writes run at once.
    ///
    /// Nothing is written: the device is tried when it is first asked about or appended to, and the
    /// threads start with the first durable write.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be opened.
    pub fn open(dir: &Path, mode: IoMode, writers: usize) -> Result<Self, Error> {
        let tree = Tree::open(dir).map_err(Error::io("open", dir.display().to_string()))?;
        Ok(Self { tree, wanted: mode, device: OnceLock::new(), pool: Pool::new(writers) })
    }

    /// Like [`open`](Self::open), after making `dir` (mode 0700) and its name durable where it is missing.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be made or opened.
    pub fn create(dir: &Path, mode: IoMode, writers: usize) -> Result<Self, Error> {
        Tree::create(dir).map_err(Error::io("create", dir.display().to_string()))?;
        Self::open(dir, mode, writers)
    }

    fn device(&self) -> &Device {
        self.device.get_or_init(|| Device::probe(&self.tree, self.wanted))
    }

    /// Opens `path` for durable writes: beside the descriptor for reads, one for each thread.
    fn append(&self, path: &str) -> io::Result<OpenFile> {
        let cached = self.tree.file(path, OFlags::RDWR)?;
        let mode = self.device().mode;
        let flags = match mode {
            IoMode::Direct => OFlags::WRONLY | OFlags::DIRECT | OFlags::DSYNC,
            IoMode::Buffered => OFlags::WRONLY,
        };
        let durable = (0..self.pool.writers_max()).map(|_| self.tree.file(path, flags));
        let durable = durable.collect::<io::Result<Vec<File>>>()?;
        let place = |file: &File| file.metadata().map(|status| (status.dev(), status.ino()));
        for file in &durable {
            if place(file)? != place(&cached)? {
                return Err(io::Error::other("the file was replaced while it was being opened"));
            }
        }
        Ok(OpenFile::append(cached, durable, mode))
    }
}

impl Storage for FileStorage {
    type File = OpenFile;
    type Lock = WriterLock;

    fn create(&self, path: &str) -> io::Result<OpenFile> {
        let cached = self.tree.file(path, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        Ok(OpenFile::plain(OpenFor::ReadWrite, cached))
    }

    fn open(&self, path: &str, open_for: OpenFor) -> io::Result<OpenFile> {
        let flags = match open_for {
            OpenFor::Read => OFlags::RDONLY,
            OpenFor::ReadWrite => OFlags::RDWR,
            OpenFor::Append => return self.append(path),
        };
        Ok(OpenFile::plain(open_for, self.tree.file(path, flags)?))
    }

    fn len(&self, file: &OpenFile) -> io::Result<u64> {
        file.len()
    }

    fn read_at(&self, file: &OpenFile, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        file.read_at(offset, into)
    }

    fn write_at(&self, file: &OpenFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_at(offset, bytes)
    }

    fn sync(&self, file: &OpenFile) -> io::Result<()> {
        file.sync()
    }

    fn preallocate(&self, file: &OpenFile, bytes: u64) -> io::Result<()> {
        file.preallocate(bytes)
    }

    fn submit(&self, file: &OpenFile, offset: u64, buffer: WriteBuffer) -> io::Result<Ticket> {
        names::may_submit(file.open_for(), offset, buffer.len(), self.block_bytes())?;
        self.pool.submit(file.clone(), offset, buffer)
    }

    fn next_completion(&self, wait: Duration) -> Option<Completion> {
        self.pool.next_completion(wait)
    }

    fn on_completion(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.pool.on_completion(wake);
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.tree.rename(from, to)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.tree.remove(path)
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.tree.list(dir)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.tree.create_dir(dir)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.tree.sync_dir(dir)
    }

    fn lock(&self, path: &str) -> Result<WriterLock, LockError> {
        WriterLock::take(&self.tree, path)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.tree.free_bytes()
    }

    /// A third of what the process may open: the rest is for the files at work, the index, and the host.
    fn idle_files_max(&self) -> usize {
        let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        allowed.map_or(usize::MAX, |files| usize::try_from(files / 3).unwrap_or(usize::MAX)).max(3)
    }

    fn block_bytes(&self) -> usize {
        self.device().block_bytes
    }

    fn io_mode(&self) -> IoMode {
        self.device().mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_a_ledger_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let storage = FileStorage::open(dir.path(), IoMode::Direct, 2).unwrap();
        assert!(storage.list("").unwrap().is_empty());
        assert!(storage.device.get().is_none());
    }

    #[test]
    fn a_folder_that_is_missing_is_named_in_the_error() {
        let error = FileStorage::open(Path::new("/nowhere/at/all"), IoMode::Direct, 1).unwrap_err();
        assert_eq!(error.to_string(), "open /nowhere/at/all");
    }

    #[test]
    fn durable_writes_are_read_back_through_the_page_cache() {
        for mode in [IoMode::Direct, IoMode::Buffered] {
            let dir = tempfile::tempdir().unwrap();
            let storage = FileStorage::open(dir.path(), mode, 2).unwrap();
            let block = storage.block_bytes();
            storage.create("x").unwrap();
            let file = storage.open("x", OpenFor::Append).unwrap();
            let mut buffer = WriteBuffer::with_capacity(block);
            assert!(buffer.push(b"durable"));
            buffer.pad_to(block);
            let ticket = storage.submit(&file, 0, buffer).unwrap();
            let completion = storage.next_completion(Duration::from_mins(1)).unwrap();
            assert_eq!(completion.ticket, ticket);
            completion.result.unwrap();
            let mut read = [0; 7];
            assert_eq!(storage.read_at(&file, 0, &mut read).unwrap(), 7);
            assert_eq!(&read, b"durable");
        }
    }
}
