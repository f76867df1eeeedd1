//! Building a closing from the events of its day.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::error::Error;
use crate::event::{Effect, Event};
use crate::model::{AccountNumber, CurrencyNumber, Date, LedgerId, Sequence, Timestamp, UtcOffset};
use crate::rebuildable::{FileWriter, Identity, Purpose};
use crate::storage::Storage;

use super::day::{DayTotals, path, subject_of};
use super::{CURRENCIES, CURRENCY_BYTES, KIND, TOTALS, TOTALS_BYTES};

/// Takes the events of one recorded day in order and writes its closing.
///
/// Memory: about 60 bytes for each account that the day posted to.
#[derive(Debug)]
pub struct ClosingBuilder {
    ledger: LedgerId,
    offset: UtcOffset,
    day: Date,
    first: Sequence,
    last: Sequence,
    recorded_at: Timestamp,
    totals: HashMap<(AccountNumber, Date), DayTotals>,
}

impl ClosingBuilder {
    /// Starts the closing of the day of `first`, which must be the first event of that day.
    pub fn new(ledger: LedgerId, offset: UtcOffset, first: &Event) -> Self {
        Self {
            ledger,
            offset,
            day: first.recorded_at.date(offset),
            first: first.sequence,
            last: Sequence(first.sequence.0 - 1),
            recorded_at: first.recorded_at,
            totals: HashMap::new(),
        }
    }

    /// The day that is being closed.
    pub const fn day(&self) -> Date {
        self.day
    }

    /// The last event taken in.
    pub const fn last(&self) -> Sequence {
        self.last
    }

    /// Takes in the next event, or says `false` when it was recorded on a later day: this one is over.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when it is not the next event.
    pub fn event(&mut self, event: &Event) -> Result<bool, Error> {
        if event.sequence.0 != self.last.0 + 1 {
            let (found, due) = (event.sequence.0, self.last.0 + 1);
            return Err(Error::Contradiction(format!("event {found} where {due} is due")));
        }
        if event.recorded_at.date(self.offset) != self.day {
            return Ok(false);
        }
        self.last = event.sequence;
        self.recorded_at = event.recorded_at;
        for link in event.body.links() {
            let effect = Effect::of(event, link.account);
            if effect != Effect::default() {
                self.add(event, link.account, &effect);
            }
        }
        Ok(true)
    }

    fn add(&mut self, event: &Event, account: AccountNumber, effect: &Effect) {
        let effective = event.header.effective;
        let totals = self.totals.entry((account, effective)).or_insert(DayTotals {
            account,
            effective,
            debit_minor: 0,
            credit_minor: 0,
            pending_debit_minor: 0,
            pending_credit_minor: 0,
            frozen_minor: 0,
            first: event.sequence,
            last: event.sequence,
        });
        // An account's totals of all time stay below 2^63, posted and pending together, so a day's do.
        totals.debit_minor = totals.debit_minor.saturating_add(effect.posted_debit_minor as u64);
        totals.credit_minor = totals.credit_minor.saturating_add(effect.posted_credit_minor as u64);
        totals.pending_debit_minor = totals.pending_debit_minor.saturating_add(effect.pending_debit_minor as i64);
        totals.pending_credit_minor = totals.pending_credit_minor.saturating_add(effect.pending_credit_minor as i64);
        totals.frozen_minor = totals.frozen_minor.saturating_add(effect.frozen_minor as i64);
        totals.last = event.sequence;
    }

    /// Writes the closing and makes it durable. All its events must be durable; `source` ties it to one history, such as
    /// the [anchor](crate::checkpoint::Anchor) of its last frame.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when it has no event; [`Error::Io`] when it could not be written.
    pub fn write<S: Storage>(
        self,
        storage: &S,
        source: [u8; 32],
        currency_of: impl Fn(AccountNumber) -> CurrencyNumber,
    ) -> Result<(), Error> {
        self.pour(storage, source, currency_of, Purpose::Write)
    }

    /// Holds the closing that is there against what would be written.
    ///
    /// # Errors
    /// [`Error::Contradiction`] when they differ; [`Error::Io`].
    pub fn compare<S: Storage>(
        self,
        storage: &S,
        source: [u8; 32],
        currency_of: impl Fn(AccountNumber) -> CurrencyNumber,
    ) -> Result<(), Error> {
        self.pour(storage, source, currency_of, Purpose::Compare)
    }

    fn pour<S: Storage>(
        self,
        storage: &S,
        source: [u8; 32],
        currency_of: impl Fn(AccountNumber) -> CurrencyNumber,
        purpose: Purpose,
    ) -> Result<(), Error> {
        let Self { ledger, day, first, last, recorded_at, .. } = self;
        if last < first {
            return Err(Error::Contradiction(format!("{day} has no event to close")));
        }
        let mut totals: Vec<DayTotals> = self.totals.into_values().collect();
        totals.sort_unstable_by_key(|totals| (totals.account, totals.effective));
        let path = path(day);
        let identity = Identity { ledger, subject: subject_of(day), first, last, recorded_at, source };
        let mut file = FileWriter::begin(storage, &path, &KIND, identity, purpose)?;
        file.section(TOTALS, true, TOTALS_BYTES as u32)?;
        let mut currencies: BTreeMap<CurrencyNumber, (u128, u128)> = BTreeMap::new();
        for totals in &totals {
            file.record(&totals.encode())?;
            let sum = currencies.entry(currency_of(totals.account)).or_default();
            sum.0 += u128::from(totals.debit_minor);
            sum.1 += u128::from(totals.credit_minor);
        }
        file.section(CURRENCIES, true, CURRENCY_BYTES as u32)?;
        for (currency, (debit, credit)) in currencies {
            let mut record = [0; CURRENCY_BYTES];
            record[..2].copy_from_slice(&currency.0.to_le_bytes());
            record[8..24].copy_from_slice(&debit.to_le_bytes());
            record[24..].copy_from_slice(&credit.to_le_bytes());
            file.record(&record)?;
        }
        file.finish()
    }
}
