//! The rules and the codec without a disk, for measuring one stage at a time. Pure.

use ledger::chart::wallet_chart;
use ledger::codec::content_hash;
use ledger::command::Command;
use ledger::decide::{Decision, Facts, check_form, decide, genesis};
use ledger::event::{Event, Genesis};
use ledger::model::{Clock, LedgerId, Timestamp, UtcOffset};
use ledger::state::State;

use crate::workload::Workload;

/// The moment at which bare books stand still.
pub const NOW: Timestamp = Timestamp(1_561_906_800_000_000);

/// A state with the wallet chart and so many funded wallets.
pub fn funded(accounts: u32) -> State {
    let mut state = State::new();
    let first = Genesis {
        ledger: LedgerId(1),
        format_version: 1,
        utc_offset: UtcOffset(9 * 3_600),
        clock: Clock::System,
        salt_key_hash: [0; 32],
    };
    state.apply(&genesis(first, NOW));
    let mut workload = Workload::new(accounts, 0, None);
    let mut scratch = Vec::new();
    for command in wallet_chart(None) {
        play(&mut state, &command, &mut scratch);
    }
    for place in 0..accounts {
        play(&mut state, &workload.open(place), &mut scratch);
    }
    for place in 0..accounts {
        play(&mut state, &workload.fund(place), &mut scratch);
    }
    state
}

/// Decides one command as the writer does: form, hash of the content, rules.
pub fn decide_one(state: &State, command: &Command, scratch: &mut Vec<u8>) -> Event {
    assert_eq!(check_form(command, NOW.date(state.utc_offset())), Ok(()), "the workload is well formed");
    let hash = content_hash(command, scratch);
    match decide(state, command, hash, &Facts::default(), NOW) {
        Decision::Accepted(event) => event,
        other => panic!("the workload is accepted, but this was not: {other:?}"),
    }
}

/// Decides and applies one command.
pub fn play(state: &mut State, command: &Command, scratch: &mut Vec<u8>) -> Event {
    let event = decide_one(state, command, scratch);
    state.apply(&event);
    event
}
