//! The rows of the table of targets, one file a family. Each takes a [`Lab`] and adds its figures to a [`Report`].

mod bytes;
pub mod child;
mod controls;
mod growth;
mod latency;
mod questions;
mod reopen;
mod stages;
mod throughput;

use ledger::Error;

use crate::lab::Lab;
use crate::report::Report;

/// What the harness can measure, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Row {
    /// Batches of 8,000 and of 100, the hot account, 64 callers
    Throughput,
    /// Batches of 8,000 without controls and with ten halts
    Controls,
    /// One command at a time against the disk's own write
    Latency,
    /// Bytes of the journal a transfer
    Bytes,
    /// Opening after kill -9 and after a clean stop, and memory
    Reopen,
    /// Balance, statement and trial balance, under writing
    Questions,
    /// From 10,000 accounts upwards
    Growth,
    /// Where the time of a transfer goes
    Stages,
}

impl Row {
    /// Measures it.
    ///
    /// # Errors
    /// What the ledger or the disk reports.
    pub fn measure(self, lab: &Lab, report: &mut Report) -> Result<(), Error> {
        match self {
            Self::Throughput => throughput::measure(lab, report),
            Self::Controls => controls::measure(lab, report),
            Self::Latency => latency::measure(lab, report),
            Self::Bytes => bytes::measure(lab, report),
            Self::Reopen => reopen::measure(lab, report),
            Self::Questions => questions::measure(lab, report),
            Self::Growth => growth::measure(lab, report),
            Self::Stages => stages::measure(lab, report),
        }
    }
}
