//! What subcommands show: tables for people, CSV and JSON for programs, progress for a waiting terminal.

mod money;
mod progress;
mod sheet;
mod table;
mod text;

pub use money::{count, grouped};
pub use progress::Progress;
pub use sheet::{Sheet, cell};
pub use table::{Align, Table};
pub use text::{add_line, shown};

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Standard output for programs: bytes as they are, buffered.
pub fn bytes_out() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(1 << 16, io::stdout().lock())
}

/// Writes one JSON value and a line's end to standard output.
pub fn write_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let mut out = bytes_out();
    serde_json::to_writer(&mut out, value).map_err(|error| Failure::Output(error.into()))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(Failure::Output)
}

/// Writes text for people to standard output; colours stay only on a terminal.
pub fn write_text(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}
