use std::sync::Arc;

use super::*;
use crate::event::Genesis;
use crate::model::{
    AccountId, AccountKind, AccountNumber, Actor, ActorKind, Authentication, Clock, Code, CommandId, Currency,
    CurrencyNumber, Date, Directions, Exception, FreezeReason, OperationKind, Overdraft, Store, Timestamp, UtcOffset,
};
use crate::rebuildable::HEADER_BYTES;
use crate::state::{
    AcceptedClock, AccountState, Amendment, Freeze, FrozenAmount, Head, Hold, Part, Restore, Rollup, Totals,
    UsableException,
};
use crate::storage::SimDisk;

const LEDGER: LedgerId = LedgerId(0xfeed);

fn totals(debit_minor: u128) -> Totals {
    Totals { debit_minor, credit_minor: debit_minor * 3 }
}

fn accounts(count: u32) -> Vec<Part> {
    let account = |number: u32| {
        let rule = [Overdraft::Never, Overdraft::UpTo(500), Overdraft::Unlimited][number as usize % 3];
        let kind = AccountKind::ALL[number as usize % 5];
        let id = AccountId(u128::from(number) << 90 | 7);
        let mut account = AccountState::new(id, kind, CurrencyNumber(number as u16 % 2), rule, Sequence(1));
        account.balance.posted_credit_minor = u64::MAX - u64::from(number);
        account.balance.pending_debit_minor = u64::from(number) * 3;
        account.balance.frozen_minor = 9;
        account.last_sequence = Sequence(u64::from(number) + 5);
        account.events = u64::from(number) + 2;
        account.set_closed(number % 7 == 5);
        let code = (number < 2).then(|| format!("funding:bank-{number}").parse::<Code>().unwrap());
        let under = (number > 10).then_some(AccountNumber(1));
        Part::Account { account, code, under }
    };
    (0..count).map(account).collect()
}

/// A state that has something of everything.
fn state(last: u64, count: u32) -> State {
    let genesis = Genesis {
        ledger: LEDGER,
        format_version: 1,
        utc_offset: UtcOffset(32_400),
        clock: Clock::Commands,
        salt_key_hash: [8; 32],
    };
    let head = Head {
        genesis: Some(genesis),
        last_sequence: Sequence(last),
        last_recorded_at: Timestamp(-5),
        accepted_clock: Some(AcceptedClock { reading: Timestamp(-70), recorded_at: Timestamp(-5) }),
        accounts: count,
    };
    let currency = |code: &str, exponent, sum| Part::Currency {
        currency: Currency { code: code.parse().unwrap(), exponent },
        totals: totals(sum),
    };
    let actor =
        |principal: String, kind| Part::Actor(Actor { principal, kind, authenticated_by: Authentication::Token });
    let hold = |placed: u64, expires_at| Part::Hold {
        id: CommandId(u128::from(placed) << 70),
        hold: Hold {
            debit: AccountNumber(1),
            credit: AccountNumber(2),
            remaining_minor: 77,
            expires_at,
            placed: Sequence(placed),
            effective: Date(-3),
        },
    };
    let amendment = |sequence, reversed| Part::Amendment {
        sequence: Sequence(sequence),
        amendment: Amendment { refunded_minor: 4, reversed },
    };
    let mut parts = vec![
        Part::Head(Box::new(head)),
        currency("JPY", 0, u128::from(u64::MAX) + 5),
        currency("POINTS18", 8, 0),
        actor("a".repeat(64), ActorKind::Person),
        actor("はやし".to_owned(), ActorKind::System),
    ];
    parts.extend(accounts(count));
    parts.push(Part::Store(Store { code: "store:0001".parse().unwrap(), payable: AccountNumber(2) }));
    parts.extend([hold(3, None), hold(4, Some(Timestamp(12_345)))]);
    parts.extend([amendment(2, None), amendment(3, Some(Sequence(4)))]);
    let uncoded = Rollup::Uncoded(AccountKind::Expense, CurrencyNumber(0));
    for (date, rollup) in
        [(100, Rollup::Coded(AccountNumber(0))), (100, uncoded), (102, Rollup::Coded(AccountNumber(1)))]
    {
        parts.push(Part::DayTotals { date: Date(date), rollup, totals: totals(6) });
    }
    let exception = |used| UsableException {
        exception: Exception { operation: OperationKind::Transfer, amount_max_minor: 500 },
        used,
    };
    for (frozen, expires_at) in [(6, None), (8, Some(Timestamp(99)))] {
        let freeze = Freeze {
            account: AccountNumber(2),
            directions: Directions::Out,
            reason: FreezeReason::CourtOrder,
            expires_at,
            frozen: Sequence(frozen),
            exceptions: [Some(exception(Some(Sequence(7)))), Some(exception(None)), None, None],
        };
        parts.push(Part::Freeze { id: CommandId(u128::from(frozen) << 80), freeze });
    }
    let amount = FrozenAmount {
        account: AccountNumber(3),
        remaining_minor: 9,
        reason: FreezeReason::Sanctions,
        frozen: Sequence(9),
    };
    parts.push(Part::FrozenAmount { id: CommandId(5 << 90), amount });
    let declines = |account| Part::Declines { hour: Timestamp(-3_600), control: CommandId(6), account, count: 60 };
    parts.extend([declines(Some(AccountNumber(1))), declines(None)]);
    let signal =
        |name: &str| Part::Signal { account: AccountNumber(1), signal: name.parse().unwrap(), at: Timestamp(-7) };
    parts.extend([signal("new_device"), signal("sim_swap")]);
    let mut restore = Restore::new();
    for part in parts {
        restore.add(part).unwrap();
    }
    restore.finish().unwrap()
}

fn image(state: &State) -> Vec<Part> {
    state.image().collect()
}

fn found(disk: &SimDisk, up_to: u64) -> Newest {
    newest(&Arc::new(disk.clone()), LEDGER, Sequence(up_to), |_, anchor| Ok(anchor == Anchor([1; 32]))).unwrap()
}

fn save(disk: &SimDisk, state: &State) -> Result<(), Error> {
    write(disk, state, Anchor([1; 32]))
}

#[test]
fn a_state_reads_back_as_it_was() {
    for count in [15, 700, 3_000] {
        let (disk, state) = (SimDisk::new(1), state(50, count));
        save(&disk, &state).unwrap();
        let back = found(&disk, u64::MAX);
        assert!(back.unusable.is_empty(), "{:?}", back.unusable);
        assert_eq!(image(&back.state.unwrap()), image(&state));
    }
}

#[test]
fn two_at_one_sequence_are_equal_byte_for_byte() {
    let (first, second) = (SimDisk::new(1), SimDisk::new(2));
    save(&first, &state(50, 30)).unwrap();
    save(&second, &state(50, 30)).unwrap();
    save(&second, &found(&second, 50).state.unwrap()).unwrap();
    assert_eq!(first.contents(&path(Sequence(50))).unwrap(), second.contents(&path(Sequence(50))).unwrap());
}

#[test]
fn the_newest_two_are_kept_and_a_damaged_one_is_passed_over() {
    let disk = SimDisk::new(1);
    disk.put("checkpoint/00000000000000000007.ckpt.tmp", b"left over");
    for last in [10, 20, 30] {
        save(&disk, &state(last, 20)).unwrap();
    }
    assert_eq!(sequences(&disk).unwrap(), [Sequence(20), Sequence(30)]);
    assert_eq!(disk.files().len(), 2);
    let through = |disk: &SimDisk, up_to| found(disk, up_to).state.map(|state| state.last_sequence().0);
    assert_eq!(through(&disk, u64::MAX), Some(30));
    assert_eq!(through(&disk, 29), Some(20));
    assert_eq!(through(&disk, 19), None);
    disk.rot(&path(Sequence(30)), 5, 3);
    let after = found(&disk, u64::MAX);
    assert_eq!(after.state.unwrap().last_sequence(), Sequence(20));
    assert_eq!(after.unusable.len(), 1);
    let sworn = sworn(&disk, LEDGER).unwrap();
    assert!(sworn.iter().any(|witness| witness.durable_through >= Sequence(20)));
}

#[test]
fn a_checkpoint_of_another_ledger_or_name_is_passed_over() {
    let disk = SimDisk::new(1);
    save(&disk, &state(10, 20)).unwrap();
    disk.put(&path(Sequence(40)), &disk.contents(&path(Sequence(10))).unwrap());
    let after = found(&disk, u64::MAX);
    assert_eq!(after.state.unwrap().last_sequence(), Sequence(10));
    assert_eq!(after.unusable.len(), 1);
    let other = newest(&Arc::new(disk), LedgerId(1), Sequence(99), |_, _| Ok(true)).unwrap();
    assert!(other.state.is_none());
    assert_eq!(other.unusable.len(), 2);
}

#[test]
fn a_sound_checkpoint_of_another_history_proves_that_files_were_mixed() {
    let disk = SimDisk::new(1);
    save(&disk, &state(10, 20)).unwrap();
    write(&disk, &state(20, 20), Anchor([2; 32])).unwrap();
    let belongs = |_, anchor: Anchor| Ok(anchor != Anchor([2; 32]));
    let refused = newest(&Arc::new(disk), LEDGER, Sequence(99), belongs);
    assert!(matches!(&refused, Err(Error::Contradiction(why)) if why.contains("another history")), "{refused:?}");
}

#[test]
fn a_checkpoint_that_says_something_else_than_the_events_is_found_by_comparing() {
    let disk = SimDisk::new(1);
    save(&disk, &state(10, 20)).unwrap();
    let anchor = Anchor([1; 32]);
    let good = newest(&Arc::new(disk.clone()), LEDGER, Sequence(99), |_, _| Ok(true)).unwrap().state.unwrap();
    write(&disk, &good, anchor).unwrap();
    assert!(compare(&disk, &good, anchor).is_ok());
    let other = state(10, 21);
    let differs = compare(&disk, &other, anchor);
    assert!(matches!(&differs, Err(Error::Contradiction(why)) if why.contains("differs at byte")), "{differs:?}");
}

#[test]
fn no_flipped_byte_is_ever_taken_for_a_state() {
    let disk = SimDisk::new(1);
    save(&disk, &state(10, 20)).unwrap();
    let bytes = disk.contents(&path(Sequence(10))).unwrap();
    for at in (0..HEADER_BYTES).step_by(11).chain((HEADER_BYTES..bytes.len()).step_by(641)) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x04;
        disk.put(&path(Sequence(10)), &damaged);
        let found = found(&disk, u64::MAX);
        assert!(found.state.is_none() && found.unusable.len() == 1, "byte {at}");
    }
}

#[test]
fn a_crash_while_one_is_written_leaves_the_one_before() {
    let written = |disk: &SimDisk| {
        save(disk, &state(10, 20)).unwrap();
        save(disk, &state(20, 20)).unwrap();
        disk.changes()
    };
    let changes = {
        let disk = SimDisk::new(1);
        let before = written(&disk);
        save(&disk, &state(30, 21)).unwrap();
        disk.changes() - before
    };
    for stop in 0..=changes {
        let disk = SimDisk::new(1);
        let before = written(&disk);
        disk.crash_after(before + stop);
        let finished = save(&disk, &state(30, 21)).is_ok();
        for seed in 0..10 {
            let after = disk.crash(seed);
            let last = found(&after, u64::MAX).state.unwrap().last_sequence();
            assert!(last == Sequence(30) || last == Sequence(20) && !finished, "stopped after {stop}, seed {seed}");
            save(&after, &state(40, 21)).unwrap();
            assert!(after.files().len() <= KEPT);
        }
    }
}

#[test]
fn a_ledger_without_an_event_has_no_checkpoint() {
    assert!(matches!(write(&SimDisk::new(1), &State::new(), Anchor::default()), Err(Error::Config(_))));
}

#[test]
fn records_stand_where_the_page_says() {
    use super::control_records::*;
    use super::records::*;
    use crate::rebuildable::tests::assert_documented;

    let text = |text: &str| [text.as_bytes(), &vec![0; 64 - text.len()]].concat();
    let state = state(50, 20);
    let mut seen = 0;
    for part in state.image() {
        match part {
            Part::Head(head) => {
                let values: [&[u8]; 12] = [
                    &[1],
                    &[2],
                    &[1, 0],
                    &32_400i32.to_le_bytes(),
                    &LEDGER.to_bytes(),
                    &[8; 32],
                    &50u64.to_le_bytes(),
                    &(-5i64).to_le_bytes(),
                    &20u32.to_le_bytes(),
                    &[0; 4],
                    &(-70i64).to_le_bytes(),
                    &(-5i64).to_le_bytes(),
                ];
                assert_documented("Checkpoint section 1", &put_head(&head), &values);
            }
            Part::Currency { currency, totals } if currency.exponent == 0 => {
                let (debit, credit) = (totals.debit_minor.to_le_bytes(), totals.credit_minor.to_le_bytes());
                let values: [&[u8]; 5] = [b"JPY\0\0\0\0\0", &[0], &[0; 7], &debit, &credit];
                assert_documented("Checkpoint section 2", &put_currency(&currency, &totals), &values);
            }
            Part::Actor(actor) if actor.kind == ActorKind::System => {
                let values: [&[u8]; 6] = [&[3], &[3], &[0; 2], &[9], &[0; 3], &text("はやし")];
                assert_documented("Checkpoint section 3", &put_actor(&actor), &values);
            }
            Part::Account { account, under, .. } if account.last_sequence == Sequence(24) => {
                let balance = account.balance;
                let values: [&[u8]; 14] = [
                    &account.id.to_bytes(),
                    &balance.posted_debit_minor.to_le_bytes(),
                    &balance.posted_credit_minor.to_le_bytes(),
                    &balance.pending_debit_minor.to_le_bytes(),
                    &balance.pending_credit_minor.to_le_bytes(),
                    &9u64.to_le_bytes(),
                    &24u64.to_le_bytes(),
                    &21u64.to_le_bytes(),
                    &1u64.to_le_bytes(),
                    &500u64.to_le_bytes(),
                    &1u32.to_le_bytes(),
                    &[1, 0],
                    &[5],
                    &[1 | 4],
                ];
                assert_documented("Checkpoint section 4", &put_account(&account, under), &values);
            }
            Part::Store(store) => {
                let values: [&[u8]; 4] = [&2u32.to_le_bytes(), &[10], &[0; 3], &text("store:0001")];
                assert_documented("Checkpoint section 5", &put_code(store.payable, &store.code), &values);
                assert_documented("Checkpoint section 6", &put_code(store.payable, &store.code), &values);
            }
            Part::Hold { id, hold } => {
                let expires = hold.expires_at.map_or(i64::MIN, |at| at.0).to_le_bytes();
                let (id_bytes, placed) = (id.to_bytes(), hold.placed.0.to_le_bytes());
                let (one, two, remaining) = (1u32.to_le_bytes(), 2u32.to_le_bytes(), 77u64.to_le_bytes());
                let date = (-3i32).to_le_bytes();
                let values: [&[u8]; 8] = [&id_bytes, &one, &two, &remaining, &expires, &placed, &date, &[0; 4]];
                assert_documented("Checkpoint section 7", &put_hold(id, &hold), &values);
            }
            Part::Amendment { sequence, amendment } => {
                let reversed = amendment.reversed.map_or(0, |reversed| reversed.0).to_le_bytes();
                let values: [&[u8]; 3] = [&sequence.0.to_le_bytes(), &4u64.to_le_bytes(), &reversed];
                assert_documented("Checkpoint section 8", &put_amendment(sequence, &amendment), &values);
            }
            Part::DayTotals { date, rollup, totals } => {
                let (tag, kind, account) = match rollup {
                    Rollup::Coded(account) => (1, 0, account.0),
                    Rollup::Uncoded(kind, _) => (2, kind as u8, 0),
                };
                let (date_bytes, account) = (date.0.to_le_bytes(), account.to_le_bytes());
                let (debit, credit) = (totals.debit_minor.to_le_bytes(), totals.credit_minor.to_le_bytes());
                let values: [&[u8]; 8] = [&date_bytes, &[tag], &[kind], &[0; 2], &account, &[0; 4], &debit, &credit];
                assert_documented("Checkpoint section 9", &put_day_totals(date, rollup, &totals), &values);
            }
            Part::Freeze { id, freeze } => {
                let expires = freeze.expires_at.map_or(i64::MIN, |at| at.0).to_le_bytes();
                let exception =
                    |used: u64| [[8, 0, 0, 0, 0, 0, 0, 0], 500u64.to_le_bytes(), used.to_le_bytes()].concat();
                let values: [&[u8]; 12] = [
                    &id.to_bytes(),
                    &2u32.to_le_bytes(),
                    &[2],
                    &[2],
                    &[2],
                    &[0],
                    &expires,
                    &freeze.frozen.0.to_le_bytes(),
                    &exception(7),
                    &exception(0),
                    &[0; 24],
                    &[0; 24],
                ];
                assert_documented("Checkpoint section 10", &put_freeze(id, &freeze), &values);
            }
            Part::FrozenAmount { id, amount } => {
                let values: [&[u8]; 6] =
                    [&id.to_bytes(), &3u32.to_le_bytes(), &[5], &[0; 3], &9u64.to_le_bytes(), &9u64.to_le_bytes()];
                assert_documented("Checkpoint section 11", &put_frozen_amount(id, &amount), &values);
            }
            Part::Declines { hour, control, account, count } => {
                let number = account.map_or(u32::MAX, |account| account.0).to_le_bytes();
                let values: [&[u8]; 5] = [&control.to_bytes(), &number, &[60], &[0; 3], &(-3_600i64).to_le_bytes()];
                let bytes = put_declines(hour, control, account, count);
                assert_documented("Checkpoint section 12", &bytes, &values);
            }
            Part::Signal { account, signal, at } => {
                let mut name = [0; 32];
                name[..signal.as_str().len()].copy_from_slice(signal.as_str().as_bytes());
                let length = [signal.as_str().len() as u8];
                let values: [&[u8]; 5] = [&1u32.to_le_bytes(), &length, &[0; 3], &name, &(-7i64).to_le_bytes()];
                assert_documented("Checkpoint section 13", &put_signal(account, &signal, at), &values);
            }
            _ => continue,
        }
        seen += 1;
    }
    assert_eq!(seen, 19, "one of each at least");
}
