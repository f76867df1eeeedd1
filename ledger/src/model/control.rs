//! Words of the controls: what stops an operation, in which direction, and why.

use super::party::names;
use super::{CommandId, OperationKind, Side};

impl OperationKind {
    /// Those that a freeze stops, and that an exception of a freeze may therefore let through.
    pub const FREEZABLE: [Self; 6] =
        [Self::TopUp, Self::Spend, Self::RefundSpend, Self::Transfer, Self::PlaceHold, Self::SettleHold];
}

/// Which way money goes, seen from one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Its net on the normal side rises, or will once a hold is settled.
    In,
    /// Its net on the normal side falls, or will once a hold is settled.
    Out,
}

impl Direction {
    /// The direction of a posting on `side` of an account whose normal side is `normal`.
    #[inline]
    pub const fn of(side: Side, normal: Side) -> Self {
        if side as u8 == normal as u8 { Self::In } else { Self::Out }
    }
}

/// The directions that a freeze stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Directions {
    /// Nothing comes in.
    In = 1,
    /// Nothing goes out.
    Out = 2,
    /// Neither.
    Both = 3,
}

names!(Directions { In = "in", Out = "out", Both = "both" });

impl Directions {
    /// Whether `direction` is among them.
    #[inline]
    pub const fn cover(self, direction: Direction) -> bool {
        match direction {
            Direction::In => self as u8 & Self::In as u8 != 0,
            Direction::Out => self as u8 & Self::Out as u8 != 0,
        }
    }
}

/// Why an account, or part of what it holds, is frozen. Words go into the command's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FreezeReason {
    /// Somebody else seems to use it.
    SuspectedFraud = 1,
    /// A court says so.
    CourtOrder = 2,
    /// Its holder asked for it.
    HolderRequest = 3,
    /// Its holder died.
    Death = 4,
    /// Its holder is on a list.
    Sanctions = 5,
    /// None of these.
    Other = 6,
}

names!(FreezeReason {
    SuspectedFraud = "suspected_fraud", CourtOrder = "court_order", HolderRequest = "holder_request", Death = "death",
    Sanctions = "sanctions", Other = "other",
});

/// What kind of control refused an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ControlKind {
    /// A freeze of one account.
    Freeze = 1,
    /// A halt of everything that matches.
    Halt = 2,
    /// A bound on amounts, counts or sums.
    Limit = 3,
}

names!(ControlKind { Freeze = "freeze", Halt = "halt", Limit = "limit" });

/// A control: its kind, and the id of the command that set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Control {
    /// Freeze, halt or limit.
    pub kind: ControlKind,
    /// The command that set it.
    pub id: CommandId,
}

impl Control {
    /// The code by which answers name it.
    pub const fn code(self) -> &'static str {
        match self.kind {
            ControlKind::Freeze => "frozen",
            ControlKind::Halt => "halted",
            ControlKind::Limit => "limited",
        }
    }
}

/// One operation that a freeze lets through once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exception {
    /// What it is; one of [`OperationKind::FREEZABLE`].
    pub operation: OperationKind,
    /// The most that it may move, in minor units of the account's currency; at least 1.
    pub amount_max_minor: u64,
}
