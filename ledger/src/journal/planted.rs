//! Bugs that a test plants to show that it would catch them. Outside tests there are none.

/// A bug that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Recovery cuts at the first bad bytes, whatever lies behind them.
    CutAtFirstBadBytes,
    /// A write counts as durable when it is submitted.
    DurableWhenSubmitted,
}

/// Whether `bug` is planted in this thread.
#[cfg(not(test))]
pub(crate) const fn is(_: Bug) -> bool {
    false
}

#[cfg(test)]
pub(crate) use with_tests::{is, plant};

#[cfg(test)]
mod with_tests {
    use super::Bug;
    use std::cell::Cell;

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
