//! A file's bytes in pages that copies share until one of them writes, so that an image costs little.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a page cache writes back as one.
pub(super) const PAGE_BYTES: u64 = 4096;

/// Bytes with holes that read as zeros.
#[derive(Debug, Clone, Default)]
pub(super) struct Bytes {
    len: u64,
    pages: BTreeMap<u64, Arc<[u8; PAGE_BYTES as usize]>>,
}

impl Bytes {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Cuts the end off, or appends zeros.
    pub(super) fn set_len(&mut self, len: u64) {
        if len < self.len {
            let last = len / PAGE_BYTES;
            self.pages.split_off(&(last + 1));
            if let Some(page) = self.pages.get_mut(&last) {
                Arc::make_mut(page)[(len % PAGE_BYTES) as usize..].fill(0);
            }
        }
        self.len = len;
    }

    pub(super) fn grow_to(&mut self, len: u64) {
        self.len = self.len.max(len);
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        let mut rest = bytes;
        let mut at = offset;
        while !rest.is_empty() {
            let start = (at % PAGE_BYTES) as usize;
            let part = rest.len().min(PAGE_BYTES as usize - start);
            let page = self.pages.entry(at / PAGE_BYTES).or_insert_with(|| Arc::new([0; PAGE_BYTES as usize]));
            Arc::make_mut(page)[start..start + part].copy_from_slice(&rest[..part]);
            rest = &rest[part..];
            at += part as u64;
        }
        self.grow_to(at);
    }

    /// Reads what there is; less than asked for only at the end.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> usize {
        let there = self.len.saturating_sub(offset).min(into.len() as u64) as usize;
        let mut done = 0;
        while done < there {
            let at = offset + done as u64;
            let start = (at % PAGE_BYTES) as usize;
            let part = (there - done).min(PAGE_BYTES as usize - start);
            match self.pages.get(&(at / PAGE_BYTES)) {
                Some(page) => into[done..done + part].copy_from_slice(&page[start..start + part]),
                None => into[done..done + part].fill(0),
            }
            done += part;
        }
        there
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut all = vec![0; self.len as usize];
        self.read(0, &mut all);
        all
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        let mut whole = Self::default();
        whole.write(0, bytes);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::super::rng::Rng;
    use super::*;

    #[test]
    fn it_behaves_as_a_plain_vector_does() {
        let (mut rng, mut bytes, mut plain) = (Rng::new(7), Bytes::default(), Vec::new());
        for step in 0..300u64 {
            let offset = rng.below(3 * PAGE_BYTES) as usize;
            if rng.one_in(5) {
                bytes.set_len(offset as u64);
                plain.resize(offset, 0);
            } else {
                let data = vec![step as u8; rng.below(2 * PAGE_BYTES) as usize];
                bytes.write(offset as u64, &data);
                // Writing nothing extends to where it was not written; both must agree on that too.
                plain.resize(plain.len().max(offset + data.len()), 0);
                plain[offset..offset + data.len()].copy_from_slice(&data);
            }
            assert_eq!(bytes.to_vec(), plain, "step {step}");
            let mut into = vec![9; 5000];
            let read = bytes.read(offset as u64, &mut into);
            assert_eq!(into[..read], plain[offset.min(plain.len())..][..read]);
        }
    }

    #[test]
    fn a_copy_keeps_what_the_original_overwrites() {
        let mut first = Bytes::from(b"before".as_slice());
        let copy = first.clone();
        first.write(0, b"after!");
        assert_eq!(copy.to_vec(), b"before");
    }
}
