//! Events as text, byte-stable: the same event is the same bytes for ever and on every machine.

use super::submission::{write_array, write_overdraft, write_tags};
use super::write::Object;
use crate::event::{AccountFrozen, AccountOpened, Body, Declined, Event, Genesis, HaltImposed, HaltLifted};
use crate::model::{
    AccountId, AccountNumber, ActorNumber, Code, CommandId, Context, Control, CurrencyCode, CurrencyNumber, Leg, Link,
    Movement, StoreNumber,
};
use crate::state::State;

/// What gives the numbers in an event their names back. A state of the event's sequence or later knows them all.
pub trait Names {
    /// The id of an account and the currency it is kept in.
    fn account(&self, number: AccountNumber) -> Option<(AccountId, CurrencyCode)>;
    /// The code of an account that has one.
    fn account_code(&self, number: AccountNumber) -> Option<&Code>;
    /// The code of a currency.
    fn currency(&self, number: CurrencyNumber) -> Option<CurrencyCode>;
    /// The code of a store.
    fn store(&self, number: StoreNumber) -> Option<&Code>;
    /// The principal of a registered actor.
    fn principal(&self, number: ActorNumber) -> Option<&str>;
}

impl Names for State {
    fn account(&self, number: AccountNumber) -> Option<(AccountId, CurrencyCode)> {
        let account = State::account(self, number)?;
        Some((account.id, State::currency(self, account.currency)?.code))
    }

    fn account_code(&self, number: AccountNumber) -> Option<&Code> {
        self.code_of(number)
    }

    fn currency(&self, number: CurrencyNumber) -> Option<CurrencyCode> {
        State::currency(self, number).map(|currency| currency.code)
    }

    fn store(&self, number: StoreNumber) -> Option<&Code> {
        State::store(self, number).map(|store| &store.code)
    }

    fn principal(&self, number: ActorNumber) -> Option<&str> {
        self.actor(number).map(|actor| actor.principal.as_str())
    }
}

/// An event names something that the names given with it do not hold: they are those of another ledger, or of an earlier
/// sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event names {what} number {number}, which is not known here")]
pub struct NameMissing {
    /// `account`, `currency`, `store` or `actor`.
    pub what: &'static str,
    /// Its number.
    pub number: u32,
}

/// Appends an event as one line of JSON, without the line's end. Keys stand in the order of `docs/commands.md`.
///
/// # Errors
/// When `names` does not know what the event names; `out` then holds part of the event.
pub fn write_event(event: &Event, names: &impl Names, out: &mut Vec<u8>) -> Result<(), NameMissing> {
    let header = &event.header;
    let mut object = Object::begin(out);
    object.number("sequence", event.sequence.0);
    object.word("type", event.body.name());
    object.time("recorded_at", event.recorded_at);
    object.date("effective", header.effective);
    object.id("command", header.command.0);
    if header.actor != ActorNumber(0) {
        let missing = NameMissing { what: "actor", number: header.actor.0 };
        object.text("actor", names.principal(header.actor).ok_or(missing)?);
    }
    if let Some(cause) = header.cause {
        object.id("cause", cause.0);
    }
    if let Some(context) = &header.context {
        write_context(context, names, object.key("context"))?;
    }
    write_body(&event.body, names, &mut object)?;
    let links = event.body.links();
    if !links.is_empty() {
        write_links(&links, names, object.key("accounts"))?;
    }
    if header.command_hash != 0 {
        object.hex("command_hash", &header.command_hash.to_be_bytes());
    }
    object.end();
    Ok(())
}

fn account(names: &impl Names, number: AccountNumber) -> Result<(AccountId, CurrencyCode), NameMissing> {
    names.account(number).ok_or(NameMissing { what: "account", number: number.0 })
}

fn store(names: &impl Names, number: StoreNumber) -> Result<&str, NameMissing> {
    names.store(number).map(Code::as_str).ok_or(NameMissing { what: "store", number: number.0 })
}

fn write_body(body: &Body, names: &impl Names, object: &mut Object<'_>) -> Result<(), NameMissing> {
    match body {
        Body::Genesis(event) => write_genesis(event, object),
        Body::CurrencyDefined(event) => {
            object.word("code", event.currency.code.as_str());
            object.number("exponent", u64::from(event.currency.exponent));
        }
        Body::ActorRegistered(event) => {
            object.text("principal", &event.actor.principal);
            object.word("kind", event.actor.kind.name());
            object.word("authenticated_by", event.actor.authenticated_by.name());
        }
        Body::StoreOpened(event) => {
            object.word("code", event.store.code.as_str());
            object.id("payable", account(names, event.store.payable)?.0.0);
        }
        Body::ClockAccepted(event) => object.time("reading", event.reading),
        Body::AccountOpened(event) => write_account_opened(event, names, object)?,
        Body::AccountClosed(event) => object.id("account", account(names, event.link.account)?.0.0),
        Body::ToppedUp(event) => write_movement(&event.movement, names, object)?,
        Body::Spent(event) => write_movement(&event.movement, names, object)?,
        Body::SpendRefunded(event) => {
            object.number("spend_sequence", event.spend.0);
            write_movement(&event.movement, names, object)?;
        }
        Body::Transferred(event) => write_movement(&event.movement, names, object)?,
        Body::TransactionReversed(event) => {
            object.number("reversed_sequence", event.reversed.0);
            if let Some(spend) = event.refund_of {
                object.number("refund_of_sequence", spend.0);
            }
            write_legs(&event.legs, &event.links, names, object)?;
        }
        Body::JournalEntryPosted(event) => write_legs(&event.legs, &event.links, names, object)?,
        Body::HoldPlaced(event) => {
            write_movement(&event.movement, names, object)?;
            if let Some(expires_at) = event.expires_at {
                object.time("expires_at", expires_at);
            }
        }
        Body::HoldSettled(event) => {
            write_hold(event.hold, &event.movement, names, object)?;
            object.amount("released", event.released_minor);
            object.amount("remaining", event.remaining_minor);
        }
        Body::HoldVoided(event) => write_hold(event.hold, &event.movement, names, object)?,
        Body::HoldExpired(event) => write_hold(event.hold, &event.movement, names, object)?,
        Body::SignalRecorded(event) => {
            object.id("account", account(names, event.link.account)?.0.0);
            object.word("signal", event.signal.as_str());
        }
        Body::AccountFrozen(event) => write_account_frozen(event, names, object)?,
        Body::AccountThawed(event) => {
            object.id("freeze", event.freeze.0);
            object.id("account", account(names, event.link.account)?.0.0);
        }
        Body::AmountFrozen(event) => {
            write_amount(event.link.account, event.amount_minor, names, object)?;
            object.word("reason", event.reason.name());
        }
        Body::AmountReleased(event) => {
            object.id("freeze", event.freeze.0);
            write_amount(event.link.account, event.amount_minor, names, object)?;
            object.amount("remaining", event.remaining_minor);
        }
        Body::Declined(event) => write_declined(event, names, object)?,
        Body::DeclinesCounted(event) => {
            write_control(event.control, object);
            if let Some(link) = &event.link {
                object.id("account", account(names, link.account)?.0.0);
            }
            object.time("hour", event.hour);
            object.number("count", event.count);
        }
        Body::HaltImposed(event) => write_halt_imposed(event, object),
        Body::HaltLifted(event) => write_halt_lifted(event, names, object)?,
    }
    Ok(())
}

fn write_amount(
    number: AccountNumber,
    amount_minor: u64,
    names: &impl Names,
    object: &mut Object<'_>,
) -> Result<(), NameMissing> {
    let (id, currency) = account(names, number)?;
    object.id("account", id.0);
    object.amount("amount", amount_minor);
    object.word("currency", currency.as_str());
    Ok(())
}

fn write_account_frozen(event: &AccountFrozen, names: &impl Names, object: &mut Object<'_>) -> Result<(), NameMissing> {
    let (id, currency) = account(names, event.link.account)?;
    object.id("account", id.0);
    object.word("directions", event.directions.name());
    object.word("reason", event.reason.name());
    if let Some(expires_at) = event.expires_at {
        object.time("expires_at", expires_at);
    }
    if !event.exceptions.is_empty() {
        write_array(&event.exceptions, object.key("exceptions"), |exception, out| {
            let mut object = Object::begin(out);
            object.word("operation", exception.operation.name());
            object.amount("amount", exception.amount_max_minor);
            object.word("currency", currency.as_str());
            object.end();
        });
    }
    Ok(())
}

fn write_halt_imposed(event: &HaltImposed, object: &mut Object<'_>) {
    object.text("selector", &event.selector.text);
    object.number("language", event.selector.version as u64);
    object.text("reason", &event.reason);
    if let Some(incident) = event.incident {
        object.id("incident", incident.0);
    }
    if let Some(starts_at) = event.starts_at {
        object.time("starts_at", starts_at);
    }
    if let Some(ends_at) = event.ends_at {
        object.time("ends_at", ends_at);
    }
}

fn write_halt_lifted(event: &HaltLifted, names: &impl Names, object: &mut Object<'_>) -> Result<(), NameMissing> {
    object.id("halt", event.halt.0);
    if let Some(except) = &event.except {
        object.text("except", &except.text);
        object.number("language", except.version as u64);
    }
    let missing = NameMissing { what: "actor", number: event.approved_by.0 };
    object.text("approved_by", names.principal(event.approved_by).ok_or(missing)?);
    Ok(())
}

fn write_control(control: Control, object: &mut Object<'_>) {
    let mut inner = Object::begin(object.key("control"));
    inner.word("kind", control.kind.name());
    inner.id("id", control.id.0);
    inner.end();
}

fn write_declined(event: &Declined, names: &impl Names, object: &mut Object<'_>) -> Result<(), NameMissing> {
    write_control(event.control, object);
    if let Some(number) = event.account {
        object.id("account", account(names, number)?.0.0);
    }
    let mut operation = Object::begin(object.key("operation"));
    if let Some(kind) = event.operation.operation() {
        operation.word("type", kind.name());
    }
    write_body(&event.operation, names, &mut operation)?;
    operation.end();
    Ok(())
}

fn write_genesis(event: &Genesis, object: &mut Object<'_>) {
    object.id("ledger", event.ledger.0);
    object.number("format_version", u64::from(event.format_version));
    object.word("utc_offset", &event.utc_offset.to_string());
    object.word("clock", event.clock.name());
    object.hex("salt_key_hash", &event.salt_key_hash);
}

fn write_account_opened(event: &AccountOpened, names: &impl Names, object: &mut Object<'_>) -> Result<(), NameMissing> {
    object.id("account", event.account.0);
    object.word("kind", event.kind.name());
    let missing = NameMissing { what: "currency", number: u32::from(event.currency.0) };
    object.word("currency", names.currency(event.currency).ok_or(missing)?.as_str());
    if let Some(code) = &event.code {
        object.word("code", code.as_str());
    }
    if let Some(under) = event.under {
        let missing = NameMissing { what: "account", number: under.0 };
        object.word("under", names.account_code(under).ok_or(missing)?.as_str());
    }
    write_overdraft(object, event.overdraft);
    Ok(())
}

fn write_hold(
    hold: CommandId,
    movement: &Movement,
    names: &impl Names,
    object: &mut Object<'_>,
) -> Result<(), NameMissing> {
    object.id("hold", hold.0);
    write_movement(movement, names, object)
}

fn write_movement(movement: &Movement, names: &impl Names, object: &mut Object<'_>) -> Result<(), NameMissing> {
    let (debit, currency) = account(names, movement.debit.account)?;
    let (credit, _) = account(names, movement.credit.account)?;
    object.id("debit", debit.0);
    object.id("credit", credit.0);
    object.amount("amount", movement.amount_minor);
    object.word("currency", currency.as_str());
    Ok(())
}

fn write_legs(legs: &[Leg], links: &[Link], names: &impl Names, object: &mut Object<'_>) -> Result<(), NameMissing> {
    let mut result = Ok(());
    write_array(legs, object.key("legs"), |leg, out| {
        let link = links.get(usize::from(leg.link)).map_or(AccountNumber(u32::MAX), |link| link.account);
        match account(names, link) {
            Ok((id, currency)) => {
                let mut object = Object::begin(out);
                object.id("account", id.0);
                object.word("side", leg.side.name());
                object.amount("amount", leg.amount_minor);
                object.word("currency", currency.as_str());
                object.end();
            }
            Err(missing) => result = Err(missing),
        }
    });
    result
}

fn write_links(links: &[Link], names: &impl Names, out: &mut Vec<u8>) -> Result<(), NameMissing> {
    let mut result = Ok(());
    write_array(links, out, |link, out| match account(names, link.account) {
        Ok((id, _)) => {
            let mut object = Object::begin(out);
            object.id("account", id.0);
            object.number("event_number", link.event_number);
            object.number("previous", link.previous.0);
            object.amount("net_after", link.net_after_minor);
            object.end();
        }
        Err(missing) => result = Err(missing),
    });
    result
}

fn write_context(context: &Context, names: &impl Names, out: &mut Vec<u8>) -> Result<(), NameMissing> {
    let mut object = Object::begin(out);
    if let Some(channel) = context.channel {
        object.word("channel", channel.name());
    }
    if let Some(country) = context.country {
        object.text("country", &country.to_string());
    }
    if let Some(category) = context.category {
        object.text("category", &category.to_string());
    }
    if let Some(number) = context.store {
        object.word("store", store(names, number)?);
    }
    if let Some(device) = context.device {
        object.id("device", device.0);
    }
    if let Some(card) = context.card {
        object.id("card", card.0);
    }
    if let Some(reference) = &context.reference {
        object.text("reference", reference);
    }
    if let Some(notes) = &context.notes {
        if let Some(description) = &notes.description {
            object.text("description", description);
        }
        if let Some(voucher) = &notes.voucher {
            object.text("voucher", voucher);
        }
        write_tags(&notes.tags, &mut object);
    }
    object.end();
    Ok(())
}
