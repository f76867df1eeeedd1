//! Commands and groups as text: the exact inverse of reading them.

use super::field::Kind;
use super::write::Object;
use crate::command::{
    Action, Command, CommandContext, EntryLeg, FreezeAccount, ImposeHalt, LiftHalt, OpenAccount, Submission,
};
use crate::model::{AccountRef, CurrencyCode, Overdraft, Tag};

/// Appends a command or group as one line of JSON, without the line's end.
///
/// What [`parse_submission`](super::parse_submission) reads from it equals `submission`, unless a text of it is longer than
/// its field allows or a tag's name stands twice, which no reader accepts.
pub fn write_submission(submission: &Submission, out: &mut Vec<u8>) {
    match submission {
        Submission::One(command) => write_command(command, out),
        Submission::Group(group) => {
            let mut object = Object::begin(out);
            object.word("type", Kind::Group.name());
            object.id("id", group.id.0);
            let array = object.key("commands");
            write_array(&group.members, array, write_command);
            object.end();
        }
    }
}

pub(super) fn write_array<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

fn write_command(command: &Command, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.word("type", kind(&command.action).name());
    object.id("id", command.id.0);
    if let Some(at) = command.at {
        object.time("at", at);
    }
    if let Some(effective) = command.effective {
        object.date("effective", effective);
    }
    if let Some(actor) = &command.actor {
        object.text("actor", actor);
    }
    if let Some(cause) = command.cause {
        object.id("cause", cause.0);
    }
    write_action(&command.action, &mut object);
    if command.context != CommandContext::default() {
        write_context(&command.context, object.key("context"));
    }
    object.end();
}

fn kind(action: &Action) -> Kind {
    match action {
        Action::DefineCurrency(_) => Kind::DefineCurrency,
        Action::RegisterActor(_) => Kind::RegisterActor,
        Action::OpenStore(_) => Kind::OpenStore,
        Action::OpenAccount(_) => Kind::OpenAccount,
        Action::CloseAccount(_) => Kind::CloseAccount,
        Action::TopUp(_) => Kind::TopUp,
        Action::Spend(_) => Kind::Spend,
        Action::RefundSpend(_) => Kind::RefundSpend,
        Action::Transfer(_) => Kind::Transfer,
        Action::PlaceHold(_) => Kind::PlaceHold,
        Action::SettleHold(_) => Kind::SettleHold,
        Action::VoidHold(_) => Kind::VoidHold,
        Action::ReverseTransaction(_) => Kind::ReverseTransaction,
        Action::PostJournalEntry(_) => Kind::PostJournalEntry,
        Action::AcceptClock(_) => Kind::AcceptClock,
        Action::RecordSignal(_) => Kind::RecordSignal,
        Action::FreezeAccount(_) => Kind::FreezeAccount,
        Action::ThawAccount(_) => Kind::ThawAccount,
        Action::FreezeAmount(_) => Kind::FreezeAmount,
        Action::ReleaseAmount(_) => Kind::ReleaseAmount,
        Action::ImposeHalt(_) => Kind::ImposeHalt,
        Action::LiftHalt(_) => Kind::LiftHalt,
    }
}

fn account(object: &mut Object<'_>, key: &str, account: &AccountRef) {
    match account {
        AccountRef::Id(id) => object.id(key, id.0),
        AccountRef::Code(code) => object.word(key, code.as_str()),
    }
}

fn money(object: &mut Object<'_>, amount_minor: u64, currency: CurrencyCode) {
    object.amount("amount", amount_minor);
    object.word("currency", currency.as_str());
}

fn optional_money(object: &mut Object<'_>, amount_minor: Option<u64>, currency: Option<CurrencyCode>) {
    if let Some(amount_minor) = amount_minor {
        object.amount("amount", amount_minor);
    }
    if let Some(currency) = currency {
        object.word("currency", currency.as_str());
    }
}

fn write_action(action: &Action, object: &mut Object<'_>) {
    match action {
        Action::DefineCurrency(action) => {
            object.word("code", action.code.as_str());
            object.number("exponent", u64::from(action.exponent));
        }
        Action::RegisterActor(action) => {
            object.text("principal", &action.principal);
            object.word("kind", action.kind.name());
            object.word("authenticated_by", action.authenticated_by.name());
        }
        Action::OpenStore(action) => {
            object.word("code", action.code.as_str());
            account(object, "payable", &action.payable);
        }
        Action::OpenAccount(action) => write_open_account(action, object),
        Action::CloseAccount(action) => account(object, "account", &action.account),
        Action::TopUp(action) => {
            account(object, "account", &action.account);
            account(object, "funding", &action.funding);
            money(object, action.amount_minor, action.currency);
        }
        Action::Spend(action) => {
            account(object, "account", &action.account);
            money(object, action.amount_minor, action.currency);
        }
        Action::RefundSpend(action) => {
            object.id("spend", action.spend.0);
            optional_money(object, action.amount_minor, action.currency);
        }
        Action::Transfer(action) => {
            account(object, "debit", &action.debit);
            account(object, "credit", &action.credit);
            money(object, action.amount_minor, action.currency);
        }
        Action::PlaceHold(action) => {
            account(object, "debit", &action.debit);
            if let Some(credit) = &action.credit {
                account(object, "credit", credit);
            }
            money(object, action.amount_minor, action.currency);
            if let Some(expires_at) = action.expires_at {
                object.time("expires_at", expires_at);
            }
        }
        Action::SettleHold(action) => {
            object.id("hold", action.hold.0);
            optional_money(object, action.amount_minor, action.currency);
            if action.more_to_come {
                object.key("more_to_come").extend_from_slice(b"true");
            }
        }
        Action::VoidHold(action) => object.id("hold", action.hold.0),
        Action::ReverseTransaction(action) => object.id("transaction", action.transaction.0),
        Action::PostJournalEntry(action) => write_array(&action.legs, object.key("legs"), write_leg),
        Action::AcceptClock(action) => object.time("reading", action.reading),
        Action::RecordSignal(action) => {
            account(object, "account", &action.account);
            object.word("signal", action.signal.as_str());
        }
        Action::FreezeAccount(action) => write_freeze_account(action, object),
        Action::ThawAccount(action) => object.id("freeze", action.freeze.0),
        Action::FreezeAmount(action) => {
            account(object, "account", &action.account);
            money(object, action.amount_minor, action.currency);
            object.word("reason", action.reason.name());
        }
        Action::ReleaseAmount(action) => {
            object.id("freeze", action.freeze.0);
            optional_money(object, action.amount_minor, action.currency);
        }
        Action::ImposeHalt(action) => write_impose_halt(action, object),
        Action::LiftHalt(action) => write_lift_halt(action, object),
    }
}

fn write_impose_halt(action: &ImposeHalt, object: &mut Object<'_>) {
    object.text("selector", &action.selector);
    object.text("reason", &action.reason);
    if let Some(incident) = action.incident {
        object.id("incident", incident.0);
    }
    if let Some(starts_at) = action.starts_at {
        object.time("starts_at", starts_at);
    }
    if let Some(ends_at) = action.ends_at {
        object.time("ends_at", ends_at);
    }
}

fn write_lift_halt(action: &LiftHalt, object: &mut Object<'_>) {
    object.id("halt", action.halt.0);
    if let Some(except) = &action.except {
        object.text("except", except);
    }
    if let Some(approved_by) = &action.approved_by {
        object.text("approved_by", approved_by);
    }
}

fn write_freeze_account(action: &FreezeAccount, object: &mut Object<'_>) {
    account(object, "account", &action.account);
    object.word("directions", action.directions.name());
    object.word("reason", action.reason.name());
    if let Some(expires_at) = action.expires_at {
        object.time("expires_at", expires_at);
    }
    if !action.exceptions.is_empty() {
        write_array(&action.exceptions, object.key("exceptions"), |exception, out| {
            let mut object = Object::begin(out);
            object.word("operation", exception.operation.name());
            money(&mut object, exception.amount_minor, exception.currency);
            object.end();
        });
    }
}

fn write_open_account(action: &OpenAccount, object: &mut Object<'_>) {
    object.id("account", action.account.0);
    object.word("kind", action.kind.name());
    object.word("currency", action.currency.as_str());
    if let Some(code) = &action.code {
        object.word("code", code.as_str());
    }
    if let Some(under) = &action.under {
        object.word("under", under.as_str());
    }
    if action.overdraft != Overdraft::Never {
        write_overdraft(object, action.overdraft);
    }
}

pub(super) fn write_overdraft(object: &mut Object<'_>, overdraft: Overdraft) {
    match overdraft {
        Overdraft::Never => object.word("overdraft", "never"),
        Overdraft::UpTo(minor) => object.amount("overdraft", minor),
        Overdraft::Unlimited => object.word("overdraft", "unlimited"),
    }
}

fn write_leg(leg: &EntryLeg, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    account(&mut object, "account", &leg.account);
    object.word("side", leg.side.name());
    money(&mut object, leg.amount_minor, leg.currency);
    object.end();
}

fn write_context(context: &CommandContext, out: &mut Vec<u8>) {
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
    if let Some(store) = &context.store {
        object.word("store", store.as_str());
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
    if let Some(description) = &context.description {
        object.text("description", description);
    }
    if let Some(voucher) = &context.voucher {
        object.text("voucher", voucher);
    }
    write_tags(&context.tags, &mut object);
    object.end();
}

pub(super) fn write_tags(tags: &[Tag], object: &mut Object<'_>) {
    if tags.is_empty() {
        return;
    }
    let mut names = Object::begin(object.key("tags"));
    for tag in tags {
        names.any_key(&tag.name);
        super::write::write_string(&tag.value, names.out);
    }
    names.end();
}
