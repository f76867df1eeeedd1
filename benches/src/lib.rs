//! Measurements of the ledger: what the harness `ledger-benches` and the stage benchmarks of criterion share.
//!
//! It uses the library's public names only. Figures are floating point: no figure is money.

#![allow(clippy::disallowed_methods, reason = "benchmarks read the clock")]

pub mod bare;
pub mod disk;
pub mod figures;
pub mod lab;
pub mod machine;
pub mod plot;
pub mod report;
pub mod rows;
pub mod workload;
