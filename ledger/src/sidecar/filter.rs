//! A filter over many sidecars that costs one cache line for each eight of them.
//!
//! A *lane* holds the bits of one sidecar: blocks of 64 bits. Up to eight lanes with the same number of blocks lie side
//! by side in a *group*: a block of a group is one cache line of 64 rows of 8 bits, a bit for each lane. An id chooses one
//! block and [`ROWS`] rows in it; the rows' AND tells at once which of the eight may hold it. Pure; no I/O.

use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::Mutex;

use super::hash::IdHash;

/// How many rows an id sets.
pub(crate) const ROWS: u32 = 7;
/// How many lanes lie side by side.
pub(super) const LANES: usize = 8;
/// The most ids a block of a full lane is sized for; between this and half of it, so that an id has 16 to 32 bits.
const IDS_A_BLOCK: u64 = 4;
/// Rows of a block, bits of a lane's block.
const ROWS_A_BLOCK: usize = 64;

/// The filter bits of one sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    blocks: Vec<u64>,
}

impl Lane {
    /// An empty lane for `ids` ids. The number of blocks depends on `ids` alone, and is a power of two.
    pub fn new(ids: u64) -> Self {
        Self { blocks: vec![0; ids.div_ceil(IDS_A_BLOCK).max(1).next_power_of_two() as usize] }
    }

    /// The lane of these blocks; `None` when their number is not a power of two.
    pub fn from_blocks(blocks: Vec<u64>) -> Option<Self> {
        blocks.len().is_power_of_two().then_some(Self { blocks })
    }

    /// Its blocks.
    pub fn blocks(&self) -> &[u64] {
        &self.blocks
    }

    pub(super) fn set(&mut self, hash: IdHash) {
        let block = block_of(hash, self.blocks.len());
        self.blocks[block] |= rows(hash).fold(0, |bits, row| bits | 1 << row);
    }
}

fn block_of(hash: IdHash, blocks: usize) -> usize {
    (hash.order >> 20) as usize & (blocks - 1)
}

fn rows(hash: IdHash) -> impl Iterator<Item = usize> {
    (0..ROWS).map(move |nth| (hash.rows >> (nth * 6)) as usize % ROWS_A_BLOCK)
}

/// One cache line: for each row the lanes in which it is set.
#[derive(Debug)]
#[repr(align(64))]
struct Block([AtomicU8; ROWS_A_BLOCK]);

/// Up to [`LANES`] lanes with the same number of blocks.
///
/// A lane is filled while other threads look at the lanes beside it; who looks at it has got its number from who filled
/// it, so that relaxed loads are enough.
#[derive(Debug)]
pub(super) struct Group {
    blocks: Box<[Block]>,
    taken: Mutex<usize>,
}

impl Group {
    pub fn new(blocks: usize) -> Self {
        let empty = |_| Block(std::array::from_fn(|_| AtomicU8::new(0)));
        Self { blocks: (0..blocks).map(empty).collect(), taken: Mutex::new(0) }
    }

    /// Copies `lane` beside the others and says which of the eight it is; `None` when it does not fit.
    pub fn add(&self, lane: &Lane) -> Option<usize> {
        let mut taken = self.taken.lock();
        if *taken == LANES || lane.blocks.len() != self.blocks.len() {
            return None;
        }
        let bit = 1u8 << *taken;
        for (block, &bits) in self.blocks.iter().zip(&lane.blocks) {
            let mut left = bits;
            while left != 0 {
                let row = &block.0[left.trailing_zeros() as usize];
                row.store(row.load(Ordering::Relaxed) | bit, Ordering::Relaxed);
                left &= left - 1;
            }
        }
        *taken += 1;
        Some(*taken - 1)
    }

    /// Which lanes may hold the id, a bit each; lanes that are not filled yet may or may not show.
    pub fn lanes(&self, hash: IdHash) -> u8 {
        let block = &self.blocks[block_of(hash, self.blocks.len())];
        rows(hash).fold(u8::MAX, |lanes, row| lanes & block.0[row].load(Ordering::Relaxed))
    }

    /// Reads the id's cache line, so that [`lanes`](Self::lanes) finds it near; what it returns means nothing.
    pub fn touch(&self, hash: IdHash) -> u8 {
        self.blocks[block_of(hash, self.blocks.len())].0[0].load(Ordering::Relaxed)
    }

    pub fn bytes(&self) -> usize {
        self.blocks.len() * size_of::<Block>()
    }
}
