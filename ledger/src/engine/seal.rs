//! The salt key in `seal/`, held against the hash of it that the first event keeps for ever.
//!
//! Reads only. A key that is missing or another one is noticed when a ledger is opened for writing or verified, and not years
//! later by whoever needs a proof. Questions need no key and look for none.

use std::io::ErrorKind;

use sha2::{Digest, Sha256};

use super::init::SALT_PATH;
use crate::error::Error;
use crate::event::Genesis;
use crate::state::State;
use crate::storage::{OpenFor, Storage};
use crate::verification::{Severity, VerifyFinding};

/// The key's length in bytes.
const BYTES: usize = 32;

/// A salt key as it lies on the disk.
pub(crate) struct SaltKey([u8; BYTES]);

impl SaltKey {
    /// Reads the key.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it is missing or of another length, [`Error::Io`] when it cannot be read or is a link.
    pub(crate) fn read<S: Storage>(storage: &S) -> Result<Self, Error> {
        let damaged = |check: String| Error::Corrupt { path: SALT_PATH.to_owned(), offset: 0, check };
        let file = match storage.open(SALT_PATH, OpenFor::Read) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(damaged("the salt key is missing".to_owned()));
            }
            opened => opened.map_err(Error::io("open", SALT_PATH))?,
        };
        let length = storage.len(&file).map_err(Error::io("read", SALT_PATH))?;
        let mut key = [0; BYTES];
        let read = storage.read_at(&file, 0, &mut key).map_err(Error::io("read", SALT_PATH))?;
        if length != BYTES as u64 || read != BYTES {
            return Err(damaged(format!("the salt key is {length} bytes long instead of {BYTES}")));
        }
        Ok(Self(key))
    }

    /// Whether it is the key that the ledger of `state` was made with.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when it is another one.
    pub(crate) fn check(&self, state: &State) -> Result<(), Error> {
        match state.genesis().and_then(|genesis| self.contradicts(genesis)) {
            None => Ok(()),
            Some(check) => Err(Error::Contradiction(format!("{SALT_PATH}: {check}"))),
        }
    }

    fn contradicts(&self, genesis: &Genesis) -> Option<String> {
        let hash: [u8; 32] = Sha256::digest(self.0).into();
        (hash != genesis.salt_key_hash)
            .then(|| "the salt key is not the one of which the first event holds the hash".to_owned())
    }
}

/// What is wrong with the salt key of the ledger whose events make up `state`.
///
/// # Errors
/// [`Error::Io`] when it cannot be read.
pub(crate) fn verify<S: Storage>(storage: &S, state: &State) -> Result<Option<VerifyFinding>, Error> {
    let finding = |severity, sequences, check| VerifyFinding {
        severity,
        path: SALT_PATH.to_owned(),
        offset: 0,
        sequences,
        check,
    };
    match SaltKey::read(storage) {
        Ok(key) => Ok(state
            .genesis()
            .and_then(|genesis| key.contradicts(genesis))
            .map(|check| finding(Severity::Contradiction, Some((1, 1)), check))),
        Err(Error::Corrupt { check, .. }) => Ok(Some(finding(Severity::Damage, None, check))),
        Err(error) => Err(error),
    }
}
