use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::event::{Body, Effect, Event, Header, HoldPlaced, Transferred};
use crate::model::{
    AccountNumber, ActorNumber, CommandId, CurrencyNumber, Date, LedgerId, Link, Movement, Sequence, Timestamp,
    UtcOffset,
};
use crate::rebuildable::{Handles, Opened};
use crate::storage::SimDisk;

const LEDGER: LedgerId = LedgerId(0x55);
const TOKYO: UtcOffset = UtcOffset(9 * 3600);
const DAY: i64 = 86_400_000_000;

/// An event as a test names it: recorded on day `day`, effective `back` days before, from one account to another.
#[derive(Debug, Clone, Copy)]
struct Made {
    day: i32,
    back: i32,
    debit: u32,
    credit: u32,
    amount_minor: u64,
    hold: bool,
}

fn event(sequence: u64, made: Made) -> Event {
    let link =
        |account| Link { account: AccountNumber(account), previous: Sequence(0), event_number: 1, net_after_minor: 0 };
    let movement = Movement { debit: link(made.debit), credit: link(made.credit), amount_minor: made.amount_minor };
    let body = if made.hold {
        Body::HoldPlaced(HoldPlaced { movement, expires_at: None })
    } else {
        Body::Transferred(Transferred { movement })
    };
    Event {
        sequence: Sequence(sequence),
        recorded_at: Timestamp(Date(made.day).start(TOKYO).0 + (sequence as i64 % 1000) * (DAY / 1000)),
        header: Header {
            command: CommandId(u128::from(sequence)),
            command_hash: 0,
            effective: Date(made.day - made.back),
            actor: ActorNumber(0),
            cause: None,
            context: None,
        },
        body,
    }
}

/// Closes every day of the events, the last one too.
fn close(disk: &SimDisk, events: &[Event]) {
    let mut open: Option<ClosingBuilder> = None;
    let write = |day: ClosingBuilder| day.write(disk, [0; 32], |number| CurrencyNumber(number.0 as u16 % 2)).unwrap();
    for event in events {
        if let Some(day) = &mut open
            && day.event(event).unwrap()
        {
            continue;
        }
        if let Some(day) = open.take() {
            write(day);
        }
        let mut day = ClosingBuilder::new(LEDGER, TOKYO, event);
        assert!(day.event(event).unwrap());
        open = Some(day);
    }
    open.into_iter().for_each(write);
}

fn open(disk: &SimDisk, durable: u64) -> (Closings<SimDisk>, Option<String>) {
    let handles = Arc::new(Handles::new(Arc::new(disk.clone()), 4));
    let (closings, why) = Closings::open(&handles, LEDGER, Sequence(durable), |_, _| Ok(true)).unwrap();
    (closings, why.map(|why| why.to_string()))
}

fn naive(events: &[Event], account: u32, date: i32) -> Effect {
    let mut sum = Effect::default();
    for event in events.iter().filter(|event| event.header.effective > Date(date)) {
        sum.add(&Effect::of(event, AccountNumber(account)));
    }
    sum
}

fn three_days() -> Vec<Event> {
    let made = |day, back, amount_minor| Made { day, back, debit: 1, credit: 2, amount_minor, hold: false };
    let all =
        [made(100, 0, 5), made(100, 3, 7), made(101, 0, 11), made(104, 2, 13), made(104, 0, 17), made(104, 0, 19)];
    (1..).zip(all).map(|(sequence, made)| event(sequence, made)).collect()
}

fn days_of(count: usize) -> impl Strategy<Value = Vec<Event>> {
    let made = (0i32..3, 0i32..6, 0u32..40, 1u32..40, 1u64..1_000, prop::bool::weighted(0.2));
    prop::collection::vec(made, 1..count).prop_map(|all| {
        let mut day = 100;
        let made = all.into_iter().map(|(step, back, debit, other, amount_minor, hold)| {
            day += i32::from(step == 0);
            Made { day, back, debit, credit: (debit + other) % 80, amount_minor, hold }
        });
        (1..).zip(made).map(|(sequence, made)| event(sequence, made)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_the_closings_say_is_what_the_events_did(
        events in days_of(900),
        questions in prop::collection::vec((0u32..90, 90i32..400), 1..40),
    ) {
        let disk = SimDisk::new(1);
        close(&disk, &events);
        let (closings, why) = open(&disk, events.len() as u64);
        prop_assert_eq!(why, None);
        prop_assert_eq!(closings.through().0, events.len() as u64);
        for closing in closings.days(Date(0)) {
            closing.verify().unwrap();
        }
        for (account, date) in questions {
            let found = closings.delta(AccountNumber(account), Date(date)).unwrap();
            prop_assert_eq!(found, naive(&events, account, date));
        }
    }
}

#[test]
fn a_day_s_totals_come_by_account_and_effective_date() {
    let disk = SimDisk::new(1);
    close(&disk, &three_days());
    let (closings, _) = open(&disk, 6);
    let last = closings.days(Date(104)).next().unwrap();
    let mut rows = Vec::new();
    last.each(|row| {
        rows.push((row.account.0, row.effective.0, row.debit_minor, row.credit_minor, row.first.0, row.last.0));
        Ok(())
    })
    .unwrap();
    assert_eq!(rows, [(1, 102, 13, 0, 4, 4), (1, 104, 36, 0, 5, 6), (2, 102, 0, 13, 4, 4), (2, 104, 0, 36, 5, 6)]);
    let currencies: Vec<_> =
        last.currencies().unwrap().iter().map(|(number, sum)| (number.0, sum.debit_minor, sum.credit_minor)).collect();
    assert_eq!(currencies, [(0, 0, 49), (1, 49, 0)]);
    assert_eq!(path(last.day()), "closing/1970-04-15.cls");
}

#[test]
fn closings_end_where_one_is_missing_damaged_or_of_another_history() {
    let disk = SimDisk::new(1);
    close(&disk, &three_days());
    let second = path(Date(101));
    let bytes = disk.contents(&second).unwrap();
    disk.take(&second);
    assert_eq!(open(&disk, 6).0.through(), Sequence(2), "missing");
    disk.put(&second, &bytes[..5000]);
    let (closings, why) = open(&disk, 6);
    assert_eq!((closings.through(), closings.last_day()), (Sequence(2), Some(Date(100))), "damaged");
    assert!(why.unwrap().contains(&second));
    disk.put(&second, &bytes);
    assert_eq!(open(&disk, 5).0.through(), Sequence(3), "ahead of the journal");
    assert_eq!(open(&disk, 6).0.through(), Sequence(6));
    let handles = Arc::new(Handles::new(Arc::new(disk), 4));
    let belongs = |last, _| Ok(last != Sequence(3));
    assert_eq!(Closings::open(&handles, LEDGER, Sequence(6), belongs).unwrap().0.through(), Sequence(2));
}

#[test]
fn no_flipped_byte_ever_gives_a_wrong_answer() {
    let disk = SimDisk::new(1);
    let events = three_days();
    close(&disk, &events);
    let third = path(Date(104));
    let bytes = disk.contents(&third).unwrap();
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        disk.put(&third, &damaged);
        let handles = Arc::new(Handles::new(Arc::new(disk.clone()), 4));
        if let Opened::Usable(closing) = Closing::open(&handles, LEDGER, Date(104)).unwrap() {
            assert!(matches!(closing.verify(), Err(Error::Corrupt { .. })), "byte {at}");
            if let Ok(found) = closing.delta(AccountNumber(1), Date(103)) {
                assert_eq!(found.posted_debit_minor, 36);
            }
        }
    }
}

#[test]
fn an_event_out_of_order_closes_nothing() {
    let events = three_days();
    let mut day = ClosingBuilder::new(LEDGER, TOKYO, &events[0]);
    assert!(matches!(day.event(&events[1]), Err(Error::Contradiction(_))));
    assert!(matches!(day.write(&SimDisk::new(1), [0; 32], |_| CurrencyNumber(0)), Err(Error::Contradiction(_))));
}

#[test]
fn records_stand_where_the_page_says() {
    use crate::rebuildable::tests::{assert_documented, first_record};

    let disk = SimDisk::new(1);
    let hold = Made { day: 100, back: 2, debit: 9, credit: 7, amount_minor: 21, hold: true };
    close(&disk, &[event(1, hold), event(2, Made { amount_minor: 4, hold: false, ..hold })]);
    let file = disk.contents(&path(Date(100))).unwrap();
    let values: [&[u8]; 9] = [
        &7u32.to_le_bytes(),
        &98i32.to_le_bytes(),
        &0u64.to_le_bytes(),
        &4u64.to_le_bytes(),
        &0i64.to_le_bytes(),
        &21i64.to_le_bytes(),
        &0i64.to_le_bytes(),
        &1u64.to_le_bytes(),
        &2u64.to_le_bytes(),
    ];
    assert_documented("Closing section 1", &first_record(&file, TOTALS), &values);
    let values: [&[u8]; 4] = [&[1, 0], &[0; 6], &4u128.to_le_bytes(), &4u128.to_le_bytes()];
    assert_documented("Closing section 2", &first_record(&file, CURRENCIES), &values);
}
