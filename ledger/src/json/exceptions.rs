//! The exceptions of a freeze.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::field::ExceptionField;
use super::raw::{Key, Trail, one_of_all};
use super::value::{AMOUNT, FREEZABLE, currency};
use crate::command::FreezeException;

pub(super) struct FillExceptions<'a> {
    pub(super) exceptions: &'a mut Vec<FreezeException>,
    pub(super) trail: &'a mut Trail,
}

impl<'de> DeserializeSeed<'de> for FillExceptions<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FillExceptions<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of exceptions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            self.trail.leg = Some(self.exceptions.len());
            let Some(exception) = seq.next_element_seed(FillException { inner: &mut self.trail.inner })? else { break };
            self.exceptions.push(exception);
        }
        self.trail.leg = None;
        Ok(())
    }
}

struct FillException<'a> {
    inner: &'a mut &'static str,
}

impl<'de> DeserializeSeed<'de> for FillException<'_> {
    type Value = FreezeException;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<FreezeException, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FillException<'_> {
    type Value = FreezeException;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an exception: an object with operation, amount and currency")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FreezeException, A::Error> {
        let (mut operation, mut amount_minor, mut of) = (None, None, None);
        let mut present = 0;
        while let Some(field) = map.next_key_seed(Key {
            from_name: ExceptionField::from_name,
            names: || one_of_all(ExceptionField::ALL.iter().map(|field| field.name())),
        })? {
            *self.inner = field.name();
            if present & field.bit() != 0 {
                return Err(A::Error::custom("stands twice"));
            }
            present |= field.bit();
            match field {
                ExceptionField::Operation => operation = Some(map.next_value_seed(FREEZABLE)?),
                ExceptionField::Amount => amount_minor = Some(map.next_value_seed(AMOUNT)?),
                ExceptionField::Currency => of = Some(map.next_value_seed(currency())?),
            }
            *self.inner = "";
        }
        if let (Some(operation), Some(amount_minor), Some(currency)) = (operation, amount_minor, of) {
            return Ok(FreezeException { operation, amount_minor, currency });
        }
        let absent = ExceptionField::ALL.iter().find(|field| present & field.bit() == 0);
        *self.inner = absent.map_or("", |field| field.name());
        Err(A::Error::custom("is missing: an exception has operation, amount and currency"))
    }
}
