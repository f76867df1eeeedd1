//! Version 1 of every payload. Nothing here is changed once released.
//!
//! All numbers are little-endian without alignment, relative pointers have 32 bits, texts are UTF-8. A number that may be
//! absent has a value of its own for that, named at the field.

mod body;
mod control;
mod halt;
mod header;

use rkyv::api::high::to_bytes_in;
use rkyv::rancor;

use super::{CodecError, Layout, kind};
use crate::event::{Body, Event, Header};
use crate::model::{Leg, Link, Movement, Sequence};
use body::{
    AccountClosedV1, AccountOpenedV1, ActorRegisteredV1, ClockAcceptedV1, CurrencyDefinedV1, EntryV1, GenesisV1,
    HoldEndedV1, HoldPlacedV1, HoldSettledV1, LegV1, LinkV1, MovementV1, SpendRefundedV1, StoreOpenedV1,
    TransactionReversedV1,
};
use control::{
    AccountFrozenV1, AccountThawedV1, AmountFrozenV1, AmountReleasedV1, DeclinedV1, DeclinesCountedV1, SignalRecordedV1,
};
use halt::{HaltImposedV1, HaltLiftedV1};
use header::HeaderV1;

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident($body:ty)),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(rkyv::Archive, rkyv::Serialize)]
        struct $name<'a> {
            header: HeaderV1<'a>,
            body: $body,
        }
    )+ };
}

payloads! {
    /// Type 1.
    Genesis(GenesisV1),
    /// Type 2.
    CurrencyDefined(CurrencyDefinedV1<'a>),
    /// Type 3.
    ActorRegistered(ActorRegisteredV1<'a>),
    /// Type 4.
    StoreOpened(StoreOpenedV1<'a>),
    /// Type 5.
    ClockAccepted(ClockAcceptedV1),
    /// Type 100.
    AccountOpened(AccountOpenedV1<'a>),
    /// Type 101.
    AccountClosed(AccountClosedV1),
    /// Type 200.
    ToppedUp(MovementV1),
    /// Type 201.
    Spent(MovementV1),
    /// Type 202.
    SpendRefunded(SpendRefundedV1),
    /// Type 203.
    Transferred(MovementV1),
    /// Type 204.
    TransactionReversed(TransactionReversedV1),
    /// Type 205.
    JournalEntryPosted(EntryV1),
    /// Type 300.
    HoldPlaced(HoldPlacedV1),
    /// Type 301.
    HoldSettled(HoldSettledV1),
    /// Type 302.
    HoldVoided(HoldEndedV1),
    /// Type 303.
    HoldExpired(HoldEndedV1),
    /// Type 400.
    SignalRecorded(SignalRecordedV1<'a>),
    /// Type 401.
    AccountFrozen(AccountFrozenV1),
    /// Type 402.
    AccountThawed(AccountThawedV1),
    /// Type 403.
    AmountFrozen(AmountFrozenV1),
    /// Type 404.
    AmountReleased(AmountReleasedV1),
    /// Type 405.
    Declined(DeclinedV1),
    /// Type 406.
    DeclinesCounted(DeclinesCountedV1),
    /// Type 410.
    HaltImposed(HaltImposedV1<'a>),
    /// Type 411.
    HaltLifted(HaltLiftedV1<'a>),
}

pub(super) fn encode(event: &Event, payload: &mut Vec<u8>) -> Result<(), CodecError> {
    let header = HeaderV1::from(&event.header);
    let buffer = std::mem::take(payload);
    macro_rules! write {
        ($name:ident, $body:expr) => {
            to_bytes_in::<_, rancor::Error>(&$name { header, body: $body }, buffer)
        };
    }
    let written = match &event.body {
        Body::Genesis(body) => write!(Genesis, body.into()),
        Body::CurrencyDefined(body) => write!(CurrencyDefined, body.into()),
        Body::ActorRegistered(body) => write!(ActorRegistered, body.into()),
        Body::StoreOpened(body) => write!(StoreOpened, body.into()),
        Body::ClockAccepted(body) => write!(ClockAccepted, body.into()),
        Body::AccountOpened(body) => write!(AccountOpened, body.into()),
        Body::AccountClosed(body) => write!(AccountClosed, body.into()),
        Body::ToppedUp(body) => write!(ToppedUp, (&body.movement).into()),
        Body::Spent(body) => write!(Spent, (&body.movement).into()),
        Body::SpendRefunded(body) => write!(SpendRefunded, body.into()),
        Body::Transferred(body) => write!(Transferred, (&body.movement).into()),
        Body::TransactionReversed(body) => write!(TransactionReversed, body.into()),
        Body::JournalEntryPosted(body) => write!(JournalEntryPosted, body.into()),
        Body::HoldPlaced(body) => write!(HoldPlaced, body.into()),
        Body::HoldSettled(body) => write!(HoldSettled, body.into()),
        Body::HoldVoided(body) => write!(HoldVoided, HoldEndedV1::new(body.hold, &body.movement)),
        Body::HoldExpired(body) => write!(HoldExpired, HoldEndedV1::new(body.hold, &body.movement)),
        Body::SignalRecorded(body) => write!(SignalRecorded, body.into()),
        Body::AccountFrozen(body) => write!(AccountFrozen, body.into()),
        Body::AccountThawed(body) => write!(AccountThawed, body.into()),
        Body::AmountFrozen(body) => write!(AmountFrozen, body.into()),
        Body::AmountReleased(body) => write!(AmountReleased, body.into()),
        Body::Declined(body) => write!(Declined, DeclinedV1::new(body)?),
        Body::DeclinesCounted(body) => write!(DeclinesCounted, body.into()),
        Body::HaltImposed(body) => write!(HaltImposed, body.into()),
        Body::HaltLifted(body) => write!(HaltLifted, body.into()),
    };
    *payload = written.map_err(|error| CodecError::Unencodable(error.to_string()))?;
    Ok(())
}

pub(super) fn decode(layout: Layout, payload: &[u8]) -> Result<(Header, Body), CodecError> {
    let invalid = |reason: String| CodecError::Invalid { layout, reason };
    macro_rules! read {
        ($archived:ident, $convert:expr) => {{
            let archived =
                rkyv::access::<$archived<'_>, rancor::Error>(payload).map_err(|error| invalid(error.to_string()))?;
            let header = Header::try_from(&archived.header).map_err(invalid)?;
            let convert: fn(_) -> Result<Body, String> = $convert;
            (header, convert(&archived.body).map_err(invalid)?)
        }};
    }
    Ok(match layout.kind {
        kind::GENESIS => read!(ArchivedGenesis, |b| Ok(Body::Genesis(body::genesis(b)?))),
        kind::CURRENCY_DEFINED => {
            read!(ArchivedCurrencyDefined, |b| Ok(Body::CurrencyDefined(body::currency_defined(b)?)))
        }
        kind::ACTOR_REGISTERED => {
            read!(ArchivedActorRegistered, |b| Ok(Body::ActorRegistered(body::actor_registered(b)?)))
        }
        kind::STORE_OPENED => read!(ArchivedStoreOpened, |b| Ok(Body::StoreOpened(body::store_opened(b)?))),
        kind::CLOCK_ACCEPTED => read!(ArchivedClockAccepted, |b| Ok(Body::ClockAccepted(body::clock_accepted(b)))),
        kind::ACCOUNT_OPENED => read!(ArchivedAccountOpened, |b| Ok(Body::AccountOpened(body::account_opened(b)?))),
        kind::ACCOUNT_CLOSED => read!(ArchivedAccountClosed, |b| Ok(Body::AccountClosed(body::account_closed(b)))),
        kind::TOPPED_UP => read!(ArchivedToppedUp, |b| Ok(Body::ToppedUp(body::topped_up(b)))),
        kind::SPENT => read!(ArchivedSpent, |b| Ok(Body::Spent(body::spent(b)))),
        kind::SPEND_REFUNDED => read!(ArchivedSpendRefunded, |b| Ok(Body::SpendRefunded(body::spend_refunded(b)))),
        kind::TRANSFERRED => read!(ArchivedTransferred, |b| Ok(Body::Transferred(body::transferred(b)))),
        kind::TRANSACTION_REVERSED => {
            read!(ArchivedTransactionReversed, |b| Ok(Body::TransactionReversed(body::transaction_reversed(b)?)))
        }
        kind::JOURNAL_ENTRY_POSTED => {
            read!(ArchivedJournalEntryPosted, |b| Ok(Body::JournalEntryPosted(body::journal_entry_posted(b)?)))
        }
        kind::HOLD_PLACED => read!(ArchivedHoldPlaced, |b| Ok(Body::HoldPlaced(body::hold_placed(b)))),
        kind::HOLD_SETTLED => read!(ArchivedHoldSettled, |b| Ok(Body::HoldSettled(body::hold_settled(b)))),
        kind::HOLD_VOIDED => read!(ArchivedHoldVoided, |b| Ok(Body::HoldVoided(body::hold_voided(b)))),
        kind::HOLD_EXPIRED => read!(ArchivedHoldExpired, |b| Ok(Body::HoldExpired(body::hold_expired(b)))),
        kind::SIGNAL_RECORDED => {
            read!(ArchivedSignalRecorded, |b| Ok(Body::SignalRecorded(control::signal_recorded(b)?)))
        }
        kind::ACCOUNT_FROZEN => {
            read!(ArchivedAccountFrozen, |b| Ok(Body::AccountFrozen(control::account_frozen(b)?)))
        }
        kind::ACCOUNT_THAWED => read!(ArchivedAccountThawed, |b| Ok(Body::AccountThawed(control::account_thawed(b)))),
        kind::AMOUNT_FROZEN => read!(ArchivedAmountFrozen, |b| Ok(Body::AmountFrozen(control::amount_frozen(b)?))),
        kind::AMOUNT_RELEASED => {
            read!(ArchivedAmountReleased, |b| Ok(Body::AmountReleased(control::amount_released(b))))
        }
        kind::DECLINED => read!(ArchivedDeclined, |b| Ok(Body::Declined(control::declined(b)?))),
        kind::DECLINES_COUNTED => {
            read!(ArchivedDeclinesCounted, |b| Ok(Body::DeclinesCounted(control::declines_counted(b)?)))
        }
        kind::HALT_IMPOSED => read!(ArchivedHaltImposed, |b| Ok(Body::HaltImposed(halt::halt_imposed(b)?))),
        kind::HALT_LIFTED => read!(ArchivedHaltLifted, |b| Ok(Body::HaltLifted(halt::halt_lifted(b)?))),
        _ => return Err(CodecError::Unknown(layout)),
    })
}

impl From<&Link> for LinkV1 {
    fn from(link: &Link) -> Self {
        Self {
            account: link.account.0,
            previous: link.previous.0,
            event_number: link.event_number,
            net_after_minor: link.net_after_minor,
        }
    }
}

impl From<&Leg> for LegV1 {
    fn from(leg: &Leg) -> Self {
        Self { link: leg.link, side: leg.side as u8, amount_minor: leg.amount_minor }
    }
}

impl From<&Movement> for MovementV1 {
    fn from(movement: &Movement) -> Self {
        Self { debit: (&movement.debit).into(), credit: (&movement.credit).into(), amount_minor: movement.amount_minor }
    }
}

/// The sequence that an archived number stands for.
fn sequence(number: rkyv::primitive::ArchivedU64) -> Sequence {
    Sequence(number.to_native())
}

/// The size in bytes of each archived payload without its texts and lists, by type.
#[cfg(test)]
pub(super) fn sizes() -> Vec<(u16, usize)> {
    vec![
        (kind::GENESIS, size_of::<ArchivedGenesis>()),
        (kind::CURRENCY_DEFINED, size_of::<ArchivedCurrencyDefined>()),
        (kind::ACTOR_REGISTERED, size_of::<ArchivedActorRegistered>()),
        (kind::STORE_OPENED, size_of::<ArchivedStoreOpened>()),
        (kind::CLOCK_ACCEPTED, size_of::<ArchivedClockAccepted>()),
        (kind::ACCOUNT_OPENED, size_of::<ArchivedAccountOpened>()),
        (kind::ACCOUNT_CLOSED, size_of::<ArchivedAccountClosed>()),
        (kind::TOPPED_UP, size_of::<ArchivedToppedUp>()),
        (kind::SPENT, size_of::<ArchivedSpent>()),
        (kind::SPEND_REFUNDED, size_of::<ArchivedSpendRefunded>()),
        (kind::TRANSFERRED, size_of::<ArchivedTransferred>()),
        (kind::TRANSACTION_REVERSED, size_of::<ArchivedTransactionReversed>()),
        (kind::JOURNAL_ENTRY_POSTED, size_of::<ArchivedJournalEntryPosted>()),
        (kind::HOLD_PLACED, size_of::<ArchivedHoldPlaced>()),
        (kind::HOLD_SETTLED, size_of::<ArchivedHoldSettled>()),
        (kind::HOLD_VOIDED, size_of::<ArchivedHoldVoided>()),
        (kind::HOLD_EXPIRED, size_of::<ArchivedHoldExpired>()),
        (kind::SIGNAL_RECORDED, size_of::<ArchivedSignalRecorded>()),
        (kind::ACCOUNT_FROZEN, size_of::<ArchivedAccountFrozen>()),
        (kind::ACCOUNT_THAWED, size_of::<ArchivedAccountThawed>()),
        (kind::AMOUNT_FROZEN, size_of::<ArchivedAmountFrozen>()),
        (kind::AMOUNT_RELEASED, size_of::<ArchivedAmountReleased>()),
        (kind::DECLINED, size_of::<ArchivedDeclined>()),
        (kind::DECLINES_COUNTED, size_of::<ArchivedDeclinesCounted>()),
        (kind::HALT_IMPOSED, size_of::<ArchivedHaltImposed>()),
        (kind::HALT_LIFTED, size_of::<ArchivedHaltLifted>()),
    ]
}
