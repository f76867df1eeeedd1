//! The ledger.

pub mod error;
pub mod storage;
