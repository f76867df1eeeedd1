//! An event-sourced, double-entry ledger for wallets.

pub mod chart;
pub mod checkpoint;
pub mod closing;
pub mod codec;
pub mod command;
pub mod decide;
pub mod error;
pub mod event;
pub mod index;
pub mod json;
pub mod model;
pub mod rebuildable;
pub mod rejection;
pub mod sidecar;
pub mod state;
pub mod storage;
