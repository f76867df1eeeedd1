//! Opening a ledger as the arguments say.

use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ledger::storage::IoMode;
use ledger::{Error, Ledger, OpenOptions, Reader};

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

/// How often a running writer's confirmation is looked for: its mark comes within 20 ms of its last write.
const LOOKS_MAX: u32 = 12;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

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
    check_dir(&open.dir)?;
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

/// Opens for reading, beside a running writer if there is one. What was acknowledged before the call is seen.
pub fn read(open: &Open) -> Result<Reader, Failure> {
    check_dir(&open.dir)?;
    let reader = Ledger::open_read_only(&open.dir, open.io.into())?;
    let written = reader.written_through();
    // The last writes of a running writer are confirmed by its next one, or by its mark when it is idle.
    for _ in 0..LOOKS_MAX {
        if reader.through() >= written {
            return Ok(reader);
        }
        thread::sleep(BETWEEN_LOOKS);
        reader.follow()?;
    }
    // Nobody confirms them: the writer was stopped. Its last writes may have been acknowledged, so they count only after
    // a recovery, which only a writer may do.
    match write(open) {
        Ok(ledger) => {
            ledger.close()?;
            Ok(Ledger::open_read_only(&open.dir, open.io.into())?)
        }
        Err(Failure::Ledger(Error::Locked { .. })) => Ok(reader),
        // Without the right or the room to write, nothing is recovered, and what is sworn to is answered.
        Err(Failure::Ledger(Error::Io { source, .. })) => {
            anstream::eprintln!(
                "ledger: the last writer was stopped, and recovery could not write ({source}): answers end at sequence {}",
                reader.through().0
            );
            Ok(reader)
        }
        Err(failure) => Err(failure),
    }
}
