//! Single values: a JSON string, number or boolean as one of the model's words, with a reason where it is not.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use arrayvec::ArrayString;
use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::error::quoted;
use crate::model::{
    AccountKind, ActorKind, Authentication, Channel, CurrencyCode, Directions, FreezeReason, OperationKind, Overdraft,
    ParseTextError, Side,
};

const NULL: &str = "is null: leave the field out instead";

/// Reads one string by `read`; `expected` completes "write …".
#[derive(Clone, Copy)]
pub(super) struct Text<T> {
    pub(super) expected: &'static str,
    pub(super) read: fn(&str) -> Result<T, String>,
}

impl<'de, T> DeserializeSeed<'de> for Text<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<T> Text<T> {
    fn wrong<E: Error>(&self, what: &str) -> E {
        E::custom(format_args!("is {what}: write {}", self.expected))
    }
}

macro_rules! refuse_other_values {
    () => {
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Err(self.wrong("a boolean"))
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Err(self.wrong("a number"))
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(self.wrong("a number"))
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(self.wrong("a floating-point number, or out of range"))
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Err(E::custom(NULL))
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(self.wrong("an array"))
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(self.wrong("an object"))
        }
    };
}

impl<'de, T> Visitor<'de> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).map_err(E::custom)
    }

    refuse_other_values!();
}

/// Text whose meaning depends on the command's type, kept as it stands.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Plain {
    #[expect(clippy::unused_self, reason = "the macro's methods call it so")]
    fn wrong<E: Error>(self, what: &str) -> E {
        E::custom(format_args!("is {what}: write a string"))
    }
}

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    refuse_other_values!();
}

/// `true` or `false`.
pub(super) struct Flag;

impl<'de> DeserializeSeed<'de> for Flag {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Flag {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Err(E::custom(NULL))
    }
}

/// A whole number of 0 to 255.
pub(super) struct Small;

impl<'de> DeserializeSeed<'de> for Small {
    type Value = u8;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u8, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Small {
    type Value = u8;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of 0 to 8")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u8, E> {
        u8::try_from(value).map_err(|_| E::custom("is out of range: write a whole number of 0 to 8"))
    }

    fn visit_unit<E: Error>(self) -> Result<u8, E> {
        Err(E::custom(NULL))
    }
}

/// Any word that reads itself from text.
pub(super) fn word<T>(expected: &'static str) -> Text<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    Text { expected, read: |text| text.parse().map_err(|error: T::Err| format!("is {}: {error}", quoted(text))) }
}

/// A word whose errors already read as the end of a sentence: "is empty".
pub(super) fn bounded<T: FromStr<Err = ParseTextError>>(expected: &'static str) -> Text<T> {
    Text { expected, read: |text| text.parse().map_err(|error: ParseTextError| error.to_string()) }
}

pub(super) fn id<T>() -> Text<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    word("a UUID, 32 hexadecimal digits or a ULID, as a string")
}

/// 1 to 35 bytes; what may stand in them is for the rules to say.
pub(super) const SHORT: Text<ArrayString<35>> = Text {
    expected: "a string of at most 35 bytes",
    read: |text| ArrayString::from(text).map_err(|_| "is longer than 35 bytes".to_owned()),
};

pub(super) const AMOUNT: Text<u64> =
    Text { expected: "a string of minor units, such as \"1500\" for 1500 yen or 15.00 euro", read: read_amount };

pub(super) const OVERDRAFT: Text<Overdraft> = Text {
    expected: "\"never\", \"unlimited\" or a string of minor units",
    read: |text| match text {
        "never" => Ok(Overdraft::Never),
        "unlimited" => Ok(Overdraft::Unlimited),
        _ => read_amount(text).map(Overdraft::UpTo).map_err(|reason| format!("{reason}; or \"never\", \"unlimited\"")),
    },
};

pub(super) const CHANNEL: Text<Channel> = Text {
    expected: "a channel as a string",
    read: |text| Channel::from_name(text).ok_or_else(|| one_of(text, Channel::ALL.iter().map(|value| value.name()))),
};

pub(super) const SIDE: Text<Side> = Text {
    expected: "\"debit\" or \"credit\"",
    read: |text| match text {
        "debit" => Ok(Side::Debit),
        "credit" => Ok(Side::Credit),
        _ => Err(one_of(text, ["debit", "credit"].into_iter())),
    },
};

pub(super) const AUTHENTICATION: Text<Authentication> = Text {
    expected: "a way of authentication as a string",
    read: |text| {
        Authentication::from_name(text)
            .ok_or_else(|| one_of(text, Authentication::ALL.iter().map(|value| value.name())))
    },
};

pub(super) const DIRECTIONS: Text<Directions> = Text {
    expected: "\"in\", \"out\" or \"both\"",
    read: |text| {
        Directions::from_name(text).ok_or_else(|| one_of(text, Directions::ALL.iter().map(|value| value.name())))
    },
};

/// An operation that a freeze stops.
pub(super) const FREEZABLE: Text<OperationKind> = Text {
    expected: "an operation as a string, such as \"refund_spend\"",
    read: |text| {
        OperationKind::from_name(text)
            .filter(|kind| OperationKind::FREEZABLE.contains(kind))
            .ok_or_else(|| one_of(text, OperationKind::FREEZABLE.iter().map(|value| value.name())))
    },
};

pub(super) fn account_kind(text: &str) -> Result<AccountKind, String> {
    AccountKind::from_name(text).ok_or_else(|| one_of(text, AccountKind::ALL.iter().map(|value| value.name())))
}

pub(super) fn freeze_reason(text: &str) -> Result<FreezeReason, String> {
    FreezeReason::from_name(text).ok_or_else(|| one_of(text, FreezeReason::ALL.iter().map(|value| value.name())))
}

pub(super) fn actor_kind(text: &str) -> Result<ActorKind, String> {
    ActorKind::from_name(text).ok_or_else(|| one_of(text, ActorKind::ALL.iter().map(|value| value.name())))
}

pub(super) fn currency() -> Text<CurrencyCode> {
    bounded("a currency's code as a string, such as \"JPY\"")
}

/// "is `x`: write one of a, b, c".
pub(super) fn one_of<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> String {
    format!("is {}: write one of {}", quoted(text), names.collect::<Vec<_>>().join(", "))
}

fn read_amount(text: &str) -> Result<u64, String> {
    let digits = text.as_bytes();
    let refuse = |why: &str| Err(format!("is {}: {why}", quoted(text)));
    if digits.is_empty() {
        return Err("is empty: write minor units, such as \"1500\"".to_owned());
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return refuse("write minor units, digits only: no sign, point, comma, exponent or space");
    }
    if digits[0] == b'0' && digits.len() > 1 {
        return refuse("write it without leading zeros");
    }
    let mut amount: u64 = 0;
    for digit in digits {
        let next = amount.checked_mul(10).and_then(|amount| amount.checked_add(u64::from(digit - b'0')));
        let Some(next) = next else { return refuse("out of range: at most 18446744073709551615") };
        amount = next;
    }
    Ok(amount)
}
