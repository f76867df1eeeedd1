//! What the device beneath the ledger can do, found by a trial that leaves no name behind.

use super::tree::Tree;
use crate::storage::{IoMode, WriteBuffer};
use rustix::fs::OFlags;
use std::os::unix::fs::FileExt;
use std::{fs, io};

/// Blocks this size are safe to assume where nothing better is known.
const USUAL_BLOCK_BYTES: usize = 4096;
/// The bounds of what [`Storage::block_bytes`](crate::storage::Storage::block_bytes) may return.
const BLOCK_BYTES: std::ops::RangeInclusive<usize> = 512..=65_536;

/// A device's answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Device {
    /// How durable writes run.
    pub(super) mode: IoMode,
    /// What they are padded to: the physical block, since a device that emulates smaller ones rewrites
    /// the neighbours of what it is given, and a power cut would tear them.
    pub(super) block_bytes: usize,
}

impl Device {
    /// Asks the system, and tries one direct write where `wanted` is [`IoMode::Direct`].
    pub(super) fn probe(tree: &Tree, wanted: IoMode) -> Self {
        let known = physical_block_bytes(tree).unwrap_or(USUAL_BLOCK_BYTES);
        if wanted == IoMode::Direct {
            for block_bytes in [known, USUAL_BLOCK_BYTES] {
                if try_direct(tree, block_bytes).is_ok() {
                    return Self { mode: IoMode::Direct, block_bytes };
                }
            }
        }
        Self { mode: IoMode::Buffered, block_bytes: known }
    }
}

fn try_direct(tree: &Tree, block_bytes: usize) -> io::Result<()> {
    let file = tree.nameless(OFlags::RDWR | OFlags::DIRECT)?;
    let mut buffer = WriteBuffer::with_capacity(block_bytes);
    if !buffer.push(&[0]) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    buffer.pad_to(block_bytes);
    file.write_all_at(buffer.as_slice(), 0)
}

/// What the kernel tells of the block device; `None` for file systems without one of their own.
fn physical_block_bytes(tree: &Tree) -> Option<usize> {
    let device = rustix::fs::fstat(tree.root()).ok()?.st_dev;
    let entry = format!("/sys/dev/block/{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    // A partition's queue belongs to the whole disk, one folder up.
    let told = ["queue", "../queue"]
        .iter()
        .find_map(|queue| fs::read_to_string(format!("{entry}/{queue}/physical_block_size")).ok())?;
    let bytes = told.trim().parse().ok()?;
    (BLOCK_BYTES.contains(&bytes) && bytes.is_power_of_two()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::open(dir.path()).unwrap();
        let device = Device::probe(&tree, IoMode::Direct);
        assert!(BLOCK_BYTES.contains(&device.block_bytes));
        assert!(tree.list("").unwrap().is_empty());
    }

    #[test]
    fn buffered_stays_buffered_and_keeps_the_devices_block() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::open(dir.path()).unwrap();
        let buffered = Device::probe(&tree, IoMode::Buffered);
        assert_eq!(buffered.mode, IoMode::Buffered);
        assert!(buffered.block_bytes.is_power_of_two());
    }
}
