//! Whatever can be written reads back as itself.

use arrayvec::ArrayString;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::command::{
    AcceptClock, Action, CloseAccount, Command, CommandContext, DefineCurrency, EntryLeg, FreezeAccount, FreezeAmount,
    FreezeException, Group, ImposeHalt, LiftHalt, OpenAccount, OpenStore, PlaceHold, PostJournalEntry, RecordSignal,
    RefundSpend, RegisterActor, ReleaseAmount, ReverseTransaction, SettleHold, Spend, Submission, ThawAccount, TopUp,
    Transfer, VoidHold,
};
use crate::json::{parse_submission, write_submission};
use crate::model::{
    AccountId, AccountKind, AccountRef, ActorKind, Authentication, Category, Channel, Code, CommandId, Country,
    CurrencyCode, Date, Directions, FreezeReason, OperationKind, Overdraft, Pseudonym, Side, Signal, Tag, Timestamp,
};

fn id() -> impl Strategy<Value = CommandId> {
    any::<u128>().prop_map(CommandId)
}

fn code() -> impl Strategy<Value = Code> {
    "[a-z0-9-]{1,12}(:[a-z0-9-]{1,12}){0,3}".prop_filter_map("a code", |text| text.parse().ok())
}

fn account() -> impl Strategy<Value = AccountRef> {
    prop_oneof![any::<u128>().prop_map(|id| AccountRef::Id(AccountId(id))), code().prop_map(AccountRef::Code)]
}

fn currency() -> impl Strategy<Value = CurrencyCode> {
    "[A-Z0-9]{1,8}".prop_filter_map("a currency", |text| text.parse().ok())
}

fn time() -> impl Strategy<Value = Timestamp> {
    // The years that RFC 3339 can write: 0001 to 9999.
    (-62_135_596_800_000_000_i64..=253_402_207_199_999_999).prop_map(Timestamp)
}

fn text() -> impl Strategy<Value = Box<str>> {
    any::<String>().prop_map(String::into_boxed_str)
}

fn short() -> impl Strategy<Value = ArrayString<35>> {
    any::<String>().prop_filter_map("35 bytes", |text| ArrayString::from(&text).ok())
}

fn tags() -> impl Strategy<Value = Vec<Tag>> {
    proptest::collection::btree_map(any::<String>(), any::<String>(), 0..8)
        .prop_map(|tags| tags.into_iter().map(|(name, value)| Tag { name, value }).collect())
}

fn context() -> impl Strategy<Value = CommandContext> {
    let typed = (
        of(proptest::sample::select(Channel::ALL)),
        of("[A-Z]{2}".prop_filter_map("a country", |text| text.parse::<Country>().ok())),
        of((0u16..10_000).prop_map(Category)),
        of(code()),
        of(any::<u128>().prop_map(Pseudonym)),
        of(any::<u128>().prop_map(Pseudonym)),
    );
    (typed, of(short()), of(text()), of(short()), tags()).prop_map(
        |((channel, country, category, store, device, card), reference, description, voucher, tags)| CommandContext {
            channel,
            country,
            category,
            store,
            device,
            card,
            reference,
            description,
            voucher,
            tags,
        },
    )
}

fn leg() -> impl Strategy<Value = EntryLeg> {
    (account(), prop_oneof![Just(Side::Debit), Just(Side::Credit)], any::<u64>(), currency())
        .prop_map(|(account, side, amount_minor, currency)| EntryLeg { account, side, amount_minor, currency })
}

fn opening() -> impl Strategy<Value = Action> {
    let overdraft =
        prop_oneof![Just(Overdraft::Never), any::<u64>().prop_map(Overdraft::UpTo), Just(Overdraft::Unlimited)];
    let kind = proptest::sample::select(AccountKind::ALL.as_slice());
    (any::<u128>(), kind, currency(), of(code()), of(code()), overdraft).prop_map(
        |(account, kind, currency, code, under, overdraft)| {
            let account = AccountId(account);
            Action::OpenAccount(OpenAccount { account, kind, currency, code, under, overdraft })
        },
    )
}

fn control() -> impl Strategy<Value = Action> {
    let reason = || proptest::sample::select(FreezeReason::ALL);
    let operation = proptest::sample::select(OperationKind::FREEZABLE.as_slice());
    let exception = (operation, any::<u64>(), currency())
        .prop_map(|(operation, amount_minor, currency)| FreezeException { operation, amount_minor, currency });
    let signal = "[a-z][a-z0-9_]{0,31}".prop_filter_map("a signal", |text| text.parse::<Signal>().ok());
    prop_oneof![
        (account(), signal).prop_map(|(account, signal)| Action::RecordSignal(RecordSignal { account, signal })),
        (account(), proptest::sample::select(Directions::ALL), reason(), of(time()), vec(exception, 0..6)).prop_map(
            |(account, directions, reason, expires_at, exceptions)| {
                Action::FreezeAccount(FreezeAccount { account, directions, reason, expires_at, exceptions })
            }
        ),
        id().prop_map(|freeze| Action::ThawAccount(ThawAccount { freeze })),
        (account(), any::<u64>(), currency(), reason()).prop_map(|(account, amount_minor, currency, reason)| {
            Action::FreezeAmount(FreezeAmount { account, amount_minor, currency, reason })
        }),
        (id(), of(any::<u64>()), of(currency())).prop_map(|(freeze, amount_minor, currency)| {
            Action::ReleaseAmount(ReleaseAmount { freeze, amount_minor, currency })
        }),
        (text(), text(), of(id()), of(time()), of(time())).prop_map(
            |(selector, reason, incident, starts_at, ends_at)| {
                Action::ImposeHalt(ImposeHalt { selector, reason, incident, starts_at, ends_at })
            }
        ),
        (id(), of(text()), of(text())).prop_map(|(halt, except, approved_by)| Action::LiftHalt(LiftHalt {
            halt,
            except,
            approved_by
        })),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (currency(), any::<u8>())
            .prop_map(|(code, exponent)| Action::DefineCurrency(DefineCurrency { code, exponent })),
        (text(), proptest::sample::select(ActorKind::ALL), proptest::sample::select(Authentication::ALL)).prop_map(
            |(principal, kind, authenticated_by)| Action::RegisterActor(RegisterActor {
                principal,
                kind,
                authenticated_by
            })
        ),
        (code(), account()).prop_map(|(code, payable)| Action::OpenStore(OpenStore { code, payable })),
        opening(),
        account().prop_map(|account| Action::CloseAccount(CloseAccount { account })),
        (account(), account(), any::<u64>(), currency()).prop_map(|(account, funding, amount_minor, currency)| {
            Action::TopUp(TopUp { account, funding, amount_minor, currency })
        }),
        (account(), any::<u64>(), currency()).prop_map(|(account, amount_minor, currency)| Action::Spend(Spend {
            account,
            amount_minor,
            currency
        })),
        (id(), of(any::<u64>()), of(currency())).prop_map(|(spend, amount_minor, currency)| Action::RefundSpend(
            RefundSpend { spend, amount_minor, currency }
        )),
        (account(), account(), any::<u64>(), currency()).prop_map(|(debit, credit, amount_minor, currency)| {
            Action::Transfer(Transfer { debit, credit, amount_minor, currency })
        }),
        (account(), of(account()), any::<u64>(), currency(), of(time())).prop_map(
            |(debit, credit, amount_minor, currency, expires_at)| Action::PlaceHold(PlaceHold {
                debit,
                credit,
                amount_minor,
                currency,
                expires_at
            })
        ),
        (id(), of(any::<u64>()), of(currency()), any::<bool>()).prop_map(
            |(hold, amount_minor, currency, more_to_come)| Action::SettleHold(SettleHold {
                hold,
                amount_minor,
                currency,
                more_to_come
            })
        ),
        id().prop_map(|hold| Action::VoidHold(VoidHold { hold })),
        id().prop_map(|transaction| Action::ReverseTransaction(ReverseTransaction { transaction })),
        vec(leg(), 0..6).prop_map(|legs| Action::PostJournalEntry(PostJournalEntry { legs })),
        time().prop_map(|reading| Action::AcceptClock(AcceptClock { reading })),
        control(),
    ]
}

/// Controls and signals have no date of their own, so the reader knows no such field of theirs.
const fn has_no_date(action: &Action) -> bool {
    matches!(
        action,
        Action::RecordSignal(_)
            | Action::FreezeAccount(_)
            | Action::ThawAccount(_)
            | Action::FreezeAmount(_)
            | Action::ReleaseAmount(_)
            | Action::ImposeHalt(_)
            | Action::LiftHalt(_)
    )
}

fn command() -> impl Strategy<Value = Command> {
    let date = (Date::MIN.0..=Date::MAX.0).prop_map(Date);
    (id(), of(time()), of(date), of(text()), of(id()), context(), action()).prop_map(
        |(id, at, effective, actor, cause, context, action)| Command {
            id,
            at,
            effective: effective.filter(|_| !has_no_date(&action)),
            actor,
            cause,
            context,
            action,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_command_reads_back_as_it_was_written(command in command()) {
        let submission = Submission::One(command);
        let mut line = Vec::new();
        write_submission(&submission, &mut line);
        prop_assert!(!line.iter().any(|byte| *byte < 0x20 || *byte == 0x7F));
        prop_assert_eq!(parse_submission(&line), Ok(submission));
    }

    #[test]
    fn a_group_reads_back_as_it_was_written(id in id(), members in vec(command(), 0..4)) {
        let submission = Submission::Group(Group { id, members });
        let mut line = Vec::new();
        write_submission(&submission, &mut line);
        prop_assert_eq!(parse_submission(&line), Ok(submission));
    }

    #[test]
    fn a_line_cut_anywhere_is_refused_with_a_place(command in command(), cut in any::<proptest::sample::Index>()) {
        let mut line = Vec::new();
        write_submission(&Submission::One(command), &mut line);
        line.truncate(cut.index(line.len()));
        let error = parse_submission(&line).expect_err("a part is not the whole");
        prop_assert!(error.byte.is_some_and(|byte| byte <= line.len() + 1), "{error}");
    }

    #[test]
    fn no_bytes_make_the_reader_panic(line in vec(any::<u8>(), 0..200)) {
        let _ = parse_submission(&line);
    }

    #[test]
    fn a_line_with_one_byte_changed_never_panics(command in command(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut line = Vec::new();
        write_submission(&Submission::One(command), &mut line);
        let at = at.index(line.len());
        line[at] = byte;
        let _ = parse_submission(&line);
    }
}
