//! One writer: an exclusive lock that the system drops with the process, however it ends.

use super::tree::Tree;
use crate::storage::LockError;
use rustix::fs::OFlags;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

/// The exclusive lock of a ledger on real files; dropping it releases it.
#[derive(Debug)]
pub struct WriterLock {
    file: File,
}

/// How often a holder's id is looked for.
const LOOKS_MAX: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

impl WriterLock {
    pub(super) fn take(tree: &Tree, path: &str) -> Result<Self, LockError> {
        let file = tree.file(path, OFlags::RDWR | OFlags::CREATE).map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held { pid: holder_soon(&file) }),
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        // The id is a courtesy to whoever is refused; a full disk must not keep the ledger from opening.
        let _ = name_holder(&file);
        Ok(Self { file })
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // So that a later holder is not taken for this one; the lock itself goes with the descriptor.
        let _ = self.file.set_len(0);
    }
}

fn name_holder(file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0)
}

/// A holder writes its id right after it took the lock.
fn holder_soon(file: &File) -> Option<u32> {
    for _ in 0..LOOKS_MAX {
        match holder(file) {
            None => std::thread::sleep(BETWEEN_LOOKS),
            found => return found,
        }
    }
    holder(file)
}

fn holder(file: &File) -> Option<u32> {
    let mut text = [0; 16];
    let read = file.read_at(&mut text, 0).ok()?;
    std::str::from_utf8(&text[..read]).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_with_the_holders_id() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (Tree::open(dir.path()).unwrap(), Tree::open(dir.path()).unwrap());
        let held = WriterLock::take(&first, "LOCK").unwrap();
        let Err(LockError::Held { pid }) = WriterLock::take(&second, "LOCK") else { panic!("taken twice") };
        assert_eq!(pid, Some(std::process::id()));
        drop(held);
        assert!(WriterLock::take(&second, "LOCK").is_ok());
    }

    #[test]
    fn a_lock_file_without_an_id_still_refuses() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::open(dir.path()).unwrap();
        let held = WriterLock::take(&tree, "LOCK").unwrap();
        std::fs::write(dir.path().join("LOCK"), b"\xff?").unwrap();
        assert!(matches!(WriterLock::take(&tree, "LOCK"), Err(LockError::Held { pid: None })));
        drop(held);
    }
}
