//! The shell's errors: what went wrong outside the rules of the books, and what the caller does next.

use std::io;

/// What the caller should do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A rule of the books refused: change the command.
    Rejected,
    /// Nothing was written: try again later.
    Retry,
    /// The handle is finished: drop it and open the ledger again, which recovers.
    Reopen,
    /// Bytes on the disk are damaged: run `ledger verify ledger`, restore or salvage.
    Repair,
    /// The request or the configuration is wrong: mend it.
    Fix,
}

/// A failure of the shell. Reading one never changes the ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an operation.
    #[error("{operation} {path}")]
    Io {
        /// What was being done, such as `open` or `sync`.
        operation: &'static str,
        /// The file, relative to the ledger.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Bytes that were written once do not read back as they must.
    #[error("damaged: {path} at byte {offset}: {check}")]
    Corrupt {
        /// The file, relative to the ledger.
        path: String,
        /// The first byte of what failed its check.
        offset: u64,
        /// Which check failed, and the sequences concerned where known.
        check: String,
    },
    /// An earlier write or sync failed; the handle serves reads and refuses writes until the ledger is opened again.
    #[error(
        "writing stopped after a failed write ({reason}); the outcome of unanswered commands is unknown until the ledger is opened again"
    )]
    Poisoned {
        /// The failure that poisoned the handle.
        reason: String,
    },
    /// Another process writes this ledger.
    #[error("the ledger is being written by {}", holder(*pid))]
    Locked {
        /// The holder's process id, when known.
        pid: Option<u32>,
    },
    /// The bytes were written by a newer version.
    #[error("{path} needs version {needed}; this program reads up to {supported}")]
    Version {
        /// The file, or the event, that is newer.
        path: String,
        /// What it needs.
        needed: String,
        /// What this program knows.
        supported: String,
    },
    /// An option, a file or a request is not usable as given.
    #[error("{0}")]
    Config(String),
    /// History on the disk is shorter than, or differs from, what a witness has seen.
    #[error("rollback: {0}")]
    Rollback(String),
    /// A check of well-formed bytes failed: they contradict each other.
    #[error("contradiction: {0}")]
    Contradiction(String),
    /// The queue of waiting commands is full; nothing of this one was done.
    #[error("the queue of waiting commands is full")]
    QueueFull,
    /// The wall clock stepped further than the ledger accepts without being told to.
    #[error(
        "the clock reads {clock}, the ledger's last event was recorded at {last}: accept it with the command accept_clock"
    )]
    Clock {
        /// What the clock reads now.
        clock: String,
        /// The last recorded time.
        last: String,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl Error {
    /// What the caller should do next.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => ErrorKind::Reopen,
            Self::Io { .. } | Self::Poisoned { .. } => ErrorKind::Reopen,
            Self::Corrupt { .. } | Self::Rollback(_) | Self::Contradiction(_) => ErrorKind::Repair,
            Self::Locked { .. } | Self::QueueFull => ErrorKind::Retry,
            Self::Version { .. } | Self::Config(_) | Self::Clock { .. } => ErrorKind::Fix,
        }
    }

    /// An [`Error::Io`] for `operation` on `path`.
    pub fn io(operation: &'static str, path: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { operation, path, source }
    }
}
