//! The simulated disk behind the same seam as real files.

use super::fault::Operation;
use super::{SimDisk, SimFile, SimLock};
use crate::storage::{Completion, IoMode, LockError, OpenFor, Storage, Ticket, WriteBuffer};
use std::io;
use std::sync::Arc;
use std::time::Duration;

impl Storage for SimDisk {
    type File = SimFile;
    type Lock = SimLock;

    fn create(&self, path: &str) -> io::Result<SimFile> {
        self.with(|machine| machine.create(path))
    }

    fn open(&self, path: &str, open_for: OpenFor) -> io::Result<SimFile> {
        self.with(|machine| machine.open(path, open_for))
    }

    fn len(&self, file: &SimFile) -> io::Result<u64> {
        self.with(|machine| machine.len(file))
    }

    fn read_at(&self, file: &SimFile, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.with(|machine| machine.read(file, offset, into))
    }

    fn write_at(&self, file: &SimFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|machine| machine.write(file, offset, bytes))
    }

    fn sync(&self, file: &SimFile) -> io::Result<()> {
        self.with(|machine| machine.sync(file))
    }

    fn preallocate(&self, file: &SimFile, bytes: u64) -> io::Result<()> {
        self.with(|machine| machine.preallocate(file, bytes))
    }

    fn submit(&self, file: &SimFile, offset: u64, buffer: WriteBuffer) -> io::Result<Ticket> {
        self.with(|machine| machine.submit(file, offset, buffer))
    }

    /// Waits only while completions are let go [by hand](SimDisk::complete_by_hand); otherwise time is simulated too.
    fn next_completion(&self, wait: Duration) -> Option<Completion> {
        let waits = !wait.is_zero();
        let mut machine = self.machine.lock();
        let found = machine.next_completion(waits);
        if found.is_some() || !waits || machine.flights.tickets().is_empty() {
            return found;
        }
        self.landed.wait_for(&mut machine, wait);
        machine.next_completion(waits)
    }

    fn on_completion(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.wake.lock().0 = Some(Arc::from(wake));
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.with(|machine| machine.rename(from, to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.with(|machine| machine.remove(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.with(|machine| machine.list(dir))
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.with(|machine| machine.create_dir(dir))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.with(|machine| machine.sync_dir(dir))
    }

    fn lock(&self, path: &str) -> Result<SimLock, LockError> {
        self.with(|machine| match machine.begin(Operation::Lock) {
            Ok(None) => machine.lock(path),
            Ok(Some(fault)) => Err(LockError::Io(fault.error())),
            Err(error) => Err(LockError::Io(error)),
        })?;
        Ok(SimLock { disk: self.clone(), path: path.to_owned() })
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.with(|machine| Ok(machine.free_bytes()))
    }

    fn block_bytes(&self) -> usize {
        self.with(|machine| machine.block_bytes)
    }

    fn idle_files_max(&self) -> usize {
        usize::MAX
    }

    fn io_mode(&self) -> IoMode {
        IoMode::Direct
    }
}
