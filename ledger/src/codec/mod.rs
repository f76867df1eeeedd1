//! How events lie on the disk, and the hash by which a repeated command is known.
//!
//! In: decoded events. Out: entry payloads, and back through validated access only. The only place that knows rkyv. Each
//! (type, schema) has one struct of its own in a version module, and that struct is never changed once released: an event
//! that needs more gets a new schema. Pure; absent on purpose: frames and files.

mod content;
mod v1;

pub use content::content_hash;

use crate::event::{Body, Event};
use crate::model::{Sequence, Timestamp};

/// Names the layout of one payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout {
    /// The event's type, numbered for ever.
    pub kind: u16,
    /// The schema of that type, from 1.
    pub schema: u16,
}

/// Why a payload was not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer version; the bytes may be perfectly sound.
    #[error("event type {} schema {} is not known to this version", .0.kind, .0.schema)]
    Unknown(Layout),
    /// The bytes are not an archive of their type.
    #[error("the payload of event type {} schema {} is not valid: {reason}", .layout.kind, .layout.schema)]
    Invalid {
        /// The type and schema named by the entry.
        layout: Layout,
        /// Which check failed.
        reason: String,
    },
    /// The event cannot be written: what it holds exceeds a payload.
    #[error("the event does not fit a payload: {0}")]
    Unencodable(String),
}

/// Types of events, numbered for ever: 1–99 the ledger itself, 100–199 accounts, 200–299 money, 300–399 holds,
/// 400–499 controls. Gaps within a family are left for what comes later.
pub mod kind {
    /// `genesis`
    pub const GENESIS: u16 = 1;
    /// `currency_defined`
    pub const CURRENCY_DEFINED: u16 = 2;
    /// `actor_registered`
    pub const ACTOR_REGISTERED: u16 = 3;
    /// `store_opened`
    pub const STORE_OPENED: u16 = 4;
    /// `clock_accepted`
    pub const CLOCK_ACCEPTED: u16 = 5;
    /// `account_opened`
    pub const ACCOUNT_OPENED: u16 = 100;
    /// `account_closed`
    pub const ACCOUNT_CLOSED: u16 = 101;
    /// `topped_up`
    pub const TOPPED_UP: u16 = 200;
    /// `spent`
    pub const SPENT: u16 = 201;
    /// `spend_refunded`
    pub const SPEND_REFUNDED: u16 = 202;
    /// `transferred`
    pub const TRANSFERRED: u16 = 203;
    /// `transaction_reversed`
    pub const TRANSACTION_REVERSED: u16 = 204;
    /// `journal_entry_posted`
    pub const JOURNAL_ENTRY_POSTED: u16 = 205;
    /// `hold_placed`
    pub const HOLD_PLACED: u16 = 300;
    /// `hold_settled`
    pub const HOLD_SETTLED: u16 = 301;
    /// `hold_voided`
    pub const HOLD_VOIDED: u16 = 302;
    /// `hold_expired`
    pub const HOLD_EXPIRED: u16 = 303;
    /// `signal_recorded`
    pub const SIGNAL_RECORDED: u16 = 400;
    /// `account_frozen`
    pub const ACCOUNT_FROZEN: u16 = 401;
    /// `account_thawed`
    pub const ACCOUNT_THAWED: u16 = 402;
    /// `amount_frozen`
    pub const AMOUNT_FROZEN: u16 = 403;
    /// `amount_released`
    pub const AMOUNT_RELEASED: u16 = 404;
    /// `declined`
    pub const DECLINED: u16 = 405;
    /// `declines_counted`
    pub const DECLINES_COUNTED: u16 = 406;
    /// `halt_imposed`
    pub const HALT_IMPOSED: u16 = 410;
    /// `halt_lifted`
    pub const HALT_LIFTED: u16 = 411;
}

/// The layout in which this version writes an event of that body.
pub const fn layout_of(body: &Body) -> Layout {
    let kind = match body {
        Body::Genesis(_) => kind::GENESIS,
        Body::CurrencyDefined(_) => kind::CURRENCY_DEFINED,
        Body::ActorRegistered(_) => kind::ACTOR_REGISTERED,
        Body::StoreOpened(_) => kind::STORE_OPENED,
        Body::ClockAccepted(_) => kind::CLOCK_ACCEPTED,
        Body::AccountOpened(_) => kind::ACCOUNT_OPENED,
        Body::AccountClosed(_) => kind::ACCOUNT_CLOSED,
        Body::ToppedUp(_) => kind::TOPPED_UP,
        Body::Spent(_) => kind::SPENT,
        Body::SpendRefunded(_) => kind::SPEND_REFUNDED,
        Body::Transferred(_) => kind::TRANSFERRED,
        Body::TransactionReversed(_) => kind::TRANSACTION_REVERSED,
        Body::JournalEntryPosted(_) => kind::JOURNAL_ENTRY_POSTED,
        Body::HoldPlaced(_) => kind::HOLD_PLACED,
        Body::HoldSettled(_) => kind::HOLD_SETTLED,
        Body::HoldVoided(_) => kind::HOLD_VOIDED,
        Body::HoldExpired(_) => kind::HOLD_EXPIRED,
        Body::SignalRecorded(_) => kind::SIGNAL_RECORDED,
        Body::AccountFrozen(_) => kind::ACCOUNT_FROZEN,
        Body::AccountThawed(_) => kind::ACCOUNT_THAWED,
        Body::AmountFrozen(_) => kind::AMOUNT_FROZEN,
        Body::AmountReleased(_) => kind::AMOUNT_RELEASED,
        Body::Declined(_) => kind::DECLINED,
        Body::DeclinesCounted(_) => kind::DECLINES_COUNTED,
        Body::HaltImposed(_) => kind::HALT_IMPOSED,
        Body::HaltLifted(_) => kind::HALT_LIFTED,
    };
    Layout { kind, schema: 1 }
}

/// Appends the event's payload to `payload` and says in which layout it stands.
///
/// Sequence and recorded time are not part of it: they stand in the frame.
///
/// # Errors
/// [`CodecError::Unencodable`] when rkyv refuses; `payload` may then hold a part of it, which the caller cuts off.
pub fn encode(event: &Event, payload: &mut Vec<u8>) -> Result<Layout, CodecError> {
    v1::encode(event, payload)?;
    Ok(layout_of(&event.body))
}

/// Decodes one payload after checking every byte of it.
///
/// # Errors
/// [`CodecError::Unknown`] for a type or schema of a newer version, [`CodecError::Invalid`] for bytes that are no such archive.
pub fn decode(layout: Layout, payload: &[u8], sequence: Sequence, recorded_at: Timestamp) -> Result<Event, CodecError> {
    if layout.schema != 1 {
        return Err(CodecError::Unknown(layout));
    }
    let (header, body) = v1::decode(layout, payload)?;
    Ok(Event { sequence, recorded_at, header, body })
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
