//! An event-sourced, double-entry ledger for wallets: stored-value and mobile-payment services.
//!
//! Every top-up, spend, hold, refund and reversal is an immutable event in one journal; every balance and every report is
//! derived from that journal and can be derived again.
//!
//! ```text
//!  Command ─► decide(&State, &Command, now) ─► Accepted(event) | Declined(event) | Rejected(reason)
//!                  ▲                                  │
//!                State ◄── apply(&Event) ◄────────────┤ runs ahead of the disk, seen by decide alone
//!                                                     ▼
//!                                           journal: encode, write, durable
//!                                                     │ in order
//!                                                     ▼
//!      answers ◄── publish: the same apply folds durable events into what readers see ─► query
//!      open(): checkpoint, then journal ─► the same apply
//! ```
//!
//! It is one node: an embedded library for one writing process and any number of readers. It is not a replicated database, not a
//! general event store, and it keeps no personal data: ids of people, devices and cards are pseudonyms that the host makes.
//!
//! ```
//! use ledger::command::{Action, Command, CommandContext, TopUp};
//! use ledger::model::{AccountId, AccountRef, CommandId};
//! use ledger::query::AsOf;
//! use ledger::{InitOptions, Ledger, OpenOptions, Outcome};
//! # use ledger::command::OpenAccount;
//! # use ledger::model::{AccountKind, Overdraft};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let dir = folder.path().join("wallet.ledger");
//! Ledger::init(&dir, &InitOptions::default())?;
//! let ledger = Ledger::open(&dir, &OpenOptions::default())?;
//! let command = |id, action| Command {
//!     id: CommandId(id),
//!     at: None,
//!     effective: None,
//!     actor: None,
//!     cause: None,
//!     context: CommandContext::default(),
//!     action,
//! };
//! let wallet = AccountId(0xA11CE);
//! # let open = OpenAccount {
//! #     account: wallet,
//! #     kind: AccountKind::Liability,
//! #     currency: "JPY".parse()?,
//! #     code: None,
//! #     under: Some("wallets".parse()?),
//! #     overdraft: Overdraft::Never,
//! # };
//! ledger.submit(command(1, Action::OpenAccount(open)))?;
//! let top_up = TopUp {
//!     account: wallet.into(),
//!     funding: "funding:credit-card".parse()?,
//!     amount_minor: 3_000,
//!     currency: "JPY".parse()?,
//! };
//! let outcome = ledger.submit(command(2, Action::TopUp(top_up)))?;
//! assert!(matches!(outcome, Outcome::Accepted(_)));
//! let balance = ledger.reader().balance(&AccountRef::Id(wallet), &AsOf::default())?;
//! assert_eq!(balance.map(|balance| balance.available_minor()), Some(3_000));
//! ledger.close()?;
//! # Ok(())
//! # }
//! ```

pub mod chart;
pub mod checkpoint;
pub mod closing;
pub mod codec;
pub mod command;
pub mod decide;
mod engine;
pub mod error;
pub mod event;
pub mod index;
pub mod journal;
pub mod json;
mod ledger;
pub mod model;
pub mod outcome;
pub mod query;
pub mod reader;
pub mod rebuildable;
pub mod rejection;
pub mod selector;
pub mod sidecar;
#[cfg(test)]
mod simulation;
pub mod state;
pub mod storage;
pub mod verification;

pub use crate::engine::config::{Config, FORMAT_VERSION};
pub use crate::engine::queue::Pending;
pub use crate::engine::recover::OpenReport;
pub use crate::error::{Error, ErrorKind};
pub use crate::ledger::{Chart, InitOptions, Ledger, OpenOptions};
pub use crate::outcome::{BalanceAfter, Outcome, Receipt};
pub use crate::reader::{Events, History, Reader, View};
pub use crate::rejection::Rejection;

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
