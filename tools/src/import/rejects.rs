//! The file of rows that could not be done: why, and the row as it was.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::rows::Row;
use crate::failure::Failure;
use crate::output::cell;

/// A CSV that is made with its first row.
pub struct Rejects {
    /// Where it lies, or would.
    pub path: PathBuf,
    force: bool,
    header: Vec<String>,
    writer: Option<csv::Writer<BufWriter<File>>>,
}

impl Rejects {
    /// Nothing is made yet, but an existing file is refused now, and one of `inputs` even by force.
    pub fn new(path: PathBuf, force: bool, header: &[String], inputs: &[&Path]) -> Result<Self, Failure> {
        let place = |path: &Path| path.metadata().ok().map(|meta| (meta.dev(), meta.ino()));
        let existing = place(&path);
        if existing.is_some() && inputs.iter().any(|input| place(input) == existing) {
            return Err(Failure::Usage(format!(
                "{} is what this import reads: name another file with --rejects",
                path.display()
            )));
        }
        if !force && path.symlink_metadata().is_ok() {
            return Err(Failure::Usage(format!(
                "{} exists, perhaps from an earlier run: move it away, name another with --rejects, or replace it with --force",
                path.display()
            )));
        }
        Ok(Self { path, force, header: header.to_vec(), writer: None })
    }

    /// Adds a row. The reason stands before the row's own values, which are kept as they are.
    pub fn add(&mut self, row: &Row, code: &str, reason: &str) -> Result<(), Failure> {
        let path = self.path.display().to_string();
        let failed = |error: csv::Error| match error.into_kind() {
            csv::ErrorKind::Io(source) => Failure::io(format!("write {path}"))(source),
            other => Failure::io(format!("write {path}"))(io::Error::other(format!("{other:?}"))),
        };
        if self.writer.is_none() {
            self.writer = Some(self.begin()?);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        for value in [&*row.number.to_string(), &row.line.to_string(), code, &cell(&crate::output::shown(reason))] {
            writer.write_field(value).map_err(&failed)?;
        }
        for value in &row.record {
            writer.write_field(value).map_err(&failed)?;
        }
        writer.write_record(None::<&[u8]>).map_err(&failed)
    }

    fn begin(&self) -> Result<csv::Writer<BufWriter<File>>, Failure> {
        let path = self.path.display();
        if self.force {
            match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::io(format!("replace {path}"))(error));
                }
                _ => {}
            }
        }
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(Failure::io(format!("create {path}")))?;
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::new(file));
        let head = ["row", "line", "code", "reason"].into_iter().chain(self.header.iter().map(String::as_str));
        writer.write_record(head).map_err(|error| Failure::io(format!("write {path}"))(io::Error::other(error)))?;
        Ok(writer)
    }

    /// Writes what is left.
    pub fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.writer {
            None => Ok(()),
            Some(writer) => writer.flush().map_err(Failure::io(format!("write {}", self.path.display()))),
        }
    }
}
