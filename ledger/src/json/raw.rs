//! One pass over the text of a command into a flat struct, every field read to its type where it stands.
//!
//! Which fields belong to which type of command is not asked here, since `type` may come last; see `parse`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::error::quoted;
use super::exceptions::FillExceptions;
use super::field::{Field, Kind};
use super::nested::{FillContext, FillLegs, FillMembers};
use super::value::{
    AMOUNT, AUTHENTICATION, DIRECTIONS, Flag, OVERDRAFT, Plain, Small, Text, bounded, currency, id, one_of, word,
};
use crate::command::{Command, CommandContext, EntryLeg, FreezeException};
use crate::model::{
    AccountRef, Authentication, Code, CommandId, CurrencyCode, Date, Directions, Overdraft, Signal, Timestamp,
};

/// Where reading stands, for the path in an error.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) member: Option<usize>,
    pub(super) field: Option<Field>,
    pub(super) leg: Option<usize>,
    pub(super) inner: &'static str,
}

impl Trail {
    /// The path as text: `commands[3].context.country`.
    pub(super) fn path(&self) -> Option<String> {
        let mut path = self.member.map_or_else(String::new, |member| format!("commands[{member}]"));
        if let Some(field) = self.field {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(field.name());
            if let Some(leg) = self.leg {
                path.extend(["[", &leg.to_string(), "]"]);
            }
            if !self.inner.is_empty() {
                path.push('.');
                path.push_str(self.inner);
            }
        }
        (!path.is_empty()).then_some(path)
    }
}

/// Every field that a command of any type may have; `present` says which of them were read.
#[derive(Debug, Default)]
pub(super) struct Raw<'de> {
    pub(super) present: u64,
    pub(super) kind: Option<Kind>,
    pub(super) id: CommandId,
    pub(super) at: Option<Timestamp>,
    pub(super) effective: Option<Date>,
    pub(super) actor: Option<Cow<'de, str>>,
    pub(super) cause: Option<CommandId>,
    pub(super) context: CommandContext,
    pub(super) account: Option<AccountRef>,
    pub(super) funding: Option<AccountRef>,
    pub(super) debit: Option<AccountRef>,
    pub(super) credit: Option<AccountRef>,
    pub(super) payable: Option<AccountRef>,
    /// The id of the command referred to: `spend`, `hold`, `transaction`, `freeze` or `halt`.
    pub(super) subject: CommandId,
    pub(super) amount_minor: Option<u64>,
    pub(super) currency: Option<CurrencyCode>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) more_to_come: bool,
    pub(super) legs: Vec<EntryLeg>,
    pub(super) code: Cow<'de, str>,
    pub(super) exponent: u8,
    pub(super) principal: Cow<'de, str>,
    pub(super) kind_name: Cow<'de, str>,
    pub(super) authenticated_by: Option<Authentication>,
    pub(super) under: Option<Code>,
    pub(super) overdraft: Overdraft,
    pub(super) reading: Timestamp,
    pub(super) directions: Option<Directions>,
    pub(super) reason: Cow<'de, str>,
    pub(super) selector: Cow<'de, str>,
    pub(super) incident: Option<CommandId>,
    pub(super) starts_at: Option<Timestamp>,
    pub(super) ends_at: Option<Timestamp>,
    pub(super) except: Option<Cow<'de, str>>,
    pub(super) approved_by: Option<Cow<'de, str>>,
    pub(super) signal: Option<Signal>,
    pub(super) exceptions: Vec<FreezeException>,
    pub(super) members: Vec<Command>,
}

/// Fills a [`Raw`], which keeps what was read when a later field fails.
pub(super) struct Fill<'a, 'de> {
    pub(super) raw: &'a mut Raw<'de>,
    pub(super) trail: &'a mut Trail,
}

const KIND: Text<Kind> = Text {
    expected: "a command's type as a string, such as \"top_up\"",
    read: |text| Kind::from_name(text).ok_or_else(|| one_of(text, Kind::ALL.iter().map(|kind| kind.name()))),
};

pub(super) fn account() -> Text<AccountRef> {
    Text {
        expected: "an account's id or code as a string",
        read: |text| {
            text.parse().map_err(|error| format!("is {}: no account id, and as a code it {error}", quoted(text)))
        },
    }
}

fn moment() -> Text<Timestamp> {
    word("a time of RFC 3339 as a string")
}

impl<'de> DeserializeSeed<'de> for Fill<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fill<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command: an object with type and id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { raw, trail } = self;
        while let Some(field) = map.next_key_seed(Key { from_name: Field::from_name, names: || String::new() })? {
            trail.field = Some(field);
            if raw.present & field.bit() != 0 {
                return Err(A::Error::custom("stands twice"));
            }
            raw.present |= field.bit();
            match field {
                Field::Type => raw.kind = Some(map.next_value_seed(KIND)?),
                Field::Id => raw.id = map.next_value_seed(id())?,
                Field::At => raw.at = Some(map.next_value_seed(moment())?),
                Field::Effective => raw.effective = Some(map.next_value_seed(word("a date as a string"))?),
                Field::Actor => raw.actor = Some(map.next_value_seed(Plain)?),
                Field::Cause => raw.cause = Some(map.next_value_seed(id())?),
                Field::Context => {
                    map.next_value_seed(FillContext { context: &mut raw.context, inner: &mut trail.inner })?;
                }
                Field::Account => raw.account = Some(map.next_value_seed(account())?),
                Field::Funding => raw.funding = Some(map.next_value_seed(account())?),
                Field::Debit => raw.debit = Some(map.next_value_seed(account())?),
                Field::Credit => raw.credit = Some(map.next_value_seed(account())?),
                Field::Payable => raw.payable = Some(map.next_value_seed(account())?),
                Field::Spend | Field::Hold | Field::Transaction | Field::Freeze | Field::Halt => {
                    raw.subject = map.next_value_seed(id())?;
                }
                Field::Amount => raw.amount_minor = Some(map.next_value_seed(AMOUNT)?),
                Field::Currency => raw.currency = Some(map.next_value_seed(currency())?),
                Field::ExpiresAt => raw.expires_at = Some(map.next_value_seed(moment())?),
                Field::MoreToCome => raw.more_to_come = map.next_value_seed(Flag)?,
                Field::Legs => map.next_value_seed(FillLegs { legs: &mut raw.legs, trail })?,
                Field::Code => raw.code = map.next_value_seed(Plain)?,
                Field::Exponent => raw.exponent = map.next_value_seed(Small)?,
                Field::Principal => raw.principal = map.next_value_seed(Plain)?,
                Field::Kind => raw.kind_name = map.next_value_seed(Plain)?,
                Field::AuthenticatedBy => raw.authenticated_by = Some(map.next_value_seed(AUTHENTICATION)?),
                Field::Under => raw.under = Some(map.next_value_seed(bounded("a code as a string"))?),
                Field::Overdraft => raw.overdraft = map.next_value_seed(OVERDRAFT)?,
                Field::Reading => raw.reading = map.next_value_seed(moment())?,
                Field::Directions => raw.directions = Some(map.next_value_seed(DIRECTIONS)?),
                Field::Reason => raw.reason = map.next_value_seed(Plain)?,
                Field::Selector => raw.selector = map.next_value_seed(Plain)?,
                Field::Incident => raw.incident = Some(map.next_value_seed(id())?),
                Field::StartsAt => raw.starts_at = Some(map.next_value_seed(moment())?),
                Field::EndsAt => raw.ends_at = Some(map.next_value_seed(moment())?),
                Field::Except => raw.except = Some(map.next_value_seed(Plain)?),
                Field::ApprovedBy => raw.approved_by = Some(map.next_value_seed(Plain)?),
                Field::Signal => raw.signal = Some(map.next_value_seed(bounded("a signal's name as a string"))?),
                Field::Exceptions => {
                    map.next_value_seed(FillExceptions { exceptions: &mut raw.exceptions, trail })?;
                }
                Field::Commands => {
                    if trail.member.is_some() {
                        return Err(A::Error::custom("a group inside a group is not possible"));
                    }
                    map.next_value_seed(FillMembers { members: &mut raw.members, trail })?;
                }
            }
            trail.field = None;
        }
        Ok(())
    }
}

/// A key: one of a closed list.
pub(super) struct Key<F> {
    pub(super) from_name: fn(&str) -> Option<F>,
    /// What is said of the fields that are possible.
    pub(super) names: fn() -> String,
}

pub(super) fn one_of_all<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!(": write one of {}", names.collect::<Vec<_>>().join(", "))
}

impl<'de, F> DeserializeSeed<'de> for Key<F> {
    type Value = F;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<F, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F> Visitor<'_> for Key<F> {
    type Value = F;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<F, E> {
        (self.from_name)(name)
            .ok_or_else(|| E::custom(format_args!("unknown field {}{}", quoted(name), (self.names)())))
    }
}
