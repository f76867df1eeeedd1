//! `ledger verify ledger`: nothing damaged, nothing that contradicts itself.

use crate::args::VerifyArgs;
use crate::failure::Failure;

/// Verifies and reports.
pub fn run(_args: &VerifyArgs) -> Result<(), Failure> {
    Err(Failure::Usage("verify is not built yet".to_owned()))
}
