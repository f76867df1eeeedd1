//! The closings of all finished days.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;
use crate::event::Effect;
use crate::model::{AccountNumber, Date, LedgerId, Sequence};
use crate::rebuildable::{Handles, Opened, Reason, Unusable, Witness, witnesses};
use crate::storage::Storage;

use super::{Closing, DIR, KIND, SUFFIX};

/// The closings from the ledger's first event on, without a gap. A clone is cheap and stays as it is.
#[derive(Debug)]
pub struct Closings<S: Storage> {
    days: Arc<BTreeMap<Date, Arc<Closing<S>>>>,
    through: Sequence,
}

impl<S: Storage> Clone for Closings<S> {
    fn clone(&self) -> Self {
        Self { days: Arc::clone(&self.days), through: self.through }
    }
}

impl<S: Storage> Default for Closings<S> {
    fn default() -> Self {
        Self { days: Arc::default(), through: Sequence(0) }
    }
}

impl<S: Storage> Closings<S> {
    /// Opens the closings of `ledger` that take in no event behind `durable_through`, up to the first that is not usable
    /// or does not join the one before it; that one is returned beside them, and is the next to be made.
    ///
    /// `belongs` says whether a closing is of the journal's history, by its last sequence and its
    /// [source](crate::rebuildable::Identity::source).
    ///
    /// # Errors
    /// [`Error::Version`] when one is of a newer format; [`Error::Io`] when the folder cannot be listed; what `belongs`
    /// says.
    pub fn open(
        handles: &Arc<Handles<S>>,
        ledger: LedgerId,
        durable_through: Sequence,
        belongs: impl Fn(Sequence, [u8; 32]) -> Result<bool, Error>,
    ) -> Result<(Self, Option<Unusable>), Error> {
        let names = handles.storage().list(DIR).map_err(Error::io("list", DIR))?;
        let mut closings = Self::default();
        for day in names.iter().filter_map(|name| name.strip_suffix(SUFFIX)?.parse::<Date>().ok()) {
            let refused = |reason| Some(Unusable { path: super::path(day), reason });
            let closing = match Closing::open(handles, ledger, day)? {
                Opened::Usable(closing) => closing,
                Opened::Unusable(why) => return Ok((closings, Some(why))),
                Opened::Missing => continue,
            };
            let identity = *closing.identity();
            if identity.last > durable_through || !belongs(identity.last, identity.source)? {
                return Ok((closings, refused(Reason::Subject("not the history that is there"))));
            }
            match closings.with(Arc::new(closing)) {
                Some(longer) => closings = longer,
                None => return Ok((closings, refused(Reason::Subject("it does not join the day before")))),
            }
        }
        Ok((closings, None))
    }

    /// These days and one more, which must join them.
    pub fn with(&self, closing: Arc<Closing<S>>) -> Option<Self> {
        let identity = *closing.identity();
        let behind = self.days.last_key_value().is_none_or(|(last, _)| *last < closing.day());
        if identity.first.0 != self.through.0 + 1 || !behind {
            return None;
        }
        let mut days = BTreeMap::clone(&self.days);
        days.insert(closing.day(), closing);
        Some(Self { days: Arc::new(days), through: identity.last })
    }

    /// Every event up to this one is taken in, none behind it.
    pub const fn through(&self) -> Sequence {
        self.through
    }

    /// The last day that is closed.
    pub fn last_day(&self) -> Option<Date> {
        self.days.last_key_value().map(|(day, _)| *day)
    }

    /// The closed days from `from` on, oldest first.
    pub fn days(&self, from: Date) -> impl Iterator<Item = &Arc<Closing<S>>> {
        self.days.range(from..).map(|(_, closing)| closing)
    }

    /// What all events up to [`through`](Self::through) did to `account` with an effective date behind `effective`.
    ///
    /// Two or three reads of 4 KiB for each closed day behind `effective`.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a page fails its CRC; [`Error::Io`] when it cannot be read.
    pub fn delta(&self, account: AccountNumber, effective: Date) -> Result<Effect, Error> {
        let mut sum = Effect::default();
        for closing in self.days(effective.next()) {
            sum.add(&closing.delta(account, effective)?);
        }
        Ok(sum)
    }
}

/// What the newest closings swear about the journal, by their headers alone.
///
/// # Errors
/// [`Error::Version`] when one is of a newer format; [`Error::Io`] when the folder cannot be listed.
pub fn sworn<S: Storage>(storage: &S, ledger: LedgerId) -> Result<Vec<Witness>, Error> {
    witnesses(storage, DIR, SUFFIX, &KIND, ledger, 2)
}
