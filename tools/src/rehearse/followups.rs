//! What follows from earlier steps: settlements, voids, refunds, reversals, commands sent again, planned scenes. Pure.

use ledger::command::{
    Action, CloseAccount, CommandContext, RefundSpend, ReverseTransaction, SettleHold, Submission, VoidHold,
};
use ledger::model::{Channel, CommandId, Country};

use super::due::Act;
use super::plan::{Deed, Scene, Who};
use super::step::{Expected, Step};
use super::stream::{Stream, accepted, actor, rejected};

impl Stream {
    /// The step that the act takes now; `None` when it is no longer possible, or nothing is to be done.
    pub(super) fn perform(&mut self, act: Act) -> Option<Step> {
        match act {
            Act::Settle { hold, wallet, store, left_minor, parts } => {
                Some(self.settle(hold, wallet, store, left_minor, parts))
            }
            Act::Void { hold, wallet, left_minor } => {
                self.wallets.add(wallet, left_minor);
                if self.random.chance(300) {
                    self.later(60, 600, Act::SettleTooLate(hold));
                }
                Some(self.step(actor::APP, from_channel(Channel::App), Action::VoidHold(VoidHold { hold })))
            }
            Act::SettleTooLate(hold) => {
                let settle = SettleHold { hold, amount_minor: None, currency: None, more_to_come: false };
                let command = self.command(actor::TILL, from_channel(Channel::Store), Action::SettleHold(settle));
                Some(rejected(command, "hold_closed"))
            }
            Act::Refund { spend, wallet, store, left_minor, parts } => {
                Some(self.refund(spend, wallet, store, left_minor, parts))
            }
            Act::RefundTooMuch { spend, amount_minor } => {
                let refund = RefundSpend { spend, amount_minor: Some(amount_minor.into()), currency: Some(self.yen) };
                let command = self.command(actor::TILL, from_channel(Channel::Store), Action::RefundSpend(refund));
                Some(rejected(command, "refund_exceeds_spend"))
            }
            Act::ReverseTopUp { transaction, wallet, source, amount_minor } => {
                if !self.wallets.take(wallet, amount_minor) {
                    return None;
                }
                // A settlement may have emptied the receivable meanwhile: it is then settled too much, until the next.
                let receivable = &mut self.receivable_minor[source as usize];
                *receivable = receivable.saturating_sub(amount_minor.into());
                Some(self.reverse(transaction, "charged twice"))
            }
            Act::ReverseTransfer { transaction, from, to, amount_minor } => {
                if !self.wallets.take(to, amount_minor) {
                    return None;
                }
                self.wallets.add(from, amount_minor);
                Some(self.reverse(transaction, "sent to the wrong person, who agreed"))
            }
            Act::Resend(command) => {
                let mut command = *command;
                command.at = Some(self.now);
                Some(Step { submission: Submission::One(command), expected: Expected::Replayed })
            }
            Act::Close(wallet) => {
                let close = CloseAccount { account: self.names.wallet(wallet).into() };
                Some(self.step(actor::APP, from_channel(Channel::App), Action::CloseAccount(close)))
            }
            Act::Scene(scene) => Some(self.scene(&scene)),
            Act::Settlement(source) => self.settlement(source),
            Act::Payout(first_store) => self.payout(first_store),
            Act::Unclaimed => Some(self.unclaimed()),
        }
    }

    /// `parts` 0 gives everything back; 1 gives a part back; 2 gives a part back and the rest later.
    fn refund(&mut self, spend: CommandId, wallet: u32, store: u16, left: u32, parts: u8) -> Step {
        let mut refund = RefundSpend { spend, amount_minor: None, currency: None };
        let mut amount = left;
        if parts > 0 {
            amount = (left * self.random.between(20, 80) as u32 / 100).max(1);
            refund.amount_minor = Some(amount.into());
            refund.currency = Some(self.yen);
        }
        if parts > 1 && amount < left {
            let act = Act::Refund { spend, wallet, store, left_minor: left - amount, parts: 0 };
            self.later(3_600, 43_200, act);
        }
        self.wallets.add(wallet, amount);
        self.payable_minor[usize::from(store)] -= i64::from(amount);
        let mut context = from_channel(Channel::Store);
        context.store = Some(self.stores[usize::from(store)].clone());
        self.step(actor::TILL, context, Action::RefundSpend(refund))
    }

    fn reverse(&mut self, transaction: CommandId, why: &str) -> Step {
        let mut context = from_channel(Channel::Web);
        context.description = Some(why.into());
        let mut command =
            self.command(actor::SUZUKI, context, Action::ReverseTransaction(ReverseTransaction { transaction }));
        command.cause = Some(transaction);
        accepted(command)
    }

    fn scene(&mut self, scene: &Scene) -> Step {
        let step = match scene.deed {
            Deed::TopUp(source) => {
                let mut command = self.top_up_command(scene.wallet, source, scene.amount_minor);
                if let Who::Intruder(device) = scene.who {
                    let countries = [(80, *b"CN"), (8, *b"HK"), (6, *b"VN"), (4, *b"KR"), (2, *b"US")];
                    command.context.country = Some(Country(self.random.one_of(&countries)));
                    command.context.device = Some(self.names.intruder_device(device));
                }
                self.credit_top_up(scene.wallet, source, scene.amount_minor);
                accepted(command)
            }
            Deed::Purchase(category) => {
                let store = self.pick_store();
                let mut context = self.at_till(scene.wallet, store, category);
                if let Who::Intruder(device) = scene.who {
                    context.device = Some(self.names.intruder_device(device));
                }
                self.spend_step(scene.wallet, store, scene.amount_minor, context)
            }
        };
        match step {
            Step { submission: Submission::One(mut command), expected } => {
                command.id = scene.id;
                Step { submission: Submission::One(command), expected }
            }
            step @ Step { submission: Submission::Group(_), .. } => step,
        }
    }
}

/// Circumstances of which only the channel is known.
pub(super) fn from_channel(channel: Channel) -> CommandContext {
    CommandContext { channel: Some(channel), ..CommandContext::default() }
}
