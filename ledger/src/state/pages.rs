//! A growing list of slots in fixed pages, of which copies share what neither has changed since.
//!
//! A copy costs one reference a node (16,384 slots); the first change of a page after a copy duplicates that page.
//! Slots are never moved; the list shrinks only to undo.

use std::array;
use std::sync::Arc;

/// Slots in a page.
const PAGE: usize = 256;
/// Pages in a node.
const NODE: usize = 64;

type Page<T> = Arc<[T; PAGE]>;

/// A list of `T` by place.
#[derive(Debug, Clone)]
pub(super) struct Pages<T> {
    nodes: Vec<Arc<Vec<Page<T>>>>,
    length: usize,
}

impl<T: Clone + Default> Pages<T> {
    pub(super) const fn new() -> Self {
        Self { nodes: Vec::new(), length: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> Option<&T> {
        let place = place as usize;
        if place >= self.length {
            return None;
        }
        Some(&self.nodes.get(place / (PAGE * NODE))?.get(place / PAGE % NODE)?[place % PAGE])
    }

    /// Reads the slot's page's own count of references, which a change will need besides the slot.
    #[inline]
    pub(super) fn sharers(&self, place: u32) -> usize {
        let place = place as usize;
        let node = self.nodes.get(place / (PAGE * NODE));
        node.and_then(|node| node.get(place / PAGE % NODE)).map_or(0, Arc::strong_count)
    }

    /// The slot for a change: its page is this list's alone afterwards.
    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        let place = place as usize;
        if place >= self.length {
            return None;
        }
        let node = Arc::make_mut(self.nodes.get_mut(place / (PAGE * NODE))?);
        Some(&mut Arc::make_mut(node.get_mut(place / PAGE % NODE)?)[place % PAGE])
    }

    /// Adds a slot and returns its place.
    pub(super) fn push(&mut self, value: T) -> u32 {
        let place = self.length;
        if place.is_multiple_of(PAGE * NODE) && self.nodes.len() == place / (PAGE * NODE) {
            self.nodes.push(Arc::new(Vec::with_capacity(NODE)));
        }
        let node = Arc::make_mut(&mut self.nodes[place / (PAGE * NODE)]);
        if node.len() == place / PAGE % NODE {
            node.push(Arc::new(array::from_fn(|_| T::default())));
        }
        Arc::make_mut(&mut node[place / PAGE % NODE])[place % PAGE] = value;
        self.length += 1;
        place as u32
    }

    /// Takes back the last slot.
    pub(super) fn pop(&mut self) -> Option<T> {
        let last = self.length.checked_sub(1)? as u32;
        let value = self.get_mut(last).map(std::mem::take);
        self.length -= 1;
        value
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().flat_map(|node| node.iter()).flat_map(|page| page.iter()).take(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had_when_the_original_goes_on() {
        let mut pages = Pages::new();
        for value in 0..40_000u32 {
            assert_eq!(pages.push(value), value);
        }
        let copy = pages.clone();
        for place in (0..40_000).step_by(7) {
            *pages.get_mut(place).unwrap() += 1_000_000;
        }
        pages.push(9);
        assert_eq!(copy.len(), 40_000);
        assert!(copy.iter().copied().eq(0..40_000));
        assert_eq!(pages.get(7), Some(&1_000_007));
        assert_eq!(pages.get(8), Some(&8));
        assert_eq!(pages.get(40_000), Some(&9));
        assert_eq!(copy.get(40_000), None);
    }

    #[test]
    fn what_was_taken_back_can_be_added_again() {
        let mut pages = Pages::new();
        for value in 0..=(PAGE * NODE) as u32 {
            pages.push(value);
        }
        assert_eq!(pages.pop(), Some((PAGE * NODE) as u32));
        assert_eq!(pages.pop(), Some((PAGE * NODE) as u32 - 1));
        assert_eq!(pages.push(5), (PAGE * NODE) as u32 - 1);
        assert_eq!(pages.push(6), (PAGE * NODE) as u32);
        assert_eq!(pages.iter().last(), Some(&6));
        assert_eq!(Pages::<u32>::new().pop(), None);
    }
}
