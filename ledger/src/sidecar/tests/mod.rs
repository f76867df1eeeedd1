#![allow(clippy::pedantic, reason = "tests are read for what they show")]
mod filter;
mod ids;
mod search;

use std::sync::Arc;

use super::*;
use crate::model::{AccountNumber, CommandId, LedgerId, Sequence, Timestamp};
use crate::rebuildable::{Handles, Opened};
use crate::storage::SimDisk;

pub(super) const LEDGER: LedgerId = LedgerId(0x1234_5678_9abc_def0_0fed_cba9_8765_4321);

/// One event of a made-up segment.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub sequence: Sequence,
    pub id: CommandId,
    pub accounts: Vec<AccountNumber>,
    pub frame_offset: u64,
}

/// Numbers that look random and are the same every time.
pub(super) fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

pub(super) fn facts(ordinal: u64, first: u64, count: u64) -> SegmentFacts {
    SegmentFacts {
        ledger: LEDGER,
        ordinal,
        first: Sequence(first),
        last: Sequence(first + count - 1),
        recorded_at: Timestamp(7),
        source: [3; 32],
    }
}

/// A segment of `count` events: some alone in their frame, some in groups; account 3 is in most of them.
pub(super) fn made(seed: u64, first: u64, count: u64, accounts: u32) -> Vec<Made> {
    let mut random = random(seed);
    let mut frame_offset = 4096;
    (first..first + count)
        .map(|sequence| {
            if !random().is_multiple_of(4) {
                frame_offset += 64 + random() % 200;
            }
            let other = AccountNumber(random() as u32 % accounts);
            let hot = (!random().is_multiple_of(8)).then_some(AccountNumber(3)).filter(|hot| *hot != other);
            let accounts = std::iter::once(other).chain(hot).collect();
            let id = CommandId(u128::from(random()) << 64 | u128::from(random()));
            Made { sequence: Sequence(sequence), id, accounts, frame_offset }
        })
        .collect()
}

pub(super) fn write(disk: &SimDisk, facts: SegmentFacts, events: &[Made]) {
    let mut builder = SidecarBuilder::new(facts);
    for event in events {
        // An event of the ledger itself has no command.
        let command = Some(event.id).filter(|id| !id.is_nil());
        builder.event(event.sequence, command, event.accounts.iter().copied(), event.frame_offset).unwrap();
    }
    builder.write(disk).unwrap();
}

pub(super) fn open(disk: &SimDisk, facts: &SegmentFacts) -> Opened<Sidecar<SimDisk>> {
    let handles = Arc::new(Handles::new(Arc::new(disk.clone()), 8));
    Sidecar::open(&handles, facts).unwrap()
}

/// A sidecar of the events, with its disk.
pub(super) fn sidecar(ordinal: u64, events: &[Made]) -> (SimDisk, Sidecar<SimDisk>) {
    let disk = SimDisk::new(1);
    let facts = facts(ordinal, events[0].sequence.0, events.len() as u64);
    write(&disk, facts, events);
    let sidecar = open(&disk, &facts).usable().unwrap();
    (disk, sidecar)
}
