//! `ledger rehearse`: the first days of July 2019, played into a fresh ledger.
//!
//! [`Stream`](stream::Stream) makes the commands; the rest of this module plays them and proves the books.

mod books;
mod crude_rule;
mod due;
mod followups;
mod holds;
mod intrusion;
mod large_buyers;
mod names;
mod opening;
mod ordinary;
mod plan;
mod random;
mod scale;
mod step;
mod stream;
mod timeline;
mod transfers;
mod truth;
mod wallets;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::failure::Failure;

/// What `ledger rehearse` takes.
#[derive(Debug, clap::Args)]
pub struct RehearseArgs {
    /// How many wallets are opened.
    #[arg(long, default_value_t = 1_500_000)]
    pub accounts: u64,
    /// How many events are played.
    #[arg(long, default_value_t = 10_000_000)]
    pub events: u64,
    /// The seed: the same seed plays the same days.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Where the ledger stays; a temporary directory when absent.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Write the commands as JSON Lines instead of playing them.
    #[arg(long, value_name = "FILE")]
    pub commands: Option<PathBuf>,
}

/// Plays the rehearsal.
pub fn run(_args: &RehearseArgs) -> Result<(), Failure> {
    Err(Failure::Usage("rehearse is not built yet".to_owned()))
}
