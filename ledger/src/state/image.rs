//! A [`State`] as a list of plain parts, and back: the content of a checkpoint.
//!
//! Two states after the same events have the same list. How a part lies on the disk is the business of the checkpoint.

use super::{AcceptedClock, AccountState, Amendment, Freeze, FrozenAmount, Hold, Rollup, State, Totals};
use crate::event::Genesis;
use crate::model::{AccountNumber, Actor, Code, CommandId, Currency, Date, Sequence, Signal, Store, Timestamp};

/// The first part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The first event; absent before it.
    pub genesis: Option<Genesis>,
    /// The last event applied.
    pub last_sequence: Sequence,
    /// When it was recorded.
    pub last_recorded_at: Timestamp,
    /// The clock accepted last; absent where none ever was.
    pub accepted_clock: Option<AcceptedClock>,
    /// How many accounts follow.
    pub accounts: u32,
}

/// One part of an image. They come in the order of the variants, and within a variant in the order given there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Comes once.
    Head(Box<Head>),
    /// By number.
    Currency {
        /// Code and exponent.
        currency: Currency,
        /// Everything posted in it.
        totals: Totals,
    },
    /// By number.
    Actor(Actor),
    /// By number.
    Account {
        /// The account; built by [`AccountState::new`] and its public fields.
        account: AccountState,
        /// Its own code.
        code: Option<Code>,
        /// The coded account it was opened under, always of a lower number.
        under: Option<AccountNumber>,
    },
    /// By number.
    Store(Store),
    /// By sequence of placing.
    Hold {
        /// The command that placed it.
        id: CommandId,
        /// What is left of it.
        hold: Hold,
    },
    /// By sequence.
    Amendment {
        /// The transaction.
        sequence: Sequence,
        /// What was done to it.
        amendment: Amendment,
    },
    /// By date, then in the order in which the rollups came up.
    DayTotals {
        /// The effective date.
        date: Date,
        /// The accounts summed up.
        rollup: Rollup,
        /// What was posted to them.
        totals: Totals,
    },
    /// By sequence of freezing.
    Freeze {
        /// The command that froze.
        id: CommandId,
        /// What it stops.
        freeze: Freeze,
    },
    /// By sequence of freezing.
    FrozenAmount {
        /// The command that froze.
        id: CommandId,
        /// What is left of it.
        amount: FrozenAmount,
    },
    /// By control, then by account.
    Declines {
        /// When the hour began.
        hour: Timestamp,
        /// The command that set the control.
        control: CommandId,
        /// The account, where there is one.
        account: Option<AccountNumber>,
        /// How many refusals were recorded.
        count: u8,
    },
    /// By account, then by kind.
    Signal {
        /// The account.
        account: AccountNumber,
        /// What happened.
        signal: Signal,
        /// When it was last recorded.
        at: Timestamp,
    },
}

/// Parts that make no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the image of the state contradicts itself: {0}")]
pub struct ImageError(pub &'static str);

impl State {
    /// Its parts. Two states after the same events give equal lists.
    pub fn image(&self) -> impl Iterator<Item = Part> {
        let head = Head {
            genesis: self.genesis.clone(),
            last_sequence: self.last_sequence,
            last_recorded_at: self.last_recorded_at,
            accepted_clock: self.accepted_clock,
            accounts: self.accounts.len() as u32,
        };
        let currencies = self
            .currencies
            .iter()
            .zip(&self.totals)
            .map(|(currency, totals)| Part::Currency { currency: *currency, totals: *totals });
        let actors = self.actors.iter().flatten().cloned().map(Part::Actor);
        let accounts = self.accounts().map(|(number, account)| Part::Account {
            account: *account,
            code: self.code_of(number).cloned(),
            under: self.under(number),
        });
        let stores = self.stores.iter().flatten().cloned().map(Part::Store);
        let holds = self.holds().into_iter().map(|(id, hold)| Part::Hold { id, hold });
        let amendments =
            self.amendments().into_iter().map(|(sequence, amendment)| Part::Amendment { sequence, amendment });
        let days = self.day_totals().map(|(date, rollup, totals)| Part::DayTotals { date, rollup, totals });
        let freezes = self.freezes().into_iter().map(|(id, freeze)| Part::Freeze { id, freeze });
        let amounts = self.frozen_amounts().into_iter().map(|(id, amount)| Part::FrozenAmount { id, amount });
        let declines = self.all_declines().into_iter().map(|(hour, control, account, count)| Part::Declines {
            hour,
            control,
            account,
            count,
        });
        let signals = self.signals().into_iter().map(|(account, signal, at)| Part::Signal { account, signal, at });
        std::iter::once(Part::Head(Box::new(head)))
            .chain(currencies)
            .chain(actors)
            .chain(accounts)
            .chain(stores)
            .chain(holds)
            .chain(amendments)
            .chain(days)
            .chain(freezes)
            .chain(amounts)
            .chain(declines)
            .chain(signals)
    }
}

/// A state in the making: [`add`](Self::add) every part in order, then [`finish`](Self::finish).
#[derive(Debug, Default)]
pub struct Restore {
    state: State,
    accounts: Option<u32>,
    rank: u8,
}

impl Restore {
    /// Nothing added yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next part.
    ///
    /// # Errors
    /// When it does not fit what was added before.
    pub fn add(&mut self, part: Part) -> Result<(), ImageError> {
        let rank = rank(&part);
        if rank < self.rank || (rank > 0) != self.accounts.is_some() {
            return Err(ImageError("its parts are out of order"));
        }
        self.rank = rank;
        let state = &mut self.state;
        match part {
            Part::Head(head) => {
                self.accounts = Some(head.accounts);
                if let Some(genesis) = head.genesis {
                    state.set_genesis(&genesis);
                }
                state.last_sequence = head.last_sequence;
                state.last_recorded_at = head.last_recorded_at;
                state.accepted_clock = head.accepted_clock;
                let seed = state.seed.clone();
                state.account_ids.reserve(head.accounts as usize, |_| seed.of_number(0));
            }
            Part::Currency { currency, totals } => {
                state.add_currency(currency);
                if let Some(last) = state.totals.last_mut() {
                    *last = totals;
                }
            }
            Part::Actor(actor) => state.add_actor(actor),
            Part::Account { account, code, under } => {
                return self.place_account(account, code, under);
            }
            Part::Store(store) => state.add_store(store),
            Part::Hold { id, hold } => drop(state.holds.set(&state.seed, id, Some(hold))),
            Part::Amendment { sequence, amendment } => state.put_amendment(sequence, Some(amendment)),
            Part::DayTotals { date, rollup, totals } => {
                let slot = state.rollup_place(rollup).ok_or(ImageError("a day's total is of no account"))?;
                state.days.set(date, slot, Some(totals));
            }
            Part::Freeze { id, freeze } => {
                let account =
                    state.accounts.get_mut(freeze.account.0).ok_or(ImageError("a freeze is of no account"))?;
                account.set_frozen(true);
                state.freezes.set(&state.seed, id, Some(freeze));
            }
            Part::FrozenAmount { id, amount } => drop(state.freezes.set_amount(&state.seed, id, Some(amount))),
            Part::Declines { hour, control, account, count } => {
                state.declines.set(&state.seed, hour, (control, account), count);
            }
            Part::Signal { account, signal, at } => {
                let mut times = state.signals_of(account).cloned().unwrap_or_default();
                times.record(signal, at);
                state.set_signals(account, Some(times));
            }
        }
        Ok(())
    }

    /// Adds the next account: what [`add`](Self::add) does with [`Part::Account`].
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub fn add_account(
        &mut self,
        account: AccountState,
        code: Option<Code>,
        under: Option<AccountNumber>,
    ) -> Result<(), ImageError> {
        if self.rank > ACCOUNT_RANK || self.accounts.is_none() {
            return Err(ImageError("its parts are out of order"));
        }
        self.rank = ACCOUNT_RANK;
        self.place_account(account, code, under)
    }

    fn place_account(
        &mut self,
        account: AccountState,
        code: Option<Code>,
        under: Option<AccountNumber>,
    ) -> Result<(), ImageError> {
        if usize::from(account.currency.0) >= self.state.currencies.len() {
            return Err(ImageError("an account's currency is not among the currencies"));
        }
        self.state.place_account(account, code, under);
        Ok(())
    }

    /// The state whose image the parts are.
    ///
    /// # Errors
    /// When parts are missing.
    pub fn finish(mut self) -> Result<State, ImageError> {
        if self.accounts.map(|count| count as usize) != Some(self.state.accounts.len()) {
            return Err(ImageError("accounts are missing"));
        }
        self.state.index_accounts();
        Ok(self.state)
    }
}

const ACCOUNT_RANK: u8 = 3;

const fn rank(part: &Part) -> u8 {
    match part {
        Part::Head(_) => 0,
        Part::Currency { .. } => 1,
        Part::Actor(_) => 2,
        Part::Account { .. } => ACCOUNT_RANK,
        Part::Store(_) => 4,
        Part::Hold { .. } => 5,
        Part::Amendment { .. } => 6,
        Part::DayTotals { .. } => 7,
        Part::Freeze { .. } => 8,
        Part::FrozenAmount { .. } => 9,
        Part::Declines { .. } => 10,
        Part::Signal { .. } => 11,
    }
}
