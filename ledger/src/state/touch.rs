//! Finding the accounts of many commands at once, so that the misses of the processor's cache overlap.
//!
//! A batch is touched in two passes: the first looks into the hash tables and takes what stands there for a [`Guess`], the
//! second loads the accounts' slots. A guess may be wrong or stale; `decide` compares the id in the slot and looks the account
//! up when it is not the one, so guesses change nothing but time.

use super::State;
use crate::command::{Action, Command};
use crate::event::{Body, Event};
use crate::model::{AccountNumber, AccountRef, Movement};

/// How many events are read ahead of the one being applied.
const AHEAD: usize = 32;

/// Where the accounts of a command probably stand; see the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guess([Option<AccountNumber>; 2]);

impl State {
    /// Both passes for one command: enough where many commands are touched one after the other, since the processor runs ahead.
    #[inline]
    pub fn touch(&self, command: &Command) -> Guess {
        let guess = self.guess(command);
        std::hint::black_box(self.load(&guess));
        guess
    }

    /// First pass: looks the command's accounts up in the hash tables, without reading the accounts.
    #[inline]
    pub fn guess(&self, command: &Command) -> Guess {
        let (first, second) = named(&command.action);
        Guess([first.and_then(|account| self.guess_one(account)), second.and_then(|account| self.guess_one(account))])
    }

    /// Second pass: reads the guessed accounts. The sum depends on them, so that the reads are not left out.
    #[inline]
    pub fn load(&self, guess: &Guess) -> u64 {
        self.load_one(guess.0[0]) ^ self.load_one(guess.0[1])
    }

    /// Applies events in order, as [`apply`](Self::apply) each, reading the accounts of some ahead: for whoever has many at once.
    pub fn apply_all(&mut self, events: &[Event]) {
        for batch in events.chunks(AHEAD) {
            let loaded = batch.iter().filter_map(|event| movement(&event.body)).fold(0, |sum, movement| {
                sum ^ self.load_one(Some(movement.debit.account)) ^ self.load_one(Some(movement.credit.account))
            });
            std::hint::black_box(loaded);
            for event in batch {
                self.apply(event);
            }
        }
    }

    #[inline]
    fn load_one(&self, number: Option<AccountNumber>) -> u64 {
        let Some((number, account)) = number.and_then(|number| Some((number, self.account(number)?))) else {
            return 0;
        };
        // Both cache lines of the slot, and the one that holds its page's count of references.
        let slot = account.balance.posted_debit_minor ^ account.last_sequence.0 ^ u64::from(account.rollup);
        account.id.0 as u64 ^ slot ^ self.accounts.sharers(number.0) as u64
    }

    #[inline]
    fn guess_one(&self, account: &AccountRef) -> Option<AccountNumber> {
        match account {
            AccountRef::Id(id) => {
                // Takes the first that has the hash's tag; nearly always it is the one.
                self.account_ids.find(self.seed.of_id(id.0), |_| true).map(|number| AccountNumber(*number))
            }
            AccountRef::Code(code) => self.account_by_code(code),
        }
    }

    /// The number of the account, from the guess where that is right.
    #[inline]
    pub(crate) fn resolve_guessed(&self, account: &AccountRef, guess: Option<AccountNumber>) -> Option<AccountNumber> {
        match (account, guess) {
            (AccountRef::Id(id), Some(number)) if self.account(number).is_some_and(|slot| slot.id == *id) => {
                Some(number)
            }
            _ => self.resolve(account),
        }
    }
}

impl Guess {
    /// The guess for the account that the command names first or second.
    #[inline]
    pub(crate) const fn at(&self, place: usize) -> Option<AccountNumber> {
        self.0[place]
    }
}

/// The accounts that decide the cost of a command, in the order in which `decide` resolves them.
#[inline]
const fn named(action: &Action) -> (Option<&AccountRef>, Option<&AccountRef>) {
    match action {
        Action::TopUp(action) => (Some(&action.account), Some(&action.funding)),
        Action::Spend(action) => (Some(&action.account), None),
        Action::Transfer(action) => (Some(&action.debit), Some(&action.credit)),
        Action::PlaceHold(action) => (Some(&action.debit), action.credit.as_ref()),
        Action::CloseAccount(action) => (Some(&action.account), None),
        Action::RecordSignal(action) => (Some(&action.account), None),
        Action::FreezeAccount(action) => (Some(&action.account), None),
        _ => (None, None),
    }
}

/// The two accounts of an event that moves money from one to the other.
#[inline]
const fn movement(body: &Body) -> Option<&Movement> {
    match body {
        Body::ToppedUp(event) => Some(&event.movement),
        Body::Spent(event) => Some(&event.movement),
        Body::Transferred(event) => Some(&event.movement),
        Body::SpendRefunded(event) => Some(&event.movement),
        Body::HoldPlaced(event) => Some(&event.movement),
        Body::HoldSettled(event) => Some(&event.movement),
        Body::HoldVoided(event) => Some(&event.movement),
        Body::HoldExpired(event) => Some(&event.movement),
        _ => None,
    }
}
