//! A digest of everything that one run showed: the same seed must give the same one.

/// FNV-1a over texts and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trace(u64);

impl Trace {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    pub(super) fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Takes in what a value's debugging form says.
    pub(super) fn says(&mut self, what: &impl std::fmt::Debug) {
        struct Sink<'a>(&'a mut Trace);
        impl std::fmt::Write for Sink<'_> {
            fn write_str(&mut self, text: &str) -> std::fmt::Result {
                self.0.bytes(text.as_bytes());
                Ok(())
            }
        }
        std::fmt::Write::write_fmt(&mut Sink(self), format_args!("{what:?}")).expect("a digest takes everything");
    }

    pub(super) const fn digest(self) -> u64 {
        self.0
    }
}
