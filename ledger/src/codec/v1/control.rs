//! What the payloads of controls say beyond their header.

use rkyv::with::InlineAsBox;
use rkyv::{Archive, Serialize};

use super::body::{LinkV1, NO_ACCOUNT, NO_TIME, link};
use crate::codec::{CodecError, Layout, kind, layout_of};
use crate::event::{
    AccountFrozen, AccountThawed, AmountFrozen, AmountReleased, Declined, DeclinesCounted, Event, Header,
    SignalRecorded,
};
use crate::model::{
    AccountNumber, ActorNumber, CommandId, Control, ControlKind, Date, Directions, Exception, FreezeReason,
    OperationKind, Sequence, Timestamp,
};

#[derive(Archive, Serialize)]
pub(super) struct SignalRecordedV1<'a> {
    link: LinkV1,
    #[rkyv(with = InlineAsBox)]
    signal: &'a str,
}

#[derive(Archive, Serialize)]
pub(super) struct AccountFrozenV1 {
    link: LinkV1,
    /// 1 in, 2 out, 3 both.
    directions: u8,
    /// 1 suspected fraud, 2 court order, 3 the holder's request, 4 death, 5 sanctions, 6 other.
    reason: u8,
    /// 9,223,372,036,854,775,807: never.
    expires_at_us: i64,
    exceptions: Vec<ExceptionV1>,
}

#[derive(Archive, Serialize)]
pub(super) struct ExceptionV1 {
    /// 5 top-up, 6 spend, 7 refund of a spend, 8 transfer, 9 hold placed, 10 hold settled.
    operation: u8,
    amount_max_minor: u64,
}

#[derive(Archive, Serialize)]
pub(super) struct AccountThawedV1 {
    link: LinkV1,
    freeze: [u8; 16],
}

#[derive(Archive, Serialize)]
pub(super) struct AmountFrozenV1 {
    link: LinkV1,
    amount_minor: u64,
    /// As for an account.
    reason: u8,
}

#[derive(Archive, Serialize)]
pub(super) struct AmountReleasedV1 {
    link: LinkV1,
    freeze: [u8; 16],
    amount_minor: u64,
    remaining_minor: u64,
}

#[derive(Archive, Serialize)]
pub(super) struct DeclinedV1 {
    /// 1 freeze, 2 halt, 3 limit.
    control_kind: u8,
    control: [u8; 16],
    /// 4,294,967,295: none.
    account: u32,
    /// The type of event that the command would have become.
    kind: u16,
    /// Its schema.
    schema: u16,
    /// Its payload, whose header is empty: this event has the command's own.
    operation: Vec<u8>,
}

#[derive(Archive, Serialize)]
pub(super) struct DeclinesCountedV1 {
    control_kind: u8,
    control: [u8; 16],
    link: Option<LinkV1>,
    hour_us: i64,
    count: u64,
}

impl<'a> From<&'a SignalRecorded> for SignalRecordedV1<'a> {
    fn from(event: &'a SignalRecorded) -> Self {
        Self { link: (&event.link).into(), signal: event.signal.as_str() }
    }
}

impl From<&AccountFrozen> for AccountFrozenV1 {
    fn from(event: &AccountFrozen) -> Self {
        let exception = |exception: &Exception| ExceptionV1 {
            operation: exception.operation as u8,
            amount_max_minor: exception.amount_max_minor,
        };
        Self {
            link: (&event.link).into(),
            directions: event.directions as u8,
            reason: event.reason as u8,
            expires_at_us: event.expires_at.map_or(NO_TIME, |expires_at| expires_at.0),
            exceptions: event.exceptions.iter().map(exception).collect(),
        }
    }
}

impl From<&AccountThawed> for AccountThawedV1 {
    fn from(event: &AccountThawed) -> Self {
        Self { link: (&event.link).into(), freeze: event.freeze.to_bytes() }
    }
}

impl From<&AmountFrozen> for AmountFrozenV1 {
    fn from(event: &AmountFrozen) -> Self {
        Self { link: (&event.link).into(), amount_minor: event.amount_minor, reason: event.reason as u8 }
    }
}

impl From<&AmountReleased> for AmountReleasedV1 {
    fn from(event: &AmountReleased) -> Self {
        Self {
            link: (&event.link).into(),
            freeze: event.freeze.to_bytes(),
            amount_minor: event.amount_minor,
            remaining_minor: event.remaining_minor,
        }
    }
}

impl DeclinedV1 {
    pub(super) fn new(event: &Declined) -> Result<Self, CodecError> {
        let layout = layout_of(&event.operation);
        if layout.kind == kind::DECLINED {
            return Err(CodecError::Unencodable("what was declined is itself a refusal".to_owned()));
        }
        let mut operation = Vec::new();
        super::encode(
            &Event {
                sequence: Sequence(0),
                recorded_at: Timestamp(0),
                header: empty_header(),
                body: (*event.operation).clone(),
            },
            &mut operation,
        )?;
        Ok(Self {
            control_kind: event.control.kind as u8,
            control: event.control.id.to_bytes(),
            account: event.account.map_or(NO_ACCOUNT, |account| account.0),
            kind: layout.kind,
            schema: layout.schema,
            operation,
        })
    }
}

const fn empty_header() -> Header {
    Header {
        command: CommandId(0),
        command_hash: 0,
        effective: Date(0),
        actor: ActorNumber(0),
        cause: None,
        context: None,
    }
}

impl From<&DeclinesCounted> for DeclinesCountedV1 {
    fn from(event: &DeclinesCounted) -> Self {
        Self {
            control_kind: event.control.kind as u8,
            control: event.control.id.to_bytes(),
            link: event.link.as_ref().map(Into::into),
            hour_us: event.hour.0,
            count: event.count,
        }
    }
}

fn control(kind: u8, id: [u8; 16]) -> Result<Control, String> {
    let kind = ControlKind::from_u8(kind).ok_or_else(|| format!("control kind {kind} is not known"))?;
    Ok(Control { kind, id: CommandId::from_bytes(id) })
}

fn reason(number: u8) -> Result<FreezeReason, String> {
    FreezeReason::from_u8(number).ok_or_else(|| format!("reason {number} is not known"))
}

pub(super) fn signal_recorded(stored: &ArchivedSignalRecordedV1<'_>) -> Result<SignalRecorded, String> {
    let signal = stored.signal.parse().map_err(|error| format!("signal {error}"))?;
    Ok(SignalRecorded { link: link(&stored.link), signal })
}

pub(super) fn account_frozen(stored: &ArchivedAccountFrozenV1) -> Result<AccountFrozen, String> {
    let exception = |stored: &ArchivedExceptionV1| {
        let operation = OperationKind::from_u8(stored.operation)
            .ok_or_else(|| format!("operation {} is not known", stored.operation))?;
        Ok(Exception { operation, amount_max_minor: stored.amount_max_minor.to_native() })
    };
    Ok(AccountFrozen {
        link: link(&stored.link),
        directions: Directions::from_u8(stored.directions)
            .ok_or_else(|| format!("directions {} are not known", stored.directions))?,
        reason: reason(stored.reason)?,
        expires_at: Some(Timestamp(stored.expires_at_us.to_native())).filter(|at| at.0 != NO_TIME),
        exceptions: stored.exceptions.iter().map(exception).collect::<Result<_, String>>()?,
    })
}

pub(super) fn account_thawed(stored: &ArchivedAccountThawedV1) -> AccountThawed {
    AccountThawed { link: link(&stored.link), freeze: CommandId::from_bytes(stored.freeze) }
}

pub(super) fn amount_frozen(stored: &ArchivedAmountFrozenV1) -> Result<AmountFrozen, String> {
    Ok(AmountFrozen {
        link: link(&stored.link),
        amount_minor: stored.amount_minor.to_native(),
        reason: reason(stored.reason)?,
    })
}

pub(super) fn amount_released(stored: &ArchivedAmountReleasedV1) -> AmountReleased {
    AmountReleased {
        link: link(&stored.link),
        freeze: CommandId::from_bytes(stored.freeze),
        amount_minor: stored.amount_minor.to_native(),
        remaining_minor: stored.remaining_minor.to_native(),
    }
}

pub(super) fn declined(stored: &ArchivedDeclinedV1) -> Result<Declined, String> {
    let layout = Layout { kind: stored.kind.to_native(), schema: stored.schema.to_native() };
    if layout.kind == kind::DECLINED {
        return Err("what was declined is itself a refusal".to_owned());
    }
    let operation = crate::codec::decode(layout, stored.operation.as_slice(), Sequence(0), Timestamp(0))
        .map_err(|error| error.to_string())?;
    Ok(Declined {
        control: control(stored.control_kind, stored.control)?,
        account: Some(AccountNumber(stored.account.to_native())).filter(|account| account.0 != NO_ACCOUNT),
        operation: Box::new(operation.body),
    })
}

pub(super) fn declines_counted(stored: &ArchivedDeclinesCountedV1) -> Result<DeclinesCounted, String> {
    Ok(DeclinesCounted {
        control: control(stored.control_kind, stored.control)?,
        link: stored.link.as_ref().map(link),
        hour: Timestamp(stored.hour_us.to_native()),
        count: stored.count.to_native(),
    })
}
