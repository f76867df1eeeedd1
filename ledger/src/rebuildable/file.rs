//! Reading a file of records, each page checked before it is looked at.

use std::sync::Arc;

use crate::error::Error;
use crate::model::{LedgerId, Sequence};
use crate::storage::{OpenFor, Storage};

use super::header::{HEADER_BYTES, Header, Identity, Kind, PAGE_CRC_BYTES, Section, page_crc};
use super::{Handles, Opened, Reason};

/// An open file whose header and structure hold.
#[derive(Debug)]
pub struct PagedFile<S: Storage> {
    handles: Arc<Handles<S>>,
    path: Arc<str>,
    kind: &'static Kind,
    header: Header,
}

/// Reads and checks the header at `path`.
pub(super) fn read_header<S: Storage>(storage: &S, path: &str, kind: &Kind) -> Result<Opened<Header>, Error> {
    match storage.open(path, OpenFor::Read) {
        Ok(file) => read_open_header(storage, &file, path, kind),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Opened::Missing),
        Err(error) => Ok(Opened::unusable(path, Reason::Unreadable(error.to_string()))),
    }
}

fn read_open_header<S: Storage>(storage: &S, file: &S::File, path: &str, kind: &Kind) -> Result<Opened<Header>, Error> {
    let mut bytes = vec![0; HEADER_BYTES];
    let read = storage.read_at(file, 0, &mut bytes).and_then(|read| Ok((read, storage.len(file)?)));
    match read {
        Ok((read, file_bytes)) => Header::decode(&bytes[..read], file_bytes, kind, path),
        Err(error) => Ok(Opened::unusable(path, Reason::Unreadable(error.to_string()))),
    }
}

impl<S: Storage> PagedFile<S> {
    /// Opens `path`, which must be of `kind`, of `ledger` and about `subject`; reads its header and no page.
    ///
    /// # Errors
    /// [`Error::Version`] when it is of a newer format. All else that is wrong with it is [`Opened::Unusable`].
    pub fn open(
        handles: &Arc<Handles<S>>,
        path: &str,
        kind: &'static Kind,
        ledger: LedgerId,
        subject: Option<u64>,
    ) -> Result<Opened<Self>, Error> {
        handles.forget(path);
        let path: Arc<str> = Arc::from(path);
        let opened = match handles.get(&path) {
            Ok(file) => read_open_header(handles.storage().as_ref(), &file, &path, kind)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Opened::Missing,
            Err(error) => Opened::unusable(&path, Reason::Unreadable(error.to_string())),
        };
        let header = match opened {
            Opened::Usable(header) => header,
            Opened::Unusable(why) => return Ok(Opened::Unusable(why)),
            Opened::Missing => return Ok(Opened::Missing),
        };
        if header.identity.ledger != ledger {
            return Ok(Opened::unusable(&path, Reason::Ledger));
        }
        if subject.is_some_and(|subject| subject != header.identity.subject) {
            return Ok(Opened::unusable(&path, Reason::Subject("its header does not say what its name says")));
        }
        Ok(Opened::Usable(Self { handles: Arc::clone(handles), path, kind, header }))
    }

    /// What it is about and what it swears.
    pub fn identity(&self) -> &Identity {
        &self.header.identity
    }

    /// The file, relative to the ledger.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.header.file_bytes
    }

    /// Whether it was made from the events `first` to `last` and no others.
    pub fn covers(&self, first: Sequence, last: Sequence) -> bool {
        self.header.identity.first == first && self.header.identity.last == last
    }

    /// Where section `number` lies, when it is there with records of `record_bytes`.
    ///
    /// # Errors
    /// The [`Reason`] why the file is not usable.
    pub fn section(&self, number: u16, record_bytes: usize) -> Result<Section, Reason> {
        let section = self.header.section(number).ok_or(Reason::Structure("a section is missing"))?;
        if section.record_bytes as usize == record_bytes { Ok(*section) } else { Err(Reason::Structure("record size")) }
    }

    /// How many records of `section` fit into a page.
    pub fn records_a_page(&self, section: &Section) -> u64 {
        section.records_a_page(self.kind.page_bytes)
    }

    /// How many pages `section` takes.
    pub fn pages(&self, section: &Section) -> u64 {
        section.pages(self.kind.page_bytes)
    }

    /// The records of page `page` of `section`, read into `buffer`, one read.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the page fails its CRC or is not there; [`Error::Io`] when it cannot be read.
    pub fn page<'b>(&self, section: &Section, page: u64, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], Error> {
        self.pages_from(section, page, 1, buffer)?;
        let records = self.records_in(section, page) as usize;
        Ok(&buffer[..records * section.record_bytes as usize])
    }

    fn records_in(&self, section: &Section, page: u64) -> u64 {
        let a_page = self.records_a_page(section);
        section.records.saturating_sub(page * a_page).min(a_page)
    }

    /// Reads and checks `count` pages of `section` from `page` on into `buffer`, CRCs included.
    fn pages_from(&self, section: &Section, page: u64, count: u64, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let page_bytes = self.kind.page_bytes as usize;
        let offset = section.offset + page * page_bytes as u64;
        buffer.resize(page_bytes * count as usize, 0);
        let file = self.handles.get(&self.path).map_err(Error::io("open", &*self.path))?;
        let storage = self.handles.storage();
        let mut read = 0;
        while read < buffer.len() {
            let more = storage.read_at(&file, offset + read as u64, &mut buffer[read..]);
            match more.map_err(Error::io("read", &*self.path))? {
                0 => return Err(self.corrupt(offset + read as u64, "the file ends in the middle of a section")),
                more => read += more,
            }
        }
        for (place, bytes) in (page..).zip(buffer.chunks_exact(page_bytes)) {
            let (body, crc) = bytes.split_at(page_bytes - PAGE_CRC_BYTES);
            if page_crc(self.header.identity_crc, section.number, place, body).to_le_bytes() != crc {
                return Err(self.corrupt(section.offset + place * page_bytes as u64, "CRC of a page"));
            }
        }
        Ok(())
    }

    /// An [`Error::Corrupt`] in this file.
    pub(crate) fn corrupt(&self, offset: u64, check: &str) -> Error {
        Error::Corrupt { path: self.path.to_string(), offset, check: check.to_owned() }
    }

    /// All records of `section` in order, read in large pieces.
    pub fn all<'f>(&'f self, section: &Section) -> Records<'f, S> {
        self.from(section, 0)
    }

    /// The records of `section` from page `page` on, read in large pieces.
    pub fn from<'f>(&'f self, section: &Section, page: u64) -> Records<'f, S> {
        Records { file: self, section: *section, next_page: page, buffer: Vec::new() }
    }

    /// Reads every page of every section.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for the first page that fails its CRC; [`Error::Io`] when one cannot be read.
    pub fn verify(&self) -> Result<(), Error> {
        for section in &self.header.sections {
            let mut records = self.all(section);
            while records.next()?.is_some() {}
        }
        Ok(())
    }
}

/// Runs of a section's records.
#[derive(Debug)]
pub struct Records<'f, S: Storage> {
    file: &'f PagedFile<S>,
    section: Section,
    next_page: u64,
    buffer: Vec<u8>,
}

/// Bytes read at once by [`Records`].
const PIECE_BYTES: u64 = 256 << 10;

impl<S: Storage> Records<'_, S> {
    /// The next run: the records of several pages, page by page. `None` at the section's end.
    ///
    /// # Errors
    /// As [`PagedFile::page`].
    #[expect(clippy::should_implement_trait, reason = "each run borrows the buffer, which an iterator cannot lend")]
    pub fn next(&mut self) -> Result<Option<impl Iterator<Item = &[u8]>>, Error> {
        let page_bytes = u64::from(self.file.kind.page_bytes);
        let left = self.file.pages(&self.section).saturating_sub(self.next_page);
        let count = left.min(PIECE_BYTES.div_ceil(page_bytes));
        if count == 0 {
            return Ok(None);
        }
        let first = self.next_page;
        self.file.pages_from(&self.section, first, count, &mut self.buffer)?;
        self.next_page += count;
        let (file, section) = (self.file, self.section);
        let pages = (first..).zip(self.buffer.chunks_exact(page_bytes as usize));
        Ok(Some(pages.flat_map(move |(page, bytes)| {
            let used = file.records_in(&section, page) as usize * section.record_bytes as usize;
            bytes[..used].chunks_exact(section.record_bytes as usize)
        })))
    }
}
