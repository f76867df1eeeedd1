//! A few threads that run durable writes, so that several are in flight while the caller encodes the next.

use super::file::OpenFile;
use crate::storage::{Completion, Ticket, WriteBuffer};
use crossbeam_channel::{Receiver, Sender, unbounded};
use parking_lot::{Mutex, RwLock};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

type Wake = Arc<dyn Fn() + Send + Sync>;

/// The threads, started as writes come to overlap; joined when it is dropped, after what was submitted has run.
pub(super) struct Pool {
    writers_max: usize,
    jobs: Option<Sender<Job>>,
    work: Worker,
    done: Receiver<Completion>,
    next_ticket: AtomicU64,
    /// Submitted and not yet collected.
    in_flight: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
    started: AtomicUsize,
}

struct Job {
    ticket: Ticket,
    file: OpenFile,
    offset: u64,
    buffer: WriteBuffer,
}

#[derive(Clone)]
struct Worker {
    queue: Receiver<Job>,
    done: Sender<Completion>,
    wake: Arc<RwLock<Option<Wake>>>,
}

impl Worker {
    /// Runs writes as thread number `thread` until the pool is dropped.
    fn run(self, thread: usize) {
        for Job { ticket, file, offset, buffer } in &self.queue {
            let result = file.write_durably(thread, offset, buffer.as_slice());
            // Let go of the file first: whoever gets the answer may want to be its last holder.
            drop(file);
            if self.done.send(Completion { ticket, result, buffer }).is_err() {
                return;
            }
            let wake = self.wake.read().clone();
            if let Some(wake) = wake {
                wake();
            }
        }
    }
}

impl Pool {
    pub(super) fn new(writers_max: usize) -> Self {
        let (jobs, queue) = unbounded();
        let (finished, done) = unbounded();
        Self {
            writers_max: writers_max.max(1),
            jobs: Some(jobs),
            work: Worker { queue, done: finished, wake: Arc::default() },
            done,
            next_ticket: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            threads: Mutex::default(),
            started: AtomicUsize::new(0),
        }
    }

    /// How many threads there may be.
    pub(super) fn writers_max(&self) -> usize {
        self.writers_max
    }

    /// Queues one write.
    ///
    /// # Errors
    /// When no thread could be started.
    pub(super) fn submit(&self, file: OpenFile, offset: u64, buffer: WriteBuffer) -> io::Result<Ticket> {
        let jobs = self.jobs.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let in_flight = self.in_flight.fetch_add(1, Ordering::AcqRel) + 1;
        if let Err(error) = self.start_writers(in_flight) {
            self.in_flight.fetch_sub(1, Ordering::AcqRel);
            return Err(error);
        }
        let ticket = Ticket(self.next_ticket.fetch_add(1, Ordering::Relaxed));
        if jobs.send(Job { ticket, file, offset, buffer }).is_err() {
            self.in_flight.fetch_sub(1, Ordering::AcqRel);
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(ticket)
    }

    fn start_writers(&self, in_flight: usize) -> io::Result<()> {
        let wanted = in_flight.min(self.writers_max);
        if self.started.load(Ordering::Acquire) >= wanted {
            return Ok(());
        }
        let mut threads = self.threads.lock();
        while threads.len() < wanted {
            let (worker, number) = (self.work.clone(), threads.len());
            let spawned =
                thread::Builder::new().name(format!("ledger-write-{number}")).spawn(move || worker.run(number));
            match spawned {
                Ok(thread) => threads.push(thread),
                Err(_) if !threads.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        self.started.store(threads.len(), Ordering::Release);
        Ok(())
    }

    /// The next completion, in whatever order the device finishes.
    pub(super) fn next_completion(&self, wait: Duration) -> Option<Completion> {
        if self.in_flight.load(Ordering::Acquire) == 0 {
            return None;
        }
        let completion = if wait.is_zero() { self.done.try_recv().ok()? } else { self.done.recv_timeout(wait).ok()? };
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        Some(completion)
    }

    pub(super) fn on_completion(&self, wake: Box<dyn Fn() + Send + Sync>) {
        *self.work.wake.write() = Some(Arc::from(wake));
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.get_mut().drain(..) {
            // A waker may hold the last reference to the storage, and a thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("in_flight", &self.in_flight).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::IoMode;

    fn file() -> OpenFile {
        let file = tempfile::tempfile().unwrap();
        let durable = (0..4).map(|_| file.try_clone().unwrap()).collect();
        OpenFile::append(file, durable, IoMode::Buffered)
    }

    fn block(byte: u8) -> WriteBuffer {
        let mut buffer = WriteBuffer::with_capacity(4096);
        assert!(buffer.push(&[byte; 4096]));
        buffer
    }

    #[test]
    fn no_thread_runs_before_the_first_write() {
        let pool = Pool::new(4);
        assert_eq!(pool.started.load(Ordering::Acquire), 0);
        assert!(pool.next_completion(Duration::from_mins(1)).is_none());
    }

    #[test]
    fn every_write_completes_once_and_gives_its_buffer_back() {
        let (pool, file) = (Pool::new(3), file());
        let mut tickets: Vec<_> =
            (0..20u8).map(|n| pool.submit(file.clone(), u64::from(n) * 4096, block(n)).unwrap()).collect();
        while let Some(completion) = pool.next_completion(Duration::from_mins(1)) {
            completion.result.unwrap();
            assert_eq!(completion.buffer.len(), 4096);
            tickets.retain(|ticket| *ticket != completion.ticket);
        }
        assert!(tickets.is_empty());
        assert_eq!(pool.threads.lock().len(), 3);
        assert_eq!(file.len().unwrap(), 20 * 4096);
    }

    #[test]
    fn one_write_at_a_time_needs_one_thread() {
        let (pool, file) = (Pool::new(4), file());
        for _ in 0..5 {
            pool.submit(file.clone(), 0, block(1)).unwrap();
            pool.next_completion(Duration::from_mins(1)).unwrap().result.unwrap();
        }
        assert_eq!(pool.threads.lock().len(), 1);
    }

    #[test]
    fn the_waker_is_called_when_a_completion_can_be_taken() {
        let pool = Pool::new(1);
        let (woken, wakes) = unbounded();
        pool.on_completion(Box::new(move || woken.send(()).unwrap()));
        pool.submit(file(), 0, block(1)).unwrap();
        wakes.recv_timeout(Duration::from_mins(1)).unwrap();
        assert!(pool.next_completion(Duration::ZERO).is_some());
    }

    #[test]
    fn dropping_it_runs_what_was_submitted() {
        let (pool, file) = (Pool::new(2), file());
        for n in 0..8u8 {
            pool.submit(file.clone(), u64::from(n) * 4096, block(n)).unwrap();
        }
        drop(pool);
        assert_eq!(file.len().unwrap(), 8 * 4096);
    }
}
