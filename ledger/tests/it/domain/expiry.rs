//! Holds that end by themselves.

use ledger::command::{Action, Command, CommandContext, PlaceHold, SettleHold, TopUp};
use ledger::decide::{self, Decision, Facts, HOLDS_EXPIRED_MAX};
use ledger::event::Body;
use ledger::model::{AccountRef, Clock, CommandId, Timestamp};
use ledger::rejection::Rejection;

use super::books::{Answer, Books};

const NOW: Timestamp = Timestamp(1_561_939_200_000_000);

fn command(id: u128, action: Action) -> Command {
    let context = CommandContext::default();
    Command { id: CommandId(id), at: Some(NOW), effective: None, actor: None, cause: None, context, action }
}

fn account(code: &str) -> AccountRef {
    code.parse().unwrap()
}

/// Books in which `wallets` itself has money, and so many holds on it, the later ones ending earlier.
fn books(holds: u128) -> Books {
    let mut books = Books::new(Clock::Commands, NOW);
    let yen = "JPY".parse().unwrap();
    let mut commands = ledger::chart::wallet_chart(Some(NOW));
    commands.push(command(
        1,
        Action::TopUp(TopUp {
            account: account("wallets"),
            funding: account("bank"),
            amount_minor: 1_000_000,
            currency: yen,
        }),
    ));
    commands.extend((0..holds).map(|number| {
        let hold = PlaceHold {
            debit: account("wallets"),
            credit: Some(account("store-payables")),
            amount_minor: 10,
            currency: yen,
            expires_at: Some(NOW.plus_seconds((holds - number) as i64)),
        };
        command(100 + number, Action::PlaceHold(hold))
    }));
    for command in commands {
        assert!(matches!(books.submit(&command, NOW), Answer::Accepted(_)), "{command:?}");
    }
    books
}

#[test]
fn a_hold_whose_time_is_over_is_closed_even_before_its_expiry_is_an_event() {
    let books = books(1);
    let settle = SettleHold { hold: CommandId(100), amount_minor: None, currency: None, more_to_come: false };
    let decided = |at: Timestamp| {
        let command = Command { at: Some(at), ..command(2, Action::SettleHold(settle.clone())) };
        decide::decide(&books.state, &command, 1, &Facts::default(), at)
    };
    let end = NOW.plus_seconds(1);
    assert!(matches!(decided(Timestamp(end.0 - 1)), Decision::Accepted(_)));
    assert_eq!(decided(end), Decision::Rejected(Rejection::HoldClosed));
}

#[test]
fn holds_expire_in_the_order_of_their_ends_and_at_most_a_thousand_a_commit() {
    let mut books = books(1_500);
    assert_eq!(decide::next_due(&books.state), Some(NOW.plus_seconds(1)));
    assert!(decide::tick(&books.state, NOW).is_none());
    let later = NOW.plus_seconds(1_400);
    let first = decide::tick(&books.state, later).unwrap();
    assert_eq!(first.events.len(), HOLDS_EXPIRED_MAX);
    for (place, event) in first.events.iter().enumerate() {
        let Body::HoldExpired(expired) = &event.body else { panic!("{event:?}") };
        assert_eq!(expired.hold, CommandId(100 + 1_499 - place as u128));
        assert_eq!(event.recorded_at, later);
    }
    books.tick(later);
    assert_eq!(books.state.hold_count(), 100);
    assert_eq!(decide::next_due(&books.state), Some(NOW.plus_seconds(1_401)));
    let wallets = books.account(&account("wallets")).unwrap();
    assert_eq!(wallets.balance.pending_debit_minor, 1_000);
    // Opened, topped up, 1,500 holds placed, 1,400 of them expired: each event counted once, also within one commit.
    assert_eq!(wallets.events, 2 + 1_500 + 1_400);
}
