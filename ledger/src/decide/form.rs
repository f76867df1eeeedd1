//! Form: what is wrong with a command whatever the books hold. Rules are tried in the order of [`Rejection`].

use crate::command::{
    Action, Command, CommandContext, EXCEPTIONS_MAX, EntryLeg, FreezeAccount, GROUP_MEMBERS_MAX, Group, LEGS_MAX,
    PlaceHold,
};
use crate::model::{
    Clock, Code, CommandId, CurrencyCode, Date, EXPONENT_MAX, Notes, OperationKind, ParseTextError, Side, Signal,
    TAGS_BYTES_MAX, TAGS_MAX, Timestamp, UtcOffset, check_text,
};
use crate::rejection::Rejection;

/// The longest principal in bytes.
const PRINCIPAL_BYTES_MAX: usize = 64;
/// The longest reference or voucher number in bytes.
const SHORT_BYTES_MAX: usize = 35;

/// The time at which a command happens: its own where the ledger's clock is `commands`, else `wall`, which never lies before
/// the last recorded time.
///
/// # Errors
/// A time that is missing or not allowed, or lies outside the dates of the books.
pub fn time_of(clock: Clock, at: Option<Timestamp>, wall: Timestamp) -> Result<Timestamp, Rejection> {
    let now = match (clock, at) {
        (Clock::Commands, None) => return Err(Rejection::AtMissing),
        (Clock::System, Some(_)) => return Err(Rejection::AtForbidden),
        (Clock::Commands, Some(at)) => at,
        (Clock::System, None) => wall,
    };
    check_range("at", now)?;
    Ok(now)
}

/// Checks the form of a command that happens on the date `today`. What was well-formed once stays so: a repeated command is
/// always recognised, so what moves with time is left to [`decide`](super::decide).
///
/// # Errors
/// The first rule of form that it breaks.
pub fn check_form(command: &Command, today: Date) -> Result<(), Rejection> {
    check_ids(command)?;
    check_texts(command)?;
    check_action(&command.action, command.context.store.is_some())?;
    if command.effective.is_some() && binds_at_once(&command.action) {
        return Err(Rejection::EffectiveForbidden);
    }
    let effective = command.effective.unwrap_or(today);
    if effective < Date::MIN || effective > today || effective > Date::MAX {
        return Err(Rejection::EffectiveOutOfRange);
    }
    Ok(())
}

/// Checks what a group must be as a whole: its size, one moment, ids that differ. Its members are checked one by one.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_group_form(group: &Group) -> Result<(), Rejection> {
    if group.id.is_nil() {
        return Err(Rejection::IdReserved);
    }
    let members = &group.members;
    if members.is_empty() || members.len() > GROUP_MEMBERS_MAX {
        return Err(Rejection::GroupOutOfBounds { members: members.len() });
    }
    let mut ids: Vec<_> = members.iter().map(|command| command.id).zip(0usize..).collect();
    ids.sort_unstable();
    let repeated = ids.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min();
    if members.iter().any(|command| command.at != members[0].at) {
        return Err(Rejection::GroupTimesDiffer);
    }
    repeated.map_or(Ok(()), |member| Err(Rejection::GroupIdTwice { member }))
}

/// No id is all zeros: neither those given to something new nor those that name something.
fn check_ids(command: &Command) -> Result<(), Rejection> {
    let context = &command.context;
    let nil = command.id.is_nil()
        || command.cause.is_some_and(CommandId::is_nil)
        || [context.device, context.card].iter().flatten().any(|id| id.is_nil())
        || match &command.action {
            Action::OpenAccount(action) => action.account.is_nil(),
            Action::RefundSpend(action) => action.spend.is_nil(),
            Action::ReverseTransaction(action) => action.transaction.is_nil(),
            Action::SettleHold(action) => action.hold.is_nil(),
            Action::VoidHold(action) => action.hold.is_nil(),
            Action::ThawAccount(action) => action.freeze.is_nil(),
            Action::ReleaseAmount(action) => action.freeze.is_nil(),
            _ => false,
        };
    if nil { Err(Rejection::IdReserved) } else { Ok(()) }
}

fn check_texts(command: &Command) -> Result<(), Rejection> {
    if let Some(principal) = &command.actor {
        check_field("actor", principal, PRINCIPAL_BYTES_MAX)?;
    }
    check_context(&command.context)?;
    match &command.action {
        Action::DefineCurrency(action) if action.code == CurrencyCode::default() => {
            return Err(Rejection::TextInvalid { field: "currency", reason: ParseTextError::Empty });
        }
        Action::RegisterActor(action) => check_field("principal", &action.principal, PRINCIPAL_BYTES_MAX)?,
        Action::OpenStore(action) => check_code(&action.code)?,
        Action::OpenAccount(action) => action.code.as_ref().map_or(Ok(()), check_code)?,
        Action::RecordSignal(action) => check_field("signal", action.signal.as_str(), Signal::BYTES_MAX)?,
        _ => {}
    }
    check_tags(&command.context)?;
    if command.context.category.is_some_and(|category| category.0 > 9_999) {
        return Err(Rejection::CategoryInvalid);
    }
    Ok(())
}

fn check_field(field: &'static str, text: &str, bytes_max: usize) -> Result<(), Rejection> {
    check_text(text, bytes_max).map_err(|reason| Rejection::TextInvalid { field, reason })
}

fn check_context(context: &CommandContext) -> Result<(), Rejection> {
    if context.country.is_some_and(|country| !country.0.iter().all(u8::is_ascii_uppercase)) {
        let reason = ParseTextError::Alphabet("two capital letters of ISO 3166-1");
        return Err(Rejection::TextInvalid { field: "country", reason });
    }
    if let Some(reference) = &context.reference {
        check_field("reference", reference, SHORT_BYTES_MAX)?;
    }
    if let Some(description) = &context.description {
        check_field("description", description, Notes::DESCRIPTION_BYTES_MAX)?;
    }
    if let Some(voucher) = &context.voucher {
        check_field("voucher", voucher, SHORT_BYTES_MAX)?;
    }
    for tag in &context.tags {
        check_field("tags", &tag.name, TAGS_BYTES_MAX)?;
        check_field("tags", &tag.value, TAGS_BYTES_MAX)?;
    }
    Ok(())
}

fn check_tags(context: &CommandContext) -> Result<(), Rejection> {
    let tags = &context.tags;
    let bytes: usize = tags.iter().map(|tag| tag.name.len() + tag.value.len()).sum();
    let twice = tags.iter().enumerate().any(|(place, tag)| tags[..place].iter().any(|other| other.name == tag.name));
    if tags.len() > TAGS_MAX || bytes > TAGS_BYTES_MAX || twice { Err(Rejection::TagsInvalid) } else { Ok(()) }
}

/// The alphabet of a code leaves room for a card number.
fn check_code(code: &Code) -> Result<(), Rejection> {
    check_field("code", code.as_str(), Code::BYTES_MAX)
}

fn check_action(action: &Action, has_store: bool) -> Result<(), Rejection> {
    match action {
        Action::DefineCurrency(action) if action.exponent > EXPONENT_MAX => Err(Rejection::ExponentInvalid),
        Action::OpenAccount(action) if action.code.is_some() && action.under.is_some() => Err(Rejection::UnderWithCode),
        Action::TopUp(action) => {
            check_amount(action.amount_minor)?;
            check_differ(action.account == action.funding)
        }
        Action::Spend(action) => {
            check_amount(action.amount_minor)?;
            if has_store { Ok(()) } else { Err(Rejection::StoreMissing) }
        }
        Action::RefundSpend(action) => check_part(action.amount_minor, action.currency),
        Action::SettleHold(action) => check_part(action.amount_minor, action.currency),
        Action::Transfer(action) => {
            check_amount(action.amount_minor)?;
            check_differ(action.debit == action.credit)
        }
        Action::PlaceHold(action) => {
            check_amount(action.amount_minor)?;
            check_differ(action.credit.as_ref() == Some(&action.debit))?;
            action.expires_at.map_or(Ok(()), |at| check_range("expires_at", at))?;
            if has_store || action.credit.is_some() { Ok(()) } else { Err(Rejection::StoreMissing) }
        }
        Action::PostJournalEntry(action) => check_legs(&action.legs),
        Action::AcceptClock(action) => check_range("reading", action.reading),
        Action::FreezeAccount(action) => check_freeze(action),
        Action::FreezeAmount(action) => check_amount(action.amount_minor),
        Action::ReleaseAmount(action) => check_part(action.amount_minor, action.currency),
        _ => Ok(()),
    }
}

fn check_freeze(action: &FreezeAccount) -> Result<(), Rejection> {
    let exceptions = &action.exceptions;
    exceptions.iter().try_for_each(|exception| check_amount(exception.amount_minor))?;
    let stopped = |operation| OperationKind::FREEZABLE.contains(&operation);
    if exceptions.len() > EXCEPTIONS_MAX || !exceptions.iter().all(|exception| stopped(exception.operation)) {
        return Err(Rejection::ExceptionsInvalid);
    }
    action.expires_at.map_or(Ok(()), |at| check_range("expires_at", at))
}

/// Whether it is a control or a signal, which counts from its recording on and has no other date.
const fn binds_at_once(action: &Action) -> bool {
    matches!(
        action,
        Action::RecordSignal(_)
            | Action::FreezeAccount(_)
            | Action::ThawAccount(_)
            | Action::FreezeAmount(_)
            | Action::ReleaseAmount(_)
    )
}

const fn check_amount(amount_minor: u64) -> Result<(), Rejection> {
    if amount_minor == 0 { Err(Rejection::AmountZero) } else { Ok(()) }
}

const fn check_differ(same: bool) -> Result<(), Rejection> {
    if same { Err(Rejection::AccountsMustDiffer) } else { Ok(()) }
}

/// An amount and its currency, both given or neither.
fn check_part(amount_minor: Option<u64>, currency: Option<CurrencyCode>) -> Result<(), Rejection> {
    check_amount(amount_minor.unwrap_or(1))?;
    if amount_minor.is_some() == currency.is_some() { Ok(()) } else { Err(Rejection::AmountWithoutCurrency) }
}

fn check_legs(legs: &[EntryLeg]) -> Result<(), Rejection> {
    legs.iter().try_for_each(|leg| check_amount(leg.amount_minor))?;
    if !(2..=LEGS_MAX).contains(&legs.len()) {
        return Err(Rejection::LegsOutOfBounds { legs: legs.len() });
    }
    let mut sums: Vec<(CurrencyCode, u128, u128)> = Vec::with_capacity(2);
    for leg in legs {
        let place = sums.iter().position(|(currency, ..)| *currency == leg.currency).unwrap_or_else(|| {
            sums.push((leg.currency, 0, 0));
            sums.len() - 1
        });
        // 1,000 legs of 64 bits cannot overflow 128.
        match leg.side {
            Side::Debit => sums[place].1 += u128::from(leg.amount_minor),
            Side::Credit => sums[place].2 += u128::from(leg.amount_minor),
        }
    }
    match sums.into_iter().find(|(_, debit, credit)| debit != credit) {
        Some((currency, debit_minor, credit_minor)) => {
            Err(Rejection::Unbalanced { currency, debit_minor, credit_minor })
        }
        None => Ok(()),
    }
}

/// What moves with time, and is therefore judged only once the id is known to be new.
pub(super) fn check_moment(command: &Command, clock: Clock, last: Timestamp, now: Timestamp) -> Result<(), Rejection> {
    if now < last {
        return Err(Rejection::AtBeforeLast);
    }
    match &command.action {
        Action::AcceptClock(_) if clock == Clock::Commands => Err(Rejection::ClockOfCommands),
        Action::PlaceHold(PlaceHold { expires_at: Some(at), .. })
        | Action::FreezeAccount(FreezeAccount { expires_at: Some(at), .. })
            if *at <= now =>
        {
            Err(Rejection::ExpiryNotAfterNow)
        }
        _ => Ok(()),
    }
}

/// Between the first and the last date that the books accept, both whole days in UTC.
fn check_range(field: &'static str, at: Timestamp) -> Result<(), Rejection> {
    const FIRST: Timestamp = Date::MIN.start(UtcOffset(0));
    const AFTER_LAST: Timestamp = Date(Date::MAX.0 + 1).start(UtcOffset(0));
    if at >= FIRST && at < AFTER_LAST { Ok(()) } else { Err(Rejection::TimeOutOfRange { field }) }
}
