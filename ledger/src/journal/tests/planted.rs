//! The simulation catches what it is made for: each bug is planted, and some seed finds it.

use super::super::planted::{Bug, plant};
use super::*;
use crate::storage::{Fault, FaultPlan, Operation, PlantedBug};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One short life, a kill or none, a second life, and a power cut. Panics when something acknowledged is lost.
fn life(seed: u64, bug: Option<PlantedBug>) {
    let options = small(8192, 1024, 3);
    let mut rng = Rng(seed);
    let mut disk = SimDisk::new(seed);
    let mut book = Book::default();
    let mut acknowledged = 0;
    for _ in 0..3 {
        if let Some(bug) = bug {
            disk.plant(bug);
        }
        if rng.one_in(4) {
            disk.set_faults(FaultPlan::new().nth(Operation::Complete, 4 + rng.below(12), Fault::Io));
        }
        if let Ok((mut writer, recovered)) = open(&disk, options) {
            assert!(recovered.last_sequence >= acknowledged);
            book.cut(recovered.last_sequence);
            for _ in 0..2 + rng.below(12) {
                if book.append(&mut writer, 1, 500).and_then(|()| writer.pump()).is_err() {
                    break;
                }
            }
            acknowledged = writer.durable_through();
        }
        let seed = rng.next();
        disk = if rng.one_in(2) { disk.kill(seed) } else { disk.crash(seed) };
    }
    assert_whole(&disk.crash(seed), options, &mut book, acknowledged);
}

/// How many of 200 seeds find `bug`.
fn found(bug: Option<PlantedBug>, planted: Option<Bug>) -> usize {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    plant(planted);
    let failing = (0..200).filter(|seed| catch_unwind(AssertUnwindSafe(|| life(*seed, bug))).is_err()).count();
    plant(None);
    std::panic::set_hook(hook);
    failing
}

#[test]
fn planted_bugs_are_found_and_without_them_nothing_is() {
    assert_eq!(found(None, None), 0);
    let missing_sync = found(Some(PlantedBug::IgnoreSync), None);
    let missing_folder_sync = found(Some(PlantedBug::IgnoreSyncDir), None);
    let completed_unsynced = found(Some(PlantedBug::CompleteUnsynced), None);
    let acknowledged_early = found(None, Some(Bug::DurableWhenSubmitted));
    println!(
        "of 200 seeds, {missing_sync} find a missing sync, {missing_folder_sync} a missing folder sync, \
         {completed_unsynced} a write that is not synced, {acknowledged_early} an early acknowledgement"
    );
    for seeds in [missing_sync, missing_folder_sync, completed_unsynced, acknowledged_early] {
        assert!(seeds > 0);
    }
}

/// A journal of acknowledged commits with one flipped byte; whether opening it was silent about a loss.
fn silent_losses() -> (usize, usize) {
    let options = small(1 << 15, 1024, 3);
    let disk = SimDisk::new(1);
    let mut book = Book::default();
    let (mut writer, _) = open(&disk, options).unwrap();
    for _ in 0..12 {
        book.append(&mut writer, 1, 300).unwrap();
        writer.drain().unwrap();
    }
    writer.close().unwrap();
    let whole = disk.contents("journal/0000000001.seg").unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let (mut flips, mut silent) = (0, 0);
    for at in (0..end).step_by(7) {
        let damaged = disk.crash(0);
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        damaged.put("journal/0000000001.seg", &bytes);
        flips += 1;
        let opened = open(&damaged, options);
        silent += usize::from(opened.is_ok_and(|(_, recovered)| recovered.last_sequence < book.last()));
    }
    (flips, silent)
}

#[test]
fn cutting_at_the_first_bad_bytes_would_lose_what_the_rule_keeps() {
    let (flips, silent) = silent_losses();
    assert_eq!(silent, 0);
    plant(Some(Bug::CutAtFirstBadBytes));
    let (_, careless) = silent_losses();
    plant(None);
    println!("of {flips} flipped bytes, {careless} would be silent losses");
    assert!(careless > flips / 2, "{careless} of {flips}");
}
