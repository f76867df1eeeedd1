//! A disk in memory that keeps what is durable and what is pending apart, for tests.
//!
//! In: the operations of [`Storage`](super::Storage), a seed, and what shall go wrong. Out: the same bytes
//! a real disk would give, and after [`crash`](SimDisk::crash) one of the images that a power cut may
//! leave. It is harder than real file systems, which hide a missing folder sync on most days. Invariant:
//! the same seed and the same operations give the same answers, images and errors, on every platform.

mod bytes;
mod content;
mod crash;
mod fault;
mod flight;
mod folders;
mod machine;
mod rng;
mod storage;

#[cfg(test)]
mod tests;

pub use fault::{Fault, FaultPlan, Operation};

use super::{OpenFor, Ticket};
use bytes::Bytes;
use machine::Machine;
use parking_lot::{Condvar, Mutex};
use rng::Rng;
use std::sync::Arc;

/// A simulated disk and the machine around it. Clones share it.
///
/// ```
/// use ledger::storage::{SimDisk, Storage};
///
/// let disk = SimDisk::new(1);
/// let file = disk.create("a").unwrap();
/// disk.write_at(&file, 0, b"kept").unwrap();
/// disk.sync(&file).unwrap();
/// // Nobody has synced the folder, so some power cuts take the new file away.
/// assert!((0..20).any(|seed| disk.crash(seed).contents("a").is_none()));
/// disk.sync_dir("").unwrap();
/// assert!((0..20).all(|seed| disk.crash(seed).contents("a").unwrap() == b"kept"));
/// ```
#[derive(Debug, Clone)]
pub struct SimDisk {
    machine: Arc<Mutex<Machine>>,
    /// Signalled when the test lets a write complete.
    landed: Arc<Condvar>,
    wake: Arc<Mutex<Wake>>,
}

/// A mistake that a test plants, to show that it would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlantedBug {
    /// [`Storage::sync`](super::Storage::sync) says `Ok` and does nothing, as if the caller had forgotten it.
    IgnoreSync,
    /// The same for [`Storage::sync_dir`](super::Storage::sync_dir) and for the names of new folders.
    IgnoreSyncDir,
    /// A submitted write completes with `Ok` before it is durable.
    CompleteUnsynced,
}

/// An open file of a [`SimDisk`].
#[derive(Debug, Clone)]
pub struct SimFile {
    machine: u64,
    id: u64,
    open_for: OpenFor,
}

/// The lock of a [`SimDisk`]; dropping it releases it.
#[derive(Debug)]
pub struct SimLock {
    disk: SimDisk,
    path: String,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.machine.lock().locked.remove(&self.path);
    }
}

#[derive(Default)]
struct Wake(Option<Arc<dyn Fn() + Send + Sync>>);

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Wake").field(&self.0.is_some()).finish()
    }
}

impl SimDisk {
    /// An empty disk; `seed` chooses the order in which submitted writes complete.
    pub fn new(seed: u64) -> Self {
        Self::from(Machine::new(seed))
    }

    /// An empty disk that will show `faults`.
    pub fn with_faults(seed: u64, faults: FaultPlan) -> Self {
        let mut machine = Machine::new(seed);
        machine.faults = faults.seeded(seed);
        Self::from(machine)
    }

    fn from(machine: Machine) -> Self {
        Self { machine: Arc::new(Mutex::new(machine)), landed: Arc::default(), wake: Arc::default() }
    }

    /// Runs `step` on the machine, and wakes whoever waits for what it completed.
    fn with<T>(&self, step: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.machine.lock();
        let result = step(&mut machine);
        let wakes = machine.flights.take_wake();
        drop(machine);
        if wakes {
            self.landed.notify_all();
            let wake = self.wake.lock().0.clone();
            if let Some(wake) = wake {
                wake();
            }
        }
        result
    }

    /// The disk of a machine that starts after a power cut now: one legal image, chosen by `seed`.
    ///
    /// What was synced is there. Of the rest each 4 KiB page is there or not, some torn at 512 bytes, files
    /// may be extended by zeros, and names, renames and removals may be undone until their folder is synced.
    /// This disk stays as it is, so that many images of one moment can be taken. Faults, planted bugs and
    /// locks do not outlive the crash.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        Self::from(self.machine.lock().crash(seed))
    }

    /// The disk as the next process finds it when this one is killed now: the page cache stays, with all that
    /// it has not synced or has in limbo, and parts of what was in flight. Locks are free.
    #[must_use]
    pub fn kill(&self, seed: u64) -> Self {
        Self::from(self.machine.lock().kill(seed))
    }

    /// Turns the power off after `n` changes, counted as by [`changes`](Self::changes): every later operation
    /// fails, and [`crash`](Self::crash) gives what is left.
    pub fn crash_after(&self, n: u64) {
        self.machine.lock().changes_max = n;
    }

    /// How many operations that change the disk have begun: creations, writes, syncs, preallocations,
    /// submissions, completions, renames, removals, new folders and folder syncs.
    pub fn changes(&self) -> u64 {
        self.machine.lock().changes
    }

    /// How many of each operation have begun.
    pub fn operations(&self) -> Vec<(Operation, u64)> {
        self.machine.lock().faults.seen()
    }

    /// Replaces the plan of faults; its counts start anew.
    pub fn set_faults(&self, faults: FaultPlan) {
        let mut machine = self.machine.lock();
        let seed = machine.rng.next();
        machine.faults = faults.seeded(seed);
    }

    /// Plants a mistake.
    pub fn plant(&self, bug: PlantedBug) {
        self.machine.lock().bugs.insert(bug);
    }

    /// The disk holds this many bytes of files; raising it is space coming back.
    pub fn set_capacity(&self, bytes: u64) {
        self.machine.lock().capacity_bytes = bytes;
    }

    /// The device's block: a power of two from 512 (the default) to 65,536.
    ///
    /// # Panics
    /// For any other number.
    pub fn set_block_bytes(&self, bytes: usize) {
        assert!((512..=65_536).contains(&bytes) && bytes.is_power_of_two(), "not a block size: {bytes}");
        self.machine.lock().block_bytes = bytes;
    }

    /// From now on a submitted write completes only when it is [released](Self::release) or [failed](Self::fail).
    pub fn complete_by_hand(&self) {
        self.machine.lock().flights.by_hand = true;
    }

    /// The writes in flight, in the order of their submission.
    pub fn in_flight(&self) -> Vec<Ticket> {
        self.machine.lock().flights.tickets()
    }

    /// Lets a write in flight complete, as the plan of faults has it; false when it is not in flight.
    pub fn release(&self, ticket: Ticket) -> bool {
        self.with(|machine| machine.release(ticket, None))
    }

    /// Lets a write in flight fail; false when it is not in flight.
    pub fn fail(&self, ticket: Ticket, fault: Fault) -> bool {
        self.with(|machine| machine.release(ticket, Some(fault)))
    }

    /// Whether nothing is left that a power cut could undo.
    pub fn is_settled(&self) -> bool {
        self.machine.lock().is_settled()
    }

    /// The paths of all files, as callers see them.
    pub fn files(&self) -> Vec<String> {
        self.machine.lock().folders.files().map(|(path, _)| path.to_owned()).collect()
    }

    /// A file's bytes, as reads see them.
    pub fn contents(&self, path: &str) -> Option<Vec<u8>> {
        let machine = self.machine.lock();
        let file = machine.folders.find(path).ok()?;
        Some(machine.contents.get(&file)?.cached().to_vec())
    }

    /// Replaces or makes a file, durable at once and behind every reader's back: damage, swapped or old files.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        self.machine.lock().put(path, Bytes::from(bytes));
    }

    /// Takes a file away, durably and behind every reader's back.
    pub fn take(&self, path: &str) {
        self.machine.lock().folders.take(path);
    }

    /// Flips `bits` bits that `seed` chooses in the durable bytes of a file, and says at which bytes.
    /// Nothing happens to a file that is missing or has none.
    pub fn rot(&self, path: &str, seed: u64, bits: usize) -> Vec<u64> {
        let mut machine = self.machine.lock();
        let Ok(file) = machine.folders.find(path) else { return Vec::new() };
        let Some(content) = machine.contents.get_mut(&file) else { return Vec::new() };
        content.rot(&mut Rng::new(seed), bits)
    }
}
