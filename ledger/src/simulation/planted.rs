//! Bugs on purpose: each must be caught by the seeds that pass without it.

use std::panic::catch_unwind;

use super::run::run;
use crate::storage::PlantedBug;
use crate::{engine, journal};

/// Takes planted bugs out again.
struct Planted;

impl Drop for Planted {
    fn drop(&mut self) {
        engine::planted::plant(None);
        journal::planted::plant(None);
    }
}

/// How many seeds it took to catch what is planted.
fn seeds_until_caught(seeds_max: u64, bug: Option<PlantedBug>) -> u64 {
    let _planted = Planted;
    for seed in 0..seeds_max {
        if catch_unwind(|| run(seed, bug)).is_err() {
            return seed + 1;
        }
    }
    panic!("not caught by {seeds_max} seeds");
}

fn caught_on_the_disk(bug: PlantedBug) -> u64 {
    seeds_until_caught(100, Some(bug))
}

fn caught_in_the_engine(bug: engine::planted::Bug) -> u64 {
    engine::planted::plant(Some(bug));
    seeds_until_caught(2_000, None)
}

fn caught_in_the_journal(bug: journal::planted::Bug) -> u64 {
    journal::planted::plant(Some(bug));
    seeds_until_caught(200, None)
}

#[test]
fn a_missing_sync_is_caught() {
    println!("{}", caught_on_the_disk(PlantedBug::IgnoreSync));
}

#[test]
fn a_missing_folder_sync_is_caught() {
    println!("{}", caught_on_the_disk(PlantedBug::IgnoreSyncDir));
}

#[test]
fn a_write_that_completes_before_it_is_durable_is_caught() {
    println!("{}", caught_on_the_disk(PlantedBug::CompleteUnsynced));
}

#[test]
fn acknowledgement_at_submission_is_caught() {
    println!("{}", caught_in_the_journal(journal::planted::Bug::DurableWhenSubmitted));
}

#[test]
fn a_cut_at_the_first_bad_crc_is_caught() {
    println!("{}", caught_in_the_journal(journal::planted::Bug::CutAtFirstBadBytes));
}

#[test]
fn acknowledgement_before_durability_is_caught() {
    println!("{}", caught_in_the_engine(engine::planted::Bug::AnsweredBeforeDurable));
}

#[test]
fn a_group_in_pieces_is_caught() {
    println!("{}", caught_in_the_engine(engine::planted::Bug::GroupInPieces));
}

#[test]
fn dropped_idempotency_is_caught() {
    println!("{}", caught_in_the_engine(engine::planted::Bug::IdsNotRestored));
}

#[test]
fn an_apply_that_differs_in_replay_is_caught() {
    println!("{}", caught_in_the_engine(engine::planted::Bug::ReplayDiffers));
}
