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
