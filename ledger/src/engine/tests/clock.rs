//! A clock that stepped: what is decided under it, and who accepts it.

use std::sync::Arc;

use super::*;
use crate::command::{AcceptClock, Group};
use crate::engine::clock::{Moment, WallClock};
use crate::engine::config::Config;
use crate::engine::core::Core;
use crate::engine::init;
use crate::engine::queue::Queue;
use crate::engine::recover::{self, Opened};
use crate::journal::Bounds;
use crate::ledger::Chart;
use crate::model::{Clock, LedgerId, Timestamp, UtcOffset};
use crate::storage::{FileStorage, SimDisk, Storage};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

fn make<S: Storage>(storage: &Arc<S>, at: Timestamp) {
    let (clock, utc_offset) = (Clock::System, UtcOffset(0));
    let config = Config { ledger: LedgerId(9), clock, utc_offset, segment_bytes: 1 << 20 };
    init::make(storage, &config, Chart::Wallet, &[7; 32], at).unwrap();
}

/// What the machine's clock reads.
fn wall() -> Timestamp {
    WallClock::new().read().wall
}

fn accept(id: u128, reading: Timestamp) -> Command {
    command(id, Action::AcceptClock(AcceptClock { reading }))
}

fn code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted(_) => "accepted",
        Outcome::Replayed(_) => "replayed",
        Outcome::Rejected(rejection) => rejection.code(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_clock_that_was_set_back_is_trusted_once_its_acceptance_is_accepted_and_still_is_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("wallet.ledger");
    make(&Arc::new(FileStorage::create(&dir, IoMode::Buffered, 1).unwrap()), wall().plus_seconds(400 * 86_400));

    let ledger = open(&dir);
    assert!(matches!(ledger.submit(open_wallet(1, 1)), Err(Error::Clock { .. })));
    let off = |seconds| accept(2, wall().plus_seconds(seconds));
    let refused = ledger.submit_batch(vec![Submission::One(off(1_000)), Submission::One(open_wallet(1, 1))]).unwrap();
    assert_eq!(refused.iter().map(code).collect::<Vec<_>>(), ["clock_reads_otherwise", "clock_not_accepted"]);
    let nobodys = Command { actor: Some("nobody".into()), ..off(0) };
    assert_eq!(code(&ledger.submit(nobodys).unwrap()), "actor_unknown");
    let before = ledger.reader().through();
    assert!(matches!(ledger.submit(open_wallet(1, 1)), Err(Error::Clock { .. })));
    let accepted = ledger.submit_batch(vec![Submission::One(off(0)), Submission::One(open_wallet(1, 1))]).unwrap();
    assert_eq!(accepted.iter().map(code).collect::<Vec<_>>(), ["accepted", "accepted"]);
    ledger.close().unwrap();

    // From a checkpoint and, since nothing is closed in order, from the journal behind it.
    for id in 3..6 {
        let ledger = open(&dir);
        assert_eq!(code(&ledger.submit(top_up(id, 1, 5)).unwrap()), "accepted");
        drop(ledger);
    }
    let ledger = open(&dir);
    let events = ledger.reader().events(Sequence(1), Sequence(u64::MAX)).map(Result::unwrap);
    let times: Vec<_> = events.map(|event| event.recorded_at).collect();
    assert!(times.iter().all(|at| *at == times[0]), "recorded time stands until the clock has caught up");
    assert_eq!(times.len() as u64, before.0 + 2 + 3);
}

#[test]
fn a_reading_that_is_off_by_more_than_a_minute_is_refused_under_any_clock_alone_and_in_a_group() {
    let (_folder, dir) = started(1 << 20);
    let ledger = open(&dir);
    for seconds in [-1_000, 1_000, -62 * 365 * 86_400] {
        let wrong = accept(2, wall().plus_seconds(seconds));
        assert_eq!(code(&ledger.submit(wrong.clone()).unwrap()), "clock_reads_otherwise", "{seconds}");
        let group = Group { id: CommandId(3), members: vec![open_wallet(4, 1), wrong] };
        let Outcome::Group(members) = &ledger.submit_batch(vec![Submission::Group(group)]).unwrap()[0] else {
            panic!()
        };
        assert_eq!(members.iter().map(code).collect::<Vec<_>>(), ["group_failed", "clock_reads_otherwise"]);
    }
    assert_eq!(code(&ledger.submit(accept(2, wall().plus_seconds(-50))).unwrap()), "accepted");
}

/// A core of its own, so that the clock is what the test says.
fn core(disk: &SimDisk) -> Core<SimDisk> {
    let Opened { journal, shared, .. } = recover::open(&Arc::new(disk.clone()), Bounds::default()).unwrap();
    let state = shared.published.state.read().clone();
    Core::new(state, Arc::clone(&shared.ids), journal, shared.journal.clone())
}

/// The answers to a batch, and whether the clock is trusted afterwards.
fn decided(core: &mut Core<SimDisk>, commands: Vec<Command>, moment: Moment) -> (Vec<&'static str>, bool) {
    let queue = Queue::new(100);
    let pending = queue.push(commands.into_iter().map(Submission::One).collect()).unwrap();
    let trusted = core.process(queue.pop().unwrap(), moment).unwrap();
    for publication in core.drain().unwrap().publications {
        for (reply, outcomes) in publication.answers {
            reply.answer(Ok(outcomes));
        }
    }
    (pending.wait().unwrap().iter().map(code).collect(), trusted)
}

#[test]
fn only_an_acceptance_that_is_new_makes_a_clock_trusted_and_only_then_do_holds_expire() {
    let disk = SimDisk::new(1);
    let begin = Timestamp(1_561_939_200 * SECOND);
    make(&Arc::new(disk.clone()), begin);
    let mut core = core(&disk);
    let at = |wall: Timestamp, trusted| Moment { now: wall.max(begin), wall, trusted };
    let hold = crate::command::PlaceHold {
        debit: wallet(1).into(),
        credit: Some("store-payables".parse().unwrap()),
        amount_minor: 40,
        currency: "JPY".parse().unwrap(),
        expires_at: Some(Timestamp(begin.0 + DAY)),
    };
    let opening = vec![open_wallet(1, 1), top_up(2, 1, 100), command(3, Action::PlaceHold(hold)), accept(4, begin)];
    assert_eq!(decided(&mut core, opening, at(begin, true)), (vec!["accepted"; 4], true));
    let before = core.state().last_sequence();

    let ahead = Timestamp(begin.0 + 400 * DAY);
    let again = decided(&mut core, vec![accept(4, begin), top_up(5, 1, 1)], at(ahead, false));
    assert_eq!(again, (vec!["replayed", "clock_not_accepted"], false));
    let wrong = decided(&mut core, vec![accept(6, begin), top_up(5, 1, 1)], at(ahead, false));
    assert_eq!(wrong, (vec!["clock_reads_otherwise", "clock_not_accepted"], false));
    assert_eq!(core.state().last_sequence(), before, "nothing was written, no hold expired");

    let right = decided(&mut core, vec![accept(6, ahead), spend(7, 1, 100), top_up(5, 1, 1)], at(ahead, false));
    assert_eq!(right, (vec!["accepted", "store_unknown", "accepted"], true));
    assert_eq!(core.state().hold_count(), 0);
    assert_eq!(core.state().last_sequence().0, before.0 + 3, "the acceptance, the expiry, the top-up");
}
