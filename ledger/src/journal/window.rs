//! A moving window over one file: large sequential reads, small slices.
//!
//! In: offsets. Out: borrowed bytes. It reads through [`Storage`] and never writes.

use crate::error::Error;
use crate::storage::Storage;
use std::sync::Arc;

/// How much is read at once, in bytes.
const READ_BYTES: usize = 1 << 20;

/// The bytes of one file around a place that moves forwards.
#[derive(Debug)]
pub(super) struct Window<S: Storage> {
    storage: Arc<S>,
    file: S::File,
    path: String,
    buffer: Vec<u8>,
    start: u64,
    filled: usize,
}

impl<S: Storage> Window<S> {
    /// Over `file`, whose name for errors is `path`.
    pub(super) fn new(storage: Arc<S>, file: S::File, path: String) -> Self {
        Self { storage, file, path, buffer: Vec::new(), start: 0, filled: 0 }
    }

    /// The file's path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The file's length now.
    pub(super) fn file_bytes(&self) -> Result<u64, Error> {
        self.storage.len(&self.file).map_err(Error::io("measure", &*self.path))
    }

    /// Forgets what was read, so that the next bytes come from the file.
    pub(super) fn forget(&mut self) {
        self.filled = 0;
    }

    /// Goes on with another file.
    pub(super) fn turn_to(&mut self, file: S::File, path: String) {
        self.file = file;
        self.path = path;
        self.forget();
    }

    /// `length` bytes at `offset`; fewer only at the file's end.
    pub(super) fn bytes(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        let inside = offset.checked_sub(self.start).map_or(usize::MAX, |skipped| skipped as usize);
        if inside > self.filled || self.filled - inside < length {
            self.read(offset, length)?;
            return Ok(&self.buffer[..self.filled.min(length)]);
        }
        Ok(&self.buffer[inside..inside + length])
    }

    /// The bytes at `offset` that a call of [`bytes`](Self::bytes) brought in, without reading again.
    pub(super) fn held(&self, offset: u64, length: usize) -> &[u8] {
        let inside = (offset - self.start) as usize;
        &self.buffer[inside..(inside + length).min(self.filled)]
    }

    fn read(&mut self, offset: u64, length: usize) -> Result<(), Error> {
        let left = self.file_bytes()?.saturating_sub(offset);
        let wanted = length.max(READ_BYTES).min(usize::try_from(left).unwrap_or(usize::MAX));
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        self.filled = 0;
        self.start = offset;
        let into = &mut self.buffer[..wanted];
        self.filled = self.storage.read_at(&self.file, offset, into).map_err(Error::io("read", &*self.path))?;
        Ok(())
    }
}

/// Whether every byte is zero.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    let mut parts = bytes.chunks_exact(64);
    let whole = parts.all(|part| part.iter().fold(0, |any, byte| any | byte) == 0);
    whole && parts.remainder().iter().all(|byte| *byte == 0)
}
