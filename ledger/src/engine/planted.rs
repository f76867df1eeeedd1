//! Bugs that a test plants to show that it would catch them. Outside tests there are none.

use crate::event::{Body, Event, Transferred};

/// A bug that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Answers are released before what their decisions saw is durable.
    AnsweredBeforeDurable,
    /// A group's events are appended one by one.
    GroupInPieces,
    /// Opening does not restore the command ids of the events that it replays.
    IdsNotRestored,
    /// Replay forgets that a refund belongs to a spend.
    ReplayDiffers,
}

/// Whether `bug` is planted in this thread.
#[cfg(not(test))]
pub(crate) const fn is(_: Bug) -> bool {
    false
}

/// The event as replay sees it.
pub(crate) fn replayed(event: &mut Event) {
    if is(Bug::ReplayDiffers)
        && let Body::SpendRefunded(refund) = &event.body
    {
        event.body = Body::Transferred(Transferred { movement: refund.movement });
    }
}

#[cfg(test)]
pub(crate) use with_tests::{is, plant};

#[cfg(test)]
mod with_tests {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether `bug` is planted in this thread.
    pub(crate) fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Plants `bug`, or takes out the one there is.
    pub(crate) fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }
}
