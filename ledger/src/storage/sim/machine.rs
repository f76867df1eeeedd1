//! The machine around a simulated disk: it counts what happens, lets it fail, and can lose its power.

use super::bytes::Bytes;
use super::content::{Content, SECTOR_BYTES};
use super::crash::Odds;
use super::fault::{Fault, FaultPlan, Operation};
use super::flight::Flights;
use super::folders::{FileId, Folders};
use super::rng::Rng;
use super::{PlantedBug, SimFile};
use crate::storage::{LockError, OpenFor, names};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells machines apart, so that a file of one is not used on another; no choice depends on it.
static NEXT_MACHINE: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) id: u64,
    pub(super) rng: Rng,
    pub(super) folders: Folders,
    pub(super) contents: BTreeMap<FileId, Content>,
    pub(super) flights: Flights,
    pub(super) faults: FaultPlan,
    pub(super) bugs: BTreeSet<PlantedBug>,
    pub(super) locked: BTreeSet<String>,
    pub(super) capacity_bytes: u64,
    pub(super) block_bytes: usize,
    /// Changes of the disk so far.
    pub(super) changes: u64,
    /// The power goes after this many.
    pub(super) changes_max: u64,
    next_file: FileId,
}

fn off() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the simulated machine is off")
}

impl Machine {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            id: NEXT_MACHINE.fetch_add(1, Ordering::Relaxed),
            rng: Rng::new(seed),
            folders: Folders::default(),
            contents: BTreeMap::new(),
            flights: Flights::default(),
            faults: FaultPlan::new().seeded(seed),
            bugs: BTreeSet::new(),
            locked: BTreeSet::new(),
            capacity_bytes: 1 << 40,
            block_bytes: SECTOR_BYTES as usize,
            changes: 0,
            changes_max: u64::MAX,
            next_file: 0,
        }
    }

    /// Another machine with this one's disk, whose bytes and names are still to be set.
    fn successor(&self, seed: u64) -> Self {
        let (capacity_bytes, block_bytes, next_file) = (self.capacity_bytes, self.block_bytes, self.next_file);
        Self { capacity_bytes, block_bytes, next_file, ..Self::new(seed) }
    }

    pub(super) fn crash(&self, seed: u64) -> Self {
        let mut image = self.successor(seed);
        let mut rng = Rng::new(seed);
        let overall = rng.one_in(4).then(|| Odds::pick(&mut rng));
        let odds = |rng: &mut Rng| overall.unwrap_or_else(|| Odds::pick(rng));
        let chosen = odds(&mut rng);
        image.folders = self.folders.crash(&mut rng, chosen);
        for (_, file) in image.folders.files() {
            if let Some(content) = self.contents.get(&file) {
                let chosen = odds(&mut rng);
                image.contents.insert(file, Content::durable(content.crash(&mut rng, chosen)));
            }
        }
        image
    }

    pub(super) fn kill(&self, seed: u64) -> Self {
        let mut next = self.successor(seed);
        let mut rng = Rng::new(seed);
        next.folders = self.folders.clone();
        next.contents = self.contents.clone();
        next.contents.values_mut().for_each(|content| content.kill(&mut rng));
        next
    }

    /// Counts an operation, and lets it fail where the power is gone; the fault is what else strikes it.
    pub(super) fn begin(&mut self, operation: Operation) -> io::Result<Option<Fault>> {
        if let Err(error) = self.check_power() {
            self.flights.wake_if_any();
            return Err(error);
        }
        if operation.is_change() {
            self.changes += 1;
        }
        self.flights.tick();
        Ok(self.faults.strike(operation, self.changes))
    }

    /// Like [`begin`](Self::begin), for what simply does not happen when a fault strikes it.
    fn begin_or_fail(&mut self, operation: Operation) -> io::Result<()> {
        match self.begin(operation)? {
            Some(fault) => Err(fault.error()),
            None => Ok(()),
        }
    }

    pub(super) fn has_power(&self) -> bool {
        self.changes < self.changes_max
    }

    fn check_power(&self) -> io::Result<()> {
        if self.has_power() { Ok(()) } else { Err(off()) }
    }

    pub(super) fn content(&mut self, file: &SimFile) -> io::Result<&mut Content> {
        if file.machine != self.id {
            return Err(io::Error::other("a file of another simulated machine"));
        }
        self.contents.get_mut(&file.id).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn free_bytes(&self) -> u64 {
        let used = self.contents.values().map(|content| content.cached().len()).sum();
        self.capacity_bytes.saturating_sub(used)
    }

    /// Whether a file of `len` bytes may grow to `wanted`.
    pub(super) fn check_room(&self, len: u64, wanted: u64) -> io::Result<()> {
        if wanted.saturating_sub(len) > self.free_bytes() { Err(Errno::NOSPC.into()) } else { Ok(()) }
    }

    pub(super) fn create(&mut self, path: &str) -> io::Result<SimFile> {
        self.begin_or_fail(Operation::Create)?;
        self.folders.check_free(path)?;
        let id = self.add(Content::default());
        self.folders.link(path, id);
        Ok(SimFile { machine: self.id, id, open_for: OpenFor::ReadWrite })
    }

    fn add(&mut self, content: Content) -> FileId {
        let id = self.next_file;
        self.next_file += 1;
        self.contents.insert(id, content);
        id
    }

    pub(super) fn open(&self, path: &str, open_for: OpenFor) -> io::Result<SimFile> {
        self.check_power()?;
        Ok(SimFile { machine: self.id, id: self.folders.find(path)?, open_for })
    }

    pub(super) fn len(&mut self, file: &SimFile) -> io::Result<u64> {
        self.check_power()?;
        Ok(self.content(file)?.cached().len())
    }

    pub(super) fn read(&mut self, file: &SimFile, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.begin_or_fail(Operation::Read)?;
        Ok(self.content(file)?.cached().read(offset, into))
    }

    pub(super) fn write(&mut self, file: &SimFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        names::may_write(file.open_for)?;
        let fault = self.begin(Operation::Write)?;
        let len = self.content(file)?.cached().len();
        let landed = match fault {
            Some(Fault::Short) => self.part_of(bytes.len()),
            Some(fault) => return Err(fault.error()),
            None => bytes.len(),
        };
        self.check_room(len, offset + landed as u64)?;
        if landed > 0 {
            self.content(file)?.write(offset, &bytes[..landed]);
        }
        fault.map_or(Ok(()), |fault| Err(fault.error()))
    }

    /// How much of a short write of `bytes` lands.
    pub(super) fn part_of(&mut self, bytes: usize) -> usize {
        (self.rng.below(bytes as u64) / SECTOR_BYTES * SECTOR_BYTES) as usize
    }

    pub(super) fn sync(&mut self, file: &SimFile) -> io::Result<()> {
        names::may_write(file.open_for)?;
        let fault = self.begin(Operation::Sync)?;
        let ignored = self.bugs.contains(&PlantedBug::IgnoreSync);
        let content = self.content(file)?;
        match fault {
            Some(fault) => {
                content.fail_sync();
                return Err(fault.error());
            }
            None if ignored => {}
            None => content.sync(),
        }
        Ok(())
    }

    pub(super) fn preallocate(&mut self, file: &SimFile, bytes: u64) -> io::Result<()> {
        names::may_write(file.open_for)?;
        self.begin_or_fail(Operation::Preallocate)?;
        let len = self.content(file)?.cached().len();
        self.check_room(len, bytes)?;
        self.content(file)?.grow_to(bytes);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.begin_or_fail(Operation::Rename)?;
        self.folders.rename(from, to)
    }

    pub(super) fn remove(&mut self, path: &str) -> io::Result<()> {
        self.begin_or_fail(Operation::Remove)?;
        self.folders.unlink(path)
    }

    pub(super) fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.check_power()?;
        self.folders.list(dir)
    }

    pub(super) fn create_dir(&mut self, dir: &str) -> io::Result<()> {
        let fault = self.begin(Operation::CreateDir)?;
        self.folders.create(dir)?;
        if let Some(fault) = fault {
            // The folder is there and the sync of its name failed.
            return Err(fault.error());
        }
        if !self.bugs.contains(&PlantedBug::IgnoreSyncDir) {
            self.folders.settle_folder(dir);
        }
        Ok(())
    }

    pub(super) fn sync_dir(&mut self, dir: &str) -> io::Result<()> {
        match self.begin(Operation::SyncDir)? {
            Some(fault) => {
                self.folders.fail_sync(dir);
                Err(fault.error())
            }
            None if self.bugs.contains(&PlantedBug::IgnoreSyncDir) => Ok(()),
            None => self.folders.sync(dir),
        }
    }

    /// Takes the lock; its file is there from then on.
    pub(super) fn lock(&mut self, path: &str) -> Result<(), LockError> {
        match self.folders.find(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.create(path).map_err(LockError::Io)?;
            }
            Err(error) => return Err(LockError::Io(error)),
        }
        if self.locked.insert(path.to_owned()) {
            Ok(())
        } else {
            Err(LockError::Held { pid: Some(std::process::id()) })
        }
    }

    /// Puts the bytes of a whole file on the disk at once, behind everyone's back.
    pub(super) fn put(&mut self, path: &str, bytes: Bytes) {
        let content = Content::durable(bytes);
        let id = if let Ok(id) = self.folders.find(path) {
            self.contents.insert(id, content);
            id
        } else {
            self.add(content)
        };
        self.folders.put(path, id);
    }

    pub(super) fn is_settled(&self) -> bool {
        self.folders.is_settled() && self.contents.values().all(Content::is_settled)
    }
}
