//! What the ledger does of itself: its events answer no command, and only what is written makes time go on.

use super::*;
use crate::command::{Group, PlaceHold};
use crate::event::Body;
use crate::model::{Clock, Timestamp};

const START: Timestamp = Timestamp(1_561_939_200_000_000);

fn at(seconds: i64, command: Command) -> Command {
    Command { at: Some(START.plus_seconds(seconds)), ..command }
}

fn hold(id: u128, number: u128, expires_at: Timestamp) -> Command {
    command(
        id,
        Action::PlaceHold(PlaceHold {
            debit: wallet(number).into(),
            credit: Some("store-payables".parse().unwrap()),
            amount_minor: 40,
            currency: "JPY".parse().unwrap(),
            expires_at: Some(expires_at),
        }),
    )
}

/// A ledger whose clock is its commands, with a wallet that has 100 and a hold of 40 on it for an hour.
fn held() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("wallet.ledger");
    let options =
        InitOptions { segment_bytes: 4096, clock: Clock::Commands, at: Some(START), ..InitOptions::default() };
    Ledger::init(&dir, &options).unwrap();
    let ledger = open(&dir);
    for command in [open_wallet(1, 1), top_up(2, 1, 100), hold(3, 1, START.plus_seconds(3_600))] {
        assert!(ledger.submit(at(0, command)).unwrap().is_done());
    }
    ledger.close().unwrap();
    (folder, dir)
}

#[test]
fn a_command_with_the_id_of_an_expiry_is_known_by_its_first_receipt_for_ever() {
    let (_folder, dir) = held();
    let id = CommandId::derived("ledger/hold-expired/v1", &CommandId(3).to_bytes());
    let squatter = |seconds| at(seconds, Command { id, ..top_up(0, 1, 7) });
    let mut ledger = open(&dir);
    let Outcome::Accepted(first) = ledger.submit(squatter(0)).unwrap() else { panic!() };
    assert!(ledger.submit(at(7_200, top_up(4, 1, 1))).unwrap().is_done());
    let expired = |ledger: &Ledger| {
        let events = ledger.reader().events(Sequence(1), Sequence(u64::MAX)).map(Result::unwrap);
        events.filter(|event| matches!(event.body, Body::HoldExpired(_)) && event.header.command == id).count()
    };
    assert_eq!(expired(&ledger), 1);
    // In memory, read again from the journal, and in a sidecar, live and after reopening.
    for round in 0..4u128 {
        assert_eq!(ledger.submit(squatter(9_000)).unwrap(), Outcome::Replayed(first.clone()), "round {round}");
        assert_eq!(ledger.reader().transaction(id).unwrap().unwrap().sequence, first.sequence);
        let beside = Ledger::open_read_only(&dir, IoMode::Buffered).unwrap();
        assert_eq!(beside.transaction(id).unwrap().unwrap().sequence, first.sequence);
        if round == 1 {
            let filling = (0..300).map(|n| Submission::One(at(8_000, top_up(100 + n, 1, 1)))).collect();
            ledger.submit_batch(filling).unwrap();
        } else {
            ledger.close().unwrap();
            ledger = open(&dir);
        }
    }
    let found = crate::verification::verify(&dir, IoMode::Buffered, &mut |_| ()).unwrap().findings;
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_id_of_an_expiry_is_that_of_no_command_so_a_command_may_have_it_afterwards() {
    let (_folder, dir) = held();
    let id = CommandId::derived("ledger/hold-expired/v1", &CommandId(3).to_bytes());
    let ledger = open(&dir);
    assert!(ledger.submit(at(7_200, top_up(4, 1, 1))).unwrap().is_done());
    ledger.submit_batch((0..300).map(|n| Submission::One(at(8_000, top_up(100 + n, 1, 1)))).collect()).unwrap();
    ledger.close().unwrap();
    let ledger = open(&dir);
    assert_eq!(ledger.reader().transaction(id).unwrap(), None);
    assert!(ledger.reader().event(Sequence(1)).unwrap().is_some_and(|genesis| genesis.answered().is_none()));
    let later = at(9_000, Command { id, ..top_up(0, 1, 7) });
    let Outcome::Accepted(first) = ledger.submit(later.clone()).unwrap() else { panic!() };
    assert_eq!(ledger.submit(later).unwrap(), Outcome::Replayed(first));
}

#[test]
fn a_command_that_is_refused_does_not_make_time_go_on() {
    let (_folder, dir) = held();
    let ledger = open(&dir);
    let (before, far) = (ledger.reader().view(), 500 * 365 * 86_400);
    let nobodys = Command { actor: Some("nobody".into()), ..top_up(10, 1, 1) };
    assert_eq!(ledger.submit(at(far, nobodys.clone())).unwrap(), Outcome::Rejected(Rejection::ActorUnknown));
    let members = vec![at(far, top_up(11, 1, 1)), at(far, nobodys)];
    let group = Submission::Group(Group { id: CommandId(12), members });
    let outcomes = ledger.submit_batch(vec![group]).unwrap();
    assert!(!outcomes[0].is_done());
    // What would be too large together, were it not refused, is decided as if the hold were over, and so is this.
    let all = |id| spend(id, 1, 100);
    assert_eq!(ledger.submit(at(far, all(13))).unwrap(), Outcome::Rejected(Rejection::StoreUnknown));
    let after = ledger.reader().view();
    assert_eq!(after.last_sequence(), before.last_sequence());
    assert!(after.image().eq(before.image()), "something was left behind");
    // The ledger goes on where it was.
    assert!(ledger.submit(at(1, top_up(20, 1, 1))).unwrap().is_done());
    assert_eq!(ledger.reader().view().hold_count(), 1);

    // What is accepted is decided with the hold over, which is then on the record before it.
    let transfer = |id, amount_minor| {
        let (debit, credit) = (wallet(1).into(), "bank".parse().unwrap());
        command(
            id,
            Action::Transfer(crate::command::Transfer {
                debit,
                credit,
                amount_minor,
                currency: "JPY".parse().unwrap(),
            }),
        )
    };
    let short = Rejection::InsufficientFunds { account: wallet(1).to_string(), available_minor: 61, needed_minor: 101 };
    assert_eq!(ledger.submit(at(2, transfer(21, 101))).unwrap(), Outcome::Rejected(short));
    let group = Group { id: CommandId(22), members: vec![at(3_600, transfer(21, 50)), at(3_600, transfer(23, 51))] };
    let last = ledger.reader().through();
    assert!(ledger.submit_batch(vec![Submission::Group(group)]).unwrap()[0].is_done());
    assert_eq!(ledger.reader().through().0, last.0 + 3);
    let expired = ledger.reader().event(Sequence(last.0 + 1)).unwrap().unwrap();
    assert!(matches!(expired.body, Body::HoldExpired(_)));
    drop(ledger);
    assert_eq!(net(&open(&dir), 1), 0);
}

#[test]
fn a_ledger_begins_within_the_dates_of_the_books_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    for (at, fits) in [(-1, false), (0, true), (253_370_732_400_000_000, false), (253_370_732_399_999_999, true)] {
        let dir = folder.path().join(format!("{at}.ledger"));
        let options = InitOptions { clock: Clock::Commands, at: Some(Timestamp(at)), ..InitOptions::default() };
        let made = Ledger::init(&dir, &options);
        assert_eq!(made.is_ok(), fits, "{at}: {made:?}");
        assert!(fits || matches!(made, Err(Error::Config(_))));
        assert_eq!(dir.exists(), fits, "nothing is half made");
    }
}

#[test]
fn a_configuration_that_is_not_the_ledgers_is_refused_to_writers_and_readers_alike() {
    let (_folder, dir) = started(4096);
    assert!(std::fs::read_dir(dir.join("checkpoint")).unwrap().count() > 0, "there is a checkpoint");
    let path = dir.join("ledger.toml");
    let right = std::fs::read_to_string(&path).unwrap();
    let id = right.lines().find(|line| line.starts_with("ledger_id")).unwrap();
    for (from, to) in [
        ("+09:00", "+00:00"),
        ("\"system\"", "\"commands\""),
        (id, "ledger_id = \"01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49\""),
    ] {
        std::fs::write(&path, right.replace(from, to)).unwrap();
        let written = Ledger::open(&dir, &OpenOptions::default());
        assert!(matches!(written, Err(Error::Contradiction(_))), "{to}: {written:?}");
        let read = Ledger::open_read_only(&dir, IoMode::Buffered);
        assert!(matches!(read, Err(Error::Contradiction(_))), "{to}: {read:?}");
    }
    std::fs::write(&path, right).unwrap();
    open(&dir).close().unwrap();
}

#[test]
fn a_statement_covers_the_dates_it_is_asked_for_and_none_that_end_before_they_begin() {
    let (_folder, dir) = held();
    let ledger = open(&dir);
    assert!(ledger.submit(at(86_400, top_up(4, 1, 9))).unwrap().is_done());
    let earlier = Command { effective: Some("2019-06-01".parse().unwrap()), ..top_up(5, 1, 3) };
    assert!(ledger.submit(at(86_400, earlier)).unwrap().is_done());
    let reader = ledger.reader();
    let ask = |from: Option<&str>, to: Option<&str>| {
        let date = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let query = StatementQuery { from: date(from), to: date(to), ..StatementQuery::default() };
        reader.statement(&wallet(1).into(), &query)
    };
    for (from, to, expected) in [
        (None, None, (0, 3, 112)),
        (Some("1900-01-01"), Some("1900-01-02"), (0, 0, 0)),
        (Some("1900-01-01"), None, (0, 3, 112)),
        (None, Some("2019-06-30"), (0, 1, 3)),
        (Some("2019-06-01"), Some("2019-06-01"), (0, 1, 3)),
        (Some("2019-06-02"), Some("2019-07-01"), (3, 1, 103)),
        (Some("2019-07-02"), Some("2019-07-02"), (103, 1, 112)),
        (Some("2030-01-01"), Some("2030-01-01"), (112, 0, 112)),
        (Some("2030-01-01"), None, (112, 0, 112)),
        (None, Some("9998-12-31"), (0, 3, 112)),
    ] {
        let found = ask(from, to).unwrap().unwrap();
        let found = (found.opening_net_minor, found.lines.len(), found.closing_net_minor);
        assert_eq!(found, expected, "{from:?} {to:?}");
    }
    assert!(matches!(ask(Some("2030-01-01"), Some("2020-01-01")), Err(Error::Config(_))));
}
