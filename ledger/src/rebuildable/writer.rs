//! Writing beside and renaming: a file gets its name only when all of it is on the disk.

use crate::error::Error;
use crate::storage::{OpenFor, Storage};

use super::header::{HEADER_BYTES, Header, Identity, Kind, PAGE_CRC_BYTES, SECTIONS_MAX, Section, page_crc};

/// What a file's name ends in while it is being written.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

/// Bytes gathered before they are handed to the storage.
const BUFFER_BYTES: usize = 1 << 20;
/// Bytes written before they are synced, so that the disk is never asked to take a whole file at once while the
/// journal waits behind it.
const UNSYNCED_BYTES_MAX: u64 = 16 << 20;

/// Writes one file of fixed-width records, section by section, in bounded memory.
///
/// Until [`finish`](Self::finish) returns, the file's name stands for what it stood for before. Dropped unfinished, it
/// leaves a file ending in [`TEMPORARY_SUFFIX`], which the next writer of that name or [`sweep`] removes.
#[derive(Debug)]
pub struct FileWriter<'a, S: Storage> {
    storage: &'a S,
    file: S::File,
    path: &'a str,
    temporary: String,
    /// Whether the file is there already, and is held against what would be written.
    comparing: bool,
    kind: &'a Kind,
    header: Header,
    /// Whole pages first, then the page being filled.
    buffer: Vec<u8>,
    /// Where in `buffer` the page being filled begins.
    page_start: usize,
    pages: u64,
    room: u64,
    written: u64,
    unsynced: u64,
}

/// What records are poured into a [`FileWriter`] for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To write the file.
    Write,
    /// To hold the file that is there against them.
    Compare,
}

impl<'a, S: Storage> FileWriter<'a, S> {
    /// Starts a file that will be called `path`; its folder is made when it is missing.
    ///
    /// # Errors
    /// [`Error::Io`] when the file beside it cannot be made.
    pub fn create(storage: &'a S, path: &'a str, kind: &'a Kind, identity: Identity) -> Result<Self, Error> {
        let temporary = format!("{path}{TEMPORARY_SUFFIX}");
        if let Some((folder, _)) = path.rsplit_once('/') {
            storage.create_dir(folder).map_err(Error::io("create", folder))?;
        }
        match storage.remove(&temporary) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove", temporary)(error));
            }
            _ => {}
        }
        let file = storage.create(&temporary).map_err(Error::io("create", temporary.as_str()))?;
        Ok(Self::new(storage, file, (path, temporary), kind, identity, false))
    }

    /// [`create`](Self::create) or [`compare`](Self::compare).
    ///
    /// # Errors
    /// As these.
    pub fn begin(
        storage: &'a S,
        path: &'a str,
        kind: &'a Kind,
        identity: Identity,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        match purpose {
            Purpose::Write => Self::create(storage, path, kind, identity),
            Purpose::Compare => Self::compare(storage, path, kind, identity),
        }
    }

    /// Writes nothing, and holds the file at `path` against everything that would be written.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened. From here on every method reports [`Error::Contradiction`] for the first
    /// byte that differs.
    pub fn compare(storage: &'a S, path: &'a str, kind: &'a Kind, identity: Identity) -> Result<Self, Error> {
        let file = storage.open(path, OpenFor::Read).map_err(Error::io("open", path))?;
        Ok(Self::new(storage, file, (path, path.to_owned()), kind, identity, true))
    }

    fn new(
        storage: &'a S,
        file: S::File,
        (path, temporary): (&'a str, String),
        kind: &'a Kind,
        identity: Identity,
        comparing: bool,
    ) -> Self {
        let identity_crc = identity.crc(kind);
        Self {
            storage,
            file,
            path,
            temporary,
            comparing,
            kind,
            header: Header { identity, file_bytes: HEADER_BYTES as u64, sections: Vec::new(), identity_crc },
            buffer: Vec::with_capacity(BUFFER_BYTES + kind.page_bytes as usize),
            page_start: 0,
            pages: 0,
            room: 0,
            written: HEADER_BYTES as u64,
            unsynced: 0,
        }
    }

    /// Ends the section before and begins section `number`, higher than any before, of records of `record_bytes`.
    ///
    /// # Errors
    /// [`Error::Io`] when the pages so far cannot be written.
    pub fn section(&mut self, number: u16, must_understand: bool, record_bytes: u32) -> Result<(), Error> {
        debug_assert!(record_bytes > 0 && record_bytes <= self.kind.page_bytes - PAGE_CRC_BYTES as u32);
        debug_assert!(self.header.sections.last().is_none_or(|last| last.number < number));
        debug_assert!(self.header.sections.len() < SECTIONS_MAX);
        self.end_section()?;
        let offset = self.written + self.buffer.len() as u64;
        let section = Section { number, must_understand, record_bytes, records: 0, offset };
        self.room = section.records_a_page(self.kind.page_bytes);
        self.header.sections.push(section);
        self.pages = 0;
        Ok(())
    }

    /// Adds one record to the section.
    ///
    /// # Errors
    /// [`Error::Io`] when the pages so far cannot be written.
    pub fn record(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let page_bytes = self.kind.page_bytes;
        if self.room == 0 {
            self.end_page()?;
            self.room = self.header.sections.last().map_or(0, |section| section.records_a_page(page_bytes));
        }
        let section = self.header.sections.last_mut().expect("a record follows the start of its section");
        debug_assert_eq!(bytes.len(), section.record_bytes as usize);
        section.records += 1;
        self.room -= 1;
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Makes the file durable and gives it its name. When this returns, it is there whole, whatever happens.
    ///
    /// # Errors
    /// [`Error::Io`]: the name then stands for the old file or the new one, never for a part.
    pub fn finish(mut self) -> Result<(), Error> {
        self.end_section()?;
        self.flush()?;
        self.header.file_bytes = self.written;
        let header = self.header.encode(self.kind);
        self.put(0, &header)?;
        if self.comparing {
            return match self.storage.len(&self.file).map_err(Error::io("measure", self.path))? {
                length if length == self.written => Ok(()),
                _ => Err(self.differs(self.written)),
            };
        }
        self.sync()?;
        self.storage.rename(&self.temporary, self.path).map_err(Error::io("rename", self.path))?;
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.storage.sync_dir(folder).map_err(Error::io("sync", folder))
    }

    fn end_section(&mut self) -> Result<(), Error> {
        if self.buffer.len() > self.page_start { self.end_page() } else { Ok(()) }
    }

    fn end_page(&mut self) -> Result<(), Error> {
        let section = self.header.sections.last().expect("a page belongs to a section").number;
        let end = self.page_start + self.kind.page_bytes as usize - PAGE_CRC_BYTES;
        self.buffer.resize(end, 0);
        let crc = page_crc(self.header.identity_crc, section, self.pages, &self.buffer[self.page_start..end]);
        self.buffer.extend_from_slice(&crc.to_le_bytes());
        self.pages += 1;
        self.page_start = self.buffer.len();
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.put(self.written, &self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.unsynced += self.buffer.len() as u64;
        self.buffer.clear();
        self.page_start = 0;
        if self.unsynced >= UNSYNCED_BYTES_MAX { self.sync() } else { Ok(()) }
    }

    /// Writes the bytes, or holds them against those that are there.
    fn put(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        if !self.comparing {
            let written = self.storage.write_at(&self.file, offset, bytes);
            return written.map_err(Error::io("write", self.temporary.as_str()));
        }
        let mut found = vec![0; bytes.len()];
        let read = self.storage.read_at(&self.file, offset, &mut found).map_err(Error::io("read", self.path))?;
        match bytes.iter().zip(&found[..read]).position(|(due, found)| due != found) {
            None if read == bytes.len() => Ok(()),
            differs => Err(self.differs(offset + differs.unwrap_or(read) as u64)),
        }
    }

    fn differs(&self, offset: u64) -> Error {
        Error::Contradiction(format!("{} differs at byte {offset} from what the journal says", self.path))
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.unsynced = 0;
        if self.comparing {
            return Ok(());
        }
        self.storage.sync(&self.file).map_err(Error::io("sync", self.temporary.as_str()))
    }
}

/// Removes what unfinished writers left in `dir`; only the ledger's one writer may call it.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be listed or a file not removed.
pub fn sweep<S: Storage>(storage: &S, dir: &str) -> Result<(), Error> {
    let names = storage.list(dir).map_err(Error::io("list", dir))?;
    for name in names.iter().filter(|name| name.ends_with(TEMPORARY_SUFFIX)) {
        let path = format!("{dir}/{name}");
        storage.remove(&path).map_err(Error::io("remove", path.as_str()))?;
    }
    Ok(())
}
