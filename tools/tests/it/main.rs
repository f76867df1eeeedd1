//! The real binary, from outside: what scripts and people rely on.

#![allow(clippy::disallowed_methods, reason = "a command line measures its own work; the books' time is the library's")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(missing_docs, reason = "nobody links a test")]

mod answers;
mod halts;
mod import;
mod kill;
mod malformed;
mod mixed;
mod questions;
mod readme;
mod rehearse;
mod shell;
mod support;
