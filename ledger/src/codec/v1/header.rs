//! What every payload begins with.

use arrayvec::ArrayString;
use rkyv::with::{AsBox, InlineAsBox, Map};
use rkyv::{Archive, Serialize};

use crate::event::Header;
use crate::model::{
    ActorNumber, Category, Channel, CommandId, Context, Country, Date, Notes, Pseudonym, StoreNumber, Tag,
};

/// The header of an event.
#[derive(Archive, Serialize)]
pub(super) struct HeaderV1<'a> {
    command: [u8; 16],
    command_hash: u64,
    effective: i32,
    actor: u32,
    #[rkyv(with = Map<AsBox>)]
    context: Option<ContextV1<'a>>,
}

/// The circumstances, kept apart so that an event without any is small.
#[derive(Archive, Serialize)]
pub(super) struct ContextV1<'a> {
    /// 0: none.
    channel: u8,
    /// Two zero bytes: none.
    country: [u8; 2],
    /// 65,535: none.
    category: u16,
    /// 0: none.
    store: u32,
    device: Option<[u8; 16]>,
    card: Option<[u8; 16]>,
    /// Empty: none.
    #[rkyv(with = InlineAsBox)]
    reference: &'a str,
    #[rkyv(with = Map<AsBox>)]
    rare: Option<RareV1<'a>>,
}

/// What few events carry.
#[derive(Archive, Serialize)]
pub(super) struct RareV1<'a> {
    cause: Option<[u8; 16]>,
    /// Empty: none.
    #[rkyv(with = InlineAsBox)]
    description: &'a str,
    /// Empty: none.
    #[rkyv(with = InlineAsBox)]
    voucher: &'a str,
    tags: Vec<TagV1<'a>>,
}

#[derive(Archive, Serialize)]
pub(super) struct TagV1<'a> {
    #[rkyv(with = InlineAsBox)]
    name: &'a str,
    #[rkyv(with = InlineAsBox)]
    value: &'a str,
}

/// Stands for "no category": categories end at 9999.
const NO_CATEGORY: u16 = u16::MAX;

impl<'a> From<&'a Header> for HeaderV1<'a> {
    fn from(header: &'a Header) -> Self {
        let context = (header.context.is_some() || header.cause.is_some())
            .then(|| ContextV1::new(header.context.as_ref(), header.cause));
        Self {
            command: header.command.to_bytes(),
            command_hash: header.command_hash,
            effective: header.effective.0,
            actor: header.actor.0,
            context,
        }
    }
}

impl<'a> ContextV1<'a> {
    fn new(context: Option<&'a Context>, cause: Option<CommandId>) -> Self {
        let notes = context.and_then(|context| context.notes.as_deref());
        let rare = (notes.is_some() || cause.is_some()).then(|| RareV1 {
            cause: cause.map(CommandId::to_bytes),
            description: notes.and_then(|notes| notes.description.as_deref()).unwrap_or(""),
            voucher: notes.and_then(|notes| notes.voucher.as_deref()).unwrap_or(""),
            tags: notes.map_or_else(Vec::new, |notes| {
                notes.tags.iter().map(|tag| TagV1 { name: &tag.name, value: &tag.value }).collect()
            }),
        });
        Self {
            channel: context.and_then(|context| context.channel).map_or(0, |channel| channel as u8),
            country: context.and_then(|context| context.country).map_or([0, 0], |country| country.0),
            category: context.and_then(|context| context.category).map_or(NO_CATEGORY, |category| category.0),
            store: context.and_then(|context| context.store).map_or(0, |store| store.0),
            device: context.and_then(|context| context.device).map(Pseudonym::to_bytes),
            card: context.and_then(|context| context.card).map(Pseudonym::to_bytes),
            reference: context.and_then(|context| context.reference.as_deref()).unwrap_or(""),
            rare,
        }
    }
}

impl TryFrom<&ArchivedHeaderV1<'_>> for Header {
    type Error = String;

    fn try_from(archived: &ArchivedHeaderV1<'_>) -> Result<Self, String> {
        let stored = archived.context.as_deref();
        let rare = stored.and_then(|stored| stored.rare.as_deref());
        let context = stored.map(context_of).transpose()?.filter(|context| !context.is_empty());
        Ok(Self {
            command: CommandId::from_bytes(archived.command),
            command_hash: archived.command_hash.to_native(),
            effective: Date(archived.effective.to_native()),
            actor: ActorNumber(archived.actor.to_native()),
            cause: rare.and_then(|rare| rare.cause.as_ref().copied()).map(CommandId::from_bytes),
            context,
        })
    }
}

fn context_of(stored: &ArchivedContextV1<'_>) -> Result<Context, String> {
    let channel = match stored.channel {
        0 => None,
        number => Some(Channel::from_u8(number).ok_or_else(|| format!("channel {number} is not known"))?),
    };
    let category = stored.category.to_native();
    let notes = stored.rare.as_deref().map(notes_of).transpose()?.filter(|notes| !notes.is_empty());
    Ok(Context {
        channel,
        country: (stored.country != [0, 0]).then_some(Country(stored.country)),
        category: (category != NO_CATEGORY).then_some(Category(category)),
        store: Some(StoreNumber(stored.store.to_native())).filter(|store| store.0 != 0),
        device: stored.device.as_ref().copied().map(Pseudonym::from_bytes),
        card: stored.card.as_ref().copied().map(Pseudonym::from_bytes),
        reference: short("reference", &stored.reference)?,
        notes: notes.map(Box::new),
    })
}

fn notes_of(rare: &ArchivedRareV1<'_>) -> Result<Notes, String> {
    let tag = |tag: &ArchivedTagV1<'_>| Tag { name: tag.name.to_string(), value: tag.value.to_string() };
    Ok(Notes {
        description: Some(rare.description.to_string()).filter(|text| !text.is_empty()),
        voucher: short("voucher", &rare.voucher)?,
        tags: rare.tags.iter().map(tag).collect(),
    })
}

/// A text of at most 35 bytes; empty stands for none.
fn short(field: &str, text: &str) -> Result<Option<ArrayString<35>>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    ArrayString::from(text).map(Some).map_err(|_| format!("{field} is longer than 35 bytes"))
}
