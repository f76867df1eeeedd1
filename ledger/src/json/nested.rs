//! The parts of a command that hold parts of their own: context, tags, legs, and a group's members.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::error::quoted;
use super::field::{ContextField, Field, LegField};
use super::raw::{Fill, Key, Raw, Trail, account, one_of_all};
use super::value::{AMOUNT, CHANNEL, Plain, SHORT, SIDE, bounded, currency, id};
use crate::command::{Command, CommandContext, EntryLeg};
use crate::model::Tag;

pub(super) struct FillContext<'a> {
    pub(super) context: &'a mut CommandContext,
    pub(super) inner: &'a mut &'static str,
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

pub(super) struct FillLegs<'a> {
    pub(super) legs: &'a mut Vec<EntryLeg>,
    pub(super) trail: &'a mut Trail,
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

pub(super) struct FillMembers<'a> {
    pub(super) members: &'a mut Vec<Command>,
    pub(super) trail: &'a mut Trail,
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
