//! Checkpoints: the image of the derived state at one durable sequence, so that opening need not replay all history.
//!
//! In: a [`State`]. Out: the same state, or why a checkpoint is not usable. A checkpoint is a pure function of the journal
//! up to its sequence: two at one sequence are equal byte for byte. I/O through [`Storage`]; no clock.
//!
//! Invariants: a checkpoint is only made of a state whose every event is durable, so that its sequence bears witness to
//! how much the journal must hold; the newest two are kept; a damaged one is passed over for the one before, and for the
//! journal's beginning when there is none. Absent on purpose: when to make one, and the replay of what comes after it.

mod control_records;
mod halt_records;
mod image;
mod records;

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::journal::{Frame, JournalReader};
use crate::model::{LedgerId, Sequence};
use crate::rebuildable::{
    FileWriter, Handles, Identity, Kind, Opened, PagedFile, Reason, Unusable, Witness, sweep, witnesses,
};
use crate::state::State;
use crate::storage::Storage;

/// The folder that holds the checkpoints.
pub const DIR: &str = "checkpoint";
/// What a checkpoint's name ends in.
pub const SUFFIX: &str = ".ckpt";
/// How many checkpoints are kept.
pub const KEPT: usize = 2;

/// The format of checkpoints.
pub const KIND: Kind = Kind {
    magic: *b"LDGRCKPT",
    version: 1,
    page_bytes: 65_536,
    sections: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
};

/// Ties a checkpoint to one history: SHA-256 of the content of the frame that holds the event of its sequence. Zeros where
/// nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anchor(pub [u8; 32]);

impl Anchor {
    /// The anchor of a frame: of its first sequence, its recorded time and its entries, which stay the same when recovery
    /// copies the frame into another segment under another epoch.
    pub fn of(frame: &Frame<'_>) -> Self {
        let mut hash = Sha256::new();
        hash.update(frame.first_sequence().to_le_bytes());
        hash.update(frame.recorded_at_us().to_le_bytes());
        for entry in frame.entries() {
            hash.update(entry.kind.to_le_bytes());
            hash.update(entry.schema.to_le_bytes());
            hash.update((entry.payload.len() as u32).to_le_bytes());
            hash.update(entry.payload);
        }
        Self(hash.finalize().into())
    }
}

/// The anchor that the journal itself gives for a checkpoint at `sequence`.
///
/// # Errors
/// What the journal reports when it is asked for the frame.
pub fn anchor_at<S: Storage>(journal: &JournalReader<S>, sequence: Sequence) -> Result<Anchor, Error> {
    let mut bytes = Vec::new();
    journal.frame_of(sequence.0, &mut bytes).map(|frame| Anchor::of(&frame))
}

/// What [`newest`] found.
#[derive(Debug, Default)]
pub struct Newest {
    /// The state of the newest usable checkpoint, when there is one.
    pub state: Option<State>,
    /// Newer checkpoints that were passed over, and why.
    pub unusable: Vec<Unusable>,
}

/// The path of the checkpoint at `sequence`.
pub fn path(sequence: Sequence) -> String {
    format!("{DIR}/{:020}{SUFFIX}", sequence.0)
}

/// Writes the checkpoint of `state`, all of whose events must be durable, and removes all but the newest [`KEPT`].
///
/// Costs about 0.2 s for 1.5 million accounts, most of it the disk's.
///
/// # Errors
/// [`Error::Io`] when it could not be written; the checkpoints before are then still there. [`Error::Config`] for a state
/// before its first event.
pub fn write<S: Storage>(storage: &S, state: &State, anchor: Anchor) -> Result<(), Error> {
    let last = state.last_sequence();
    if last.0 == 0 {
        return Err(Error::Config("a ledger without an event has no checkpoint".to_owned()));
    }
    let path = path(last);
    let mut file = FileWriter::create(storage, &path, &KIND, identity(state, anchor))?;
    image::write(&mut file, state)?;
    file.finish()?;
    remove_older(storage, last)
}

/// Holds the checkpoint that is there at `state`'s last event against the one that would be written.
///
/// # Errors
/// [`Error::Contradiction`] when they differ; [`Error::Io`].
pub fn compare<S: Storage>(storage: &S, state: &State, anchor: Anchor) -> Result<(), Error> {
    let path = path(state.last_sequence());
    let mut file = FileWriter::compare(storage, &path, &KIND, identity(state, anchor))?;
    image::write(&mut file, state)?;
    file.finish()
}

/// Reads the checkpoint at `sequence` page by page, without building its state.
///
/// # Errors
/// [`Error::Version`] when it is of a newer format; [`Error::Corrupt`] for a page that fails its CRC; [`Error::Io`].
pub fn check<S: Storage>(storage: &Arc<S>, ledger: LedgerId, sequence: Sequence) -> Result<Opened<()>, Error> {
    let handles = Arc::new(Handles::new(Arc::clone(storage), 1));
    Ok(match PagedFile::open(&handles, &path(sequence), &KIND, ledger, None)? {
        Opened::Usable(file) => Opened::Usable(file.verify()?),
        Opened::Unusable(why) => Opened::Unusable(why),
        Opened::Missing => Opened::Missing,
    })
}

fn identity(state: &State, anchor: Anchor) -> Identity {
    Identity {
        ledger: state.ledger(),
        subject: 0,
        first: Sequence(1),
        last: state.last_sequence(),
        recorded_at: state.last_recorded_at(),
        source: anchor.0,
    }
}

/// Removes what nobody needs any more: all checkpoints before the newest [`KEPT`] up to `newest`, and what unfinished
/// writers left.
fn remove_older<S: Storage>(storage: &S, newest: Sequence) -> Result<(), Error> {
    sweep(storage, DIR)?;
    for sequence in sequences(storage)?.into_iter().rev().filter(|sequence| *sequence <= newest).skip(KEPT) {
        let path = path(sequence);
        storage.remove(&path).map_err(Error::io("remove", path.as_str()))?;
    }
    Ok(())
}

/// The sequences of the checkpoints that are there, usable or not, oldest first.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be listed.
pub fn sequences<S: Storage>(storage: &S) -> Result<Vec<Sequence>, Error> {
    let names = storage.list(DIR).map_err(Error::io("list", DIR))?;
    let number = |name: &String| name.strip_suffix(SUFFIX).filter(|digits| digits.len() == 20)?.parse().ok();
    Ok(names.iter().filter_map(number).map(Sequence).collect())
}

/// The newest usable checkpoint of `ledger` at `up_to` or before that is of the journal's history, and the newer ones
/// that are not usable.
///
/// `belongs` compares what a checkpoint says of the journal at its sequence with the journal itself: one of a copy of the
/// ledger that went another way proves that files were mixed.
///
/// # Errors
/// [`Error::Version`] when one is of a newer format; [`Error::Contradiction`] when one is sound and of another history;
/// [`Error::Io`] when the folder cannot be listed; what `belongs` says.
pub fn newest<S: Storage>(
    storage: &Arc<S>,
    ledger: LedgerId,
    up_to: Sequence,
    belongs: impl Fn(Sequence, Anchor) -> Result<bool, Error>,
) -> Result<Newest, Error> {
    let handles = Arc::new(Handles::new(Arc::clone(storage), 1));
    let mut found = Newest::default();
    for sequence in sequences(storage.as_ref())?.into_iter().rev().filter(|sequence| *sequence <= up_to) {
        match open(&handles, ledger, sequence, &belongs)? {
            Opened::Usable(state) => return Ok(Newest { state: Some(state), ..found }),
            Opened::Unusable(why) => found.unusable.push(why),
            Opened::Missing => {}
        }
    }
    Ok(found)
}

/// Opens the checkpoint at `sequence`.
fn open<S: Storage>(
    handles: &Arc<Handles<S>>,
    ledger: LedgerId,
    sequence: Sequence,
    belongs: &impl Fn(Sequence, Anchor) -> Result<bool, Error>,
) -> Result<Opened<State>, Error> {
    let path = path(sequence);
    let file = match PagedFile::open(handles, &path, &KIND, ledger, None)? {
        Opened::Usable(file) => file,
        Opened::Unusable(why) => return Ok(Opened::Unusable(why)),
        Opened::Missing => return Ok(Opened::Missing),
    };
    let identity = *file.identity();
    if identity.last != sequence {
        return Ok(Opened::unusable(&path, Reason::Subject("its header does not say what its name says")));
    }
    if !belongs(sequence, Anchor(identity.source))? {
        return Err(Error::Contradiction(format!(
            "{path} was made of another history than the journal's: at sequence {} they differ. Files of two copies of \
             this ledger were mixed, or an old copy's were put back. Find out which are the right ones; where the journal is, \
             remove the checkpoints",
            sequence.0
        )));
    }
    match image::read(&file) {
        Ok(state) => Ok(Opened::Usable(state)),
        Err(reason) => Ok(Opened::unusable(&path, reason)),
    }
}

/// What the newest checkpoints swear about the journal, by their headers alone.
///
/// # Errors
/// [`Error::Version`] when one is of a newer format; [`Error::Io`] when the folder cannot be listed.
pub fn sworn<S: Storage>(storage: &S, ledger: LedgerId) -> Result<Vec<Witness>, Error> {
    witnesses(storage, DIR, SUFFIX, &KIND, ledger, KEPT)
}

#[cfg(test)]
mod tests;
