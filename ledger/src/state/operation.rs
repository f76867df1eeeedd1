//! Operations as selectors see them: from a command that is not decided yet, and from an event.
//!
//! Both views of one operation are equal: whatever a control would have matched before, a rule matches afterwards. Names that the
//! books do not know give nothing: the rules of existence refuse such a command on their own.

use super::{Guess, State};
use crate::command::{Action, Command, EntryLeg, RefundSpend};
use crate::event::{Body, Event};
use crate::model::{
    AccountId, AccountNumber, AccountRef, Code, CommandId, CurrencyCode, CurrencyNumber, Movement, OperationKind,
    Posting, Sequence, Side, StoreNumber, Timestamp,
};
use crate::selector::{Lookup, Operation};

impl Lookup for State {
    fn account(&self, account: &AccountRef) -> Option<AccountNumber> {
        self.resolve(account)
    }

    fn store(&self, code: &Code) -> Option<StoreNumber> {
        self.store_by_code(code)
    }

    fn currency(&self, code: CurrencyCode) -> Option<CurrencyNumber> {
        self.currency_by_code(code)
    }
}

/// What two accounts exchange.
#[derive(Clone, Copy, Default)]
struct Sides {
    debit: Option<AccountNumber>,
    credit: Option<AccountNumber>,
    amount_minor: Option<u64>,
}

impl Operation<'_> {
    /// The operation that a command asks for, seen before it is decided at `now`; none where it is not an
    /// [operation](OperationKind). `original` is the event of the command that this one refers to, as `decide` gets it; `guess`
    /// changes nothing but time. Signals are absent: see [`with_signals`](Self::with_signals).
    pub fn of_command(
        state: &State,
        command: &Command,
        original: Option<&Event>,
        now: Timestamp,
        guess: &Guess,
    ) -> Option<Self> {
        let kind = kind_of_action(&command.action)?;
        let mut operation = Self::new(kind, Sequence(state.last_sequence().0 + 1), now);
        let context = &command.context;
        operation.channel = context.channel;
        operation.country = context.country;
        operation.category = context.category;
        operation.store = context.store.as_ref().and_then(|code| state.store_by_code(code));
        operation.card = context.card;
        operation.device = context.device;
        let first = |account| state.resolve_guessed(account, guess.at(0));
        let second = |account| state.resolve_guessed(account, guess.at(1));
        let sides = |debit, credit, minor| Sides { debit, credit, amount_minor: Some(minor) };
        match &command.action {
            Action::TopUp(action) => {
                let (wallet, funding) = (first(&action.account), second(&action.funding));
                operation.funding = funding;
                operation.between(state, &sides(funding, wallet, action.amount_minor));
                operation.about(state, wallet);
            }
            Action::Spend(action) => {
                let payable = operation.store.and_then(|store| state.store(store)).map(|store| store.payable);
                operation.between(state, &sides(first(&action.account), payable, action.amount_minor));
                operation.about(state, operation.debit);
            }
            Action::Transfer(action) => {
                let (debit, credit) = (first(&action.debit), second(&action.credit));
                operation.between(state, &sides(debit, credit, action.amount_minor));
                operation.about(state, debit);
            }
            Action::PlaceHold(action) => {
                let credit = match &action.credit {
                    Some(credit) => second(credit),
                    None => operation.store.and_then(|store| state.store(store)).map(|store| store.payable),
                };
                operation.between(state, &sides(first(&action.debit), credit, action.amount_minor));
                operation.about(state, operation.debit);
            }
            Action::SettleHold(action) => operation.of_hold(state, action.hold, action.amount_minor),
            Action::VoidHold(action) => operation.of_hold(state, action.hold, None),
            Action::RefundSpend(action) => operation.of_refund(state, action, original),
            Action::ReverseTransaction(_) => {
                let mirrored = original.map(|event| pair(&event.body.postings())).unwrap_or_default();
                let reversed = Sides { debit: mirrored.credit, credit: mirrored.debit, ..mirrored };
                operation.between(state, &reversed);
            }
            Action::PostJournalEntry(action) => operation.between(state, &pair(&resolved(state, &action.legs))),
            Action::OpenAccount(action) => {
                operation.account = Some((AccountNumber(state.account_count() as u32), action.account));
                operation.currency = state.currency_by_code(action.currency);
            }
            Action::CloseAccount(action) => operation.about(state, first(&action.account)),
            _ => {}
        }
        Some(operation)
    }

    /// The operation of which an event tells, `state` knowing every name in it: that of the event's sequence or later; none where
    /// it tells of none. What a control refused is [declined](Self::declined). Signals are absent: see
    /// [`with_signals`](Self::with_signals).
    pub fn of_event(event: &Event, state: &State) -> Option<Self> {
        let (body, declined) = match &event.body {
            Body::Declined(event) => (&*event.operation, true),
            body => (body, false),
        };
        let mut operation = Self::new(body.operation()?, event.sequence, event.recorded_at);
        operation.declined = declined;
        if let Some(context) = &event.header.context {
            operation.channel = context.channel;
            operation.country = context.country;
            operation.category = context.category;
            operation.store = context.store;
            operation.card = context.card;
            operation.device = context.device;
        }
        let mut moved = |movement: &Movement, about: AccountNumber| {
            operation.between(state, &Sides::of(movement));
            operation.about(state, Some(about));
        };
        match body {
            Body::ToppedUp(event) => {
                moved(&event.movement, event.movement.credit.account);
                operation.funding = operation.debit;
            }
            Body::Spent(event) => moved(&event.movement, event.movement.debit.account),
            Body::SpendRefunded(event) => moved(&event.movement, event.movement.credit.account),
            Body::Transferred(event) => moved(&event.movement, event.movement.debit.account),
            Body::HoldPlaced(event) => moved(&event.movement, event.movement.debit.account),
            Body::HoldSettled(event) => moved(&event.movement, event.movement.debit.account),
            Body::HoldVoided(event) => moved(&event.movement, event.movement.debit.account),
            Body::TransactionReversed(_) | Body::JournalEntryPosted(_) => {
                operation.between(state, &pair(&body.postings()));
            }
            // An account that was not opened has no number: its place went to another one.
            Body::AccountOpened(event) if declined => operation.currency = Some(event.currency),
            Body::AccountOpened(event) => {
                operation.account = Some((event.link.account, event.account));
                operation.currency = Some(event.currency);
            }
            Body::AccountClosed(event) => operation.about(state, Some(event.link.account)),
            _ => {}
        }
        Some(operation)
    }

    fn about(&mut self, state: &State, account: Option<AccountNumber>) {
        let id = |number| -> Option<AccountId> { Some(state.account(number)?.id) };
        self.account = account.and_then(|number| Some((number, id(number)?)));
    }

    /// The currency is that of the account debited, in which a command that is accepted names its amount.
    fn between(&mut self, state: &State, sides: &Sides) {
        self.debit = sides.debit;
        self.credit = sides.credit;
        self.amount_minor = sides.amount_minor;
        self.currency = sides.debit.and_then(|number| state.account(number)).map(|account| account.currency);
    }

    /// What is settled of an open hold, or given back: `amount_minor`, or all that it still holds.
    fn of_hold(&mut self, state: &State, id: CommandId, amount_minor: Option<u64>) {
        let Some(hold) = state.hold(id) else { return };
        let amount_minor = Some(amount_minor.unwrap_or(hold.remaining_minor));
        self.between(state, &Sides { debit: Some(hold.debit), credit: Some(hold.credit), amount_minor });
        self.about(state, Some(hold.debit));
    }

    /// What is given back of a spend: the amount asked for, or all that is left of it.
    fn of_refund(&mut self, state: &State, action: &RefundSpend, original: Option<&Event>) {
        let Some((sequence, spend)) = original.and_then(|event| match &event.body {
            Body::Spent(spent) => Some((event.sequence, &spent.movement)),
            Body::HoldSettled(settled) => Some((event.sequence, &settled.movement)),
            _ => None,
        }) else {
            return;
        };
        let left = || spend.amount_minor.saturating_sub(state.amendment(sequence).refunded_minor);
        let (debit, credit) = (Some(spend.credit.account), Some(spend.debit.account));
        self.between(state, &Sides { debit, credit, amount_minor: Some(action.amount_minor.unwrap_or_else(left)) });
        self.about(state, credit);
    }
}

impl Sides {
    fn of(movement: &Movement) -> Self {
        Self {
            debit: Some(movement.debit.account),
            credit: Some(movement.credit.account),
            amount_minor: Some(movement.amount_minor),
        }
    }
}

/// The legs of an entry as postings; none where an account is not known.
fn resolved(state: &State, legs: &[EntryLeg]) -> Vec<Posting> {
    if legs.len() != 2 {
        return Vec::new();
    }
    let posting = |leg: &EntryLeg| {
        let account = state.resolve(&leg.account)?;
        Some(Posting { account, side: leg.side, amount_minor: leg.amount_minor })
    };
    legs.iter().filter_map(posting).collect()
}

/// What two postings exchange that stand on the two sides of two accounts; nothing for any other entry.
fn pair(postings: &[Posting]) -> Sides {
    let (debit, credit) = match postings {
        [first, second] if first.side == Side::Debit && second.side == Side::Credit => (first, second),
        [first, second] if first.side == Side::Credit && second.side == Side::Debit => (second, first),
        _ => return Sides::default(),
    };
    if debit.account == credit.account {
        return Sides::default();
    }
    Sides { debit: Some(debit.account), credit: Some(credit.account), amount_minor: Some(debit.amount_minor) }
}

/// What a command asks for, as an operation; none for what governs the ledger itself, so that no control can shut it out.
const fn kind_of_action(action: &Action) -> Option<OperationKind> {
    Some(match action {
        Action::OpenStore(_) => OperationKind::OpenStore,
        Action::OpenAccount(_) => OperationKind::OpenAccount,
        Action::CloseAccount(_) => OperationKind::CloseAccount,
        Action::TopUp(_) => OperationKind::TopUp,
        Action::Spend(_) => OperationKind::Spend,
        Action::RefundSpend(_) => OperationKind::RefundSpend,
        Action::Transfer(_) => OperationKind::Transfer,
        Action::PlaceHold(_) => OperationKind::PlaceHold,
        Action::SettleHold(_) => OperationKind::SettleHold,
        Action::VoidHold(_) => OperationKind::VoidHold,
        Action::ReverseTransaction(_) => OperationKind::ReverseTransaction,
        Action::PostJournalEntry(_) => OperationKind::PostJournalEntry,
        Action::DefineCurrency(_)
        | Action::RegisterActor(_)
        | Action::AcceptClock(_)
        | Action::RecordSignal(_)
        | Action::FreezeAccount(_)
        | Action::ThawAccount(_)
        | Action::FreezeAmount(_)
        | Action::ReleaseAmount(_)
        | Action::ImposeHalt(_)
        | Action::LiftHalt(_) => return None,
    })
}
