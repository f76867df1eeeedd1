//! The whole shell on real files.

mod clock;
mod freezes;
mod own_events;

use std::path::Path;

use crate::command::{Action, Command, CommandContext, OpenAccount, OpenStore, RefundSpend, Spend, Submission, TopUp};
use crate::model::{AccountId, AccountKind, AccountRef, CommandId, Overdraft, Sequence};
use crate::query::{AsOf, Detail, Known, StatementQuery};
use crate::rejection::Rejection;
use crate::storage::IoMode;
use crate::{Error, InitOptions, Ledger, OpenOptions, Outcome};

fn command(id: u128, action: Action) -> Command {
    Command {
        id: CommandId(id),
        at: None,
        effective: None,
        actor: None,
        cause: None,
        context: CommandContext::default(),
        action,
    }
}

fn wallet(number: u128) -> AccountId {
    AccountId(0xA000 + number)
}

fn open_wallet(id: u128, number: u128) -> Command {
    command(
        id,
        Action::OpenAccount(OpenAccount {
            account: wallet(number),
            kind: AccountKind::Liability,
            currency: "JPY".parse().unwrap(),
            code: None,
            under: Some("wallets".parse().unwrap()),
            overdraft: Overdraft::Never,
        }),
    )
}

fn top_up(id: u128, number: u128, amount_minor: u64) -> Command {
    command(
        id,
        Action::TopUp(TopUp {
            account: wallet(number).into(),
            funding: "funding:credit-card".parse().unwrap(),
            amount_minor,
            currency: "JPY".parse().unwrap(),
        }),
    )
}

fn spend(id: u128, number: u128, amount_minor: u64) -> Command {
    let mut command = command(
        id,
        Action::Spend(Spend { account: wallet(number).into(), amount_minor, currency: "JPY".parse().unwrap() }),
    );
    command.context.store = Some("store-1".parse().unwrap());
    command
}

fn open(dir: &Path) -> Ledger {
    Ledger::open(dir, &OpenOptions::default()).unwrap()
}

fn started(segment_bytes: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("wallet.ledger");
    Ledger::init(&dir, &InitOptions { segment_bytes, ..InitOptions::default() }).unwrap();
    let ledger = open(&dir);
    let store = OpenStore { code: "store-1".parse().unwrap(), payable: "store-payables".parse().unwrap() };
    assert!(ledger.submit(command(1, Action::OpenStore(store))).unwrap().is_done());
    ledger.close().unwrap();
    (folder, dir)
}

fn net(ledger: &Ledger, number: u128) -> i128 {
    ledger.reader().balance(&wallet(number).into(), &AsOf::default()).unwrap().unwrap().posted_net_minor()
}

#[test]
fn what_was_answered_is_there_after_close_and_after_a_drop() {
    let (_folder, dir) = started(4096);
    for round in 0..4u128 {
        let ledger = open(&dir);
        let base = 1000 * (round + 1);
        assert!(ledger.submit(open_wallet(base, round)).unwrap().is_done());
        let batch = (1..=100).map(|n| Submission::One(top_up(base + n, round, 10))).collect();
        let outcomes = ledger.submit_batch(batch).unwrap();
        assert!(outcomes.iter().all(Outcome::is_done));
        assert_eq!(net(&ledger, round), 1000);
        if round % 2 == 0 { ledger.close().unwrap() } else { drop(ledger) }
    }
    let ledger = open(&dir);
    for round in 0..4 {
        assert_eq!(net(&ledger, round), 1000);
    }
    let all: Vec<_> = ledger.reader().events(Sequence(1), Sequence(u64::MAX)).map(Result::unwrap).collect();
    assert_eq!(all.len() as u64, ledger.reader().through().0);
    assert!(all.iter().zip(1..).all(|(event, n)| event.sequence.0 == n));
    let trial = ledger.reader().trial_balance(&AsOf::default(), Detail::ByCode).unwrap();
    assert!(trial.balances());
    let every = ledger.reader().trial_balance(&AsOf::default(), Detail::EveryAccount).unwrap();
    assert_eq!(every.totals, trial.totals);
}

#[test]
fn a_repeated_command_gets_its_first_receipt_however_old_it_is() {
    let (_folder, dir) = started(4096);
    let ledger = open(&dir);
    ledger.submit(open_wallet(10, 1)).unwrap();
    let Outcome::Accepted(first) = ledger.submit(top_up(11, 1, 500)).unwrap() else { panic!() };
    let filling = (0..500).map(|n| Submission::One(top_up(100 + n, 1, 1))).collect();
    ledger.submit_batch(filling).unwrap();
    assert_eq!(ledger.submit(top_up(11, 1, 500)).unwrap(), Outcome::Replayed(first.clone()));
    ledger.close().unwrap();
    let ledger = open(&dir);
    assert_eq!(ledger.submit(top_up(11, 1, 500)).unwrap(), Outcome::Replayed(first.clone()));
    let other = ledger.submit(top_up(11, 1, 501)).unwrap();
    assert_eq!(other, Outcome::Rejected(Rejection::IdReused { sequence: first.sequence.0 }));
    assert_eq!(net(&ledger, 1), 1000);
}

#[test]
fn a_spend_is_refunded_in_the_same_batch_and_after_reopening() {
    let (_folder, dir) = started(4096);
    let ledger = open(&dir);
    let refund = |id, amount: u64| {
        let action =
            RefundSpend { spend: CommandId(13), amount_minor: Some(amount), currency: Some("JPY".parse().unwrap()) };
        Submission::One(command(id, Action::RefundSpend(action)))
    };
    let batch = vec![
        Submission::One(open_wallet(11, 1)),
        Submission::One(top_up(12, 1, 500)),
        Submission::One(spend(13, 1, 300)),
        refund(14, 100),
    ];
    assert!(ledger.submit_batch(batch).unwrap().iter().all(Outcome::is_done));
    assert_eq!(net(&ledger, 1), 300);
    drop(ledger);
    let ledger = open(&dir);
    assert_eq!(
        ledger.submit_batch(vec![refund(15, 201)]).unwrap(),
        [Outcome::Rejected(Rejection::RefundExceedsSpend { left_minor: 200 })]
    );
    assert!(ledger.submit_batch(vec![refund(15, 200)]).unwrap()[0].is_done());
    assert_eq!(net(&ledger, 1), 500);
}

#[test]
fn questions_about_the_past_are_answered_from_the_journal() {
    let (_folder, dir) = started(1 << 20);
    let ledger = open(&dir);
    ledger.submit(open_wallet(10, 1)).unwrap();
    for n in 0..20 {
        ledger.submit(top_up(100 + n, 1, 7)).unwrap();
    }
    let reader = ledger.reader();
    let before = reader.through();
    ledger.submit(spend(200, 1, 40)).unwrap();
    let account = AccountRef::Id(wallet(1));
    let at = AsOf { known: Some(Known::Sequence(before)), effective: None };
    assert_eq!(reader.balance(&account, &at).unwrap().unwrap().posted_net_minor(), 140);
    assert_eq!(reader.balance(&account, &AsOf::default()).unwrap().unwrap().posted_net_minor(), 100);
    let statement = reader.statement(&account, &StatementQuery { lines_max: 8, ..StatementQuery::default() }).unwrap();
    let first = statement.unwrap();
    assert_eq!((first.opening_net_minor, first.closing_net_minor, first.lines.len()), (0, 56, 8));
    let query = StatementQuery { after: first.next, lines_max: 100, ..StatementQuery::default() };
    let second = reader.statement(&account, &query).unwrap().unwrap();
    assert_eq!((second.opening_net_minor, second.closing_net_minor, second.lines.len()), (56, 100, 13));
    assert_eq!(second.next, None);
    let history: Vec<_> = reader.history(&account, None).unwrap().unwrap().map(Result::unwrap).collect();
    assert_eq!(history.len(), 22);
    assert_eq!(reader.transaction(CommandId(200)).unwrap().unwrap().sequence, reader.through());
}

#[test]
fn a_second_writer_is_refused_and_readers_are_welcome() {
    let (_folder, dir) = started(1 << 20);
    let ledger = open(&dir);
    assert!(matches!(Ledger::open(&dir, &OpenOptions::default()), Err(Error::Locked { pid: Some(_) })));
    let beside = Ledger::open_read_only(&dir, IoMode::Buffered).unwrap();
    let seen = beside.through();
    ledger.submit(open_wallet(10, 1)).unwrap();
    ledger.submit(top_up(11, 1, 5)).unwrap();
    assert_eq!(beside.through(), seen);
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(beside.follow().unwrap(), ledger.reader().through());
    let balance = beside.balance(&wallet(1).into(), &AsOf::default()).unwrap().unwrap();
    assert_eq!(balance.posted_net_minor(), 5);
    assert!(beside.transaction(CommandId(11)).unwrap().is_some());
}

#[test]
fn a_salt_key_that_is_missing_cut_or_another_one_is_refused_for_writing_and_found_by_a_verification() {
    use crate::verification::{Severity, verify};
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("x");
    Ledger::init(&dir, &InitOptions { segment_bytes: 65_536, ..InitOptions::default() }).unwrap();
    let path = dir.join("seal/salt.key");
    let good = std::fs::read(&path).unwrap();
    let mut other = good.clone();
    other[31] ^= 1;
    let found = |severity: Severity, said: &str| {
        let error = Ledger::open(&dir, &OpenOptions::default()).unwrap_err();
        let is_damage = matches!(error, Error::Corrupt { .. });
        assert_eq!(is_damage, severity == Severity::Damage, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        let findings = verify(&dir, IoMode::default(), &mut |_| {}).unwrap().findings;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].severity, findings[0].path.as_str()), (severity, "seal/salt.key"));
        assert!(findings[0].check.contains(said), "{findings:?}");
        let reader = Ledger::open_read_only(&dir, IoMode::default()).unwrap();
        assert!(reader.through() > Sequence(1), "questions need no key");
    };
    std::fs::remove_file(&path).unwrap();
    found(Severity::Damage, "the salt key is missing");
    std::fs::write(&path, &good[..31]).unwrap();
    found(Severity::Damage, "31 bytes long");
    std::fs::write(&path, &other).unwrap();
    found(Severity::Contradiction, "not the one of which the first event holds the hash");
    std::fs::write(&path, &good).unwrap();
    Ledger::open(&dir, &OpenOptions::default()).unwrap().close().unwrap();
    assert_eq!(verify(&dir, IoMode::default(), &mut |_| {}).unwrap().findings, []);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "no power is cut here")]
fn a_link_in_place_of_any_folder_is_refused_at_opening() {
    use crate::verification::verify;
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("x");
    Ledger::init(&dir, &InitOptions { segment_bytes: 65_536, ..InitOptions::default() }).unwrap();
    Ledger::open(&dir, &OpenOptions::default()).unwrap().close().unwrap();
    for folder in ["journal", "seal", "checkpoint", "closing", "index"] {
        let (inside, outside) = (dir.join(folder), home.path().join(folder));
        std::fs::rename(&inside, &outside).unwrap();
        std::os::unix::fs::symlink(&outside, &inside).unwrap();
        let refused = |error: Option<Error>| {
            let error = error.unwrap_or_else(|| panic!("{folder}"));
            assert!(matches!(&error, Error::Io { path, .. } if path.starts_with(folder)), "{error}");
        };
        refused(Ledger::open(&dir, &OpenOptions::default()).err());
        refused(Ledger::open_read_only(&dir, IoMode::default()).err());
        refused(verify(&dir, IoMode::default(), &mut |_| {}).err());
        std::fs::remove_file(&inside).unwrap();
        std::fs::rename(&outside, &inside).unwrap();
    }
    Ledger::open(&dir, &OpenOptions::default()).unwrap().close().unwrap();
}
