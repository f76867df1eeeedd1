//! Opening a ledger as the arguments say.

use std::io::ErrorKind;
use std::path::Path;

use ledger::storage::IoMode;
use ledger::{Ledger, OpenOptions, Reader};

use crate::args::{Io, Open};
use crate::failure::Failure;
use crate::output::shown;

impl From<Io> for IoMode {
    fn from(io: Io) -> Self {
        match io {
            Io::Buffered => Self::Buffered,
            Io::Direct => Self::Direct,
        }
    }
}

/// Commands that may wait inside the ledger: more than [`feed`](crate::feed) ever has on its way.
const QUEUE_COMMANDS_MAX: usize = 1 << 20;

/// Says what to do where there is no ledger at all.
pub fn check_dir(dir: &Path) -> Result<(), Failure> {
    match dir.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Failure::Usage(format!("there is no ledger {0}: make one with `ledger init {0}`", dir.display())))
        }
        Ok(meta) if !meta.is_dir() => {
            Err(Failure::Usage(format!("{} is a file: a ledger is a directory", dir.display())))
        }
        _ => Ok(()),
    }
}

/// Opens for writing; says on standard error what recovery had to cut.
pub fn write(open: &Open) -> Result<Ledger, Failure> {
    let options = OpenOptions { io: open.io.into(), queue_commands_max: QUEUE_COMMANDS_MAX, ..OpenOptions::default() };
    let ledger = Ledger::open(&open.dir, &options)?;
    for cut in &ledger.opened().cuts {
        anstream::eprintln!(
            "ledger: cut {} bytes that were never acknowledged from {} at byte {} ({}); kept as {}",
            cut.bytes,
            shown(&cut.path),
            cut.offset,
            shown(&cut.check),
            shown(&cut.kept_as)
        );
    }
    Ok(ledger)
}

/// Opens for reading, beside a running writer if there is one.
pub fn read(open: &Open) -> Result<Reader, Failure> {
    check_dir(&open.dir)?;
    Ok(Ledger::open_read_only(&open.dir, open.io.into())?)
}
