//! `ledger-server`: the ledger over the network, one day. It does not serve yet, and says so.
//!
//! The crate has its place in the workspace so that what it will be built on, the public names of `ledger`, is held to
//! that from the start.

use std::io::Write;
use std::process::ExitCode;

/// What it says instead of serving.
const NOTICE: &str = "\
ledger-server: it does not serve yet; nothing was started
ledger-server: link the library `ledger` into your service, or run the command `ledger` (`ledger --help`)
";

/// The exit code for a program that cannot be used as asked, as in the command `ledger`.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    // Where standard error is gone too, the exit code still says it.
    drop(std::io::stderr().write_all(NOTICE.as_bytes()));
    ExitCode::from(USAGE)
}
