//! One pass over the text of a command into a flat struct, every field read to its type where it stands.
//!
//! Which fields belong to which type of command is not asked here, since `type` may come last; see `parse`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::error::quoted;
use super::field::{ContextField, Field, Kind, LegField};
use super::value::{
    AMOUNT, AUTHENTICATION, CHANNEL, Flag, OVERDRAFT, Plain, SHORT, SIDE, Small, Text, bounded, currency, id, one_of,
    word,
};
use crate::command::{Command, CommandContext, EntryLeg};
use crate::model::{AccountRef, Authentication, Code, CommandId, CurrencyCode, Date, Overdraft, Tag, Timestamp};

/// Where reading stands, for the path in an error.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) member: Option<usize>,
    pub(super) field: Option<Field>,
    leg: Option<usize>,
    inner: &'static str,
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
    /// The id of the command referred to: `spend`, `hold` or `transaction`.
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

fn account() -> Text<AccountRef> {
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
                Field::Spend | Field::Hold | Field::Transaction => raw.subject = map.next_value_seed(id())?,
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
struct Key<F> {
    from_name: fn(&str) -> Option<F>,
    /// What is said of the fields that are possible.
    names: fn() -> String,
}

fn one_of_all<'a>(names: impl Iterator<Item = &'a str>) -> String {
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

struct FillContext<'a> {
    context: &'a mut CommandContext,
    inner: &'a mut &'static str,
}

impl<'de> DeserializeSeed<'de> for FillContext<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FillContext<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object such as {\"channel\":\"app\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { context, inner } = self;
        let mut present = 0;
        while let Some(field) = map.next_key_seed(Key {
            from_name: ContextField::from_name,
            names: || one_of_all(ContextField::ALL.iter().map(|field| field.name())),
        })? {
            *inner = field.name();
            if present & field.bit() != 0 {
                return Err(A::Error::custom("stands twice"));
            }
            present |= field.bit();
            match field {
                ContextField::Channel => context.channel = Some(map.next_value_seed(CHANNEL)?),
                ContextField::Country => {
                    context.country = Some(map.next_value_seed(bounded("two capital letters as a string"))?);
                }
                ContextField::Category => {
                    context.category = Some(map.next_value_seed(bounded("four digits as a string"))?);
                }
                ContextField::Store => {
                    context.store = Some(map.next_value_seed(bounded("a store's code as a string"))?);
                }
                ContextField::Device => context.device = Some(map.next_value_seed(id())?),
                ContextField::Card => context.card = Some(map.next_value_seed(id())?),
                ContextField::Reference => context.reference = Some(map.next_value_seed(SHORT)?),
                ContextField::Description => {
                    context.description = Some(map.next_value_seed(Plain)?.into_owned().into_boxed_str());
                }
                ContextField::Voucher => context.voucher = Some(map.next_value_seed(SHORT)?),
                ContextField::Tags => map.next_value_seed(FillTags(&mut context.tags))?,
            }
            *inner = "";
        }
        Ok(())
    }
}

struct FillTags<'a>(&'a mut Vec<Tag>);

impl<'de> DeserializeSeed<'de> for FillTags<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FillTags<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names and texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Plain)? {
            if self.0.iter().any(|tag| tag.name == name) {
                return Err(A::Error::custom(format_args!("{} stands twice", quoted(&name))));
            }
            let value = map.next_value_seed(Plain)?.into_owned();
            // More tags than the rules allow are refused by the rules; a line's length bounds this search.
            if self.0.len() > crate::model::TAGS_MAX {
                return Err(A::Error::custom("are more than 8"));
            }
            self.0.push(Tag { name: name.into_owned(), value });
        }
        Ok(())
    }
}

struct FillLegs<'a> {
    legs: &'a mut Vec<EntryLeg>,
    trail: &'a mut Trail,
}

impl<'de> DeserializeSeed<'de> for FillLegs<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FillLegs<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of legs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            self.trail.leg = Some(self.legs.len());
            let Some(leg) = seq.next_element_seed(FillLeg { inner: &mut self.trail.inner })? else { break };
            self.legs.push(leg);
        }
        self.trail.leg = None;
        Ok(())
    }
}

struct FillLeg<'a> {
    inner: &'a mut &'static str,
}

impl<'de> DeserializeSeed<'de> for FillLeg<'_> {
    type Value = EntryLeg;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EntryLeg, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FillLeg<'_> {
    type Value = EntryLeg;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a leg: an object with account, side, amount and currency")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EntryLeg, A::Error> {
        let (mut on, mut side, mut amount_minor, mut of) = (None, None, None, None);
        let mut present = 0;
        while let Some(field) = map.next_key_seed(Key {
            from_name: LegField::from_name,
            names: || one_of_all(LegField::ALL.iter().map(|field| field.name())),
        })? {
            *self.inner = field.name();
            if present & field.bit() != 0 {
                return Err(A::Error::custom("stands twice"));
            }
            present |= field.bit();
            match field {
                LegField::Account => on = Some(map.next_value_seed(account())?),
                LegField::Side => side = Some(map.next_value_seed(SIDE)?),
                LegField::Amount => amount_minor = Some(map.next_value_seed(AMOUNT)?),
                LegField::Currency => of = Some(map.next_value_seed(currency())?),
            }
            *self.inner = "";
        }
        if let (Some(account), Some(side), Some(amount_minor), Some(currency)) = (on, side, amount_minor, of) {
            return Ok(EntryLeg { account, side, amount_minor, currency });
        }
        *self.inner = LegField::ALL.iter().find(|field| present & field.bit() == 0).map_or("", |field| field.name());
        Err(A::Error::custom("is missing: a leg has account, side, amount and currency"))
    }
}

struct FillMembers<'a> {
    members: &'a mut Vec<Command>,
    trail: &'a mut Trail,
}

impl<'de> DeserializeSeed<'de> for FillMembers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FillMembers<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of commands")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            self.trail.member = Some(self.members.len());
            self.trail.field = None;
            let mut raw = Raw::default();
            if seq.next_element_seed(Fill { raw: &mut raw, trail: self.trail })?.is_none() {
                break;
            }
            self.members.push(super::parse::member(raw, self.trail).map_err(A::Error::custom)?);
        }
        self.trail.member = None;
        self.trail.field = Some(Field::Commands);
        Ok(())
    }
}
