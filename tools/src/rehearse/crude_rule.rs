//! The operator's first estimate of the damage: accounts with large top-ups by card and a single large purchase.
//!
//! Pure. It knows nothing of who was a victim: it misses some and accuses others, as the real one did.

/// A top-up by card of at least so many yen is a large one.
pub const LARGE_TOP_UP_MINOR: u64 = 20_000;
/// A single purchase of more than so many yen is a large one.
pub const LARGE_PURCHASE_OVER_MINOR: u64 = 10_000;

/// What the rule needs to know of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suspicion {
    /// Topped up by credit or debit card, in yen.
    pub card_top_ups_minor: u64,
    /// Whether one of the top-ups was large.
    pub large_top_up: bool,
    /// Whether one purchase was large.
    pub large_purchase: bool,
}

impl Suspicion {
    /// A top-up by credit or debit card.
    pub const fn card_top_up(&mut self, amount_minor: u64) {
        self.card_top_ups_minor += amount_minor;
        self.large_top_up |= amount_minor >= LARGE_TOP_UP_MINOR;
    }

    /// A purchase.
    pub const fn purchase(&mut self, amount_minor: u64) {
        self.large_purchase |= amount_minor > LARGE_PURCHASE_OVER_MINOR;
    }

    /// Whether the rule finds the account.
    pub const fn is_found(&self) -> bool {
        self.large_top_up && self.large_purchase
    }
}

/// People and yen: how many accounts are found, and what they were topped up with by card.
pub fn estimate<'a>(accounts: impl IntoIterator<Item = &'a Suspicion>) -> (u64, u64) {
    accounts
        .into_iter()
        .filter(|account| account.is_found())
        .fold((0, 0), |(people, minor), account| (people + 1, minor + account.card_top_ups_minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_a_large_top_up_and_a_single_large_purchase_are_needed() {
        let mut account = Suspicion::default();
        account.card_top_up(19_999);
        account.purchase(10_001);
        assert!(!account.is_found());
        account.card_top_up(20_000);
        assert!(account.is_found());
        let mut other = Suspicion::default();
        other.card_top_up(30_000);
        other.purchase(10_000);
        other.purchase(10_000);
        assert!(!other.is_found());
        assert_eq!(estimate([&account, &other]), (1, 39_999));
    }
}
