//! What the payloads of halts say beyond their header.
//!
//! A later version of the selectors' language gets schemas of its own, so that a reader of today knows what it does not know.

use rkyv::with::InlineAsBox;
use rkyv::{Archive, Serialize};

use super::body::NO_TIME;
use crate::event::{HaltImposed, HaltLifted};
use crate::model::{ActorNumber, CommandId, Timestamp};
use crate::selector::{Version, Written};

#[derive(Archive, Serialize)]
pub(super) struct HaltImposedV1<'a> {
    /// The version of the selector's language: 1.
    language: u8,
    #[rkyv(with = InlineAsBox)]
    selector: &'a str,
    #[rkyv(with = InlineAsBox)]
    reason: &'a str,
    /// Zeros: none.
    incident: [u8; 16],
    /// 9,223,372,036,854,775,807: at once.
    starts_at_us: i64,
    /// 9,223,372,036,854,775,807: never.
    ends_at_us: i64,
}

#[derive(Archive, Serialize)]
pub(super) struct HaltLiftedV1<'a> {
    halt: [u8; 16],
    /// The version of the selector's language: 1; 0 where the halt is over.
    language: u8,
    /// Empty where the halt is over.
    #[rkyv(with = InlineAsBox)]
    except: &'a str,
    approved_by: u32,
}

impl<'a> From<&'a HaltImposed> for HaltImposedV1<'a> {
    fn from(event: &'a HaltImposed) -> Self {
        Self {
            language: event.selector.version as u8,
            selector: &event.selector.text,
            reason: &event.reason,
            incident: event.incident.unwrap_or(CommandId(0)).to_bytes(),
            starts_at_us: event.starts_at.map_or(NO_TIME, |at| at.0),
            ends_at_us: event.ends_at.map_or(NO_TIME, |at| at.0),
        }
    }
}

impl<'a> From<&'a HaltLifted> for HaltLiftedV1<'a> {
    fn from(event: &'a HaltLifted) -> Self {
        let except = event.except.as_ref();
        Self {
            halt: event.halt.to_bytes(),
            language: except.map_or(0, |except| except.version as u8),
            except: except.map_or("", |except| &except.text),
            approved_by: event.approved_by.0,
        }
    }
}

fn written(language: u8, text: &str) -> Result<Written, String> {
    let version =
        Version::from_u8(language).ok_or_else(|| format!("the language's version {language} is not known"))?;
    Ok(Written { version, text: text.into() })
}

pub(super) fn halt_imposed(stored: &ArchivedHaltImposedV1<'_>) -> Result<HaltImposed, String> {
    let time = |us: i64| (us != NO_TIME).then_some(Timestamp(us));
    Ok(HaltImposed {
        selector: written(stored.language, &stored.selector)?,
        reason: (*stored.reason).into(),
        incident: Some(CommandId::from_bytes(stored.incident)).filter(|incident| !incident.is_nil()),
        starts_at: time(stored.starts_at_us.to_native()),
        ends_at: time(stored.ends_at_us.to_native()),
    })
}

pub(super) fn halt_lifted(stored: &ArchivedHaltLiftedV1<'_>) -> Result<HaltLifted, String> {
    let except = match stored.language {
        0 => None,
        language => Some(written(language, &stored.except)?),
    };
    Ok(HaltLifted {
        halt: CommandId::from_bytes(stored.halt),
        except,
        approved_by: ActorNumber(stored.approved_by.to_native()),
    })
}
