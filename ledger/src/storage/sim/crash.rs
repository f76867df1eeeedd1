//! How much of what is not durable one power cut lets through.

use super::rng::Rng;

/// A crash is most telling at its extremes, so they are as likely as everything between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Odds {
    /// Only what is durable.
    Nothing,
    /// All of it, as if the power had gone a moment later.
    Everything,
    /// Each piece with this many chances in eight.
    Eighths(u64),
}

impl Odds {
    pub(super) fn pick(rng: &mut Rng) -> Self {
        match rng.below(6) {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 => Self::Eighths(1),
            3 => Self::Eighths(7),
            _ => Self::Eighths(4),
        }
    }

    /// Whether one piece gets through.
    pub(super) fn keeps(self, rng: &mut Rng) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Eighths(chances) => rng.below(8) < chances,
        }
    }

    /// How many of `count` pieces that follow each other get through, from the first on.
    pub(super) fn first(self, count: u64, rng: &mut Rng) -> u64 {
        if self.keeps(rng) { count } else { self.some_of(count, rng) }
    }

    fn some_of(self, count: u64, rng: &mut Rng) -> u64 {
        if self == Self::Nothing { 0 } else { rng.below(count) }
    }

    /// Whether one page is torn.
    pub(super) fn tears(self, rng: &mut Rng) -> bool {
        matches!(self, Self::Eighths(_)) && rng.one_in(3)
    }
}
