//! Existence: from the names in a command to what the books know by them.

use crate::command::{Command, CommandContext};
use crate::model::{
    AccountKind, AccountNumber, AccountRef, ActorNumber, Context, CurrencyCode, CurrencyNumber, Notes, StoreNumber,
};
use crate::rejection::Rejection;
use crate::state::{AccountState, State};

/// An account that a command names, found.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) number: AccountNumber,
    pub(super) account: &'a AccountState,
    /// As the command names it; absent where something else led to it.
    given: Option<&'a AccountRef>,
}

impl<'a> Named<'a> {
    /// The account that a command names.
    #[inline]
    pub(super) fn find(
        state: &'a State,
        given: &'a AccountRef,
        guess: Option<AccountNumber>,
    ) -> Result<Self, Rejection> {
        let number = state.resolve_guessed(given, guess);
        match number.and_then(|number| Some((number, state.account(number)?))) {
            Some((number, account)) => Ok(Self { number, account, given: Some(given) }),
            None => Err(Rejection::AccountUnknown { account: given.to_string() }),
        }
    }

    /// The account of a number that the books themselves hold.
    #[inline]
    pub(super) fn known(state: &'a State, number: AccountNumber) -> Result<Self, Rejection> {
        match state.account(number) {
            Some(account) => Ok(Self { number, account, given: None }),
            None => Err(Rejection::AccountUnknown { account: format!("number {}", number.0) }),
        }
    }

    /// How a rejection names it.
    pub(super) fn name(&self) -> String {
        self.given.map_or_else(|| self.account.id.to_string(), ToString::to_string)
    }

    #[inline]
    pub(super) fn check_open(&self) -> Result<(), Rejection> {
        if self.account.is_closed() { Err(Rejection::AccountClosed { account: self.name() }) } else { Ok(()) }
    }

    #[inline]
    pub(super) fn check_kind(&self, kind: AccountKind) -> Result<(), Rejection> {
        if self.account.kind == kind {
            return Ok(());
        }
        Err(Rejection::KindNotAllowed { account: self.name(), needed: kind.name() })
    }

    #[inline]
    pub(super) fn check_currency(&self, state: &State, currency: CurrencyNumber) -> Result<(), Rejection> {
        if self.account.currency == currency {
            return Ok(());
        }
        let code = |number| state.currency(number).map_or_else(CurrencyCode::default, |currency| currency.code);
        let (actual, given) = (code(self.account.currency), code(currency));
        Err(Rejection::CurrencyMismatch { account: self.name(), actual, given })
    }
}

/// Two accounts between which money is to move in `currency`: different, open, of that currency, and of `kinds` where given.
#[inline]
pub(super) fn check_pair(
    state: &State,
    pair: [&Named<'_>; 2],
    kinds: [Option<AccountKind>; 2],
    currency: CurrencyNumber,
) -> Result<(), Rejection> {
    if pair[0].number == pair[1].number {
        return Err(Rejection::AccountsMustDiffer);
    }
    pair[0].check_open()?;
    pair[1].check_open()?;
    for (named, kind) in pair.into_iter().zip(kinds) {
        kind.map_or(Ok(()), |kind| named.check_kind(kind))?;
    }
    pair[0].check_currency(state, currency)?;
    pair[1].check_currency(state, currency)
}

/// Who acts.
#[inline]
pub(super) fn actor(state: &State, command: &Command) -> Result<ActorNumber, Rejection> {
    match &command.actor {
        None => Ok(ActorNumber(0)),
        Some(principal) => state.actor_by_principal(principal).ok_or(Rejection::ActorUnknown),
    }
}

/// The currency of that code.
#[inline]
pub(super) fn currency(state: &State, code: CurrencyCode) -> Result<CurrencyNumber, Rejection> {
    state.currency_by_code(code).ok_or(Rejection::CurrencyUnknown { currency: code })
}

/// Where it happens.
#[inline]
pub(super) fn store(state: &State, command: &Command) -> Result<Option<StoreNumber>, Rejection> {
    match &command.context.store {
        None => Ok(None),
        Some(code) => state.store_by_code(code).map(Some).ok_or(Rejection::StoreUnknown),
    }
}

/// The circumstances as the event keeps them.
#[inline]
pub(super) fn context(given: &CommandContext, store: Option<StoreNumber>) -> Option<Context> {
    let manual = given.description.is_some() || given.voucher.is_some() || !given.tags.is_empty();
    let known = manual
        || given.channel.is_some()
        || given.country.is_some()
        || given.category.is_some()
        || store.is_some()
        || given.device.is_some()
        || given.card.is_some()
        || given.reference.is_some();
    known.then(|| Context {
        channel: given.channel,
        country: given.country,
        category: given.category,
        store,
        device: given.device,
        card: given.card,
        reference: given.reference,
        notes: manual.then(|| Box::new(notes(given))),
    })
}

fn notes(given: &CommandContext) -> Notes {
    Notes {
        description: given.description.as_deref().map(str::to_owned),
        voucher: given.voucher,
        tags: given.tags.clone(),
    }
}
