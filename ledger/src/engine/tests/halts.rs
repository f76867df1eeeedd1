//! Halts through the whole shell: against those who go on meanwhile, over restarts, and lifted by cohorts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::command::{ImposeHalt, LiftHalt, RegisterActor};
use crate::event::Body;
use crate::model::{ActorKind, Authentication, ControlKind};
use crate::selector::cohort;

fn halt(id: u128, selector: &str) -> Command {
    let action = ImposeHalt {
        selector: selector.into(),
        reason: "stolen logins".into(),
        incident: None,
        starts_at: None,
        ends_at: None,
    };
    command(id, Action::ImposeHalt(action))
}

fn lift(id: u128, halt: u128, except: Option<&str>) -> Command {
    let halt = CommandId(halt);
    let action = LiftHalt { halt, except: except.map(Into::into), approved_by: Some("sato".into()) };
    Command { actor: Some("mori".into()), ..command(id, Action::LiftHalt(action)) }
}

fn register_two(ledger: &Ledger) {
    for (id, principal) in [(91, "mori"), (92, "sato")] {
        let actor = RegisterActor {
            principal: principal.into(),
            kind: ActorKind::Person,
            authenticated_by: Authentication::OsUser,
        };
        assert!(ledger.submit(command(id, Action::RegisterActor(actor))).unwrap().is_done());
    }
}

#[test]
fn nothing_that_matches_is_accepted_after_a_halt_and_everything_else_is() {
    let (_folder, dir) = started(64 << 20);
    let ledger = open(&dir);
    for number in 0..4u128 {
        assert!(ledger.submit(open_wallet(10 + number, number)).unwrap().is_done());
        assert!(ledger.submit(top_up(20 + number, number, 1_000_000)).unwrap().is_done());
    }
    let (topped_up, halted) = (AtomicU64::new(0), AtomicBool::new(false));
    let spent = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4u128)
            .map(|thread| {
                let (ledger, topped_up, halted) = (&ledger, &topped_up, &halted);
                scope.spawn(move || {
                    let (mut after, mut nth) = (0, 0u128);
                    while after < 40 {
                        after += u64::from(halted.load(Ordering::Acquire));
                        let id = 100_000 * (thread + 1) + 2 * nth;
                        let batch =
                            vec![Submission::One(top_up(id, thread, 1)), Submission::One(spend(id + 1, thread, 1))];
                        let outcomes = ledger.submit_batch(batch).unwrap();
                        topped_up.fetch_add(u64::from(outcomes[0].is_done()), Ordering::Relaxed);
                        assert!(after == 0 || !outcomes[0].is_done(), "topped up after the halt was answered");
                        assert!(matches!(outcomes[1], Outcome::Accepted(_)), "{outcomes:?}");
                        nth += 1;
                    }
                    nth
                })
            })
            .collect();
        while topped_up.load(Ordering::Relaxed) < 200 {
            std::thread::yield_now();
        }
        assert!(matches!(ledger.submit(halt(99, "operation = top_up")).unwrap(), Outcome::Accepted(_)));
        halted.store(true, Ordering::Release);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u128>()
    });
    let reader = ledger.reader();
    let imposed = reader.transaction(CommandId(99)).unwrap().unwrap().sequence;
    let mut counts = (0, 0, 0);
    for event in reader.events(Sequence(1), reader.through()) {
        let event = event.unwrap();
        match event.body {
            Body::ToppedUp(_) => {
                assert!(event.sequence < imposed, "topped up after the halt");
                counts.0 += 1;
            }
            Body::Declined(declined) => {
                assert!(event.sequence > imposed, "declined before the halt");
                assert_eq!((declined.control.kind, declined.control.id), (ControlKind::Halt, CommandId(99)));
                counts.1 += 1;
            }
            Body::Spent(_) => counts.2 += 1,
            _ => {}
        }
    }
    assert_eq!(counts.0, topped_up.load(Ordering::Relaxed) + 4);
    assert!(counts.1 > 0 && counts.1 <= 4 * 60, "{counts:?}");
    assert_eq!(counts.2, spent);
}

#[test]
fn the_first_refused_command_follows_the_halt_directly_and_a_halt_outlives_the_writer() {
    let (_folder, dir) = started(4096);
    let ledger = open(&dir);
    register_two(&ledger);
    let batch = vec![
        Submission::One(open_wallet(10, 0)),
        Submission::One(halt(99, "operation = top_up and funding = funding:credit-card")),
        Submission::One(top_up(11, 0, 100)),
    ];
    let outcomes = ledger.submit_batch(batch).unwrap();
    let [_, Outcome::Accepted(imposed), Outcome::Declined(declined)] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    assert_eq!(declined.sequence.0, imposed.sequence.0 + 1);
    ledger.close().unwrap();
    let ledger = open(&dir);
    let view = ledger.reader().view();
    let known = view.halt(CommandId(99)).unwrap();
    assert_eq!((known.imposed, &*known.reason), (imposed.sequence, "stolen logins"));
    assert!(matches!(ledger.submit(top_up(12, 0, 100)).unwrap(), Outcome::Declined(_)));
    assert!(ledger.submit(lift(98, 99, None)).unwrap().is_done());
    assert!(ledger.submit(top_up(13, 0, 100)).unwrap().is_done());
    drop(ledger);
    let ledger = open(&dir);
    assert_eq!(ledger.reader().view().halts().count(), 0);
    // As it was known then.
    let then = ledger.reader().view_at(Some(Known::Sequence(imposed.sequence))).unwrap();
    assert_eq!(then.halts().count(), 1);
}

#[test]
fn a_halt_is_lifted_cohort_by_cohort() {
    let (_folder, dir) = started(64 << 20);
    let ledger = open(&dir);
    register_two(&ledger);
    let opened = (0..200u128).map(|number| Submission::One(open_wallet(1_000 + number, number)));
    assert!(ledger.submit_batch(opened.collect()).unwrap().iter().all(Outcome::is_done));
    assert!(ledger.submit(halt(99, "operation = top_up")).unwrap().is_done());
    for (stage, bound) in [(1u128, 10u8), (2, 50), (3, 100)] {
        assert!(ledger.submit(lift(90 - stage, 99, Some(&format!("cohort < {bound}")))).unwrap().is_done());
        let batch = (0..200u128).map(|number| Submission::One(top_up(10_000 * stage + number, number, 1)));
        for (outcome, number) in ledger.submit_batch(batch.collect()).unwrap().iter().zip(0..) {
            assert_eq!(outcome.is_done(), cohort(wallet(number)) < bound, "{number} {outcome:?}");
        }
    }
}
