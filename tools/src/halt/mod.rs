//! `ledger halt`: imposing, lifting, listing, and a look at what would have been stopped.

mod args;
mod change;
mod list;
mod preview;

pub use args::HaltWhat;

use crate::failure::Failure;

/// Does one of them.
pub fn run(what: &HaltWhat) -> Result<(), Failure> {
    match what {
        HaltWhat::Impose(args) => change::impose(args),
        HaltWhat::Lift(args) => change::lift(args),
        HaltWhat::List(args) => list::run(args),
        HaltWhat::Preview(args) => preview::run(args),
    }
}
