//! The hash of a command as it was sent.
//!
//! A fixed byte form of everything a command says, defaults not filled in and `at` left out (a time is when it was said, not
//! what), run through XXH3-64. It tells a repeated command from another one under the same id; it is no defence against
//! somebody who wants two commands to collide, since whoever chooses both could have chosen two ids. Released forms never
//! change: a new kind of action gets a new number, a new optional field is written only when present, after all others.

use xxhash_rust::xxh3::xxh3_64;

use crate::command::{Action, Command, CommandContext};
use crate::model::{AccountRef, Overdraft};

/// The hash of the command's content. `scratch` is overwritten; keep it between calls to spare the allocation.
pub fn content_hash(command: &Command, scratch: &mut Vec<u8>) -> u64 {
    scratch.clear();
    let mut form = Form(scratch);
    form.option(command.effective, |form, date| form.bytes(&date.0.to_le_bytes()));
    form.option(command.actor.as_deref(), Form::text);
    form.option(command.cause, |form, id| form.bytes(&id.to_bytes()));
    form.context(&command.context);
    form.action(&command.action);
    xxh3_64(scratch)
}

/// Appends the byte form.
struct Form<'a>(&'a mut Vec<u8>);

impl Form<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    fn u64(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes(&(text.len() as u32).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                write(self, value);
            }
        }
    }

    fn account(&mut self, account: &AccountRef) {
        match account {
            AccountRef::Id(id) => {
                self.u8(1);
                self.bytes(&id.to_bytes());
            }
            AccountRef::Code(code) => {
                self.u8(2);
                self.text(code.as_str());
            }
        }
    }

    fn context(&mut self, context: &CommandContext) {
        if *context == CommandContext::default() {
            self.u8(0);
            return;
        }
        self.u8(1);
        self.u8(context.channel.map_or(0, |channel| channel as u8));
        self.bytes(&context.country.map_or([0, 0], |country| country.0));
        self.bytes(&context.category.map_or(u16::MAX, |category| category.0).to_le_bytes());
        self.option(context.store.as_ref(), |form, code| form.text(code.as_str()));
        self.option(context.device, |form, device| form.bytes(&device.to_bytes()));
        self.option(context.card, |form, card| form.bytes(&card.to_bytes()));
        self.option(context.reference.as_deref(), Self::text);
        self.option(context.description.as_deref(), Self::text);
        self.option(context.voucher.as_deref(), Self::text);
        self.bytes(&(context.tags.len() as u32).to_le_bytes());
        for tag in &context.tags {
            self.text(&tag.name);
            self.text(&tag.value);
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::DefineCurrency(action) => {
                self.u8(1);
                self.text(action.code.as_str());
                self.u8(action.exponent);
            }
            Action::RegisterActor(action) => {
                self.u8(2);
                self.text(&action.principal);
                self.u8(action.kind as u8);
                self.u8(action.authenticated_by as u8);
            }
            Action::OpenStore(action) => {
                self.u8(3);
                self.text(action.code.as_str());
                self.account(&action.payable);
            }
            Action::OpenAccount(action) => {
                self.u8(4);
                self.bytes(&action.account.to_bytes());
                self.u8(action.kind as u8);
                self.text(action.currency.as_str());
                self.option(action.code.as_ref(), |form, code| form.text(code.as_str()));
                self.option(action.under.as_ref(), |form, code| form.text(code.as_str()));
                match action.overdraft {
                    Overdraft::Never => self.u8(0),
                    Overdraft::UpTo(minor) => {
                        self.u8(1);
                        self.u64(minor);
                    }
                    Overdraft::Unlimited => self.u8(2),
                }
            }
            Action::CloseAccount(action) => {
                self.u8(5);
                self.account(&action.account);
            }
            Action::TopUp(action) => {
                self.u8(6);
                self.account(&action.account);
                self.account(&action.funding);
                self.u64(action.amount_minor);
                self.text(action.currency.as_str());
            }
            Action::Spend(action) => {
                self.u8(7);
                self.account(&action.account);
                self.u64(action.amount_minor);
                self.text(action.currency.as_str());
            }
            Action::RefundSpend(action) => {
                self.u8(8);
                self.bytes(&action.spend.to_bytes());
                self.option(action.amount_minor, Self::u64);
                self.option(action.currency, |form, currency| form.text(currency.as_str()));
            }
            Action::Transfer(action) => {
                self.u8(9);
                self.account(&action.debit);
                self.account(&action.credit);
                self.u64(action.amount_minor);
                self.text(action.currency.as_str());
            }
            Action::PlaceHold(action) => {
                self.u8(10);
                self.account(&action.debit);
                self.option(action.credit.as_ref(), Self::account);
                self.u64(action.amount_minor);
                self.text(action.currency.as_str());
                self.option(action.expires_at, |form, at| form.bytes(&at.0.to_le_bytes()));
            }
            Action::SettleHold(action) => {
                self.u8(11);
                self.bytes(&action.hold.to_bytes());
                self.option(action.amount_minor, Self::u64);
                self.option(action.currency, |form, currency| form.text(currency.as_str()));
                self.u8(u8::from(action.more_to_come));
            }
            Action::VoidHold(action) => {
                self.u8(12);
                self.bytes(&action.hold.to_bytes());
            }
            Action::ReverseTransaction(action) => {
                self.u8(13);
                self.bytes(&action.transaction.to_bytes());
            }
            Action::PostJournalEntry(action) => {
                self.u8(14);
                self.bytes(&(action.legs.len() as u32).to_le_bytes());
                for leg in &action.legs {
                    self.account(&leg.account);
                    self.u8(leg.side as u8);
                    self.u64(leg.amount_minor);
                    self.text(leg.currency.as_str());
                }
            }
            Action::AcceptClock(action) => {
                self.u8(15);
                self.bytes(&action.reading.0.to_le_bytes());
            }
            Action::RecordSignal(action) => {
                self.u8(40);
                self.account(&action.account);
                self.text(action.signal.as_str());
            }
            Action::FreezeAccount(action) => {
                self.u8(41);
                self.account(&action.account);
                self.u8(action.directions as u8);
                self.u8(action.reason as u8);
                self.option(action.expires_at, |form, at| form.bytes(&at.0.to_le_bytes()));
                self.bytes(&(action.exceptions.len() as u32).to_le_bytes());
                for exception in &action.exceptions {
                    self.u8(exception.operation as u8);
                    self.u64(exception.amount_minor);
                    self.text(exception.currency.as_str());
                }
            }
            Action::ThawAccount(action) => {
                self.u8(42);
                self.bytes(&action.freeze.to_bytes());
            }
            Action::FreezeAmount(action) => {
                self.u8(43);
                self.account(&action.account);
                self.u64(action.amount_minor);
                self.text(action.currency.as_str());
                self.u8(action.reason as u8);
            }
            Action::ReleaseAmount(action) => {
                self.u8(44);
                self.bytes(&action.freeze.to_bytes());
                self.option(action.amount_minor, Self::u64);
                self.option(action.currency, |form, currency| form.text(currency.as_str()));
            }
            Action::ImposeHalt(action) => {
                self.u8(50);
                self.text(&action.selector);
                self.text(&action.reason);
                self.option(action.incident, |form, id| form.bytes(&id.to_bytes()));
                self.option(action.starts_at, |form, at| form.bytes(&at.0.to_le_bytes()));
                self.option(action.ends_at, |form, at| form.bytes(&at.0.to_le_bytes()));
            }
            Action::LiftHalt(action) => {
                self.u8(51);
                self.bytes(&action.halt.to_bytes());
                self.option(action.except.as_deref(), Self::text);
                self.option(action.approved_by.as_deref(), Self::text);
            }
        }
    }
}
