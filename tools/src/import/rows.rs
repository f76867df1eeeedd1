//! Rows of a CSV file under the names of its columns.

use std::fs::File;
use std::path::Path;

use csv::ByteRecord;
use ledger::json::LINE_BYTES_MAX;

use super::mapping::Mapping;
use super::records::{Form, Records, Stop};
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
    records: Records<File>,
    /// The names of the columns.
    pub header: Vec<String>,
    number: u64,
    path: String,
}

impl Rows {
    /// Opens a file and reads its header.
    pub fn open(path: &Path, mapping: &Mapping) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(Failure::io(format!("open {shown}")))?;
        let form = Form { delimiter: mapping.delimiter, quote: mapping.quote, bytes_max: LINE_BYTES_MAX };
        let records = Records::new(file, form).map_err(Failure::io(format!("read {shown}")))?;
        let mut rows = Self { records, header: Vec::new(), number: 0, path: shown };
        let first = match rows.records.next() {
            Ok(Some((_, first))) => first,
            Ok(None) => {
                return Err(Failure::Usage(format!("{} is empty: its first line must name the columns", rows.path)));
            }
            Err(Stop::Malformed { at, reason }) => {
                return Err(Failure::Usage(format!(
                    "{}, {at}: {reason}; that is where the columns are named",
                    rows.path
                )));
            }
            Err(Stop::Io(source)) => return Err(Failure::io(format!("read {}", rows.path))(source)),
        };
        for name in &first {
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
        Ok(rows)
    }

    /// The next row.
    ///
    /// # Errors
    /// Where the file stops being CSV: that row and all behind it are not read.
    pub fn next(&mut self) -> Result<Option<Row>, Failure> {
        match self.records.next() {
            Ok(None) => Ok(None),
            Ok(Some((line, record))) => {
                self.number += 1;
                Ok(Some(Row { number: self.number, line, record }))
            }
            Err(Stop::Malformed { at, reason }) => Err(Failure::Check(format!(
                "{}, {at}: {reason}; the import stops in front of row {}: nothing of it or behind it was done",
                self.path,
                self.number + 1
            ))),
            Err(Stop::Io(source)) => Err(Failure::io(format!("read {}", self.path))(source)),
        }
    }

    /// How many bytes of the file were taken.
    pub fn bytes(&self) -> u64 {
        self.records.bytes()
    }
}
