//! The real binary, from outside: what scripts and people rely on.

mod answers;
mod import;
mod kill;
mod malformed;
mod questions;
mod shell;
mod support;
