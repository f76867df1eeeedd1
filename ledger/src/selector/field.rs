//! What can be asked of an operation, and how values are compared.

use crate::model::names;

/// A field of an operation. Names follow the fields of commands in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// What kind of operation it is.
    Operation = 1,
    /// The account that a top-up comes from.
    Funding = 2,
    /// The way it came.
    Channel = 3,
    /// Where it came from.
    Country = 4,
    /// The store it happens in.
    Store = 5,
    /// What is bought.
    Category = 6,
    /// The card that pays.
    Card = 7,
    /// The device it comes from.
    Device = 8,
    /// The account it is about.
    Account = 9,
    /// The account debited.
    Debit = 10,
    /// The account credited.
    Credit = 11,
    /// The hundredth of all accounts to which the account belongs.
    Cohort = 12,
    /// How much money it is about.
    Amount = 13,
    /// The currency of that.
    Currency = 14,
    /// When it is recorded.
    At = 15,
}

names!(Field {
    Operation = "operation", Funding = "funding", Channel = "channel", Country = "country", Store = "store",
    Category = "category", Card = "card", Device = "device", Account = "account", Debit = "debit", Credit = "credit",
    Cohort = "cohort", Amount = "amount", Currency = "currency", At = "at",
});

impl Field {
    /// Whether values of this field are compared by size, and not only for being the same.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Category | Self::Cohort | Self::Amount | Self::At)
    }

    /// Whether `in (…)` may list values of this field and `distinct` may count them. Amounts and times are sizes, not names.
    pub const fn is_listed(self) -> bool {
        !matches!(self, Self::Amount | Self::At)
    }
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Is,
    IsNot,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Relation {
    pub(super) const ALL: [Self; 6] = [Self::Is, Self::IsNot, Self::Below, Self::AtMost, Self::Above, Self::AtLeast];

    /// As written.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    pub(super) fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Is => left == right,
            Self::IsNot => left != right,
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Above => left > right,
            Self::AtLeast => left >= right,
        }
    }
}
