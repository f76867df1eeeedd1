//! One operation as selectors see it.

use xxhash_rust::xxh3::xxh3_64;

use super::Field;
use crate::model::{
    AccountId, AccountNumber, Category, Channel, Country, CurrencyNumber, OperationKind, Pseudonym, Sequence,
    SignalTimes, StoreNumber, Timestamp,
};

/// How many cohorts the accounts are in.
pub const COHORTS: u8 = 100;

/// A view of one operation: asked for and not decided yet, or as an event tells of it. Both views of one operation are equal.
///
/// What an operation does not have, or what cannot be known of it (a store that is not registered), is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    /// Its event's sequence; while it is not decided, the one that the event would have.
    pub sequence: Sequence,
    /// When it is recorded.
    pub at: Timestamp,
    /// What kind it is.
    pub kind: OperationKind,
    /// Whether a control refused it.
    pub declined: bool,
    /// The account it is about and its id, from which the cohort follows: the wallet that is loaded, spends, is refunded, or reserves;
    /// of a transfer the account debited; the account opened, closed or given a card. Absent where no one account stands out.
    pub account: Option<(AccountNumber, AccountId)>,
    /// The account debited, or that will be: of holds, and of entries with one leg on each side, too.
    pub debit: Option<AccountNumber>,
    /// The account credited, or that will be.
    pub credit: Option<AccountNumber>,
    /// The account that a top-up comes from.
    pub funding: Option<AccountNumber>,
    /// Minor units, and their currency. Of an account that is opened: no amount, and its currency.
    pub amount_minor: Option<u64>,
    /// See `amount_minor`.
    pub currency: Option<CurrencyNumber>,
    /// The way it came.
    pub channel: Option<Channel>,
    /// Where it came from.
    pub country: Option<Country>,
    /// What is bought.
    pub category: Option<Category>,
    /// The store it happens in.
    pub store: Option<StoreNumber>,
    /// The card that pays.
    pub card: Option<Pseudonym>,
    /// The device it comes from.
    pub device: Option<Pseudonym>,
    /// The last times of the account's signals recorded before it; absent where the account had none.
    pub signals: Option<&'a SignalTimes>,
}

/// The hundredth of all accounts to which an account belongs, from 0 to 99: XXH3 with 64 bits over the id's 16 bytes, most
/// significant first, modulo 100. It never changes.
pub fn cohort(account: AccountId) -> u8 {
    (xxh3_64(&account.to_bytes()) % u64::from(COHORTS)) as u8
}

impl<'a> Operation<'a> {
    /// Of that kind, with everything else absent.
    pub const fn new(kind: OperationKind, sequence: Sequence, at: Timestamp) -> Self {
        Self {
            sequence,
            at,
            kind,
            declined: false,
            account: None,
            debit: None,
            credit: None,
            funding: None,
            amount_minor: None,
            currency: None,
            channel: None,
            country: None,
            category: None,
            store: None,
            card: None,
            device: None,
            signals: None,
        }
    }

    /// The same operation with the last times of its account's signals, as they were before it.
    #[must_use]
    pub const fn with_signals(mut self, signals: Option<&'a SignalTimes>) -> Self {
        self.signals = signals;
        self
    }

    /// The same operation, refused by a control.
    #[must_use]
    pub const fn as_declined(mut self) -> Self {
        self.declined = true;
        self
    }

    /// The account it is about.
    pub const fn account_number(&self) -> Option<AccountNumber> {
        match self.account {
            Some((number, _)) => Some(number),
            None => None,
        }
    }

    /// A field's value as a number by which equal values are known; sizes keep their order. None where it is absent.
    #[inline]
    pub(super) fn value(&self, field: Field) -> Option<u128> {
        match field {
            Field::Operation => Some(self.kind as u128),
            Field::Funding => account_value(self.funding),
            Field::Channel => self.channel.map(|channel| channel as u128),
            Field::Country => self.country.map(country_value),
            Field::Store => self.store.map(|store| u128::from(store.0)),
            Field::Category => self.category.map(|category| u128::from(category.0)),
            Field::Card => self.card.map(|card| card.0),
            Field::Device => self.device.map(|device| device.0),
            Field::Account => account_value(self.account_number()),
            Field::Debit => account_value(self.debit),
            Field::Credit => account_value(self.credit),
            Field::Cohort => self.account.map(|(_, id)| u128::from(cohort(id))),
            Field::Amount => self.amount_minor.map(u128::from),
            Field::Currency => self.currency.map(|currency| u128::from(currency.0)),
            Field::At => Some(time_value(self.at)),
        }
    }
}

#[inline]
fn account_value(account: Option<AccountNumber>) -> Option<u128> {
    account.map(|number| u128::from(number.0))
}

pub(super) fn country_value(country: Country) -> u128 {
    u128::from(u16::from_be_bytes(country.0))
}

/// Moved up by 2⁶³, so that moments before 1970 keep their order.
pub(super) const fn time_value(at: Timestamp) -> u128 {
    (at.0 as i128 - i64::MIN as i128) as u128
}
