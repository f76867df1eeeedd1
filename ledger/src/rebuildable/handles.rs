//! A bounded number of open files, so that a long history does not use up the process's descriptors.

use std::io;
use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;

use crate::storage::{OpenFor, Storage};

/// Files opened for reading, the least recently used of them closed when there are too many.
///
/// A file that was made again under its name is still read in its old form until [`forget`](Self::forget).
#[derive(Debug)]
pub struct Handles<S: Storage> {
    storage: Arc<S>,
    files_max: usize,
    open: Mutex<Open<S::File>>,
}

#[derive(Debug)]
struct Open<F> {
    files: HashMap<Arc<str>, (F, u64)>,
    uses: u64,
}

impl<S: Storage> Handles<S> {
    /// How many files stay open when the caller has no reason for another number.
    pub const FILES_DEFAULT: usize = 256;

    /// At most `files_max` open files of `storage`, and at most two thirds of what may stay open idle: the journal has the rest.
    pub fn new(storage: Arc<S>, files_max: usize) -> Self {
        let files_max = files_max.min(storage.idle_files_max() / 3 * 2);
        Self { storage, files_max: files_max.max(1), open: Mutex::new(Open { files: HashMap::new(), uses: 0 }) }
    }

    /// Where the files are.
    pub fn storage(&self) -> &Arc<S> {
        &self.storage
    }

    /// The file at `path`, opened when it is not open.
    ///
    /// # Errors
    /// What [`Storage::open`] says.
    pub fn get(&self, path: &Arc<str>) -> io::Result<S::File> {
        let mut open = self.open.lock();
        open.uses += 1;
        let uses = open.uses;
        if let Some((file, last_use)) = open.files.get_mut(path) {
            *last_use = uses;
            return Ok(file.clone());
        }
        let file = self.storage.open(path, OpenFor::Read)?;
        if open.files.len() >= self.files_max
            && let Some(oldest) = open.files.iter().min_by_key(|(_, (_, last_use))| *last_use)
        {
            let oldest = Arc::clone(oldest.0);
            open.files.remove(&oldest);
        }
        open.files.insert(Arc::clone(path), (file.clone(), uses));
        Ok(file)
    }

    /// Opens `path` anew at its next use.
    pub fn forget(&self, path: &str) {
        self.open.lock().files.remove(path);
    }
}
