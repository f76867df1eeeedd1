//! An event-sourced, double-entry ledger for wallets.

pub mod chart;
pub mod codec;
pub mod command;
pub mod decide;
pub mod error;
pub mod event;
pub mod json;
pub mod model;
pub mod rejection;
pub mod state;
pub mod storage;
