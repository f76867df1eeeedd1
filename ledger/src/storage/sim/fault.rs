//! What goes wrong on a simulated disk, and when.

use super::rng::Rng;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::io;

/// What a simulated disk does; each is counted, and each may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the method of Storage with its name")]
pub enum Operation {
    Create,
    Read,
    Write,
    Sync,
    Preallocate,
    Submit,
    /// The end of a submitted write.
    Complete,
    Rename,
    Remove,
    CreateDir,
    SyncDir,
    Lock,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Read,
        Self::Write,
        Self::Sync,
        Self::Preallocate,
        Self::Submit,
        Self::Complete,
        Self::Rename,
        Self::Remove,
        Self::CreateDir,
        Self::SyncDir,
        Self::Lock,
    ];

    /// Whether it changes the disk, and so has a place in the order of changes.
    pub(super) fn is_change(self) -> bool {
        !matches!(self, Self::Read | Self::Lock)
    }
}

/// One way to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// EIO. At a sync or a completion, what it should have made durable is in limbo for ever.
    Io,
    /// ENOSPC; the same, with another error.
    NoSpace,
    /// Part of the bytes are written, then EIO: for [`Operation::Write`] and [`Operation::Complete`].
    Short,
    /// EINTR, which a storage continues by itself: nobody may notice it.
    Interrupted,
    /// The completion comes only after this many other operations or polls: for [`Operation::Submit`].
    Delay(u64),
}

impl Fault {
    pub(super) fn error(self) -> io::Error {
        match self {
            Self::NoSpace => Errno::NOSPC.into(),
            Self::Io | Self::Short | Self::Interrupted | Self::Delay(_) => Errno::IO.into(),
        }
    }

    fn can_strike(self, operation: Operation) -> bool {
        match self {
            Self::Io | Self::Interrupted => true,
            Self::NoSpace => !matches!(operation, Operation::Read | Operation::Remove | Operation::Submit),
            Self::Short => matches!(operation, Operation::Write | Operation::Complete),
            Self::Delay(_) => operation == Operation::Submit,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum When {
    Change(u64),
    Nth(Operation, u64),
    OneIn(Operation, u64),
}

/// Which faults a simulated disk shows, and when. The first rule that fits an operation holds for it.
///
/// ```
/// use ledger::storage::{Fault, FaultPlan, Operation, SimDisk, Storage};
///
/// let disk = SimDisk::with_faults(1, FaultPlan::new().nth(Operation::Sync, 2, Fault::Io));
/// let file = disk.create("a").unwrap();
/// assert!(disk.sync(&file).is_ok());
/// assert!(disk.sync(&file).is_err());
/// assert!(disk.sync(&file).is_ok());
/// ```
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    rules: Vec<(When, Fault)>,
    seen: BTreeMap<Operation, u64>,
    rng: Rng,
    /// Strikes the next operation, whatever it is.
    forced: Option<Fault>,
}

impl FaultPlan {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// One to three faults of any kind among the first `changes` changes of the disk, as `seed` has it.
    pub fn by_seed(seed: u64, changes: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut plan = Self::new();
        for _ in 0..=rng.below(3) {
            let fault = match rng.below(6) {
                0 | 1 => Fault::Io,
                2 => Fault::NoSpace,
                3 => Fault::Short,
                4 => Fault::Interrupted,
                _ => Fault::Delay(1 + rng.below(8)),
            };
            plan = plan.at_change(1 + rng.below(changes), fault);
        }
        plan
    }

    /// `fault` at the `n`-th change of the disk, counted from 1 as [`SimDisk::changes`](super::SimDisk::changes)
    /// counts; nothing happens where that operation cannot fail so.
    #[must_use]
    pub fn at_change(mut self, n: u64, fault: Fault) -> Self {
        self.rules.push((When::Change(n), fault));
        self
    }

    /// `fault` at the `n`-th `operation`, counted from 1.
    #[must_use]
    pub fn nth(mut self, operation: Operation, n: u64, fault: Fault) -> Self {
        self.rules.push((When::Nth(operation, n), fault));
        self
    }

    /// `fault` at one in `n` of these operations, as the disk's seed has it.
    #[must_use]
    pub fn one_in(mut self, operation: Operation, n: u64, fault: Fault) -> Self {
        self.rules.push((When::OneIn(operation, n), fault));
        self
    }

    pub(super) fn seeded(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed ^ 0xfa17);
        self
    }

    /// Lets `fault` strike the next operation.
    pub(super) fn force(&mut self, fault: Fault) {
        self.forced = Some(fault);
    }

    /// Counts one operation; `change` is its place among the changes.
    pub(super) fn strike(&mut self, operation: Operation, change: u64) -> Option<Fault> {
        let seen = self.seen.entry(operation).or_default();
        *seen += 1;
        if let Some(forced) = self.forced.take() {
            return Some(forced);
        }
        let (seen, rng) = (*seen, &mut self.rng);
        let mut fits = |when| match when {
            When::Change(n) => operation.is_change() && n == change,
            When::Nth(of, n) => of == operation && n == seen,
            When::OneIn(of, n) => of == operation && rng.one_in(n),
        };
        let struck = self.rules.iter().find(|(when, fault)| fault.can_strike(operation) && fits(*when));
        struck.map(|(_, fault)| *fault).filter(|fault| *fault != Fault::Interrupted)
    }

    /// How many of each operation were counted.
    pub(super) fn seen(&self) -> Vec<(Operation, u64)> {
        Operation::ALL.iter().map(|of| (*of, self.seen.get(of).copied().unwrap_or(0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_once_at_its_operation() {
        let mut plan = FaultPlan::new().nth(Operation::Sync, 2, Fault::Io).at_change(3, Fault::NoSpace);
        assert_eq!(plan.strike(Operation::Sync, 1), None);
        assert_eq!(plan.strike(Operation::Sync, 2), Some(Fault::Io));
        assert_eq!(plan.strike(Operation::Read, 3), None, "a read has no place among the changes");
        assert_eq!(plan.strike(Operation::Write, 3), Some(Fault::NoSpace));
        assert_eq!(plan.strike(Operation::Sync, 4), None);
    }

    #[test]
    fn a_fault_strikes_only_what_can_fail_so() {
        let mut plan = FaultPlan::new().at_change(1, Fault::Delay(3)).at_change(2, Fault::Interrupted);
        assert_eq!(plan.strike(Operation::Sync, 1), None);
        assert_eq!(plan.strike(Operation::Sync, 2), None);
    }

    #[test]
    fn a_seed_always_gives_the_same_plan() {
        let strikes = |seed| {
            let mut plan = FaultPlan::by_seed(seed, 20).one_in(Operation::Write, 4, Fault::Short).seeded(seed);
            (1..=20).map(|change| plan.strike(Operation::Write, change)).collect::<Vec<_>>()
        };
        assert_eq!(strikes(5), strikes(5));
        assert_ne!(strikes(5), strikes(6));
    }
}
