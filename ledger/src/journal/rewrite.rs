//! Fresh files for what a stopped writer left behind: the last segment's valid part, and the bytes cut from it.
//!
//! Every file is written under another name, synced, read back, and renamed; nothing is mended in place. Done
//! again after an interruption, it ends the same.

use super::FOLDER;
use super::ahead::sync_folder;
use super::places::Places;
use super::recovery::Last;
use super::scan::Scan;
use super::segment::path_of;
use super::window::Window;
use crate::error::Error;
use crate::storage::Storage;
use std::io;
use std::sync::Arc;

/// How much is copied at once, in bytes.
const COPY_BYTES: usize = 1 << 20;

/// Removes files that an interrupted recovery left under their first names.
pub(super) fn remove_leftovers<S: Storage>(storage: &S) -> Result<(), Error> {
    for name in storage.list(FOLDER).map_err(Error::io("list", FOLDER))? {
        if name.strip_suffix(".new").is_some() {
            remove(storage, &format!("{FOLDER}/{name}"))?;
        }
    }
    Ok(())
}

/// Removes a file that may be missing.
pub(super) fn remove<S: Storage>(storage: &S, path: &str) -> Result<(), Error> {
    match storage.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn new_path(ordinal: u64) -> String {
    format!("{FOLDER}/{ordinal:010}.new")
}

fn sync<S: Storage>(storage: &S, file: &S::File, path: &str) -> Result<(), Error> {
    storage.sync(file).map_err(Error::io("sync", path))
}

fn copy<S: Storage>(storage: &S, from: (&S::File, u64, u64), to: &S::File, paths: (&str, &str)) -> Result<(), Error> {
    let (source, start, end) = from;
    let mut piece = vec![0; COPY_BYTES.min((end - start) as usize)];
    let mut at = start;
    while at < end {
        let wanted = piece.len().min((end - at) as usize);
        let read = storage.read_at(source, at, &mut piece[..wanted]).map_err(Error::io("read", paths.0))?;
        if read == 0 {
            let check = "the file ended while it was copied".to_owned();
            return Err(Error::Corrupt { path: paths.0.to_owned(), offset: at, check });
        }
        let shift = if paths.1.contains(".cut-") { start } else { 0 };
        storage.write_at(to, at - shift, &piece[..read]).map_err(Error::io("write", paths.1))?;
        at += read as u64;
    }
    Ok(())
}

/// Keeps the bytes from `start` to `end` of a segment in a file of their own, durable; gives back its path.
pub(super) fn keep_cut<S: Storage>(
    storage: &S,
    ordinal: u64,
    epoch: u64,
    cut: (&S::File, u64, u64),
) -> Result<String, Error> {
    let path = format!("{FOLDER}/{ordinal:010}.cut-{epoch}");
    remove(storage, &path)?;
    let file = storage.create(&path).map_err(Error::io("create", &*path))?;
    copy(storage, cut, &file, (&path_of(ordinal), &path))?;
    sync(storage, &file, &path)?;
    sync_folder(storage)?;
    Ok(path)
}

/// Replaces the last segment by a fresh file with its valid part, and the footer when there is one to write.
pub(super) fn rewrite<S: Storage>(storage: &Arc<S>, last: &Last<S>, footer: Option<&[u8]>) -> Result<(), Error> {
    let (path, fresh) = (&*last.path, new_path(last.header.ordinal));
    let file = storage.create(&fresh).map_err(Error::io("create", &*fresh))?;
    storage.preallocate(&file, u64::from(last.header.file_bytes)).map_err(Error::io("preallocate", &*fresh))?;
    copy(&**storage, (&last.file, 0, last.chain.offset), &file, (path, &fresh))?;
    if let Some(footer) = footer {
        storage.write_at(&file, last.chain.offset, footer).map_err(Error::io("write", &*fresh))?;
    }
    sync(&**storage, &file, &fresh)?;
    // What was read while copying may differ from what was checked before: a failed sync lets the page cache go.
    let mut scan = Scan::new(Window::new(storage.clone(), file, fresh.clone()), last.header);
    scan.finish(&mut Places::new(last.header.first_sequence))?;
    if !scan.chain.equals(&last.chain) {
        let check = "the segment changed while it was rewritten".to_owned();
        return Err(Error::Corrupt { path: path.to_owned(), offset: scan.chain.offset, check });
    }
    storage.rename(&fresh, path).map_err(Error::io("rename", path))?;
    sync_folder(&**storage)
}

/// Puts an empty file of `bytes` in the place of a segment that has no header, durable with its name.
pub(super) fn fresh_segment<S: Storage>(storage: &S, ordinal: u64, bytes: u64) -> Result<(), Error> {
    let (path, fresh) = (path_of(ordinal), new_path(ordinal));
    let file = storage.create(&fresh).map_err(Error::io("create", &*fresh))?;
    storage.preallocate(&file, bytes).map_err(Error::io("preallocate", &*fresh))?;
    sync(storage, &file, &fresh)?;
    storage.rename(&fresh, &path).map_err(Error::io("rename", &*path))?;
    sync_folder(storage)
}
