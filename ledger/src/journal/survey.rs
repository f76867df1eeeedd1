//! What the journal's folder holds: which segments, in which order, and whether each complete one fits the next.
//!
//! In: the folder. Out: headers and footers, checked against each other. Reads a few blocks of each segment and
//! none of its writes. A missing, swapped or foreign segment is found here.

use super::FOLDER;
use super::judge::sequences;
use super::segment::{self, BLOCK_BYTES_RANGE, Footer, HeaderFault, SegmentHeader, footer_hash, path_of};
use super::window::{Window, is_zero};
use crate::error::Error;
use crate::storage::{OpenFor, Storage};
use std::sync::Arc;

/// A segment in front of the last begun one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complete {
    pub header: SegmentHeader,
    pub footer: Footer,
    pub footer_offset: u32,
}

/// A last file that holds no header yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unbegun {
    pub ordinal: u64,
    /// Its first block holds bytes that are no header: one that was torn, or damaged before anything followed it.
    pub torn: bool,
    /// Bytes stand behind its first block, though a header is durable before anything follows it.
    pub holds_bytes: bool,
}

/// The segments of a journal.
#[derive(Debug)]
pub(super) struct Survey {
    /// Those that a later one follows.
    pub complete: Vec<Complete>,
    /// The last that has a header; its writes were not looked at.
    pub last: Option<SegmentHeader>,
    /// The file made ahead, when it is there.
    pub unbegun: Option<Unbegun>,
}

/// The bytes of a first block that may be a header.
pub(super) fn first_block<S: Storage>(storage: &S, file: &S::File, path: &str) -> Result<Vec<u8>, Error> {
    let mut block = vec![0; *BLOCK_BYTES_RANGE.start() as usize];
    let filled = storage.read_at(file, 0, &mut block).map_err(Error::io("read", path))?;
    block.truncate(filled);
    if let Ok(header) = SegmentHeader::parse(&block) {
        block.resize(header.block_bytes as usize, 0);
        let filled = storage.read_at(file, 0, &mut block).map_err(Error::io("read", path))?;
        block.truncate(filled);
    }
    Ok(block)
}

/// The ordinals in the folder, ascending.
pub(super) fn ordinals<S: Storage>(storage: &S) -> Result<Vec<u64>, Error> {
    let names = storage.list(FOLDER).map_err(Error::io("list", FOLDER))?;
    let mut ordinals: Vec<u64> = names.iter().filter_map(|name| segment::ordinal_of(name)).collect();
    ordinals.sort_unstable();
    Ok(ordinals)
}

fn corrupt(path: String, offset: u64, check: impl Into<String>) -> Error {
    Error::Corrupt { path, offset, check: check.into() }
}

/// Looks at every segment; `ledger_id` is whose they must be, when the caller knows.
///
/// # Errors
/// [`Error::Corrupt`] where a segment is missing, damaged or not the one that belongs there, [`Error::Contradiction`] where
/// all of them are another ledger's, [`Error::Version`] where a later version wrote it, [`Error::Io`].
pub(super) fn survey<S: Storage>(storage: &Arc<S>, ledger_id: Option<[u8; 16]>) -> Result<Survey, Error> {
    let ordinals = ordinals(&**storage)?;
    let mut survey = Survey { complete: Vec::new(), last: None, unbegun: None };
    for (expected, ordinal) in (1..).zip(&ordinals) {
        let path = path_of(expected);
        let from = survey.last.map_or(1, |header| header.first_sequence);
        if *ordinal != expected {
            return Err(corrupt(path, 0, format!("the segment is missing; sequences from {from} on")));
        }
        let file = storage.open(&path, OpenFor::Read).map_err(Error::io("open", &*path))?;
        let block = first_block(&**storage, &file, &path)?;
        match SegmentHeader::parse(&block) {
            Ok(header) => {
                if survey.last.is_some_and(|last| last.ledger_id != header.ledger_id) {
                    // All those in front of it are of one ledger: which is the foreign one, only the caller can tell.
                    let foreign = if ledger_id == Some(header.ledger_id) { path_of(1) } else { path };
                    return Err(corrupt(foreign, 0, "the segment belongs to another ledger"));
                }
                belongs(storage, &file, &path, &header, expected)?;
                if let Some(previous) = survey.last.replace(header) {
                    survey.complete.push(complete(storage, previous, &header)?);
                }
            }
            Err(HeaderFault::Newer(version)) => return Err(newer(path, version)),
            Err(fault) if expected == ordinals.len() as u64 => {
                let torn = fault != HeaderFault::Zeros;
                let holds_bytes = !is_unused(storage, file, &path)?;
                survey.unbegun = Some(Unbegun { ordinal: expected, torn, holds_bytes });
            }
            Err(HeaderFault::Zeros) => {
                return Err(corrupt(path, 0, format!("the segment's header is missing; sequences from {from} on")));
            }
            Err(HeaderFault::Damaged(check)) => {
                return Err(corrupt(path, 0, format!("{check}; sequences from {from} on")));
            }
        }
    }
    match survey.last.filter(|last| ledger_id.is_some_and(|id| id != last.ledger_id)) {
        None => Ok(survey),
        Some(_) => Err(Error::Contradiction("the whole journal is another ledger's than was asked for".to_owned())),
    }
}

pub(super) fn newer(path: String, version: u32) -> Error {
    let (needed, supported) = (format!("journal format {version}"), format!("{}", segment::FORMAT_VERSION));
    Error::Version { path, needed, supported }
}

/// Whether a header is the one of this file.
fn belongs<S: Storage>(
    storage: &Arc<S>,
    file: &S::File,
    path: &str,
    header: &SegmentHeader,
    ordinal: u64,
) -> Result<(), Error> {
    let first = ordinal == 1;
    let begins = header.first_sequence == 1 && header.previous_hash == [0; 32] && header.previous_offset == 0;
    if header.ordinal != ordinal || (first && !begins) {
        return Err(corrupt(path.to_owned(), 0, "the segment is not the one that belongs here"));
    }
    let length = storage.len(file).map_err(Error::io("measure", path))?;
    if length < u64::from(header.file_bytes) {
        let check = format!(
            "the file was cut to {length} bytes, its header says {}; sequences from {} on",
            header.file_bytes, header.first_sequence
        );
        return Err(corrupt(path.to_owned(), length, check));
    }
    Ok(())
}

/// The segment in front of `next`, whose footer `next` names.
fn complete<S: Storage>(storage: &Arc<S>, header: SegmentHeader, next: &SegmentHeader) -> Result<Complete, Error> {
    let path = path_of(header.ordinal);
    let offset = u64::from(next.previous_offset);
    let file = storage.open(&path, OpenFor::Read).map_err(Error::io("open", &*path))?;
    let mut block = vec![0; header.block_bytes as usize];
    let filled = storage.read_at(&file, offset, &mut block).map_err(Error::io("read", &*path))?;
    let range = sequences(header.first_sequence, next.first_sequence.saturating_sub(1));
    let footer = Footer::parse(&block[..filled], header.crc, block.len())
        .map_err(|check| corrupt(path.clone(), offset, format!("{check}; {range}")))?;
    if footer_hash(&block) != next.previous_hash {
        let check = format!("the segment is not the one that the next one follows; {range}");
        return Err(corrupt(path, offset, check));
    }
    let fits = footer.ordinal == header.ordinal
        && footer.first_sequence == header.first_sequence
        && footer.last_sequence.checked_add(1) == Some(next.first_sequence)
        && footer.epoch >= header.epoch
        && next.epoch >= footer.epoch
        && next.recorded_at_us == footer.recorded_at_us;
    if fits {
        Ok(Complete { header, footer, footer_offset: next.previous_offset })
    } else {
        Err(corrupt(path, offset, format!("a footer does not match the header behind it; {range}")))
    }
}

/// Whether nothing but zeros stands behind a file's first block.
fn is_unused<S: Storage>(storage: &Arc<S>, file: S::File, path: &str) -> Result<bool, Error> {
    let step = *BLOCK_BYTES_RANGE.end() as usize;
    let mut window = Window::new(storage.clone(), file, path.to_owned());
    let mut at = u64::from(*BLOCK_BYTES_RANGE.start());
    loop {
        let bytes = window.bytes(at, step)?;
        if bytes.is_empty() {
            return Ok(true);
        }
        if !is_zero(bytes) {
            return Ok(false);
        }
        at += bytes.len() as u64;
    }
}
