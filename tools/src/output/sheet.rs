//! CSV for spreadsheets and programs.

use csv::Writer;

use super::bytes_out;
use crate::failure::Failure;

/// A CSV being written to standard output.
pub struct Sheet {
    writer: Writer<Box<dyn std::io::Write>>,
}

impl Sheet {
    /// Begins with a header line.
    pub fn new(columns: &[&str]) -> Result<Self, Failure> {
        let mut sheet = Self { writer: Writer::from_writer(Box::new(bytes_out())) };
        sheet.writer.write_record(columns).map_err(output)?;
        Ok(sheet)
    }

    /// Adds a row. Cells that come from people go through [`cell`] first.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
        self.writer.write_record(cells).map_err(output)
    }

    /// Writes what is left.
    pub fn end(mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(Failure::Output)
    }
}

fn output(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Failure::Output(error),
        other => Failure::Output(std::io::Error::other(format!("{other:?}"))),
    }
}

/// Text that a spreadsheet must not take for a formula: an apostrophe goes before `=`, `+`, `-`, `@`, tab and CR.
pub fn cell(text: &str) -> String {
    match text.bytes().next() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_made_text() {
        for (text, expected) in [("=1+1", "'=1+1"), ("-5", "'-5"), ("@x", "'@x"), ("shop", "shop"), ("", "")] {
            assert_eq!(cell(text), expected);
        }
    }
}
