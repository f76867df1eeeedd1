//! How large a rehearsal is, and what of the published case is scaled with it. Pure.

/// The number of wallets at which the published figures hold as they are.
pub const FULL_ACCOUNTS: u32 = 1_500_000;
/// Victims in the published outcome of January 2020.
const VICTIMS: u64 = 808;
/// Their loss in yen in the published outcome of July 2019 (808 people).
const LOSS_MINOR: u64 = 38_615_473;
/// People in the operator's first estimate, of 4 July 2019, 06:00.
const ESTIMATED_PEOPLE: u64 = 900;
/// Yen in the operator's first estimate.
const ESTIMATED_MINOR: u64 = 55_000_000;
/// The most stores a rehearsal opens.
const STORES_MAX: u64 = 5_000;

/// How many wallets and events, and which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Wallets opened.
    pub accounts: u32,
    /// Events that the commands lead to, those of `init` left out.
    pub events: u64,
    /// Everything else follows from it.
    pub seed: u64,
}

impl Scale {
    /// The smallest rehearsal.
    pub const ACCOUNTS_MIN: u32 = 100;
    /// At least so many events an account.
    pub const EVENTS_PER_ACCOUNT_MIN: u64 = 4;

    /// Checks the bounds.
    ///
    /// # Errors
    /// Says what to choose instead.
    pub fn check(self) -> Result<Self, String> {
        if self.accounts < Self::ACCOUNTS_MIN {
            return Err(format!("a rehearsal has at least {} accounts", Self::ACCOUNTS_MIN));
        }
        let least = u64::from(self.accounts) * Self::EVENTS_PER_ACCOUNT_MIN;
        if self.events < least {
            return Err(format!(
                "{} accounts need at least {least} events: each is opened, topped up and spends",
                self.accounts
            ));
        }
        Ok(self)
    }

    /// How many people the intrusion makes victims of.
    pub fn victims(self) -> u64 {
        self.share_of(VICTIMS).max(1)
    }

    /// What they lose together, in yen.
    pub fn loss_minor(self) -> u64 {
        self.share_of(LOSS_MINOR).max(self.victims())
    }

    /// How many people the first estimate should come near.
    pub fn estimated_people(self) -> u64 {
        self.share_of(ESTIMATED_PEOPLE).max(1)
    }

    /// How many yen the first estimate should come near.
    pub fn estimated_minor(self) -> u64 {
        self.share_of(ESTIMATED_MINOR)
    }

    /// How many stores there are.
    pub fn stores(self) -> u16 {
        (u64::from(self.accounts) / 300).clamp(5, STORES_MAX) as u16
    }

    fn share_of(self, full: u64) -> u64 {
        (full * u64::from(self.accounts) + u64::from(FULL_ACCOUNTS) / 2) / u64::from(FULL_ACCOUNTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_full_size_the_published_figures_hold_as_they_are() {
        let full = Scale { accounts: 1_500_000, events: 10_000_000, seed: 1 };
        assert_eq!((full.victims(), full.loss_minor()), (808, 38_615_473));
        assert_eq!((full.estimated_people(), full.estimated_minor()), (900, 55_000_000));
        assert_eq!(full.check(), Ok(full));
    }

    #[test]
    fn too_few_accounts_or_events_are_refused_with_the_least() {
        assert!(Scale { accounts: 99, events: 1_000, seed: 1 }.check().is_err());
        let message = Scale { accounts: 2_000, events: 7_999, seed: 1 }.check().unwrap_err();
        assert!(message.contains("8000"), "{message}");
    }
}
