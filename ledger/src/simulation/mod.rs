//! The whole write path by seed: random commands on a disk that fails, held against a naive ledger that shares no code.
//!
//! In: a seed. Out: a digest of everything that was observed, or a panic that says what was not true. One thread drives the
//! deterministic core, and the publisher's and the background's steps in an order that the seed chooses; the disk is
//! simulated, time is handed in. A seed that fails is printed with the command that replays it; once its cause is mended it
//! goes into `regressions.txt`, which is run first.
//!
//! `LEDGER_SIMULATION_SEEDS` says how many seeds run, `LEDGER_SIMULATION_SEED` replays a single one.

#![allow(clippy::pedantic, reason = "tests are read for what they show")]

mod books;
mod check;
mod control;
mod damage;
mod desk;
mod planted;
mod rng;
mod run;
mod sender;
mod trace;

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many seeds run when nothing else is said.
const SEEDS: u64 = 2_000;
/// How many threads share them.
const THREADS: usize = 2;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Seeds that failed once.
fn regressions() -> impl Iterator<Item = u64> {
    let lines = include_str!("regressions.txt").lines();
    lines.filter_map(|line| line.split_whitespace().next()?.parse().ok())
}

/// Runs a seed; one that fails is given back, and named with the command that replays it.
fn failing(seed: u64) -> Option<u64> {
    catch_unwind(|| run::run(seed, None)).is_err().then(|| {
        eprintln!(
            "seed {seed} failed; replay it with\n  LEDGER_SIMULATION_SEED={seed} cargo test -p ledger --lib \
             simulation::random -- --nocapture"
        );
        seed
    })
}

#[test]
fn random_ledgers_keep_what_was_acknowledged_once_and_nothing_else() {
    if let Some(seed) = number("LEDGER_SIMULATION_SEED") {
        run::run(seed, None);
        return;
    }
    let seeds = number("LEDGER_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let mut failed: Vec<u64> = regressions().filter_map(failing).collect();
    let next = AtomicU64::new(0);
    let share = || -> Vec<u64> {
        std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds))
            .filter_map(failing)
            .collect()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(share)).collect();
        failed.extend(threads.into_iter().flat_map(|thread| thread.join().expect("panics are caught")));
    });
    failed.sort_unstable();
    assert!(failed.is_empty(), "{} of {seeds} seeds failed: {failed:?}", failed.len());
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..40 {
        assert_eq!(run::run(seed, None), run::run(seed, None), "seed {seed}");
    }
}
