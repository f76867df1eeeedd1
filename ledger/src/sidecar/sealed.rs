//! All sidecars of a ledger behind one filter.

use std::sync::Arc;

use crate::error::Error;
use crate::model::{CommandId, LedgerId, Sequence};
use crate::storage::Storage;

use super::filter::{Group, LANES};
use super::hash::{IdHash, IdHasher};
use super::{Lane, Sidecar};

/// The sidecars as they were at one moment; a clone is cheap and stays as it is.
///
/// Memory: 2 to 4 bytes a command id for the filter, 16 KiB a sidecar for its fences.
#[derive(Debug)]
pub struct SealedIds<S: Storage> {
    hasher: IdHasher,
    groups: Arc<Vec<GroupView<S>>>,
}

#[derive(Debug)]
struct GroupView<S: Storage> {
    group: Arc<Group>,
    /// Which lanes of the group this view knows.
    known: u8,
    sidecars: [Option<Arc<Sidecar<S>>>; LANES],
}

impl<S: Storage> Clone for SealedIds<S> {
    fn clone(&self) -> Self {
        Self { hasher: self.hasher, groups: Arc::clone(&self.groups) }
    }
}

impl<S: Storage> Clone for GroupView<S> {
    fn clone(&self) -> Self {
        Self { group: Arc::clone(&self.group), known: self.known, sidecars: self.sidecars.clone() }
    }
}

impl<S: Storage> SealedIds<S> {
    /// No sidecars.
    pub fn new(ledger: LedgerId) -> Self {
        Self { hasher: IdHasher::new(ledger), groups: Arc::new(Vec::new()) }
    }

    /// These sidecars and `sidecar`, whose bits are `lane`; in the place of an older one of the same segment.
    ///
    /// Costs a walk over the lane (some 20 ms for a segment of 256 MiB): not for the thread that writes.
    #[must_use]
    pub fn with(&self, sidecar: Arc<Sidecar<S>>, lane: &Lane) -> Self {
        let mut groups = Vec::clone(&self.groups);
        let ordinal = sidecar.identity().subject;
        let older = groups.iter_mut().flat_map(|view| view.sidecars.iter_mut().flatten());
        if let Some(same) = older.into_iter().find(|older| older.identity() == sidecar.identity()) {
            *same = sidecar;
            return Self { hasher: self.hasher, groups: Arc::new(groups) };
        }
        for view in &mut groups {
            for lane in 0..LANES {
                if view.sidecars[lane].as_ref().is_some_and(|older| older.identity().subject == ordinal) {
                    view.sidecars[lane] = None;
                    view.known &= !(1 << lane);
                }
            }
        }
        let place = groups.iter().enumerate().find_map(|(nth, view)| Some((nth, view.group.add(lane)?)));
        let (nth, taken) = place.unwrap_or_else(|| {
            let group = Group::new(lane.blocks().len());
            let taken = group.add(lane).unwrap_or_default();
            groups.push(GroupView { group: Arc::new(group), known: 0, sidecars: [const { None }; LANES] });
            (groups.len() - 1, taken)
        });
        groups[nth].known |= 1 << taken;
        groups[nth].sidecars[taken] = Some(sidecar);
        Self { hasher: self.hasher, groups: Arc::new(groups) }
    }

    /// The sequence of the event that `id` led to, when it lies in a segment with a sidecar.
    ///
    /// A new id costs a cache line for each eight sidecars, and one read for about one in a thousand sidecars.
    ///
    /// # Errors
    /// [`Error::Corrupt`] or [`Error::Io`] when a sidecar that may hold the id cannot be read.
    pub fn get(&self, id: CommandId) -> Result<Option<Sequence>, Error> {
        if self.groups.is_empty() {
            return Ok(None);
        }
        let hash = self.hasher.hash(id);
        for view in self.groups.iter().rev() {
            let lanes = view.group.lanes(hash) & view.known;
            if lanes != 0
                && let Some(sequence) = view.find(lanes, id, hash)?
            {
                return Ok(Some(sequence));
            }
        }
        Ok(None)
    }

    /// The last sequence up to which every event's id lies in a sidecar.
    pub fn through(&self) -> Sequence {
        let mut ranges: Vec<_> =
            self.sidecars().map(|sidecar| (sidecar.identity().first, sidecar.identity().last)).collect();
        ranges.sort_unstable();
        let next = |through: Sequence, (first, last): (Sequence, Sequence)| {
            if first.0 <= through.0 + 1 { through.max(last) } else { through }
        };
        ranges.into_iter().fold(Sequence(0), next)
    }

    /// How many sidecars may hold `id`, by the filter alone.
    pub fn candidates(&self, id: CommandId) -> u32 {
        let hash = self.hasher.hash(id);
        self.groups.iter().map(|view| (view.group.lanes(hash) & view.known).count_ones()).sum()
    }

    /// The sidecars, in no particular order.
    pub fn sidecars(&self) -> impl Iterator<Item = &Arc<Sidecar<S>>> {
        self.groups.iter().flat_map(|view| view.sidecars.iter().flatten())
    }

    /// Bytes of memory that the filter takes.
    pub fn filter_bytes(&self) -> usize {
        self.groups.iter().map(|view| view.group.bytes()).sum()
    }

    pub(super) fn touch(&self, id: CommandId) -> u8 {
        if self.groups.is_empty() {
            return 0;
        }
        let hash = self.hasher.hash(id);
        self.groups.iter().fold(0, |sum, view| sum ^ view.group.touch(hash))
    }
}

impl<S: Storage> GroupView<S> {
    #[cold]
    fn find(&self, lanes: u8, id: CommandId, hash: IdHash) -> Result<Option<Sequence>, Error> {
        let mut left = lanes;
        while left != 0 {
            let lane = left.trailing_zeros() as usize;
            left &= left - 1;
            if let Some(sidecar) = &self.sidecars[lane]
                && let Some(sequence) = sidecar.find_hashed(id, hash)?
            {
                return Ok(Some(sequence));
            }
        }
        Ok(None)
    }
}
