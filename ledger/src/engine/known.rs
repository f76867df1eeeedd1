//! Which sequence a command id has, also where a sidecar is damaged.

use crate::error::Error;
use crate::journal::JournalReader;
use crate::model::{CommandId, Sequence};
use crate::reader::Events;
use crate::sidecar::{self, CommandIds};
use crate::storage::Storage;

/// What came of asking for an id.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its sequence, when it was ever used.
    pub(crate) sequence: Option<Sequence>,
    /// The segment whose sidecar could not answer and must be made again.
    pub(crate) damaged: Option<u64>,
}

/// The sequence of the event that `id` led to.
///
/// # Errors
/// As [`ask`].
pub(crate) fn find<S: Storage>(ids: &CommandIds<S>, journal: &JournalReader<S>, id: CommandId) -> Result<Found, Error> {
    ask(ids.lookup(id), ids.sealed().through(), journal, id)
}

/// Makes the best of what a lookup said: where a sidecar cannot be read, the journal itself is read, up to `sealed_through`.
/// That takes long, but it happens only until the sidecar is made again.
///
/// # Errors
/// What the journal reports.
pub(crate) fn ask<S: Storage>(
    looked_up: Result<Option<Sequence>, Error>,
    sealed_through: Sequence,
    journal: &JournalReader<S>,
    id: CommandId,
) -> Result<Found, Error> {
    let path = match looked_up {
        Ok(sequence) => return Ok(Found { sequence, damaged: None }),
        Err(Error::Corrupt { path, .. } | Error::Io { path, .. }) => path,
        Err(error) => return Err(error),
    };
    for event in Events::new(journal, Sequence(1), sealed_through) {
        let event = event?;
        if event.answered() == Some(id) {
            return Ok(Found { sequence: Some(event.sequence), damaged: ordinal_of(&path) });
        }
    }
    Ok(Found { sequence: None, damaged: ordinal_of(&path) })
}

/// The segment whose sidecar has that path.
fn ordinal_of(path: &str) -> Option<u64> {
    let name = path.strip_prefix(sidecar::DIR)?.strip_prefix('/')?;
    name.strip_suffix(sidecar::SUFFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_sidecar_names_its_segment() {
        assert_eq!(ordinal_of(&sidecar::path(17)), Some(17));
        assert_eq!(ordinal_of("journal/0000000017.seg"), None);
    }
}
