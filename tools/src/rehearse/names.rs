//! Ids of everything in a rehearsal, derived from the seed so that none has to be remembered. Pure.

use ledger::model::{AccountId, Code, CommandId, Pseudonym};

use super::random::mix;

/// The accounts of the operator's chart that a rehearsal names by code.
pub mod code {
    /// What every wallet is summed up under.
    pub const WALLETS: &str = "wallets";
    /// What the payable of every store is summed up under.
    pub const STORE_PAYABLES: &str = "store-payables";
    /// The operator's bank account.
    pub const BANK: &str = "bank";
    /// What acquirers keep.
    pub const ACQUIRER_FEES: &str = "fees:acquirer";
    /// Money that nobody has claimed yet.
    pub const SUSPENSE: &str = "suspense";
    /// What was there before the books began.
    pub const OPENING_BALANCES: &str = "opening-balances";
}

/// Gives out ids: the same for the same seed, family and place, different otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    seed: u64,
}

impl Names {
    /// The names of the rehearsal with this seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed: mix(seed ^ 0x7265_6865_6172_7365) }
    }

    /// A wallet by its place in the order of registration.
    pub const fn wallet(self, place: u32) -> AccountId {
        AccountId(self.id(1, place as u64))
    }

    /// The payable of a store by the store's place.
    pub const fn payable(self, store: u16) -> AccountId {
        AccountId(self.id(2, store as u64))
    }

    /// A command by its place in the stream.
    pub const fn command(self, place: u64) -> CommandId {
        CommandId(self.id(3, place))
    }

    /// A command that was planned before the stream began, by its place in the plan.
    pub const fn planned_command(self, place: u64) -> CommandId {
        CommandId(self.id(4, place))
    }

    /// A command of the opening, by its place there.
    pub const fn opening_command(self, place: u64) -> CommandId {
        CommandId(self.id(9, place))
    }

    /// A linked group, by the place of its first member in the stream.
    pub const fn group(self, place: u64) -> CommandId {
        CommandId(self.id(5, place))
    }

    /// The device of a wallet's holder; `renewed` after a change of phone.
    pub const fn device(self, wallet: u32, renewed: bool) -> Pseudonym {
        Pseudonym(self.id(6, wallet as u64 | (renewed as u64) << 32))
    }

    /// The card that a wallet's holder registered.
    pub const fn card(self, wallet: u32) -> Pseudonym {
        Pseudonym(self.id(7, wallet as u64))
    }

    /// A device of the intruders.
    pub const fn intruder_device(self, place: u16) -> Pseudonym {
        Pseudonym(self.id(8, place as u64))
    }

    /// An id shaped like a random UUID (version 4).
    const fn id(self, family: u64, place: u64) -> u128 {
        let high = mix(self.seed ^ mix(family << 56 ^ place));
        let low = mix(high ^ mix(place.wrapping_add(family.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        let bits = (high as u128) << 64 | low as u128;
        bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62
    }
}

/// A code that this program writes itself.
pub fn code(text: &str) -> Code {
    text.parse().expect("the codes of a rehearsal are well formed")
}

/// The code of a store: its prefecture and its number.
pub fn store_code(place: u16) -> Code {
    code(&format!("jp{:02}:{place:05}", place % 47 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_differ_between_places_families_and_seeds() {
        let mut seen = HashSet::new();
        for names in [Names::new(1), Names::new(2)] {
            for place in 0..20_000u32 {
                assert!(seen.insert(names.wallet(place).0));
                assert!(seen.insert(names.command(u64::from(place)).0));
                assert!(seen.insert(names.device(place, false).0));
                assert!(seen.insert(names.device(place, true).0));
            }
        }
        assert_eq!(uuid_version(Names::new(1).wallet(0).0), 4);
    }

    fn uuid_version(id: u128) -> u128 {
        id >> 76 & 0xf
    }
}
