//! Events: what happened, in the past tense, never changed. A family a file.
//!
//! Pure data, decoded. How an event lies on the disk is the business of [`codec`](crate::codec) alone.

mod control;
mod effect;
mod hold;
mod money;
mod party;

pub use control::{
    AccountFrozen, AccountThawed, AmountFrozen, AmountReleased, Declined, DeclinesCounted, SignalRecorded,
};
pub use effect::Effect;
pub use hold::{HoldExpired, HoldPlaced, HoldSettled, HoldVoided};
pub use money::{JournalEntryPosted, SpendRefunded, Spent, ToppedUp, TransactionReversed, Transferred};
pub use party::{AccountClosed, AccountOpened, ActorRegistered, ClockAccepted, CurrencyDefined, Genesis, StoreOpened};

use smallvec::{SmallVec, smallvec};

use crate::model::{ActorNumber, CommandId, Context, Date, Link, OperationKind, Posting, Sequence, Side, Timestamp};

/// One immutable fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the journal.
    pub sequence: Sequence,
    /// When it was appended; the same for all events of a commit, never going back.
    pub recorded_at: Timestamp,
    /// What every event carries.
    pub header: Header,
    /// What happened.
    pub body: Body,
}

/// What every event carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The command that led to it; derived and fixed for what the ledger does of itself.
    pub command: CommandId,
    /// Hash of that command's content as sent, by which a repeated id is told from a reused one; 0 for what the ledger does itself.
    pub command_hash: u64,
    /// The date on which it counts.
    pub effective: Date,
    /// Who acted; 0 is the ledger itself.
    pub actor: ActorNumber,
    /// The command that led to the command.
    pub cause: Option<CommandId>,
    /// The circumstances; absent when nothing is known.
    pub context: Option<Context>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant carries the struct of its own name, which is documented")]
pub enum Body {
    Genesis(Genesis),
    CurrencyDefined(CurrencyDefined),
    ActorRegistered(ActorRegistered),
    StoreOpened(StoreOpened),
    ClockAccepted(ClockAccepted),
    AccountOpened(AccountOpened),
    AccountClosed(AccountClosed),
    ToppedUp(ToppedUp),
    Spent(Spent),
    SpendRefunded(SpendRefunded),
    Transferred(Transferred),
    TransactionReversed(TransactionReversed),
    JournalEntryPosted(JournalEntryPosted),
    HoldPlaced(HoldPlaced),
    HoldSettled(HoldSettled),
    HoldVoided(HoldVoided),
    HoldExpired(HoldExpired),
    SignalRecorded(SignalRecorded),
    AccountFrozen(AccountFrozen),
    AccountThawed(AccountThawed),
    AmountFrozen(AmountFrozen),
    AmountReleased(AmountReleased),
    Declined(Declined),
    DeclinesCounted(DeclinesCounted),
}

/// The events of one frame: appended, made durable and applied together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// One event or more, their sequences following one another.
    pub events: SmallVec<[Event; 1]>,
}

impl Event {
    /// The id of the command that it answers, by which that command is known again; none for what the ledger does of itself,
    /// whose derived ids anybody could use for a command of their own.
    pub const fn answered(&self) -> Option<CommandId> {
        if self.body.answers_nobody() { None } else { Some(self.header.command) }
    }
}

impl Commit {
    /// The sequence of its first event.
    pub fn first_sequence(&self) -> Sequence {
        self.events[0].sequence
    }

    /// The sequence of its last event.
    pub fn last_sequence(&self) -> Sequence {
        self.events[self.events.len() - 1].sequence
    }

    /// When it was appended.
    pub fn recorded_at(&self) -> Timestamp {
        self.events[0].recorded_at
    }
}

impl Body {
    /// The accounts it touches, each once.
    pub fn links(&self) -> SmallVec<[Link; 2]> {
        match self {
            Self::Genesis(_)
            | Self::CurrencyDefined(_)
            | Self::ActorRegistered(_)
            | Self::StoreOpened(_)
            | Self::ClockAccepted(_) => SmallVec::new(),
            Self::AccountOpened(event) => smallvec![event.link],
            Self::AccountClosed(event) => smallvec![event.link],
            Self::ToppedUp(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::Spent(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::SpendRefunded(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::Transferred(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::TransactionReversed(event) => SmallVec::from_slice(&event.links),
            Self::JournalEntryPosted(event) => SmallVec::from_slice(&event.links),
            Self::HoldPlaced(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::HoldSettled(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::HoldVoided(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::HoldExpired(event) => smallvec![event.movement.debit, event.movement.credit],
            Self::SignalRecorded(event) => smallvec![event.link],
            Self::AccountFrozen(event) => smallvec![event.link],
            Self::AccountThawed(event) => smallvec![event.link],
            Self::AmountFrozen(event) => smallvec![event.link],
            Self::AmountReleased(event) => smallvec![event.link],
            Self::Declined(event) => match &*event.operation {
                // It would have been opened, so there is none.
                Self::AccountOpened(_) => SmallVec::new(),
                operation => operation.links(),
            },
            Self::DeclinesCounted(event) => event.link.into_iter().collect(),
        }
    }

    /// The operation that it records; nothing for what makes known, and for what only controls operations.
    pub const fn operation(&self) -> Option<OperationKind> {
        match self {
            Self::ToppedUp(_) => Some(OperationKind::TopUp),
            Self::Spent(_) => Some(OperationKind::Spend),
            Self::SpendRefunded(_) => Some(OperationKind::RefundSpend),
            Self::Transferred(_) => Some(OperationKind::Transfer),
            Self::HoldPlaced(_) => Some(OperationKind::PlaceHold),
            Self::HoldSettled(_) => Some(OperationKind::SettleHold),
            Self::HoldVoided(_) => Some(OperationKind::VoidHold),
            Self::TransactionReversed(_) => Some(OperationKind::ReverseTransaction),
            Self::JournalEntryPosted(_) => Some(OperationKind::PostJournalEntry),
            Self::AccountOpened(_) => Some(OperationKind::OpenAccount),
            Self::AccountClosed(_) => Some(OperationKind::CloseAccount),
            Self::StoreOpened(_) => Some(OperationKind::OpenStore),
            Self::Genesis(_)
            | Self::CurrencyDefined(_)
            | Self::ActorRegistered(_)
            | Self::ClockAccepted(_)
            | Self::HoldExpired(_)
            | Self::SignalRecorded(_)
            | Self::AccountFrozen(_)
            | Self::AccountThawed(_)
            | Self::AmountFrozen(_)
            | Self::AmountReleased(_)
            | Self::Declined(_)
            | Self::DeclinesCounted(_) => None,
        }
    }

    /// What it posts: nothing for what only reserves, gives back or makes known.
    pub fn postings(&self) -> SmallVec<[Posting; 2]> {
        let many = |links: &[Link], legs: &[crate::model::Leg]| {
            legs.iter()
                .map(|leg| Posting {
                    account: links[usize::from(leg.link)].account,
                    side: leg.side,
                    amount_minor: leg.amount_minor,
                })
                .collect()
        };
        match self {
            Self::ToppedUp(event) => event.movement.postings(),
            Self::Spent(event) => event.movement.postings(),
            Self::SpendRefunded(event) => event.movement.postings(),
            Self::Transferred(event) => event.movement.postings(),
            Self::HoldSettled(event) => event.movement.postings(),
            Self::TransactionReversed(event) => many(&event.links, &event.legs),
            Self::JournalEntryPosted(event) => many(&event.links, &event.legs),
            Self::Genesis(_)
            | Self::CurrencyDefined(_)
            | Self::ActorRegistered(_)
            | Self::StoreOpened(_)
            | Self::ClockAccepted(_)
            | Self::AccountOpened(_)
            | Self::AccountClosed(_)
            | Self::HoldPlaced(_)
            | Self::HoldVoided(_)
            | Self::HoldExpired(_)
            | Self::SignalRecorded(_)
            | Self::AccountFrozen(_)
            | Self::AccountThawed(_)
            | Self::AmountFrozen(_)
            | Self::AmountReleased(_)
            | Self::Declined(_)
            | Self::DeclinesCounted(_) => SmallVec::new(),
        }
    }

    /// The net it posts to one side of an account, for statements: `(debit, credit)` in minor units.
    pub fn posted_to(&self, account: crate::model::AccountNumber) -> (u64, u64) {
        let mut totals = (0u64, 0u64);
        for posting in self.postings().iter().filter(|posting| posting.account == account) {
            match posting.side {
                Side::Debit => totals.0 += posting.amount_minor,
                Side::Credit => totals.1 += posting.amount_minor,
            }
        }
        totals
    }

    /// Whether the ledger did it of itself, so that no command led to it.
    pub const fn answers_nobody(&self) -> bool {
        match self {
            Self::Genesis(_) | Self::HoldExpired(_) | Self::DeclinesCounted(_) => true,
            Self::CurrencyDefined(_)
            | Self::ActorRegistered(_)
            | Self::StoreOpened(_)
            | Self::ClockAccepted(_)
            | Self::AccountOpened(_)
            | Self::AccountClosed(_)
            | Self::ToppedUp(_)
            | Self::Spent(_)
            | Self::SpendRefunded(_)
            | Self::Transferred(_)
            | Self::TransactionReversed(_)
            | Self::JournalEntryPosted(_)
            | Self::HoldPlaced(_)
            | Self::HoldSettled(_)
            | Self::HoldVoided(_)
            | Self::SignalRecorded(_)
            | Self::AccountFrozen(_)
            | Self::AccountThawed(_)
            | Self::AmountFrozen(_)
            | Self::AmountReleased(_)
            | Self::Declined(_) => false,
        }
    }

    /// The name used in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::CurrencyDefined(_) => "currency_defined",
            Self::ActorRegistered(_) => "actor_registered",
            Self::StoreOpened(_) => "store_opened",
            Self::ClockAccepted(_) => "clock_accepted",
            Self::AccountOpened(_) => "account_opened",
            Self::AccountClosed(_) => "account_closed",
            Self::ToppedUp(_) => "topped_up",
            Self::Spent(_) => "spent",
            Self::SpendRefunded(_) => "spend_refunded",
            Self::Transferred(_) => "transferred",
            Self::TransactionReversed(_) => "transaction_reversed",
            Self::JournalEntryPosted(_) => "journal_entry_posted",
            Self::HoldPlaced(_) => "hold_placed",
            Self::HoldSettled(_) => "hold_settled",
            Self::HoldVoided(_) => "hold_voided",
            Self::HoldExpired(_) => "hold_expired",
            Self::SignalRecorded(_) => "signal_recorded",
            Self::AccountFrozen(_) => "account_frozen",
            Self::AccountThawed(_) => "account_thawed",
            Self::AmountFrozen(_) => "amount_frozen",
            Self::AmountReleased(_) => "amount_released",
            Self::Declined(_) => "declined",
            Self::DeclinesCounted(_) => "declines_counted",
        }
    }
}
