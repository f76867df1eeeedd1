//! Where frames start in a segment, about every four kibibytes: eight bytes a place.
//!
//! Pure. A place is a hint: whoever follows one still checks the frame it leads to.

/// How far apart places are, in bytes of the segment, at least.
pub(super) const PLACE_STRIDE_BYTES: usize = 4096;

/// The places of one segment, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    first_sequence: u64,
    /// Sequence less the segment's first, and the frame's first byte in the segment.
    list: Vec<(u32, u32)>,
}

/// What [`Places::find`] knows of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// A frame at or before the one looked for starts here.
    pub offset: u32,
    /// The one looked for starts before this byte; `None` when it is behind the last place.
    pub before: Option<u32>,
}

impl Places {
    /// None yet, of a segment that begins with `first_sequence`.
    pub(super) fn new(first_sequence: u64) -> Self {
        Self { first_sequence, list: Vec::new() }
    }

    /// Those of a segment that begins with `first_sequence`, as [`pairs`](Self::pairs) gave them.
    pub fn from_pairs(first_sequence: u64, list: Vec<(u32, u32)>) -> Self {
        Self { first_sequence, list }
    }

    /// Each place as (sequence less the segment's first, byte in the segment), ascending: for a sidecar.
    pub fn pairs(&self) -> &[(u32, u32)] {
        &self.list
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Notes that the commit with this first sequence starts at `offset`, if the last place is far enough away.
    #[inline]
    pub(super) fn add(&mut self, sequence: u64, offset: u32) {
        let far = self.list.last().is_none_or(|(_, last)| offset - last >= PLACE_STRIDE_BYTES as u32);
        if far {
            self.list.push(((sequence - self.first_sequence) as u32, offset));
        }
    }

    /// Forgets all but the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        self.list.truncate(length);
    }

    /// Takes over those of `more`, which follow, as far as they are far enough apart.
    pub(super) fn append(&mut self, more: &Places) {
        for (delta, offset) in &more.list {
            self.add(self.first_sequence + u64::from(*delta), *offset);
        }
    }

    /// The last place at or before `sequence`.
    pub(super) fn find(&self, sequence: u64) -> Option<Found> {
        let wanted = u32::try_from(sequence.checked_sub(self.first_sequence)?).ok()?;
        let after = self.list.partition_point(|(first, _)| *first <= wanted);
        let (_, offset) = *self.list.get(after.checked_sub(1)?)?;
        Some(Found { offset, before: self.list.get(after).map(|(_, offset)| *offset) })
    }
}
