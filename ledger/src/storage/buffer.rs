//! A write buffer whose bytes start on a device block, without unsafe code.

/// Bytes for one durable write, aligned in memory so that `O_DIRECT` accepts them.
///
/// Its capacity is fixed when it is made: growing would move the bytes and lose the alignment.
#[derive(Debug)]
pub struct WriteBuffer {
    storage: Vec<u8>,
    start: usize,
    len: usize,
    capacity: usize,
}

/// The alignment in bytes that every device known accepts.
const ALIGNMENT_BYTES: usize = 4096;

impl WriteBuffer {
    /// An empty buffer for at most `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        let storage = vec![0u8; capacity + ALIGNMENT_BYTES];
        let start = storage.as_ptr().align_offset(ALIGNMENT_BYTES).min(ALIGNMENT_BYTES);
        Self { storage, start, len: 0, capacity }
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.storage[self.start..self.start + self.len]
    }

    /// The bytes so far, for patching a header once its body is known.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..self.start + self.len]
    }

    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes it can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many more bytes fit.
    pub fn room(&self) -> usize {
        self.capacity - self.len
    }

    /// Appends `bytes`, or says `false` and changes nothing when they do not fit.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > self.room() {
            return false;
        }
        let end = self.start + self.len;
        self.storage[end..end + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
        true
    }

    /// Appends zeros up to the next multiple of `block` bytes; the capacity must be such a multiple.
    pub fn pad_to(&mut self, block: usize) {
        let padded = self.len.next_multiple_of(block).min(self.capacity);
        let (from, to) = (self.start + self.len, self.start + padded);
        self.storage[from..to].fill(0);
        self.len = padded;
    }

    /// Forgets the bytes and keeps the memory.
    pub fn clear(&mut self) {
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_bytes_start_on_a_block() {
        for capacity in [1, 4096, 1 << 20] {
            let mut buffer = WriteBuffer::with_capacity(capacity);
            assert!(buffer.push(&[7]));
            assert_eq!(buffer.as_slice().as_ptr().align_offset(ALIGNMENT_BYTES), 0);
        }
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut buffer = WriteBuffer::with_capacity(8);
        assert!(buffer.push(b"12345"));
        assert!(!buffer.push(b"6789"));
        assert_eq!(buffer.as_slice(), b"12345");
    }
}
