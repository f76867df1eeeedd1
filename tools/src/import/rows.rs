//! Rows of a CSV file, bounded: a quote that is never closed does not swallow the file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use csv::{ByteRecord, ReaderBuilder};
use ledger::json::LINE_BYTES_MAX;

use super::mapping::Mapping;
use crate::failure::Failure;

/// One row.
#[derive(Debug)]
pub struct Row {
    /// Its number among the rows, from 1; the header is none.
    pub number: u64,
    /// The line of the file where it begins, from 1.
    pub line: u64,
    /// Its values.
    pub record: ByteRecord,
}

/// The rows of a file.
pub struct Rows {
    reader: csv::Reader<Bounded>,
    taken: Arc<AtomicUsize>,
    /// The names of the columns.
    pub header: Vec<String>,
    number: u64,
    path: String,
}

/// Fails when one row takes more input than a row may.
struct Bounded {
    file: File,
    taken: Arc<AtomicUsize>,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken.load(Ordering::Relaxed) > LINE_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 1 MiB: is a quote not closed?",
            ));
        }
        let read = self.file.read(into)?;
        self.taken.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

impl Rows {
    /// Opens a file and reads its header.
    pub fn open(path: &Path, mapping: &Mapping) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(Failure::io(format!("open {shown}")))?;
        let taken = Arc::new(AtomicUsize::new(0));
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(mapping.delimiter)
            .quote(mapping.quote)
            .from_reader(Bounded { file, taken: Arc::clone(&taken) });
        let mut rows = Self { reader, taken, header: Vec::new(), number: 0, path: shown };
        let Some(first) = rows.next()? else {
            return Err(Failure::Usage(format!("{} is empty: its first line must name the columns", rows.path)));
        };
        for name in &first.record {
            let name = std::str::from_utf8(name).map_err(|_| {
                Failure::Usage(format!("{} is not UTF-8: convert it, such as with iconv -f CP932 -t UTF-8", rows.path))
            })?;
            let name = name.trim().to_owned();
            if !name.is_empty() && rows.header.contains(&name) {
                return Err(Failure::Usage(format!(
                    "{} has two columns `{name}`: give them different names",
                    rows.path
                )));
            }
            rows.header.push(name);
        }
        rows.number = 0;
        Ok(rows)
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Row>, Failure> {
        self.taken.store(0, Ordering::Relaxed);
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                self.number += 1;
                let line = record.position().map_or(0, csv::Position::line);
                Ok(Some(Row { number: self.number, line, record }))
            }
            Err(error) => {
                let line = self.reader.position().line();
                Err(match error.into_kind() {
                    csv::ErrorKind::Io(source) if source.kind() == io::ErrorKind::InvalidData => {
                        Failure::Usage(format!("{}, from line {line}: {source}", self.path))
                    }
                    csv::ErrorKind::Io(source) => Failure::io(format!("read {}", self.path))(source),
                    other => Failure::Usage(format!("{}, from line {line}: {other:?}", self.path)),
                })
            }
        }
    }

    /// How many bytes of the file were taken.
    pub fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }
}
