//! A disk in memory for tests; deterministic by seed.

use super::{Completion, IoMode, LockError, OpenFor, Storage, Ticket, WriteBuffer};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Which faults a simulated disk shows, and when.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {}

/// A simulated disk. Clones share it.
#[derive(Debug, Clone)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
    wake: Arc<Mutex<Wake>>,
}

#[derive(Default)]
struct Wake(Option<Arc<dyn Fn() + Send + Sync>>);

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wake")
    }
}

#[derive(Debug)]
struct State {
    rng: u64,
    next_file: u64,
    next_ticket: u64,
    names: BTreeMap<String, u64>,
    folders: BTreeSet<String>,
    files: BTreeMap<u64, Vec<u8>>,
    in_flight: Vec<(Ticket, u64, u64, WriteBuffer)>,
    locked: BTreeSet<String>,
}

/// An open file of a [`SimDisk`].
#[derive(Debug, Clone)]
pub struct SimFile {
    id: u64,
}

/// The lock of a [`SimDisk`]; dropping it releases it.
#[derive(Debug)]
pub struct SimLock {
    disk: SimDisk,
    path: String,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.state.lock().locked.remove(&self.path);
    }
}

impl SimDisk {
    /// An empty disk whose choices follow from `seed`.
    pub fn new(seed: u64) -> Self {
        let state = State {
            rng: seed,
            next_file: 0,
            next_ticket: 0,
            names: BTreeMap::new(),
            folders: BTreeSet::from([String::new()]),
            files: BTreeMap::new(),
            in_flight: Vec::new(),
            locked: BTreeSet::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), wake: Arc::default() }
    }

    /// The disk as one legal power cut could leave it; this one stays as it is.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let state = self.state.lock();
        let image = Self::new(seed);
        {
            let mut into = image.state.lock();
            into.next_file = state.next_file;
            into.names.clone_from(&state.names);
            into.folders.clone_from(&state.folders);
            into.files.clone_from(&state.files);
        }
        image
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn put(bytes: &mut Vec<u8>, offset: u64, from: &[u8]) {
    let start = offset as usize;
    let end = start + from.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[start..end].copy_from_slice(from);
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl State {
    fn file(&mut self, id: u64) -> io::Result<&mut Vec<u8>> {
        self.files.get_mut(&id).ok_or_else(missing)
    }

    fn random(&mut self) -> u64 {
        self.rng = self.rng.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.rng;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Storage for SimDisk {
    type File = SimFile;
    type Lock = SimLock;

    fn create(&self, path: &str) -> io::Result<SimFile> {
        let mut state = self.state.lock();
        if !state.folders.contains(folder_of(path)) {
            return Err(missing());
        }
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let id = state.next_file;
        state.next_file += 1;
        state.names.insert(path.to_owned(), id);
        state.files.insert(id, Vec::new());
        Ok(SimFile { id })
    }

    fn open(&self, path: &str, _: OpenFor) -> io::Result<SimFile> {
        let id = self.state.lock().names.get(path).copied().ok_or_else(missing)?;
        Ok(SimFile { id })
    }

    fn len(&self, file: &SimFile) -> io::Result<u64> {
        Ok(self.state.lock().file(file.id)?.len() as u64)
    }

    fn read_at(&self, file: &SimFile, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.lock();
        let bytes = state.file(file.id)?;
        let start = (offset as usize).min(bytes.len());
        let end = (start + into.len()).min(bytes.len());
        into[..end - start].copy_from_slice(&bytes[start..end]);
        Ok(end - start)
    }

    fn write_at(&self, file: &SimFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        put(self.state.lock().file(file.id)?, offset, bytes);
        Ok(())
    }

    fn sync(&self, _: &SimFile) -> io::Result<()> {
        Ok(())
    }

    fn preallocate(&self, file: &SimFile, length: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        let bytes = state.file(file.id)?;
        if (bytes.len() as u64) < length {
            bytes.resize(length as usize, 0);
        }
        Ok(())
    }

    fn submit(&self, file: &SimFile, offset: u64, buffer: WriteBuffer) -> io::Result<Ticket> {
        let ticket = {
            let mut state = self.state.lock();
            let ticket = Ticket(state.next_ticket);
            state.next_ticket += 1;
            state.in_flight.push((ticket, file.id, offset, buffer));
            ticket
        };
        let wake = self.wake.lock().0.clone();
        if let Some(wake) = wake {
            wake();
        }
        Ok(ticket)
    }

    fn next_completion(&self, _: Duration) -> Option<Completion> {
        let mut state = self.state.lock();
        if state.in_flight.is_empty() {
            return None;
        }
        let chosen = state.random() as usize % state.in_flight.len();
        let (ticket, id, offset, buffer) = state.in_flight.remove(chosen);
        let result = state.file(id).map(|bytes| put(bytes, offset, buffer.as_slice()));
        Some(Completion { ticket, result, buffer })
    }

    fn on_completion(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.wake.lock().0 = Some(Arc::from(wake));
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state.lock();
        if !state.folders.contains(folder_of(to)) {
            return Err(missing());
        }
        let id = state.names.remove(from).ok_or_else(missing)?;
        state.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.state.lock().names.remove(path).map(drop).ok_or_else(missing)
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let state = self.state.lock();
        let inside = state.names.keys().filter(|path| folder_of(path) == dir);
        Ok(inside.map(|path| path.rsplit('/').next().unwrap_or(path).to_owned()).collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.state.lock().folders.insert(dir.to_owned());
        Ok(())
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        if self.state.lock().folders.contains(dir) { Ok(()) } else { Err(missing()) }
    }

    fn lock(&self, path: &str) -> Result<SimLock, LockError> {
        let mut state = self.state.lock();
        if !state.locked.insert(path.to_owned()) {
            return Err(LockError::Held { pid: Some(std::process::id()) });
        }
        drop(state);
        Ok(SimLock { disk: self.clone(), path: path.to_owned() })
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn block_bytes(&self) -> usize {
        512
    }

    fn io_mode(&self) -> IoMode {
        IoMode::Direct
    }
}
