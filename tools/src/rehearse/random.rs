//! Random numbers that are the same on every platform: integers only, and no source but the seed.
//!
//! The generator is xoshiro256++ (Blackman and Vigna, 2019), its state filled by splitmix64. Pure.

/// Scatters a number over all 64 bits; no two numbers meet (the finalizer of splitmix64).
pub const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// An endless row of numbers that the seed and the purpose determine.
#[derive(Debug, Clone)]
pub struct Random {
    words: [u64; 4],
}

impl Random {
    /// The row for `purpose` at `seed`; rows of different purposes have nothing to do with each other.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let start = purpose.bytes().fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte)));
        let word = |place: u64| mix(start.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        Self { words: [word(1), word(2), word(3), word(4)] }
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.words;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.words = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.next() as u128 * bound as u128) >> 64) as u64
    }

    /// A number from `low` to `high`, both possible; `low` when `high` is smaller.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether an event that happens `share` times in ten thousand happens now.
    pub const fn chance(&mut self, share: u64) -> bool {
        self.below(10_000) < share
    }

    /// One of `choices`, each as likely as its weight says.
    pub fn one_of<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let mut place = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            if place < *weight {
                return *choice;
            }
            place -= weight;
        }
        choices[choices.len() - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_for_ever() {
        let mut random = Random::new(7, "test");
        let numbers = [random.next(), random.next(), random.next(), random.next()];
        assert_eq!(numbers, FIRST_OF_SEED_7, "{numbers:?}");
        assert_ne!(Random::new(7, "other").next(), numbers[0]);
        assert_ne!(Random::new(8, "test").next(), numbers[0]);
    }

    const FIRST_OF_SEED_7: [u64; 4] =
        [12_465_990_901_086_196_161, 14_325_997_038_565_023_246, 1_771_216_105_785_796_857, 4_902_686_112_802_955_215];

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut random = Random::new(1, "test");
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[random.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|&count| (850..1_150).contains(&count)), "{seen:?}");
        assert_eq!(random.below(0), 0);
        assert_eq!(random.between(5, 5), 5);
        let picked: u32 = (0..10_000).map(|_| random.one_of(&[(9, 0u32), (1, 1)])).sum();
        assert!((850..1_150).contains(&picked), "{picked}");
    }
}
