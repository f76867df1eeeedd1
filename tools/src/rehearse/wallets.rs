//! What each wallet can spend, kept beside the stream so that commands turn out as expected.
//!
//! Five bytes a wallet. Pure. The invariant: after each step, `available` is what the ledger's rules will say at that step.

use super::random::Random;

/// Something remembered about a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mark {
    /// Its whole life is planned; ordinary life leaves it alone.
    Planned = 1,
    /// It was topped up by card with a large amount before the first estimate.
    LargeCardTopUp = 2,
    /// It paid for one large purchase before the first estimate.
    LargePurchase = 4,
}

/// All wallets, opened or not.
#[derive(Debug)]
pub struct Wallets {
    available_minor: Vec<u32>,
    marks: Vec<u8>,
    opened: u32,
}

impl Wallets {
    /// So many wallets, none of them open.
    pub fn new(accounts: u32) -> Self {
        Self { available_minor: vec![0; accounts as usize], marks: vec![0; accounts as usize], opened: 0 }
    }

    /// Opens the next wallet; `None` when all are open.
    pub fn open(&mut self) -> Option<u32> {
        let wallet = self.opened;
        ((wallet as usize) < self.marks.len()).then(|| {
            self.opened += 1;
            wallet
        })
    }

    /// What the wallet can spend.
    pub fn available_minor(&self, wallet: u32) -> u32 {
        self.available_minor[wallet as usize]
    }

    /// Money comes in, or is no longer reserved.
    pub fn add(&mut self, wallet: u32, amount_minor: u32) {
        self.available_minor[wallet as usize] += amount_minor;
    }

    /// Takes money out or reserves it, if it is there; says whether it was.
    pub fn take(&mut self, wallet: u32, amount_minor: u32) -> bool {
        let available = &mut self.available_minor[wallet as usize];
        let left = available.checked_sub(amount_minor);
        *available = left.unwrap_or(*available);
        left.is_some()
    }

    /// Whether the wallet has the mark.
    pub fn has(&self, wallet: u32, mark: Mark) -> bool {
        self.marks[wallet as usize] & mark as u8 != 0
    }

    /// Sets the mark; says whether it was not set before.
    pub fn mark(&mut self, wallet: u32, mark: Mark) -> bool {
        let before = self.marks[wallet as usize];
        self.marks[wallet as usize] |= mark as u8;
        before & mark as u8 == 0
    }

    /// An open wallet that leads an ordinary life: one in eight wallets does six tenths of everything.
    pub fn pick(&self, random: &mut Random) -> Option<u32> {
        for _ in 0..64 {
            let place = random.below(u64::from(self.opened)) as u32;
            let wallet = if random.chance(6_000) { place - place % 8 } else { place };
            if self.opened > 0 && !self.has(wallet, Mark::Planned) {
                return Some(wallet);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_that_is_not_there() {
        let mut wallets = Wallets::new(2);
        assert_eq!(wallets.open(), Some(0));
        wallets.add(0, 500);
        assert!(!wallets.take(0, 501));
        assert_eq!(wallets.available_minor(0), 500);
        assert!(wallets.take(0, 500));
        assert_eq!((wallets.open(), wallets.open()), (Some(1), None));
    }

    #[test]
    fn a_planned_wallet_is_never_picked() {
        let mut wallets = Wallets::new(16);
        while wallets.open().is_some() {}
        assert!(wallets.mark(8, Mark::Planned));
        assert!(!wallets.mark(8, Mark::Planned));
        let mut random = Random::new(1, "test");
        assert!((0..1_000).all(|_| wallets.pick(&mut random).is_some_and(|wallet| wallet < 16 && wallet != 8)));
        assert_eq!(Wallets::new(16).pick(&mut random), None);
    }
}
