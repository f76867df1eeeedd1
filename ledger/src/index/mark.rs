//! The mark that the index leaves when it ends in order, through the storage and outside of sled.
//!
//! sled's own word is worth little here: 0.34.7 has lost keys after a flush that returned `Ok`. The mark says which
//! generation is whole and up to which event; it is removed before that generation is touched again.

use std::sync::Arc;

use crate::error::Error;
use crate::model::{LedgerId, Sequence, Timestamp};
use crate::rebuildable::{FileWriter, Handles, Identity, Kind, Opened, PagedFile, Witness, witnesses};
use crate::storage::Storage;

use super::DIR;

/// The mark's file.
pub(super) const PATH: &str = "index/clean.mark";
const SUFFIX: &str = ".mark";
/// A mark is a header without sections.
pub(crate) const KIND: Kind = Kind { magic: *b"LDGRINDX", version: 1, page_bytes: 4096, sections: &[] };

/// What the mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub generation: u64,
    pub through: Sequence,
}

/// The mark of `ledger`'s index, or why there is none.
pub(super) fn read<S: Storage>(storage: &Arc<S>, ledger: LedgerId) -> Result<Result<Mark, String>, Error> {
    let handles = Arc::new(Handles::new(Arc::clone(storage), 1));
    Ok(match PagedFile::open(&handles, PATH, &KIND, ledger, None)? {
        Opened::Usable(file) => Ok(Mark { generation: file.identity().subject, through: file.identity().last }),
        Opened::Unusable(why) => Err(why.to_string()),
        Opened::Missing => Err("it did not end in order".to_owned()),
    })
}

/// Takes the mark away, durably.
pub(super) fn remove<S: Storage>(storage: &S) -> Result<(), Error> {
    storage.create_dir(DIR).map_err(Error::io("create", DIR))?;
    match storage.remove(PATH) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io("remove", PATH)(error)),
    }
    storage.sync_dir(DIR).map_err(Error::io("sync", DIR))
}

/// Leaves the mark, durably. An index of nothing leaves none.
pub(super) fn write<S: Storage>(
    storage: &S,
    ledger: LedgerId,
    generation: u64,
    through: Sequence,
) -> Result<(), Error> {
    if through.0 == 0 {
        return Ok(());
    }
    let identity = Identity {
        ledger,
        subject: generation,
        first: Sequence(1),
        last: through,
        recorded_at: Timestamp(0),
        source: [0; 32],
    };
    FileWriter::create(storage, PATH, &KIND, identity)?.finish()
}

/// What the index swears about the journal, when it ended in order.
///
/// # Errors
/// [`Error::Version`] when it is of a newer format; [`Error::Io`] when the folder cannot be listed.
pub fn sworn<S: Storage>(storage: &S, ledger: LedgerId) -> Result<Vec<Witness>, Error> {
    witnesses(storage, DIR, SUFFIX, &KIND, ledger, 1)
}
