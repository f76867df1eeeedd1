//! The ledger as it was known at an earlier moment.

use super::{Events, Reader, View};
use crate::checkpoint;
use crate::error::Error;
use crate::model::{Sequence, Timestamp};
use crate::query::Known;
use crate::state::State;
use crate::storage::Storage;

impl<S: Storage> Reader<S> {
    /// The ledger as known at a moment: now when none is given.
    ///
    /// A past moment costs a replay from the newest checkpoint before it; the last one built is kept.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn view_at(&self, known: Option<Known>) -> Result<View, Error> {
        let Some(known) = known else { return Ok(self.view()) };
        let sequence = self.sequence_at(known)?;
        let current = self.view();
        if sequence >= current.last_sequence() {
            return Ok(current);
        }
        let mut past = self.shared.past.lock();
        if let Some(view) = past.as_ref().filter(|view| view.last_sequence() == sequence) {
            return Ok(view.clone());
        }
        let nearest = past.take().filter(|view| view.last_sequence() < sequence);
        let view = self.replay_to(sequence, nearest)?;
        *past = Some(view.clone());
        Ok(view)
    }

    /// The last sequence known at a moment.
    ///
    /// # Errors
    /// What the journal reports.
    pub fn sequence_at(&self, known: Known) -> Result<Sequence, Error> {
        let through = self.through();
        match known {
            Known::Sequence(sequence) => Ok(sequence.min(through)),
            Known::At(moment) => self.last_recorded_by(moment, through),
        }
    }

    /// Recorded time never goes back, so the last event recorded by `moment` is found by halving.
    fn last_recorded_by(&self, moment: Timestamp, through: Sequence) -> Result<Sequence, Error> {
        let mut bytes = Vec::new();
        let (mut low, mut high) = (0, through.0);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let frame = self.shared.journal.frame_of(middle, &mut bytes)?;
            if frame.recorded_at_us() <= moment.0 {
                low = frame.last_sequence().min(high).max(middle);
            } else {
                high = frame.first_sequence().saturating_sub(1).min(middle - 1);
            }
        }
        Ok(Sequence(low))
    }

    fn replay_to(&self, sequence: Sequence, nearest: Option<View>) -> Result<View, Error> {
        let shared = &self.shared;
        let belongs = |sequence, anchor| Ok(checkpoint::anchor_at(&shared.journal, sequence)? == anchor);
        let from_checkpoint = checkpoint::newest(&shared.storage, self.view().ledger(), sequence, belongs)?.state;
        let mut state = match (nearest, from_checkpoint) {
            (Some(view), Some(state)) if view.last_sequence() >= state.last_sequence() => (*view).clone(),
            (_, Some(state)) => state,
            (Some(view), None) => (*view).clone(),
            (None, None) => State::new(),
        };
        let from = Sequence(state.last_sequence().0 + 1);
        let (mut events, mut chunk) = (Events::new(&self.shared.journal, from, sequence), Vec::new());
        loop {
            events.next_chunk(&mut chunk)?;
            if chunk.is_empty() {
                return Ok(View::new(state));
            }
            state.apply_all(&chunk);
        }
    }
}
