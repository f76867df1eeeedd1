//! Why a subcommand ends early: the message, what to do next, and the exit code that scripts rely on.

use std::io;
use std::process::ExitCode;

use ledger::error::{Error, ErrorKind};
use rustix::io::Errno;

use crate::output::shown;

/// A subcommand's end that is not success.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A check failed: a malformed line, a refusal under `--strict`, books that contradict themselves. Exit code 1.
    #[error("{0}")]
    Check(String),
    /// Arguments, a configuration or a mapping cannot be used as given. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Bytes fail their own checks. Exit code 3.
    #[error("{0}")]
    Damage(String),
    /// The ledger said no.
    #[error(transparent)]
    Ledger(#[from] Error),
    /// The operating system refused something outside the ledger. Exit code 4, or 6 when space ran out.
    #[error("cannot {what}")]
    Io {
        /// What was being done, with the file.
        what: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Standard output could not be written; a reader that went away is no failure at all.
    #[error("cannot write the output")]
    Output(#[source] io::Error),
}

impl Failure {
    /// A [`Failure::Io`] for `what`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// The exit code of the command-line contract.
    pub fn code(&self) -> u8 {
        match self {
            Self::Check(_) => 1,
            Self::Usage(_) => 2,
            Self::Damage(_) => 3,
            Self::Ledger(error) => ledger_code(error),
            Self::Output(source) if source.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Io { source, .. } | Self::Output(source) => io_code(source),
        }
    }

    /// Says on standard error what went wrong and what to do next; gives the exit code.
    pub fn report(&self) -> ExitCode {
        let code = self.code();
        if code != 0 {
            let mut text = format!("ledger: {}", shown(&self.to_string()));
            let mut source = std::error::Error::source(self);
            while let Some(cause) = source {
                text.push_str(": ");
                text.push_str(&shown(&cause.to_string()));
                source = cause.source();
            }
            if let Some(next) = self.next() {
                text.push_str("\nledger: ");
                text.push_str(next);
            }
            anstream::eprintln!("{text}");
        }
        ExitCode::from(code)
    }

    fn next(&self) -> Option<&'static str> {
        let Self::Ledger(error) = self else { return None };
        match error {
            Error::Locked { .. } => {
                return Some("balance, statement, events and the other questions work beside a running writer");
            }
            Error::Version { .. } => {
                return Some("use the version of this program that wrote the ledger, or a newer one");
            }
            _ => {}
        }
        match (error, error.kind()) {
            (Error::Io { operation, source, .. }, _) => Some(after_io(operation, source)),
            (_, ErrorKind::Reopen) => Some(
                "what was answered is safe; mend the cause, then run the same command again: what is known already is \
                 answered as replayed",
            ),
            (_, ErrorKind::Repair) => {
                Some("run `ledger verify ledger DIR` for the whole extent, and restore from a backup")
            }
            (_, ErrorKind::Rejected | ErrorKind::Retry | ErrorKind::Fix) => None,
        }
    }
}

/// What to do when the system refused an operation on the ledger's files.
fn after_io(operation: &str, source: &io::Error) -> &'static str {
    let inner = source.get_ref().and_then(|inner| inner.downcast_ref()).unwrap_or(source);
    match (Errno::from_io_error(inner), source.kind()) {
        (Some(Errno::FBIG), _) => {
            "what was answered is safe; allow larger files (`ulimit -f`), then run the same command again: what is known \
             already is answered as replayed"
        }
        (Some(Errno::MFILE | Errno::NFILE), _) => {
            "allow more open files (`ulimit -n`), then run the same command again"
        }
        (Some(Errno::LOOP | Errno::NOTDIR), _) => {
            "a symbolic link or something else stands where a file or folder of the ledger belongs: put the real one back"
        }
        (_, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            "what was answered is safe; free some space, then run the same command again: what is known already is answered \
             as replayed"
        }
        (_, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            "the files of a ledger are their owner's alone: run this as that user, on a disk that may be written"
        }
        _ if matches!(operation, "write" | "sync") => {
            "what was answered is safe; mend the disk, then run the same command again: what is known already is answered \
             as replayed"
        }
        _ => "mend the cause, then run the same command again",
    }
}

fn ledger_code(error: &Error) -> u8 {
    match error {
        Error::Io { source, .. } => io_code(source),
        Error::Corrupt { .. } => 3,
        Error::Locked { .. } => 5,
        Error::Version { .. } | Error::Config(_) | Error::Clock { .. } => 2,
        Error::Rollback(_) | Error::Contradiction(_) => 1,
        // A poisoned writer, a full queue: the ledger could not be written.
        _ => 4,
    }
}

fn io_code(source: &io::Error) -> u8 {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => 6,
        _ => 4,
    }
}
