//! The words of the books: plain values without behaviour that could refuse a command.
//!
//! Pure. Nothing here knows a state, a file or a clock.

mod account;
mod balance;
mod context;
mod control;
mod currency;
mod id;
mod operation;
mod party;
mod posting;
mod signal;
mod text;
mod time;

pub use account::{AccountKind, AccountNumber, AccountRef, Code, Overdraft, Side};
pub use balance::Balance;
pub use context::{Category, Channel, Context, Country, Notes, Reference, TAGS_BYTES_MAX, TAGS_MAX, Tag, Voucher};
pub use control::{Control, ControlKind, Direction, Directions, Exception, FreezeReason};
pub use currency::{Currency, CurrencyCode, CurrencyNumber, EXPONENT_MAX};
pub use id::{AccountId, CommandId, LedgerId, ParseIdError, Pseudonym};
pub use operation::OperationKind;
pub(crate) use party::names;
pub use party::{Actor, ActorKind, ActorNumber, Authentication, Store, StoreNumber};
pub use posting::{Leg, Link, Movement, Posting, Sequence};
pub use signal::{Signal, SignalName, SignalTimes};
pub use text::{ParseTextError, check_text};
pub use time::{Clock, Date, ParseTimeError, Timestamp, UtcOffset};
