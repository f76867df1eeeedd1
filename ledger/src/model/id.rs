//! 128-bit identifiers chosen by the caller.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// Text that is not one of the accepted forms of an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: write 32 hexadecimal digits, a UUID with hyphens, or a ULID of 26 characters")]
pub struct ParseIdError;

fn parse(text: &str) -> Result<u128, ParseIdError> {
    if text.len() == 26 {
        return ulid::Ulid::from_string(text).map(|id| id.0).map_err(|_| ParseIdError);
    }
    if text.len() != 32 && text.len() != 36 {
        return Err(ParseIdError);
    }
    uuid::Uuid::try_parse(text).map(|id| id.as_u128()).map_err(|_| ParseIdError)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u128);

        impl $name {
            /// The id's 16 bytes, most significant first: the order in which files and hashes hold it.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// The id that these 16 bytes are, most significant first.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }

            /// An id that anybody can compute again: the first 16 bytes of SHA-256(`domain` ‖ a zero byte ‖ `content`).
            pub fn derived(domain: &str, content: &[u8]) -> Self {
                let hash = Sha256::new().chain_update(domain).chain_update([0]).chain_update(content).finalize();
                Self(hash.iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte)))
            }

            /// Whether it is all zeros, which no caller may use.
            pub const fn is_nil(self) -> bool {
                self.0 == 0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = uuid::Uuid::encode_buffer();
                f.write_str(uuid::Uuid::from_u128(self.0).hyphenated().encode_lower(&mut buffer))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse(text).map(Self)
            }
        }
    };
}

id! {
    /// An account, for ever; chosen by whoever opens it, best at random.
    AccountId
}
id! {
    /// A command and its idempotency key, for ever. The id of the command that placed a hold names the hold;
    /// the id of the command that moved money names the transaction.
    CommandId
}
id! {
    /// One ledger among all.
    LedgerId
}
id! {
    /// A device or a card: 16 bytes of a keyed hash made by the host, never a card number or its plain hash.
    Pseudonym
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_written_forms_name_the_same_id() {
        let id = AccountId(0x0169_0f5b_7c3e_4a51_b2f0_9d8e_7c6b_5a49);
        assert_eq!(id.to_string(), "01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("01690f5b7c3e4a51b2f09d8e7c6b5a49".parse(), Ok(id));
        assert_eq!(ulid::Ulid(id.0).to_string().parse(), Ok(id));
        assert_eq!(AccountId::from_bytes(id.to_bytes()), id);
    }

    #[test]
    fn a_derived_id_is_the_beginning_of_a_hash() {
        // printf 'ledger/chart/v1\0bank' | sha256sum
        assert_eq!(AccountId::derived("ledger/chart/v1", b"bank").to_string(), "b6ca6579-ac12-1409-2f67-f1a55d136234");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "1", "01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a4g", "{01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49}", "é"] {
            assert_eq!(text.parse::<AccountId>(), Err(ParseIdError), "{text}");
        }
    }
}
