//! What appending and reading cost without a disk. Run with
//! `cargo test --release -p ledger --lib journal::tests::speed -- --ignored --nocapture`.

use super::super::Filler;
use super::*;
use crate::storage::{Completion, IoMode, LockError, OpenFor, Ticket, WriteBuffer};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

/// A disk that is infinitely fast and forgets everything.
#[derive(Debug, Default)]
struct NullDisk {
    landed: Mutex<(u64, VecDeque<Completion>)>,
}

impl Storage for NullDisk {
    type File = ();
    type Lock = ();

    fn create(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn open(&self, _: &str, _: OpenFor) -> io::Result<()> {
        Ok(())
    }
    fn len(&self, (): &()) -> io::Result<u64> {
        Ok(u64::MAX)
    }
    fn read_at(&self, (): &(), _: u64, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
    fn write_at(&self, (): &(), _: u64, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn sync(&self, (): &()) -> io::Result<()> {
        Ok(())
    }
    fn preallocate(&self, (): &(), _: u64) -> io::Result<()> {
        Ok(())
    }
    fn submit(&self, (): &(), _: u64, buffer: WriteBuffer) -> io::Result<Ticket> {
        let mut landed = self.landed.lock();
        landed.0 += 1;
        let ticket = Ticket(landed.0);
        landed.1.push_back(Completion { ticket, result: Ok(()), buffer });
        Ok(ticket)
    }
    fn next_completion(&self, _: Duration) -> Option<Completion> {
        self.landed.lock().1.pop_front()
    }
    fn on_completion(&self, _: Box<dyn Fn() + Send + Sync>) {}
    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn remove(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn list(&self, _: &str) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }
    fn create_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn sync_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn lock(&self, _: &str) -> Result<(), LockError> {
        Ok(())
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

/// Appends `frames` frames of one entry, and pumps after each `batch` of them; nanoseconds a frame.
fn append<S: Storage>(writer: &mut JournalWriter<S>, frames: u64, batch: u64, payload: &[u8]) -> f64 {
    let started = Instant::now();
    let first = writer.next_sequence();
    for sequence in first..first + frames {
        let entries = &[Entry { kind: 1, schema: 1, payload }];
        writer.append(FrameInput { first_sequence: sequence, recorded_at_us: 0, entries }).unwrap();
        if sequence % batch == 0 {
            writer.pump().unwrap();
        }
    }
    writer.drain().unwrap();
    started.elapsed().as_nanos() as f64 / frames as f64
}

#[test]
#[ignore = "a measurement"]
fn appending_without_a_disk() {
    let payload: Vec<u8> = (0..150).collect();
    let storage = Arc::new(NullDisk::default());
    let options = JournalOptions::new(LEDGER_ID);
    let (mut writer, _) = open_for_append(storage, options, &Witnesses::none()).unwrap();
    append(&mut writer, 1_000_000, 100, &payload);
    for batch in [1, 10, 100, 8000] {
        let best = (0..5).map(|_| append(&mut writer, 1_000_000, batch, &payload)).fold(f64::MAX, f64::min);
        println!("pump after {batch:>4} frames: {best:6.1} ns a frame, {:5.2} million a second", 1000.0 / best);
    }
    let mut copy = Vec::with_capacity(200);
    let started = Instant::now();
    let mut sum = 0_u64;
    for _ in 0..5_000_000 {
        copy.clear();
        copy.extend_from_slice(&[0; 36]);
        copy.extend_from_slice(std::hint::black_box(&payload));
        sum += u64::from(crc32fast::hash(&copy));
    }
    let each = started.elapsed().as_nanos() as f64 / 5e6;
    println!("copy and CRC of 186 bytes alone: {each:.1} ns ({sum})");
}

#[test]
#[ignore = "a measurement"]
fn appending_to_and_reading_from_a_disk_in_memory() {
    let payload: Vec<u8> = (0..150).collect();
    let disk = SimDisk::new(1);
    let options = JournalOptions { segment_bytes: 64 << 20, ..JournalOptions::new(LEDGER_ID) };
    let (mut writer, _) = open(&disk, options).unwrap();
    let _: Filler<SimDisk> = writer.filler();
    let each = append(&mut writer, 1_000_000, 1000, &payload);
    println!("append on the simulated disk: {each:.1} ns a frame");
    let reader = writer.reader();
    for _ in 0..3 {
        let started = Instant::now();
        let mut frames = reader.frames(1);
        let mut count = 0;
        while let Some(frame) = frames.next().unwrap() {
            count += frame.entries().len() as u64;
        }
        let each = started.elapsed().as_nanos() as f64 / count as f64;
        println!("read in sequence: {each:.1} ns a frame, {:.2} million a second", 1000.0 / each);
    }
    let mut rng = Rng(1);
    let mut into = Vec::new();
    let started = Instant::now();
    for _ in 0..100_000 {
        let sequence = 1 + rng.below(1_000_000);
        assert_eq!(reader.frame_of(sequence, &mut into).unwrap().first_sequence(), sequence);
    }
    println!("point read: {:.0} ns", started.elapsed().as_nanos() as f64 / 1e5);
    drop(writer);
    let started = Instant::now();
    let (_writer, recovered) = open(&disk.crash(1), options).unwrap();
    println!("recovery of {} events: {:?}", recovered.last_sequence, started.elapsed());
    let started = Instant::now();
    let report = verify(&Arc::new(disk), &Witnesses::none()).unwrap();
    println!("verify of {} bytes: {:?}", report.bytes, started.elapsed());
}
