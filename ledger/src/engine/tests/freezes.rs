//! Freezes through the whole shell: many at once, and against those who spend meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::command::{FreezeAccount, FreezeAmount, Group, ReleaseAmount, ThawAccount};
use crate::event::Body;
use crate::model::{Directions, FreezeReason};

fn freeze(id: u128, number: u128) -> Command {
    command(
        id,
        Action::FreezeAccount(FreezeAccount {
            account: wallet(number).into(),
            directions: Directions::Out,
            reason: FreezeReason::SuspectedFraud,
            expires_at: None,
            exceptions: Vec::new(),
        }),
    )
}

#[test]
fn nine_hundred_accounts_are_frozen_in_one_frame_and_stay_so_after_reopening() {
    let (_folder, dir) = started(64 << 20);
    let ledger = open(&dir);
    let opened = (0..900u128).flat_map(|n| [open_wallet(1_000 + n, n), top_up(3_000 + n, n, 100)]);
    let opened = ledger.submit_batch(opened.map(Submission::One).collect()).unwrap();
    assert!(opened.iter().all(Outcome::is_done));
    let members = (0..900u128).map(|n| freeze(5_000 + n, n)).collect();
    let group = Submission::Group(Group { id: CommandId(9), members });
    let Outcome::Group(frozen) = ledger.submit_batch(vec![group]).unwrap().remove(0) else { panic!("a group") };
    assert!(frozen.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))));
    let first = ledger.reader().transaction(CommandId(5_000)).unwrap().unwrap();
    let last = ledger.reader().transaction(CommandId(5_899)).unwrap().unwrap();
    assert_eq!(last.sequence.0 - first.sequence.0, 899);
    assert_eq!(first.recorded_at, last.recorded_at);
    ledger.close().unwrap();
    let ledger = open(&dir);
    for number in [0, 450, 899] {
        let Outcome::Declined(receipt) = ledger.submit(spend(7_000 + number, number, 1)).unwrap() else {
            panic!("{number} is frozen")
        };
        assert_eq!(receipt.declined_by.unwrap().id, CommandId(5_000 + number));
        let again = ledger.submit(spend(7_000 + number, number, 1)).unwrap();
        assert_eq!(again, Outcome::Declined(receipt));
    }
    assert!(
        ledger.submit(command(8_000, Action::ThawAccount(ThawAccount { freeze: CommandId(5_450) }))).unwrap().is_done()
    );
    assert!(ledger.submit(spend(8_001, 450, 1)).unwrap().is_done());
}

#[test]
fn each_spend_is_wholly_before_a_freeze_or_declined_after_it() {
    let (_folder, dir) = started(64 << 20);
    let ledger = open(&dir);
    assert!(ledger.submit(open_wallet(10, 0)).unwrap().is_done());
    assert!(ledger.submit(top_up(11, 0, 1_000_000)).unwrap().is_done());
    let spent = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4u128 {
            let (ledger, spent) = (&ledger, &spent);
            scope.spawn(move || {
                for nth in 0..400u128 {
                    let outcome = ledger.submit(spend(1_000 * (thread + 1) + nth, 0, 1)).unwrap();
                    if outcome.is_done() {
                        spent.fetch_add(1, Ordering::Relaxed);
                    } else if nth > 0 && !matches!(outcome, Outcome::Declined(_)) {
                        assert!(
                            matches!(outcome, Outcome::Rejected(Rejection::DeclinedTooOften { .. })),
                            "{outcome:?}"
                        );
                    }
                }
            });
        }
        while spent.load(Ordering::Relaxed) < 200 {
            std::thread::yield_now();
        }
        assert!(matches!(ledger.submit(freeze(99, 0)).unwrap(), Outcome::Accepted(_)));
    });
    let reader = ledger.reader();
    let frozen = reader.transaction(CommandId(99)).unwrap().unwrap().sequence;
    let mut counts = (0, 0);
    for event in reader.events(Sequence(1), reader.through()) {
        let event = event.unwrap();
        match event.body {
            Body::Spent(_) => {
                assert!(event.sequence < frozen, "spent after the freeze");
                counts.0 += 1;
            }
            Body::Declined(declined) => {
                assert!(event.sequence > frozen, "declined before the freeze");
                assert_eq!(declined.control.id, CommandId(99));
                counts.1 += 1;
            }
            _ => {}
        }
    }
    assert_eq!(counts.0, spent.load(Ordering::Relaxed));
    assert!(counts.1 > 0 && counts.1 <= 60, "{counts:?}");
    assert_eq!(net(&ledger, 0), 1_000_000 - i128::from(counts.0));
}

#[test]
fn a_frozen_amount_is_known_as_of_every_past_moment() {
    let (_folder, dir) = started(64 << 20);
    let ledger = open(&dir);
    assert!(ledger.submit(open_wallet(10, 0)).unwrap().is_done());
    assert!(ledger.submit(top_up(11, 0, 1_000)).unwrap().is_done());
    let amount = FreezeAmount {
        account: wallet(0).into(),
        amount_minor: 600,
        currency: "JPY".parse().unwrap(),
        reason: FreezeReason::CourtOrder,
    };
    assert!(ledger.submit(command(12, Action::FreezeAmount(amount))).unwrap().is_done());
    let release = ReleaseAmount { freeze: CommandId(12), amount_minor: None, currency: None };
    assert!(ledger.submit(command(13, Action::ReleaseAmount(release))).unwrap().is_done());
    let reader = ledger.reader();
    let sequence = |id| reader.transaction(CommandId(id)).unwrap().unwrap().sequence;
    let at = |known, effective| {
        let as_of = AsOf { effective, known: Some(Known::Sequence(known)) };
        let balance = reader.balance(&wallet(0).into(), &as_of).unwrap().unwrap();
        (balance.balance.frozen_minor, balance.available_minor())
    };
    let today = reader.transaction(CommandId(12)).unwrap().unwrap().header.effective;
    assert_eq!(at(sequence(11), None), (0, 1_000));
    assert_eq!(at(sequence(12), None), (600, 400));
    assert_eq!(at(sequence(12), Some(today)), (600, 400));
    assert_eq!(at(sequence(12), Some(crate::model::Date(today.0 - 1))), (0, 0));
    assert_eq!(at(sequence(13), None), (0, 1_000));
}
