//! Files that may be deleted at any time, because the journal can make them again, byte for byte.
//!
//! In: fixed-width records, section by section. Out: the same records, each page of them checked before it is
//! looked at. Checkpoints, sidecars and closings differ in their sections and in nothing else, so that one module
//! knows how such a file is written beside and renamed, how it is told from garbage, and what it swears about the
//! journal. I/O through [`Storage`] alone.
//!
//! A file is one header of 4,096 bytes, then sections, each a run of pages. A page's CRC covers its place and the
//! file's identity as well as its bytes, so that a page of another file, or of another place, is found out.
//!
//! Invariants: what is not usable is [`Unusable`] with its reason and never an answer; a file under its final name
//! was synced before it got that name; the same records give the same bytes. Absent on purpose: appending, changing
//! a page, and any knowledge of what a record means.

mod file;
mod handles;
mod header;
mod search;
mod unusable;
mod writer;

pub use file::{PagedFile, Records};
pub use handles::Handles;
pub use header::{HEADER_BYTES, Identity, Kind, SECTIONS_MAX, Section};
pub use search::{Bracket, Pages};
pub use unusable::{Opened, Reason, Unusable};
pub use writer::{FileWriter, Purpose, TEMPORARY_SUFFIX, sweep};

pub(crate) use header::array;

#[cfg(test)]
pub(crate) mod tests;

use crate::error::Error;
use crate::model::{LedgerId, Sequence};
use crate::storage::Storage;

/// A sequence that some file other than the journal swears was durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The file that swears.
    pub path: String,
    /// The journal was durable through this sequence.
    pub durable_through: Sequence,
}

/// What the newest files of `kind` in `dir` whose names end in `suffix` swear, by their headers alone: files that
/// belong to another ledger, or whose header is damaged, swear nothing.
///
/// Reads one header for each of the last `files_max` names.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be listed; [`Error::Version`] when a file is of a newer format.
pub fn witnesses<S: Storage>(
    storage: &S,
    dir: &str,
    suffix: &str,
    kind: &Kind,
    ledger: LedgerId,
    files_max: usize,
) -> Result<Vec<Witness>, Error> {
    let names = storage.list(dir).map_err(Error::io("list", dir))?;
    let newest = names.iter().rev().filter(|name| name.ends_with(suffix)).take(files_max);
    let mut found = Vec::new();
    for name in newest {
        let path = format!("{dir}/{name}");
        if let Opened::Usable(header) = file::read_header(storage, &path, kind)?
            && header.identity.ledger == ledger
        {
            found.push(Witness { path, durable_through: header.identity.last });
        }
    }
    Ok(found)
}
