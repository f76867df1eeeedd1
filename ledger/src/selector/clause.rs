//! The leaves of a selector: one question to one operation.

use std::fmt;

use super::error::LanguageError;
use super::field::{Field, Relation};
use super::lexer::{Reader, number};
use super::operation::COHORTS;
use crate::model::{
    AccountRef, Category, Channel, Code, Country, CurrencyCode, OperationKind, Pseudonym, Signal, Timestamp,
};

/// The longest time that `within` may look back, in seconds: ten years of 365 days.
pub(super) const WITHIN_SECONDS_MAX: u64 = 3650 * 86_400;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clause {
    /// Every operation.
    Everything,
    /// A field compared with a value.
    Compared(Field, Relation, Placed<Value>),
    /// A field's value is listed, or present and not listed.
    Listed { field: Field, not: bool, values: Vec<Placed<Value>> },
    /// A field is there, or is not.
    Present(Field, bool),
    /// The account's last signal of that kind is at most so many seconds old; of any age when absent.
    Signalled(Signal, Option<u64>),
}

/// Something and where it stands in the text, in bytes; the place makes no difference to what it is.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: usize,
}

/// A value as written; names are not looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Operation(OperationKind),
    Channel(Channel),
    Country(Country),
    Store(Code),
    Category(Category),
    Pseudonym(Pseudonym),
    Account(AccountRef),
    Cohort(u8),
    Amount(Amount),
    Currency(CurrencyCode),
    Time(Timestamp),
}

/// Minor units of a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) minor: u64,
    pub(super) currency: Placed<CurrencyCode>,
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Placed<T> {}

impl Clause {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, LanguageError> {
        if reader.take("all") {
            return Ok(Self::Everything);
        }
        if reader.take("signal") {
            return Self::read_signal(reader);
        }
        let field = read_field(reader, |_| true, "`all`, `signal`, `not`, `(`, or a field: ")?;
        if reader.take("is") {
            return Ok(Self::Present(field, read_presence(reader)?));
        }
        if let Some(relation) = read_relation(reader, field) {
            let value = Value::read(reader, field)?;
            return Ok(Self::Compared(field, relation, value));
        }
        let may_list = field.is_listed();
        let not = may_list && reader.take("not");
        if may_list && reader.take("in") {
            return Ok(Self::Listed { field, not, values: Value::read_list(reader, field)? });
        }
        let expected = match (not, field.is_ordered(), may_list) {
            (true, ..) => "`in`",
            (_, true, true) => "`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in` or `is`",
            (_, true, false) => "`=`, `!=`, `<`, `<=`, `>`, `>=` or `is`",
            (_, false, _) => "`=`, `!=`, `in`, `not in` or `is`",
        };
        Err(reader.error(expected))
    }

    fn read_signal(reader: &mut Reader<'_>) -> Result<Self, LanguageError> {
        let name = "the name of a signal: a-z, 0-9 and `_`, beginning with a letter, at most 32 bytes";
        let signal = reader.read(name, |word| word.parse::<Signal>().ok())?;
        if reader.take("within") {
            return Ok(Self::Signalled(signal, Some(read_duration(reader)?)));
        }
        if !reader.take("is") {
            return Err(reader.error("`within` or `is present`"));
        }
        reader.expect("present")?;
        Ok(Self::Signalled(signal, None))
    }
}

fn read_presence(reader: &mut Reader<'_>) -> Result<bool, LanguageError> {
    reader.read("`absent` or `present`", |word| match word {
        "present" => Some(true),
        "absent" => Some(false),
        _ => None,
    })
}

/// Takes one of the fields that `fits`.
pub(super) fn read_field(
    reader: &mut Reader<'_>,
    fits: fn(&Field) -> bool,
    expected: &str,
) -> Result<Field, LanguageError> {
    let found = reader.peek().and_then(Field::from_name).filter(fits);
    let Some(field) = found else {
        let names: Vec<&str> = Field::ALL.iter().filter(|field| fits(field)).map(|field| field.name()).collect();
        return Err(reader.error(format!("{expected}{}", names.join(", "))));
    };
    reader.word();
    Ok(field)
}

/// Takes a sign of comparison that suits the field.
fn read_relation(reader: &mut Reader<'_>, field: Field) -> Option<Relation> {
    let suits = |relation: &Relation| field.is_ordered() || matches!(relation, Relation::Is | Relation::IsNot);
    Relation::ALL.into_iter().filter(suits).find(|relation| reader.take(relation.sign()))
}

/// `24 h`, `24h`: seconds.
fn read_duration(reader: &mut Reader<'_>) -> Result<u64, LanguageError> {
    const EXPECTED: &str =
        "a length of time such as `10 min`: a whole number of `s`, `min`, `h` or `d`, from 1 s to 3650 d";
    let word = reader.peek().ok_or_else(|| reader.error(EXPECTED))?;
    let digits = word.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
    let (count, unit) = word.split_at(digits);
    let count = number(count).ok_or_else(|| reader.error(EXPECTED))?;
    let unit_seconds = |unit: &str| UNITS.iter().find(|(name, _)| *name == unit).map(|(_, seconds)| *seconds);
    let bounded = |unit: &str| {
        let seconds = count.checked_mul(unit_seconds(unit)?)?;
        (1..=WITHIN_SECONDS_MAX).contains(&seconds).then_some(seconds)
    };
    if !unit.is_empty() {
        return reader.read(EXPECTED, |_| bounded(unit));
    }
    reader.word();
    reader.read(EXPECTED, bounded)
}

/// Units of time, the longest first.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

fn listed(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

impl Value {
    fn read_list(reader: &mut Reader<'_>, field: Field) -> Result<Vec<Placed<Self>>, LanguageError> {
        reader.expect("(")?;
        let mut values = vec![Self::read(reader, field)?];
        while reader.take(",") {
            values.push(Self::read(reader, field)?);
        }
        if !reader.take(")") {
            return Err(reader.error("`,` or `)`"));
        }
        Ok(values)
    }

    fn read(reader: &mut Reader<'_>, field: Field) -> Result<Placed<Self>, LanguageError> {
        let place = reader.place();
        let value = match field {
            Field::Operation => {
                let expected = format!("an operation: {}", listed(OperationKind::ALL.iter().map(|kind| kind.name())));
                reader.read(&expected, |word| OperationKind::from_name(word).map(Self::Operation))
            }
            Field::Channel => {
                let expected = format!("a channel: {}", listed(Channel::ALL.iter().map(|channel| channel.name())));
                reader.read(&expected, |word| Channel::from_name(word).map(Self::Channel))
            }
            Field::Country => {
                reader.read("a country: two capital letters of ISO 3166-1", |word| word.parse().ok().map(Self::Country))
            }
            Field::Store => reader.read("the code of a store", |word| word.parse().ok().map(Self::Store)),
            Field::Category => {
                reader.read("a category: four digits of ISO 18245", |word| word.parse().ok().map(Self::Category))
            }
            Field::Card | Field::Device => reader
                .read("a pseudonym: 32 hexadecimal digits, a UUID or a ULID", |word| {
                    word.parse().ok().map(Self::Pseudonym)
                }),
            Field::Funding | Field::Account | Field::Debit | Field::Credit => {
                reader.read("the id or the code of an account", |word| word.parse().ok().map(Self::Account))
            }
            Field::Cohort => reader.read("a cohort from 0 to 99, or 100 as a bound", |word| {
                let cohort = u8::try_from(number(word)?).ok().filter(|cohort| *cohort <= COHORTS)?;
                Some(Self::Cohort(cohort))
            }),
            Field::Amount => Amount::read(reader).map(Self::Amount),
            Field::Currency => reader.read(CURRENCY, |word| word.parse().ok().map(Self::Currency)),
            Field::At => read_time(reader).map(Self::Time),
        }?;
        Ok(Placed { value, place })
    }
}

const CURRENCY: &str = "the code of a currency";

impl Amount {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, LanguageError> {
        let minor = reader.read("an amount: minor units, then the currency, such as `10_000 JPY`", number)?;
        let place = reader.place();
        let value = reader.read(CURRENCY, |word| word.parse().ok())?;
        Ok(Self { minor, currency: Placed { value, place } })
    }
}

/// Takes a moment.
pub(super) fn read_time(reader: &mut Reader<'_>) -> Result<Timestamp, LanguageError> {
    reader.read("a time with its offset, such as 2019-07-04T06:00:00+09:00", |word| word.parse().ok())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(kind) => f.write_str(kind.name()),
            Self::Channel(channel) => f.write_str(channel.name()),
            Self::Country(country) => country.fmt(f),
            Self::Store(code) => code.fmt(f),
            Self::Category(category) => category.fmt(f),
            Self::Pseudonym(id) => id.fmt(f),
            Self::Account(account) => account.fmt(f),
            Self::Cohort(cohort) => cohort.fmt(f),
            Self::Amount(amount) => amount.fmt(f),
            Self::Currency(code) => code.fmt(f),
            Self::Time(at) => at.fmt(f),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.minor, self.currency.value)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("all"),
            Self::Compared(field, relation, value) => {
                write!(f, "{} {} {}", field.name(), relation.sign(), value.value)
            }
            Self::Listed { field, not, values } => {
                write!(f, "{} {}in (", field.name(), if *not { "not " } else { "" })?;
                for (place, value) in values.iter().enumerate() {
                    write!(f, "{}{}", if place > 0 { ", " } else { "" }, value.value)?;
                }
                f.write_str(")")
            }
            Self::Present(field, present) => {
                write!(f, "{} is {}", field.name(), if *present { "present" } else { "absent" })
            }
            Self::Signalled(signal, None) => write!(f, "signal {signal} is present"),
            Self::Signalled(signal, Some(seconds)) => {
                // One day is written as people say it of logins and devices: 24 h.
                let suits = |(unit, length): &(&str, u64)| seconds % length == 0 && (*unit != "d" || seconds > length);
                let (unit, length) = UNITS.into_iter().find(suits).unwrap_or(("s", 1));
                write!(f, "signal {signal} within {} {unit}", seconds / length)
            }
        }
    }
}
