//! What each payload says beyond its header.

use rkyv::with::InlineAsBox;
use rkyv::{Archive, Serialize};

use super::sequence;
use crate::event::{
    AccountClosed, AccountOpened, ActorRegistered, ClockAccepted, CurrencyDefined, Genesis, HoldExpired, HoldPlaced,
    HoldSettled, HoldVoided, JournalEntryPosted, SpendRefunded, Spent, StoreOpened, ToppedUp, TransactionReversed,
    Transferred,
};
use crate::model::{
    AccountId, AccountKind, AccountNumber, Actor, ActorKind, ActorNumber, Authentication, Clock, Code, CommandId,
    Currency, CurrencyNumber, LedgerId, Leg, Link, Movement, Overdraft, Side, Store, StoreNumber, Timestamp, UtcOffset,
};

/// Stands for "no account" where one is optional: accounts are numbered below it.
pub(super) const NO_ACCOUNT: u32 = u32::MAX;
/// Stands for "no end": no moment is that late.
pub(super) const NO_TIME: i64 = i64::MAX;

#[derive(Archive, Serialize)]
pub(super) struct LinkV1 {
    pub(super) account: u32,
    pub(super) previous: u64,
    pub(super) event_number: u64,
    pub(super) net_after_minor: i64,
}

#[derive(Archive, Serialize)]
pub(super) struct LegV1 {
    pub(super) link: u16,
    /// 1 debit, 2 credit.
    pub(super) side: u8,
    pub(super) amount_minor: u64,
}

#[derive(Archive, Serialize)]
pub(super) struct MovementV1 {
    pub(super) debit: LinkV1,
    pub(super) credit: LinkV1,
    pub(super) amount_minor: u64,
}

#[derive(Archive, Serialize)]
pub(super) struct GenesisV1 {
    ledger: [u8; 16],
    format_version: u16,
    utc_offset_seconds: i32,
    /// 1 system, 2 commands.
    clock: u8,
    salt_key_hash: [u8; 32],
}

#[derive(Archive, Serialize)]
pub(super) struct CurrencyDefinedV1<'a> {
    number: u16,
    #[rkyv(with = InlineAsBox)]
    code: &'a str,
    exponent: u8,
}

#[derive(Archive, Serialize)]
pub(super) struct ActorRegisteredV1<'a> {
    number: u32,
    #[rkyv(with = InlineAsBox)]
    principal: &'a str,
    /// 1 person, 2 service, 3 system.
    kind: u8,
    /// 1 host, 2 operating system's user, 3 token, 4 client certificate.
    authenticated_by: u8,
}

#[derive(Archive, Serialize)]
pub(super) struct StoreOpenedV1<'a> {
    number: u32,
    #[rkyv(with = InlineAsBox)]
    code: &'a str,
    payable: u32,
}

#[derive(Archive, Serialize)]
pub(super) struct ClockAcceptedV1 {
    reading_us: i64,
}

#[derive(Archive, Serialize)]
pub(super) struct AccountOpenedV1<'a> {
    link: LinkV1,
    account: [u8; 16],
    /// 1 asset, 2 liability, 3 equity, 4 income, 5 expense.
    kind: u8,
    currency: u16,
    /// Empty: none.
    #[rkyv(with = InlineAsBox)]
    code: &'a str,
    /// 4,294,967,295: none.
    under: u32,
    /// 0 never, 1 up to the number that follows, 2 unlimited.
    overdraft: u8,
    overdraft_minor: u64,
}

#[derive(Archive, Serialize)]
pub(super) struct AccountClosedV1 {
    link: LinkV1,
}

#[derive(Archive, Serialize)]
pub(super) struct SpendRefundedV1 {
    movement: MovementV1,
    spend: u64,
}

#[derive(Archive, Serialize)]
pub(super) struct TransactionReversedV1 {
    reversed: u64,
    /// 0: what was reversed is no refund.
    refund_of: u64,
    entry: EntryV1,
}

#[derive(Archive, Serialize)]
pub(super) struct EntryV1 {
    links: Vec<LinkV1>,
    legs: Vec<LegV1>,
}

#[derive(Archive, Serialize)]
pub(super) struct HoldPlacedV1 {
    movement: MovementV1,
    /// 9,223,372,036,854,775,807: never.
    expires_at_us: i64,
}

#[derive(Archive, Serialize)]
pub(super) struct HoldSettledV1 {
    hold: [u8; 16],
    movement: MovementV1,
    released_minor: u64,
    remaining_minor: u64,
}

#[derive(Archive, Serialize)]
pub(super) struct HoldEndedV1 {
    hold: [u8; 16],
    movement: MovementV1,
}

impl From<&Genesis> for GenesisV1 {
    fn from(event: &Genesis) -> Self {
        Self {
            ledger: event.ledger.to_bytes(),
            format_version: event.format_version,
            utc_offset_seconds: event.utc_offset.0,
            clock: event.clock as u8,
            salt_key_hash: event.salt_key_hash,
        }
    }
}

impl<'a> From<&'a CurrencyDefined> for CurrencyDefinedV1<'a> {
    fn from(event: &'a CurrencyDefined) -> Self {
        Self { number: event.number.0, code: event.currency.code.as_str(), exponent: event.currency.exponent }
    }
}

impl<'a> From<&'a ActorRegistered> for ActorRegisteredV1<'a> {
    fn from(event: &'a ActorRegistered) -> Self {
        Self {
            number: event.number.0,
            principal: &event.actor.principal,
            kind: event.actor.kind as u8,
            authenticated_by: event.actor.authenticated_by as u8,
        }
    }
}

impl<'a> From<&'a StoreOpened> for StoreOpenedV1<'a> {
    fn from(event: &'a StoreOpened) -> Self {
        Self { number: event.number.0, code: event.store.code.as_str(), payable: event.store.payable.0 }
    }
}

impl From<&ClockAccepted> for ClockAcceptedV1 {
    fn from(event: &ClockAccepted) -> Self {
        Self { reading_us: event.reading.0 }
    }
}

impl<'a> From<&'a AccountOpened> for AccountOpenedV1<'a> {
    fn from(event: &'a AccountOpened) -> Self {
        let (overdraft, overdraft_minor) = match event.overdraft {
            Overdraft::Never => (0, 0),
            Overdraft::UpTo(minor) => (1, minor),
            Overdraft::Unlimited => (2, 0),
        };
        Self {
            link: (&event.link).into(),
            account: event.account.to_bytes(),
            kind: event.kind as u8,
            currency: event.currency.0,
            code: event.code.as_ref().map_or("", Code::as_str),
            under: event.under.map_or(NO_ACCOUNT, |under| under.0),
            overdraft,
            overdraft_minor,
        }
    }
}

impl From<&AccountClosed> for AccountClosedV1 {
    fn from(event: &AccountClosed) -> Self {
        Self { link: (&event.link).into() }
    }
}

impl From<&SpendRefunded> for SpendRefundedV1 {
    fn from(event: &SpendRefunded) -> Self {
        Self { movement: (&event.movement).into(), spend: event.spend.0 }
    }
}

impl From<&TransactionReversed> for TransactionReversedV1 {
    fn from(event: &TransactionReversed) -> Self {
        Self {
            reversed: event.reversed.0,
            refund_of: event.refund_of.map_or(0, |spend| spend.0),
            entry: EntryV1::new(&event.links, &event.legs),
        }
    }
}

impl From<&JournalEntryPosted> for EntryV1 {
    fn from(event: &JournalEntryPosted) -> Self {
        Self::new(&event.links, &event.legs)
    }
}

impl EntryV1 {
    fn new(links: &[Link], legs: &[Leg]) -> Self {
        Self { links: links.iter().map(Into::into).collect(), legs: legs.iter().map(Into::into).collect() }
    }
}

impl From<&HoldPlaced> for HoldPlacedV1 {
    fn from(event: &HoldPlaced) -> Self {
        Self {
            movement: (&event.movement).into(),
            expires_at_us: event.expires_at.map_or(NO_TIME, |expires_at| expires_at.0),
        }
    }
}

impl From<&HoldSettled> for HoldSettledV1 {
    fn from(event: &HoldSettled) -> Self {
        Self {
            hold: event.hold.to_bytes(),
            movement: (&event.movement).into(),
            released_minor: event.released_minor,
            remaining_minor: event.remaining_minor,
        }
    }
}

impl HoldEndedV1 {
    pub(super) fn new(hold: CommandId, movement: &Movement) -> Self {
        Self { hold: hold.to_bytes(), movement: movement.into() }
    }
}

pub(super) fn link(stored: &ArchivedLinkV1) -> Link {
    Link {
        account: AccountNumber(stored.account.to_native()),
        previous: sequence(stored.previous),
        event_number: stored.event_number.to_native(),
        net_after_minor: stored.net_after_minor.to_native(),
    }
}

fn movement(stored: &ArchivedMovementV1) -> Movement {
    Movement { debit: link(&stored.debit), credit: link(&stored.credit), amount_minor: stored.amount_minor.to_native() }
}

fn entry(stored: &ArchivedEntryV1) -> Result<(Vec<Link>, Vec<Leg>), String> {
    let links: Vec<Link> = stored.links.iter().map(link).collect();
    let leg = |stored: &ArchivedLegV1| {
        let leg = Leg {
            link: stored.link.to_native(),
            side: Side::from_u8(stored.side).ok_or_else(|| format!("side {} is not known", stored.side))?,
            amount_minor: stored.amount_minor.to_native(),
        };
        if usize::from(leg.link) < links.len() {
            Ok(leg)
        } else {
            Err(format!("a leg names link {}, there are {}", leg.link, links.len()))
        }
    };
    let legs = stored.legs.iter().map(leg).collect::<Result<_, String>>()?;
    Ok((links, legs))
}

pub(super) fn genesis(stored: &ArchivedGenesisV1) -> Result<Genesis, String> {
    Ok(Genesis {
        ledger: LedgerId::from_bytes(stored.ledger),
        format_version: stored.format_version.to_native(),
        utc_offset: UtcOffset(stored.utc_offset_seconds.to_native()),
        clock: Clock::from_u8(stored.clock).ok_or_else(|| format!("clock {} is not known", stored.clock))?,
        salt_key_hash: stored.salt_key_hash,
    })
}

pub(super) fn currency_defined(stored: &ArchivedCurrencyDefinedV1<'_>) -> Result<CurrencyDefined, String> {
    let code = stored.code.parse().map_err(|error| format!("currency code {error}"))?;
    Ok(CurrencyDefined {
        number: CurrencyNumber(stored.number.to_native()),
        currency: Currency { code, exponent: stored.exponent },
    })
}

pub(super) fn actor_registered(stored: &ArchivedActorRegisteredV1<'_>) -> Result<ActorRegistered, String> {
    Ok(ActorRegistered {
        number: ActorNumber(stored.number.to_native()),
        actor: Actor {
            principal: stored.principal.to_string(),
            kind: ActorKind::from_u8(stored.kind).ok_or_else(|| format!("actor kind {} is not known", stored.kind))?,
            authenticated_by: Authentication::from_u8(stored.authenticated_by)
                .ok_or_else(|| format!("authentication {} is not known", stored.authenticated_by))?,
        },
    })
}

fn code(text: &str) -> Result<Code, String> {
    text.parse().map_err(|error| format!("code {error}"))
}

pub(super) fn store_opened(stored: &ArchivedStoreOpenedV1<'_>) -> Result<StoreOpened, String> {
    Ok(StoreOpened {
        number: StoreNumber(stored.number.to_native()),
        store: Store { code: code(&stored.code)?, payable: AccountNumber(stored.payable.to_native()) },
    })
}

pub(super) fn clock_accepted(stored: &ArchivedClockAcceptedV1) -> ClockAccepted {
    ClockAccepted { reading: Timestamp(stored.reading_us.to_native()) }
}

pub(super) fn account_opened(stored: &ArchivedAccountOpenedV1<'_>) -> Result<AccountOpened, String> {
    let overdraft = match stored.overdraft {
        0 => Overdraft::Never,
        1 => Overdraft::UpTo(stored.overdraft_minor.to_native()),
        2 => Overdraft::Unlimited,
        number => return Err(format!("overdraft rule {number} is not known")),
    };
    Ok(AccountOpened {
        link: link(&stored.link),
        account: AccountId::from_bytes(stored.account),
        kind: AccountKind::from_u8(stored.kind).ok_or_else(|| format!("account kind {} is not known", stored.kind))?,
        currency: CurrencyNumber(stored.currency.to_native()),
        code: if stored.code.is_empty() { None } else { Some(code(&stored.code)?) },
        under: Some(AccountNumber(stored.under.to_native())).filter(|under| under.0 != NO_ACCOUNT),
        overdraft,
    })
}

pub(super) fn account_closed(stored: &ArchivedAccountClosedV1) -> AccountClosed {
    AccountClosed { link: link(&stored.link) }
}

pub(super) fn topped_up(stored: &ArchivedMovementV1) -> ToppedUp {
    ToppedUp { movement: movement(stored) }
}

pub(super) fn spent(stored: &ArchivedMovementV1) -> Spent {
    Spent { movement: movement(stored) }
}

pub(super) fn spend_refunded(stored: &ArchivedSpendRefundedV1) -> SpendRefunded {
    SpendRefunded { movement: movement(&stored.movement), spend: sequence(stored.spend) }
}

pub(super) fn transferred(stored: &ArchivedMovementV1) -> Transferred {
    Transferred { movement: movement(stored) }
}

pub(super) fn transaction_reversed(stored: &ArchivedTransactionReversedV1) -> Result<TransactionReversed, String> {
    let (links, legs) = entry(&stored.entry)?;
    let refund_of = Some(sequence(stored.refund_of)).filter(|spend| spend.0 != 0);
    Ok(TransactionReversed { reversed: sequence(stored.reversed), refund_of, links, legs })
}

pub(super) fn journal_entry_posted(stored: &ArchivedEntryV1) -> Result<JournalEntryPosted, String> {
    let (links, legs) = entry(stored)?;
    Ok(JournalEntryPosted { links, legs })
}

pub(super) fn hold_placed(stored: &ArchivedHoldPlacedV1) -> HoldPlaced {
    let expires_at = Some(Timestamp(stored.expires_at_us.to_native())).filter(|expires_at| expires_at.0 != NO_TIME);
    HoldPlaced { movement: movement(&stored.movement), expires_at }
}

pub(super) fn hold_settled(stored: &ArchivedHoldSettledV1) -> HoldSettled {
    HoldSettled {
        hold: CommandId::from_bytes(stored.hold),
        movement: movement(&stored.movement),
        released_minor: stored.released_minor.to_native(),
        remaining_minor: stored.remaining_minor.to_native(),
    }
}

pub(super) fn hold_voided(stored: &ArchivedHoldEndedV1) -> HoldVoided {
    HoldVoided { hold: CommandId::from_bytes(stored.hold), movement: movement(&stored.movement) }
}

pub(super) fn hold_expired(stored: &ArchivedHoldEndedV1) -> HoldExpired {
    HoldExpired { hold: CommandId::from_bytes(stored.hold), movement: movement(&stored.movement) }
}
