//! The simulated disk as its users meet it: a small protocol survives every crash, and its planted bugs do not.

use super::*;
use crate::storage::{Storage, WriteBuffer};
use std::io;
use std::time::Duration;

const BLOCK: usize = 512;

fn block(byte: u8) -> WriteBuffer {
    let mut buffer = WriteBuffer::with_capacity(BLOCK);
    assert!(buffer.push(&[byte; BLOCK]));
    buffer
}

/// Replaces `current` by `version` repeated, and appends one block to `book`; each is said only when it is safe.
fn publish(disk: &SimDisk, version: u8, said: &mut (u8, u8)) -> io::Result<()> {
    let file = disk.create("next")?;
    disk.write_at(&file, 0, &[version; 6000])?;
    disk.sync(&file)?;
    disk.rename("next", "current")?;
    disk.sync_dir("")?;
    said.0 = version;
    let book = if version == 1 { disk.create("book").map(drop) } else { Ok(()) };
    book?;
    disk.sync_dir("")?;
    let book = disk.open("book", OpenFor::Append)?;
    disk.submit(&book, u64::from(version - 1) * BLOCK as u64, block(version))?;
    disk.next_completion(Duration::ZERO).ok_or(io::ErrorKind::TimedOut)?.result?;
    said.1 = version;
    Ok(())
}

/// What an image may not look like after `said`, if it does.
fn violation(image: &SimDisk, said: (u8, u8)) -> Option<String> {
    let current = image.contents("current").unwrap_or_default();
    let version = current.first().copied().unwrap_or(0);
    if version < said.0 || current != vec![version; current.len()] || !matches!(current.len(), 0 | 6000) {
        return Some(format!("said {}, found {version} in {} bytes", said.0, current.len()));
    }
    let book = image.contents("book").unwrap_or_default();
    for written in 1..=said.1 {
        let place = usize::from(written - 1) * BLOCK;
        if book.get(place..place + BLOCK) != Some(&[written; BLOCK]) {
            return Some(format!("block {written} was said to be durable and is not"));
        }
    }
    None
}

/// Runs the protocol to every change in turn, cuts the power there, and says what it found.
fn crash_everywhere(bug: Option<PlantedBug>) -> Option<String> {
    for changes in 0.. {
        let disk = SimDisk::new(changes);
        if let Some(bug) = bug {
            disk.plant(bug);
        }
        disk.crash_after(changes);
        let mut said = (0, 0);
        let ended = (1..=3).try_for_each(|version| publish(&disk, version, &mut said));
        for seed in 0..40 {
            if let Some(found) = violation(&disk.crash(seed), said) {
                return Some(format!("after {changes} changes, seed {seed}: {found}"));
            }
        }
        if ended.is_ok() {
            assert!(changes > 20);
            return None;
        }
    }
    None
}

#[test]
fn a_careful_protocol_survives_a_crash_after_every_change() {
    assert_eq!(crash_everywhere(None), None);
}

#[test]
fn a_forgotten_sync_is_found() {
    assert!(crash_everywhere(Some(PlantedBug::IgnoreSync)).unwrap().contains("found"));
}

#[test]
fn a_forgotten_folder_sync_is_found() {
    assert!(crash_everywhere(Some(PlantedBug::IgnoreSyncDir)).unwrap().contains("found 0"));
}

#[test]
fn an_answer_before_its_write_is_durable_is_found() {
    assert!(crash_everywhere(Some(PlantedBug::CompleteUnsynced)).unwrap().contains("block"));
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let history = |seed| {
        let disk = SimDisk::with_faults(seed, FaultPlan::by_seed(seed, 30));
        let mut said = (0, 0);
        let answers: Vec<_> =
            (1..=3).map(|version| publish(&disk, version, &mut said).map_err(|error| error.to_string())).collect();
        let image = disk.crash(seed);
        let bytes: Vec<_> = image.files().iter().map(|path| image.contents(path)).collect();
        (answers, said, image.files(), bytes, disk.operations())
    };
    let all: Vec<_> = (0..50).map(history).collect();
    assert!((0..50).map(history).eq(all.iter().cloned()));
    assert!(all.iter().any(|first| first.0.iter().any(Result::is_err)), "no fault was shown");
}

#[test]
fn a_failed_sync_is_seen_by_the_next_process_and_lost_by_the_next_power_cut() {
    let disk = SimDisk::with_faults(1, FaultPlan::new().nth(Operation::Sync, 1, Fault::Io));
    let file = disk.create("a").unwrap();
    disk.sync_dir("").unwrap();
    disk.write_at(&file, 0, b"limbo").unwrap();
    assert!(disk.sync(&file).is_err());
    let next = disk.kill(1);
    assert_eq!(next.contents("a").unwrap(), b"limbo");
    let again = next.open("a", OpenFor::ReadWrite).unwrap();
    next.sync(&again).unwrap();
    assert!((0..20).any(|seed| next.crash(seed).contents("a").unwrap() != b"limbo"), "syncing again mended it");
    next.write_at(&again, 0, b"limbo").unwrap();
    next.sync(&again).unwrap();
    assert!((0..20).all(|seed| next.crash(seed).contents("a").unwrap() == b"limbo"), "writing it anew did not");
    assert!(next.is_settled());
}

#[test]
fn a_killed_process_leaves_its_lock_and_its_files_do_not_work_elsewhere() {
    let disk = SimDisk::new(1);
    let held = disk.lock("LOCK").unwrap();
    let file = disk.create("a").unwrap();
    for next in [disk.kill(1), disk.crash(1)] {
        assert!(next.lock("LOCK").is_ok());
        assert!(next.len(&file).is_err());
    }
    drop(held);
}

#[test]
fn completions_come_in_an_order_that_the_seed_chooses() {
    let order = |seed| {
        let disk = SimDisk::new(seed);
        disk.create("a").unwrap();
        let file = disk.open("a", OpenFor::Append).unwrap();
        for place in 0..4 {
            disk.submit(&file, place * 512, block(1)).unwrap();
        }
        let completions = std::iter::from_fn(|| disk.next_completion(Duration::ZERO));
        completions.map(|completion| completion.ticket.0).collect::<Vec<_>>()
    };
    let orders: std::collections::BTreeSet<_> = (0..300).map(order).collect();
    assert_eq!(orders.len(), 24);
}

#[test]
fn a_delayed_write_completes_after_so_many_others() {
    let disk = SimDisk::with_faults(1, FaultPlan::new().nth(Operation::Submit, 1, Fault::Delay(6)));
    disk.create("a").unwrap();
    let file = disk.open("a", OpenFor::Append).unwrap();
    let (woken, wakes) = crossbeam_channel::unbounded();
    disk.on_completion(Box::new(move || woken.send(()).unwrap()));
    let late = disk.submit(&file, 0, block(1)).unwrap();
    assert!(disk.next_completion(Duration::ZERO).is_none());
    let early = disk.submit(&file, 512, block(2)).unwrap();
    assert_eq!(disk.next_completion(Duration::ZERO).unwrap().ticket, early);
    wakes.try_recv().unwrap();
    (0..4).for_each(|_| disk.sync(&file).unwrap());
    wakes.try_recv().unwrap();
    assert_eq!(disk.next_completion(Duration::ZERO).unwrap().ticket, late);
}

#[test]
fn who_waits_gets_a_delayed_write() {
    let disk = SimDisk::with_faults(1, FaultPlan::new().one_in(Operation::Submit, 1, Fault::Delay(1000)));
    disk.create("a").unwrap();
    let file = disk.open("a", OpenFor::Append).unwrap();
    disk.submit(&file, 0, block(1)).unwrap();
    assert!(disk.next_completion(Duration::from_millis(1)).is_some());
}

#[test]
fn a_test_may_let_writes_complete_by_hand() {
    let disk = SimDisk::new(1);
    disk.complete_by_hand();
    disk.create("a").unwrap();
    let file = disk.open("a", OpenFor::Append).unwrap();
    let first = disk.submit(&file, 0, block(1)).unwrap();
    let second = disk.submit(&file, 512, block(2)).unwrap();
    assert!(disk.next_completion(Duration::from_millis(1)).is_none());
    assert!(disk.release(second) && disk.fail(first, Fault::Short));
    assert!(!disk.release(second) && disk.in_flight().is_empty());
    assert!(disk.next_completion(Duration::ZERO).unwrap().result.is_ok());
    assert!(disk.next_completion(Duration::ZERO).unwrap().result.is_err());
}

#[test]
fn a_waiting_thread_is_woken_by_a_release() {
    let disk = SimDisk::new(1);
    disk.complete_by_hand();
    disk.create("a").unwrap();
    let file = disk.open("a", OpenFor::Append).unwrap();
    let ticket = disk.submit(&file, 0, block(1)).unwrap();
    let waiter = disk.clone();
    let waiting = std::thread::spawn(move || waiter.next_completion(Duration::from_mins(1)).unwrap().ticket);
    disk.release(ticket);
    assert_eq!(waiting.join().unwrap(), ticket);
}

#[test]
fn without_power_everything_fails_and_nothing_changes() {
    let disk = SimDisk::new(1);
    disk.create("a").unwrap();
    disk.sync_dir("").unwrap();
    let file = disk.open("a", OpenFor::Append).unwrap();
    disk.submit(&file, 0, block(1)).unwrap();
    let (woken, wakes) = crossbeam_channel::unbounded();
    disk.on_completion(Box::new(move || woken.send(()).unwrap()));
    disk.crash_after(disk.changes());
    assert!(disk.remove("a").is_err());
    wakes.try_recv().expect("who waits for the write in flight hears of it");
    assert!(disk.next_completion(Duration::ZERO).unwrap().result.is_err());
    assert!(disk.next_completion(Duration::ZERO).is_none());
    assert!(disk.write_at(&file, 0, b"x").is_err() && disk.sync(&file).is_err() && disk.create("b").is_err());
    assert!(disk.list("").is_err() && disk.read_at(&file, 0, &mut [0]).is_err() && disk.lock("LOCK").is_err());
    let images: std::collections::BTreeSet<_> = (0..50).map(|seed| disk.crash(seed).contents("a").unwrap()).collect();
    assert_eq!(images, [vec![], vec![0; BLOCK], vec![1; BLOCK]].into());
}

#[test]
fn a_full_disk_refuses_and_takes_again_when_space_returns() {
    let disk = SimDisk::new(1);
    disk.set_capacity(1000);
    disk.create("a").unwrap();
    let file = disk.open("a", OpenFor::Append).unwrap();
    disk.preallocate(&file, 512).unwrap();
    assert_eq!(disk.free_bytes().unwrap(), 488);
    let full = |result: io::Result<()>| assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
    full(disk.preallocate(&file, 1001));
    full(disk.write_at(&file, 600, &[1; 401]));
    disk.submit(&file, 512, block(1)).unwrap();
    full(disk.next_completion(Duration::ZERO).unwrap().result);
    disk.submit(&file, 0, block(1)).unwrap();
    disk.next_completion(Duration::ZERO).unwrap().result.unwrap();
    disk.set_capacity(2000);
    disk.write_at(&file, 600, &[1; 401]).unwrap();
}

#[test]
fn a_short_write_leaves_its_first_part() {
    let disk = SimDisk::with_faults(3, FaultPlan::new().nth(Operation::Write, 1, Fault::Short));
    let file = disk.create("a").unwrap();
    assert!(disk.write_at(&file, 0, &[1; 8192]).is_err());
    let left = disk.contents("a").unwrap();
    assert!(!left.is_empty() && left.len() < 8192 && left.iter().all(|byte| *byte == 1));
}

#[test]
fn an_interruption_is_noticed_by_nobody() {
    let plan = Operation::ALL.iter().fold(FaultPlan::new(), |plan, of| plan.one_in(*of, 1, Fault::Interrupted));
    let disk = SimDisk::with_faults(1, plan);
    let mut said = (0, 0);
    publish(&disk, 1, &mut said).unwrap();
    assert_eq!(said, (1, 1));
}

#[test]
fn rot_flips_bits_on_the_disk_and_damage_can_be_put_there() {
    let disk = SimDisk::new(1);
    disk.put("journal/1", &[0; 1000]);
    let places = disk.rot("journal/1", 7, 3);
    let rotten = disk.contents("journal/1").unwrap();
    assert_eq!(places.len(), 3);
    assert!((0..1000).all(|place| (rotten[place] != 0) == places.contains(&(place as u64))));
    assert_eq!(disk.crash(1).contents("journal/1").unwrap(), rotten);
    disk.put("journal/1", b"swapped");
    assert_eq!(disk.crash(1).contents("journal/1").unwrap(), b"swapped");
    disk.take("journal/1");
    assert!(disk.crash(1).files().is_empty());
    assert!(disk.rot("journal/1", 1, 1).is_empty());
}
