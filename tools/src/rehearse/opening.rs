//! What stands before the first wallet: actors, the operator's money, and the stores with their payables. Pure.

use std::collections::VecDeque;

use ledger::command::{Action, CommandContext, EntryLeg, OpenAccount, OpenStore, PostJournalEntry, RegisterActor};
use ledger::model::{
    AccountKind, AccountRef, ActorKind, Authentication, Channel, CurrencyCode, Overdraft, Side, Timestamp, Voucher,
};

use super::names::{Names, code, store_code};
use super::scale::Scale;
use super::step::Step;
use super::stream::{accepted, actor, command};
use super::timeline::OPENING;

/// What the operator has at the bank when the service opens, in yen.
const CAPITAL_MINOR: u64 = 3_000_000_000;

/// The steps of the opening, a microsecond apart.
pub(super) fn steps(scale: Scale, names: Names) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    let yen: CurrencyCode = "JPY".parse().expect("a currency");
    let mut add = |actor: Option<&str>, context: CommandContext, action: Action| {
        let place = steps.len() as u64;
        let at = Timestamp(OPENING.0 + place as i64);
        let mut command = command(names.opening_command(place), at, "", context, action);
        command.actor = actor.map(Into::into);
        steps.push_back(accepted(command));
    };
    for (principal, kind, authenticated_by) in [
        (actor::APP, ActorKind::Service, Authentication::Token),
        (actor::TILL, ActorKind::Service, Authentication::Mtls),
        (actor::ATM, ActorKind::Service, Authentication::Mtls),
        (actor::MIGRATION, ActorKind::System, Authentication::Host),
        (actor::SATO, ActorKind::Person, Authentication::OsUser),
        (actor::SUZUKI, ActorKind::Person, Authentication::OsUser),
    ] {
        let register = RegisterActor { principal: principal.into(), kind, authenticated_by };
        add(None, CommandContext::default(), Action::RegisterActor(register));
    }
    let leg = |name: &str, side| EntryLeg {
        account: AccountRef::Code(code(name)),
        side,
        amount_minor: CAPITAL_MINOR,
        currency: yen,
    };
    let legs =
        vec![leg(super::names::code::BANK, Side::Debit), leg(super::names::code::OPENING_BALANCES, Side::Credit)];
    let context = CommandContext {
        channel: Some(Channel::Batch),
        description: Some("opening balance of the bank account".into()),
        voucher: Voucher::from("OB-20190701-1").ok(),
        ..CommandContext::default()
    };
    add(Some(actor::SATO), context, Action::PostJournalEntry(PostJournalEntry { legs }));
    for store in 0..scale.stores() {
        let payable = OpenAccount {
            account: names.payable(store),
            kind: AccountKind::Liability,
            currency: yen,
            code: None,
            under: Some(code(super::names::code::STORE_PAYABLES)),
            overdraft: Overdraft::Unlimited,
        };
        let open = OpenStore { code: store_code(store), payable: names.payable(store).into() };
        let batch = || CommandContext { channel: Some(Channel::Batch), ..CommandContext::default() };
        add(Some(actor::MIGRATION), batch(), Action::OpenAccount(payable));
        add(Some(actor::MIGRATION), batch(), Action::OpenStore(open));
    }
    steps
}
