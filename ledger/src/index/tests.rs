use std::fs;
use std::sync::Arc;

use super::*;
use crate::event::{AccountOpened, ClockAccepted, Header};
use crate::model::{
    AccountId, AccountKind, ActorNumber, CommandId, Context, CurrencyNumber, Date, Link, Overdraft, Timestamp,
};
use crate::storage::SimDisk;

const LEDGER: LedgerId = LedgerId(0xabc);

fn event(sequence: u64, reference: Option<&str>, code: Option<&str>) -> Event {
    let body = match code {
        None => Body::ClockAccepted(ClockAccepted { reading: Timestamp(0) }),
        Some(code) => Body::AccountOpened(AccountOpened {
            link: Link {
                account: AccountNumber(sequence as u32),
                previous: Sequence(0),
                event_number: 1,
                net_after_minor: 0,
            },
            account: AccountId(1),
            kind: AccountKind::Asset,
            currency: CurrencyNumber(0),
            code: Some(code.parse().unwrap()),
            under: None,
            overdraft: Overdraft::Never,
        }),
    };
    let reference = reference.map(|text| text.parse().unwrap());
    Event {
        sequence: Sequence(sequence),
        recorded_at: Timestamp(0),
        header: Header {
            command: CommandId(1),
            command_hash: 0,
            effective: Date(0),
            actor: ActorNumber(0),
            cause: None,
            context: Some(Context { reference, ..Context::default() }),
        },
        body,
    }
}

/// Events `from..=to`: each third one carries one of 40 references.
fn events(from: u64, to: u64) -> Vec<Event> {
    let reference = |sequence: u64| sequence.is_multiple_of(3).then(|| format!("order-{}", sequence % 40));
    (from..=to).map(|sequence| event(sequence, reference(sequence).as_deref(), None)).collect()
}

fn open(storage: &Arc<SimDisk>, dir: &Path, durable: u64) -> Opening<SimDisk> {
    Index::open(storage, dir, LEDGER, Sequence(durable), IndexOptions::default()).unwrap()
}

fn expected(through: u64, which: u64) -> Vec<Sequence> {
    (1..=through).filter(|sequence| sequence.is_multiple_of(3) && sequence % 40 == which).map(Sequence).collect()
}

fn world() -> (Arc<SimDisk>, tempfile::TempDir) {
    (Arc::new(SimDisk::new(1)), tempfile::tempdir().unwrap())
}

#[test]
fn references_are_found_again_after_an_orderly_end() {
    let (storage, dir) = world();
    let Opening { index, rebuilt } = open(&storage, dir.path(), 0);
    assert!(rebuilt.is_some());
    index.fold(&events(1, 1_000)).unwrap();
    assert_eq!(index.by_reference("order-7").unwrap(), Found { found: expected(1_000, 7), through: Sequence(1_000) });
    index.close().unwrap();

    let Opening { index, rebuilt } = open(&storage, dir.path(), 1_000);
    assert_eq!((rebuilt, index.through()), (None, Sequence(1_000)));
    index.fold(&events(1_001, 1_500)).unwrap();
    assert_eq!(index.by_reference("order-7").unwrap().found, expected(1_500, 7));
    assert_eq!(index.by_reference("order").unwrap().found, []);
    index.close().unwrap();
}

#[test]
fn codes_are_found_by_their_stem() {
    let (storage, dir) = world();
    let index = open(&storage, dir.path(), 0).index;
    let codes = ["funding", "funding:bank", "fundings", "funding:card:debit", "wallets"];
    let opened: Vec<_> = (1..).zip(codes).map(|(sequence, code)| event(sequence, None, Some(code))).collect();
    index.fold(&opened).unwrap();
    let found = |stem| {
        let answer = index.by_code(stem, 9).unwrap().found;
        answer.iter().map(|(code, account)| format!("{code} {}", account.0)).collect::<Vec<_>>()
    };
    assert_eq!(found("funding"), ["funding 1", "funding:bank 2", "funding:card:debit 4"]);
    assert_eq!(found("fund"), Vec::<String>::new());
    assert_eq!(found("").len(), 5);
}

#[test]
fn without_an_orderly_end_it_is_made_anew() {
    let (storage, dir) = world();
    let index = open(&storage, dir.path(), 0).index;
    index.fold(&events(1, 300)).unwrap();
    drop(index);
    let Opening { index, rebuilt } = open(&storage, dir.path(), 300);
    assert!(rebuilt.unwrap().contains("did not end in order"));
    assert_eq!(index.through(), Sequence(0));
    assert_eq!(index.by_reference("order-7").unwrap().found, []);
    index.fold(&events(1, 300)).unwrap();
    index.close().unwrap();
    assert!(open(&storage, dir.path(), 300).rebuilt.is_none());
}

#[test]
fn an_index_ahead_of_the_journal_bears_witness_of_a_loss() {
    let (storage, dir) = world();
    let index = open(&storage, dir.path(), 0).index;
    index.fold(&events(1, 300)).unwrap();
    index.close().unwrap();
    assert_eq!(sworn(&*storage, LEDGER).unwrap()[0].durable_through, Sequence(300));
    let opened = Index::open(&storage, dir.path(), LEDGER, Sequence(299), IndexOptions::default());
    assert!(matches!(opened, Err(Error::Rollback(_))));
    assert!(open(&storage, dir.path(), 300).rebuilt.is_none(), "the mark is still there");
}

#[test]
fn damage_of_any_file_makes_a_new_one_or_changes_no_answer() {
    let (storage, dir) = world();
    let index = open(&storage, dir.path(), 0).index;
    index.fold(&events(1, 2_000)).unwrap();
    index.close().unwrap();
    let generation = fs::read_dir(dir.path().join("index")).unwrap().next().unwrap().unwrap().path();
    for damage in 0..3 {
        for name in ["conf", "db"] {
            let (storage, fresh) = (Arc::new(storage.crash(1)), tempfile::tempdir().unwrap());
            let copy = fresh.path().join("index").join(generation.file_name().unwrap());
            fs::create_dir_all(&copy).unwrap();
            for file in ["conf", "db"] {
                fs::copy(generation.join(file), copy.join(file)).unwrap();
            }
            let mut bytes = fs::read(copy.join(name)).unwrap();
            match damage {
                0 => bytes.truncate(bytes.len() / 2),
                1 => bytes.fill(0),
                _ => bytes.iter_mut().step_by(61).for_each(|byte| *byte ^= 0x40),
            }
            fs::write(copy.join(name), bytes).unwrap();
            let Opening { index, rebuilt } = open(&storage, fresh.path(), 2_000);
            if rebuilt.is_some() {
                assert_eq!(index.through(), Sequence(0));
                index.fold(&events(1, 2_000)).unwrap();
            }
            match index.by_reference("order-7") {
                Ok(answer) => assert_eq!(answer.found, expected(2_000, 7), "{name} {damage}"),
                Err(_) => assert!(index.is_gone()),
            }
        }
    }
}

#[test]
fn a_lost_folder_or_another_ledger_s_mark_makes_a_new_one() {
    let (storage, dir) = world();
    let index = open(&storage, dir.path(), 0).index;
    index.fold(&events(1, 300)).unwrap();
    index.close().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let opening = open(&Arc::new(storage.crash(1)), elsewhere.path(), 300);
    assert!(opening.rebuilt.unwrap().contains("missing"));
    let other = Index::open(&storage, dir.path(), LedgerId(1), Sequence(1), IndexOptions::default()).unwrap();
    assert!(other.rebuilt.unwrap().contains("another ledger"));
}

#[test]
fn events_that_do_not_join_are_refused() {
    let (storage, dir) = world();
    let index = open(&storage, dir.path(), 0).index;
    assert!(matches!(index.fold(&events(2, 3)), Err(Error::Contradiction(_))));
    index.fold(&events(1, 3)).unwrap();
    assert!(matches!(index.fold(&events(3, 4)), Err(Error::Contradiction(_))));
    assert!(!index.is_gone());
}

#[test]
fn a_hanging_index_is_gone_and_a_new_one_takes_its_place() {
    let (storage, dir) = world();
    let options = IndexOptions { answer_timeout: Duration::from_millis(50), ..IndexOptions::default() };
    let index = Index::open(&storage, dir.path(), LEDGER, Sequence(0), options).unwrap().index;
    index.fold(&events(1, 3)).unwrap();
    index.worker.misbehave(|| std::thread::sleep(Duration::from_secs(2)));
    assert!(index.by_reference("x").is_err());
    assert!(index.is_gone());
    assert!(index.fold(&events(4, 5)).is_err());
    assert!(index.close().is_err());
    assert!(open(&storage, dir.path(), 3).rebuilt.is_some());
}

#[test]
fn the_index_s_folders_are_their_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (storage, dir) = world();
    let index = open(&storage, dir.path(), 0).index;
    let generation = fs::read_dir(dir.path().join("index")).unwrap().next().unwrap().unwrap();
    assert_eq!(generation.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    index.close().unwrap();
}
