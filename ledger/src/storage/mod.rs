//! The one seam between the ledger and a disk.
//!
//! In: file names, offsets and bytes. Out: bytes, and completions of durable writes. Everything that
//! touches a file (journal, checkpoint, sidecars, closings, recovery) goes through [`Storage`], so the
//! simulated disk can stand in for the real one in every test. Absent on purpose: clocks, retries (a
//! failed sync is never tried again) and any knowledge of what the bytes mean.
//!
//! Paths are given relative to the ledger's directory and use `/`; an implementation is rooted there.

mod buffer;
mod files;
mod names;
mod sim;

#[cfg(test)]
mod conformance;

pub use buffer::WriteBuffer;
pub use files::{FileStorage, OpenFile, WriterLock};
pub use sim::{Fault, FaultPlan, Operation, PlantedBug, SimDisk, SimFile, SimLock};

use std::fmt::Debug;
use std::io;
use std::time::Duration;

/// Names one durable write between [`Storage::submit`] and its [`Completion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The end of one durable write.
#[derive(Debug)]
pub struct Completion {
    /// Which submission ended.
    pub ticket: Ticket,
    /// `Ok` means that every byte of the buffer is on stable storage.
    pub result: io::Result<()>,
    /// The submitted buffer, given back so that it can be used again.
    pub buffer: WriteBuffer,
}

/// How the journal's writes reach the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IoMode {
    /// `O_DIRECT` with `O_DSYNC`: past the page cache, durable on return. Falls back to `Buffered`
    /// where the file system refuses `O_DIRECT`, and says so through [`Storage::io_mode`].
    #[default]
    Direct,
    /// Through the page cache, each write followed by `fdatasync`.
    Buffered,
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenFor {
    /// Reading only, all else is `PermissionDenied`; other processes may be writing it.
    Read,
    /// Reading, [`Storage::write_at`] and [`Storage::sync`] through the page cache.
    ReadWrite,
    /// Durable journal writes by [`Storage::submit`] in the storage's [`IoMode`], beside all that
    /// [`ReadWrite`](Self::ReadWrite) allows.
    Append,
}

/// Files in one directory tree, with durable writes that are submitted and completed.
///
/// Nothing is durable until it says so: bytes of [`write_at`](Self::write_at) after
/// [`sync`](Self::sync); bytes of [`submit`](Self::submit) when its completion is `Ok`; a new name, a
/// rename or a removal after [`sync_dir`](Self::sync_dir) of the folder that holds it. After a failed
/// sync or completion the affected bytes are in limbo for good and must not be trusted.
///
/// All methods take `&self`; readers on other threads use the same storage as the writer.
pub trait Storage: Send + Sync + 'static {
    /// An open file. Clones share it.
    type File: Clone + Send + Sync + Debug + 'static;
    /// The exclusive lock of a ledger; dropping it releases the lock.
    type Lock: Send + Debug + 'static;

    /// Makes a new, empty file with mode 0600 for reading and writing.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken; symbolic links are never followed.
    fn create(&self, path: &str) -> io::Result<Self::File>;
    /// Opens an existing file.
    ///
    /// # Errors
    /// `NotFound` when there is none; an error when it is a symbolic link or not a plain file.
    fn open(&self, path: &str, open_for: OpenFor) -> io::Result<Self::File>;
    /// The file's length in bytes.
    ///
    /// # Errors
    /// What the operating system reports.
    fn len(&self, file: &Self::File) -> io::Result<u64>;
    /// Reads at most `into.len()` bytes at `offset`; less only at the end of the file.
    ///
    /// # Errors
    /// What the device reports; interrupted calls are continued.
    fn read_at(&self, file: &Self::File, offset: u64, into: &mut [u8]) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset` through the page cache; durable only after [`sync`](Self::sync).
    ///
    /// # Errors
    /// What the device reports; a short write is continued until it fails.
    fn write_at(&self, file: &Self::File, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything written to `file` so far durable, its length included.
    ///
    /// # Errors
    /// A failure is final: the bytes may or may not be on the disk.
    fn sync(&self, file: &Self::File) -> io::Result<()>;
    /// Reserves space for `bytes` from the file's start and extends its length to it; the new space reads as zeros.
    ///
    /// # Errors
    /// `StorageFull` when the disk cannot hold it.
    fn preallocate(&self, file: &Self::File, bytes: u64) -> io::Result<()>;

    /// Starts one durable write of the whole buffer at `offset`; both are multiples of
    /// [`block_bytes`](Self::block_bytes). Several may be in flight and may complete in any order.
    ///
    /// # Errors
    /// Only when the write could not be started: `PermissionDenied` unless the file was opened for
    /// [`OpenFor::Append`], `InvalidInput` unless it is whole blocks. Its outcome arrives as a [`Completion`].
    fn submit(&self, file: &Self::File, offset: u64, buffer: WriteBuffer) -> io::Result<Ticket>;
    /// The next completion, waiting at most `wait` for one; `None` when none came, or none is in flight.
    fn next_completion(&self, wait: Duration) -> Option<Completion>;
    /// Calls `wake` whenever a completion becomes available (from any thread). The last one set holds.
    fn on_completion(&self, wake: Box<dyn Fn() + Send + Sync>);

    /// Renames a file within the tree, replacing `to`.
    ///
    /// # Errors
    /// What the operating system reports.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// The names of the plain files in a folder, sorted; empty when the folder is missing.
    ///
    /// # Errors
    /// What the operating system reports.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;
    /// Makes a folder with mode 0700; its name is durable on return, also where it stood before, since the
    /// process that made it may have died before its sync.
    ///
    /// # Errors
    /// What the operating system reports.
    fn create_dir(&self, dir: &str) -> io::Result<()>;
    /// Makes the names in a folder durable (`""` is the ledger's own directory).
    ///
    /// # Errors
    /// A failure is final, as for [`sync`](Self::sync).
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
    /// Takes the exclusive lock file, writing this process's id into it.
    ///
    /// # Errors
    /// [`LockError::Held`] with the holder's process id when another has it.
    fn lock(&self, path: &str) -> Result<Self::Lock, LockError>;
    /// Bytes that may still be written on this device.
    ///
    /// # Errors
    /// What the operating system reports.
    fn free_bytes(&self) -> io::Result<u64>;
    /// How many files may stay open in all for no other reason than to be read again; at least 3.
    fn idle_files_max(&self) -> usize;
    /// The device's block in bytes: what a submitted write is padded to (512 to 65,536, a power of two).
    fn block_bytes(&self) -> usize;
    /// The mode in which submitted writes really run.
    fn io_mode(&self) -> IoMode;
}

/// Why a lock was not taken.
#[derive(Debug)]
pub enum LockError {
    /// Another process writes this ledger.
    Held {
        /// Its process id, when the lock file names one.
        pid: Option<u32>,
    },
    /// The lock file could not be opened or locked.
    Io(io::Error),
}
