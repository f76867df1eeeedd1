//! Where each field of a fixed-size structure stands: the tables of `docs/format.md`, as constants.
//!
//! In: a byte slice that is long enough (its length is the caller's check). Out: numbers, little endian.
//! Pure. A test holds the documentation's tables against the lists made of these constants.

/// One field: its name in the documentation, its first byte and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name in the documentation's table.
    pub name: &'static str,
    /// Its first byte within the structure.
    pub at: usize,
    /// Its length in bytes.
    pub bytes: usize,
}

impl Field {
    /// A field of `bytes` bytes at `at`.
    pub(crate) const fn new(name: &'static str, at: usize, bytes: usize) -> Self {
        Self { name, at, bytes }
    }

    /// The first byte after it.
    pub(crate) const fn end(&self) -> usize {
        self.at + self.bytes
    }

    /// Its bytes.
    #[inline]
    pub(crate) fn array<const N: usize>(&self, from: &[u8]) -> [u8; N] {
        debug_assert_eq!(self.bytes, N, "{}", self.name);
        let mut out = [0; N];
        out.copy_from_slice(&from[self.at..self.at + N]);
        out
    }

    /// Its value as an unsigned number of one byte.
    #[inline]
    pub(crate) fn u8(&self, from: &[u8]) -> u8 {
        from[self.at]
    }

    /// Its value as an unsigned number of two bytes.
    #[inline]
    pub(crate) fn u16(&self, from: &[u8]) -> u16 {
        u16::from_le_bytes(self.array(from))
    }

    /// Its value as an unsigned number of four bytes.
    #[inline]
    pub(crate) fn u32(&self, from: &[u8]) -> u32 {
        u32::from_le_bytes(self.array(from))
    }

    /// Its value as an unsigned number of eight bytes.
    #[inline]
    pub(crate) fn u64(&self, from: &[u8]) -> u64 {
        u64::from_le_bytes(self.array(from))
    }

    /// Its value as a signed number of eight bytes.
    #[inline]
    pub(crate) fn i64(&self, from: &[u8]) -> i64 {
        i64::from_le_bytes(self.array(from))
    }

    /// Puts `value`, which is as long as the field.
    #[inline]
    pub(crate) fn put<const N: usize>(&self, into: &mut [u8], value: [u8; N]) {
        debug_assert_eq!(self.bytes, N, "{}", self.name);
        into[self.at..self.at + N].copy_from_slice(&value);
    }
}

/// The CRC-32 of `bytes` continued from `seed`, as zlib's `crc32(seed, bytes, length)`.
#[inline]
pub(crate) fn crc32(seed: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(seed);
    hasher.update(bytes);
    hasher.finalize()
}
