//! Keys, and the folders of the generations.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::{AccountNumber, Code, LedgerId, Sequence};

use super::DIR;

/// A key and its value.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

const REFERENCE: u8 = b'r';
const CODE: u8 = b'c';
/// The key of the position: the ledger and the last event taken in.
pub(super) const POSITION: &[u8] = b"p";
/// Ends a reference: no reference holds it.
const END: u8 = 0;

/// The position's value.
pub(super) fn position(ledger: LedgerId, through: Sequence) -> Vec<u8> {
    [ledger.to_bytes().as_slice(), &through.0.to_be_bytes()].concat()
}

/// `r`, the reference, a zero, the sequence with its high byte first.
pub(super) fn reference_key(reference: &str, sequence: Sequence) -> Entry {
    let mut key = reference_prefix(reference);
    key.extend_from_slice(&sequence.0.to_be_bytes());
    (key, Vec::new())
}

pub(super) fn reference_prefix(reference: &str) -> Vec<u8> {
    [&[REFERENCE], reference.as_bytes(), &[END]].concat()
}

pub(super) fn sequence_of(entry: &Entry) -> Option<Sequence> {
    let bytes = entry.0.last_chunk::<8>()?;
    Some(Sequence(u64::from_be_bytes(*bytes)))
}

/// `c` and the code; the value is the account's number, high byte first.
pub(super) fn code_key(code: &Code, account: AccountNumber) -> Entry {
    (code_prefix(code.as_str()), account.0.to_be_bytes().to_vec())
}

pub(super) fn code_prefix(stem: &str) -> Vec<u8> {
    [&[CODE], stem.as_bytes()].concat()
}

pub(super) fn code_of(entry: &Entry) -> Option<(Code, AccountNumber)> {
    let code = std::str::from_utf8(entry.0.get(1..)?).ok()?.parse().ok()?;
    Some((code, AccountNumber(u32::from_be_bytes(entry.1.as_slice().try_into().ok()?))))
}

/// The folder of a generation.
pub(super) fn path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("gen-{generation}"))
}

/// A generation that has no folder yet.
pub(super) fn next_generation(folder: &Path) -> Result<u64, Error> {
    let generations = generations(folder).map_err(Error::io("list", DIR))?;
    Ok(generations.iter().max().map_or(1, |(generation, _)| generation + 1))
}

/// Makes the folder of a generation, for its owner alone.
pub(super) fn create(folder: &Path, generation: u64) -> Result<PathBuf, Error> {
    let path = path(folder, generation);
    let made = fs::DirBuilder::new().mode(0o700).recursive(true).create(&path);
    made.map_err(Error::io("create", format!("{DIR}/gen-{generation}")))?;
    Ok(path)
}

/// Removes all generations but `kept`. What cannot be removed now is in nobody's way and goes next time.
pub(super) fn remove_others(folder: &Path, kept: Option<u64>) {
    for (generation, path) in generations(folder).unwrap_or_default() {
        if Some(generation) != kept {
            drop(fs::remove_dir_all(path));
        }
    }
}

fn generations(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("gen-")?.parse().ok());
        if let Some(number) = number {
            found.push((number, entry.path()));
        }
    }
    Ok(found)
}
