//! Who acts, and where money is spent.

use super::{AccountNumber, Code};

/// A registered actor's place in the order of registration, from 1; 0 is the ledger itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ActorNumber(pub u32);

/// A store's place in the order of opening, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StoreNumber(pub u32);

/// What an actor is; acts under four eyes take two principals of kind person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ActorKind {
    /// A human being.
    Person = 1,
    /// A program that acts for people.
    Service = 2,
    /// The ledger's own host.
    System = 3,
}

/// How an actor's principal was established.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Authentication {
    /// By the embedding host.
    Host = 1,
    /// By the operating system's user.
    OsUser = 2,
    /// By a token.
    Token = 3,
    /// By a client certificate.
    Mtls = 4,
}

/// A registered actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name under which commands name it; 1 to 64 bytes.
    pub principal: String,
    /// Person, service or system.
    pub kind: ActorKind,
    /// How the principal is established.
    pub authenticated_by: Authentication,
}

/// A store in which wallets spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The code under which commands name it.
    pub code: Code,
    /// The account that owes the store what was spent there.
    pub payable: AccountNumber,
}

macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// All values, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used in JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The value of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }

            /// The value that `number` stands for on disk.
            pub fn from_u8(number: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| *value as u8 == number)
            }
        }
    };
}
pub(crate) use names;

names!(ActorKind { Person = "person", Service = "service", System = "system" });
names!(Authentication { Host = "host", OsUser = "os_user", Token = "token", Mtls = "mtls" });
