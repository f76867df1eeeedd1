//! Events of halts. Nothing here posts or touches an account.

use crate::model::{ActorNumber, CommandId, Timestamp};
use crate::selector::Written;

/// Everything that a selector matches was stopped, for everyone. The id of the command names the halt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HaltImposed {
    /// What is stopped.
    pub selector: Written,
    /// Why.
    pub reason: Box<str>,
    /// The incident to which it belongs.
    pub incident: Option<CommandId>,
    /// When it begins; at once when absent.
    pub starts_at: Option<Timestamp>,
    /// When it ends by itself; that is no event.
    pub ends_at: Option<Timestamp>,
}

/// A halt was lifted, or something was let through again while it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HaltLifted {
    /// The halt.
    pub halt: CommandId,
    /// What is let through, besides what was before; absent where the halt is over.
    pub except: Option<Written>,
    /// The second person.
    pub approved_by: ActorNumber,
}
