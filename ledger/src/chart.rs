//! The operator's chart of `init --chart wallet`, as commands.

use crate::command::Command;
use crate::model::{AccountId, Timestamp};

/// The id of the account of that code in the wallet chart: the first 16 bytes of
/// SHA-256(`"ledger/chart/v1\0"` ‖ code).
pub fn account_id(code: &str) -> AccountId {
    let _ = code;
    todo!()
}

/// The commands that make the wallet chart, in order, at `at` where the ledger's clock is its commands.
pub fn wallet_chart(at: Option<Timestamp>) -> Vec<Command> {
    let _ = at;
    todo!()
}
