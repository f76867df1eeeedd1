//! The closing of one recorded day.

use std::sync::Arc;

use crate::error::Error;
use crate::event::Effect;
use crate::model::{AccountNumber, CurrencyNumber, Date, LedgerId, Sequence};
use crate::rebuildable::{Bracket, Handles, Identity, Opened, PagedFile, Pages, Reason, Section, array};
use crate::state::Totals;
use crate::storage::Storage;

use super::{CURRENCIES, CURRENCY_BYTES, DIR, KIND, SUFFIX, TOTALS, TOTALS_BYTES};

/// The path of a day's closing.
pub fn path(day: Date) -> String {
    format!("{DIR}/{day}{SUFFIX}")
}

pub(super) const fn subject_of(day: Date) -> u64 {
    day.0 as u32 as u64
}

/// What one recorded day posted to an account with one effective date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTotals {
    /// The account.
    pub account: AccountNumber,
    /// The effective date, never after the recorded day.
    pub effective: Date,
    /// Minor units debited.
    pub debit_minor: u64,
    /// Minor units credited.
    pub credit_minor: u64,
    /// By how many minor units holds raised what is pending on the debit side; negative where more was given back.
    pub pending_debit_minor: i64,
    /// The same on the credit side.
    pub pending_credit_minor: i64,
    /// By how many minor units what is frozen rose; negative where more was released.
    pub frozen_minor: i64,
    /// The first event that posted, reserved or froze them.
    pub first: Sequence,
    /// The last event that posted, reserved or froze them.
    pub last: Sequence,
}

impl DayTotals {
    /// The same as an effect on the account's balance.
    pub fn effect(&self) -> Effect {
        Effect {
            posted_debit_minor: i128::from(self.debit_minor),
            posted_credit_minor: i128::from(self.credit_minor),
            pending_debit_minor: i128::from(self.pending_debit_minor),
            pending_credit_minor: i128::from(self.pending_credit_minor),
            frozen_minor: i128::from(self.frozen_minor),
        }
    }

    pub(super) fn encode(&self) -> [u8; TOTALS_BYTES] {
        let mut record = [0; TOTALS_BYTES];
        record[0..4].copy_from_slice(&self.account.0.to_le_bytes());
        record[4..8].copy_from_slice(&self.effective.0.to_le_bytes());
        record[8..16].copy_from_slice(&self.debit_minor.to_le_bytes());
        record[16..24].copy_from_slice(&self.credit_minor.to_le_bytes());
        record[24..32].copy_from_slice(&self.pending_debit_minor.to_le_bytes());
        record[32..40].copy_from_slice(&self.pending_credit_minor.to_le_bytes());
        record[40..48].copy_from_slice(&self.frozen_minor.to_le_bytes());
        record[48..56].copy_from_slice(&self.first.0.to_le_bytes());
        record[56..64].copy_from_slice(&self.last.0.to_le_bytes());
        record
    }

    fn decode(record: &[u8]) -> Self {
        let number = |at| u64::from_le_bytes(array(record, at));
        Self {
            account: AccountNumber(u32::from_le_bytes(array(record, 0))),
            effective: Date(i32::from_le_bytes(array(record, 4))),
            debit_minor: number(8),
            credit_minor: number(16),
            pending_debit_minor: number(24) as i64,
            pending_credit_minor: number(32) as i64,
            frozen_minor: number(40) as i64,
            first: Sequence(number(48)),
            last: Sequence(number(56)),
        }
    }
}

/// The order of a day's totals: by account, then by effective date.
fn key(account: AccountNumber, effective: Date) -> u64 {
    u64::from(account.0) << 32 | u64::from(effective.0 as u32 ^ 1 << 31)
}

fn key_of(record: &[u8]) -> u64 {
    let totals = DayTotals::decode(record);
    key(totals.account, totals.effective)
}

/// The open closing of one recorded day.
#[derive(Debug)]
pub struct Closing<S: Storage> {
    file: PagedFile<S>,
    day: Date,
    totals: Section,
    currencies: Section,
    /// The last key; 0 when the day posted nothing.
    last_key: u64,
}

impl<S: Storage> Closing<S> {
    /// Opens the closing of `day`: its header and the last page of its totals are read and checked.
    ///
    /// # Errors
    /// [`Error::Version`] when it is of a newer format. All else that is wrong with it is [`Opened::Unusable`].
    pub fn open(handles: &Arc<Handles<S>>, ledger: LedgerId, day: Date) -> Result<Opened<Self>, Error> {
        let path = path(day);
        Ok(match PagedFile::open(handles, &path, &KIND, ledger, Some(subject_of(day)))? {
            Opened::Usable(file) => match Self::load(file, day) {
                Ok(closing) => Opened::Usable(closing),
                Err(reason) => Opened::unusable(&path, reason),
            },
            Opened::Unusable(why) => Opened::Unusable(why),
            Opened::Missing => Opened::Missing,
        })
    }

    fn load(file: PagedFile<S>, day: Date) -> Result<Self, Reason> {
        let totals = file.section(TOTALS, TOTALS_BYTES)?;
        let currencies = file.section(CURRENCIES, CURRENCY_BYTES)?;
        let last_key = match totals.records.checked_sub(1) {
            None => 0,
            Some(last) => {
                let mut pages = Pages::new(&file, totals);
                key_of(pages.record(last).map_err(|error| Reason::of(&error))?)
            }
        };
        Ok(Self { file, day, totals, currencies, last_key })
    }

    /// The recorded day.
    pub const fn day(&self) -> Date {
        self.day
    }

    /// What it is about and what it swears.
    pub fn identity(&self) -> &Identity {
        self.file.identity()
    }

    /// What the day did to `account` with an effective date behind `effective`.
    ///
    /// Two or three reads of 4 KiB.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn delta(&self, account: AccountNumber, effective: Date) -> Result<Effect, Error> {
        let mut sum = Effect::default();
        self.each_of(account, effective.next(), |totals| sum.add(&totals.effect()))?;
        Ok(sum)
    }

    /// Hands to `take` what the day posted to `account` with an effective date of `from` or later, by effective date.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn each_of(&self, account: AccountNumber, from: Date, mut take: impl FnMut(DayTotals)) -> Result<(), Error> {
        let (from, through) = (key(account, from), key(account, Date(i32::MAX)));
        if self.totals.records == 0 || from > self.last_key {
            return Ok(());
        }
        let mut pages = Pages::new(&self.file, self.totals);
        let count = pages.count();
        let bracket = Bracket { low: 0, high: count - 1, low_key: 0, high_key: self.last_key };
        for page in pages.search(bracket, from, key_of)?..count {
            for record in pages.load(page)?.chunks_exact(TOTALS_BYTES) {
                match key_of(record) {
                    key if key < from => {}
                    key if key > through => return Ok(()),
                    _ => take(DayTotals::decode(record)),
                }
            }
        }
        Ok(())
    }

    /// Hands everything that the day posted to `take`, by account, then by effective date.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read; what `take` returns.
    pub fn each(&self, mut take: impl FnMut(DayTotals) -> Result<(), Error>) -> Result<(), Error> {
        let mut runs = self.file.all(&self.totals);
        while let Some(run) = runs.next()? {
            for record in run {
                take(DayTotals::decode(record))?;
            }
        }
        Ok(())
    }

    /// What the day posted in each currency.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn currencies(&self) -> Result<Vec<(CurrencyNumber, Totals)>, Error> {
        let mut found = Vec::new();
        let mut runs = self.file.all(&self.currencies);
        while let Some(run) = runs.next()? {
            found.extend(run.map(|record| {
                let number = |at| u128::from_le_bytes(array(record, at));
                let totals = Totals { debit_minor: number(8), credit_minor: number(24) };
                (CurrencyNumber(u16::from_le_bytes(array(record, 0))), totals)
            }));
        }
        Ok(found)
    }

    /// Reads every page, and adds up the accounts against the currencies.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for the first page that fails its CRC, or when the sums differ; [`Error::Io`].
    pub fn verify(&self) -> Result<(), Error> {
        self.file.verify()?;
        let (mut debit, mut credit) = (0u128, 0u128);
        self.each(|totals| {
            debit += u128::from(totals.debit_minor);
            credit += u128::from(totals.credit_minor);
            Ok(())
        })?;
        let (due_debit, due_credit) = self
            .currencies()?
            .iter()
            .fold((0, 0), |(debit, credit), (_, totals)| (debit + totals.debit_minor, credit + totals.credit_minor));
        if (debit, credit) == (due_debit, due_credit) {
            Ok(())
        } else {
            Err(self.file.corrupt(self.currencies.offset, "sums of the currencies"))
        }
    }
}
