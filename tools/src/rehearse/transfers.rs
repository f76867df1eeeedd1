//! Money from one person to another: single transfers, and bills that are split. Pure.

use ledger::command::{Action, Command, CommandContext, Group, Submission, Transfer};
use ledger::model::Channel;

use super::due::Act;
use super::ordinary::JAPAN;
use super::step::{Expected, Step};
use super::stream::{Stream, accepted, actor};

impl Stream {
    pub(super) fn transfer(&mut self, from: u32, available: u32) -> Step {
        let Some(to) = self.wallets.pick(&mut self.random).filter(|to| *to != from) else {
            return self.purchase(from, available);
        };
        let amount = (100 * self.random.between(1, 30) as u32).min(available);
        let command = self.transfer_command(from, to, amount);
        self.wallets.take(from, amount);
        self.wallets.add(to, amount);
        if self.random.chance(10) {
            let transaction = command.id;
            self.later(60, 7_200, Act::ReverseTransfer { transaction, from, to, amount_minor: amount });
        }
        accepted(command)
    }

    fn transfer_command(&mut self, from: u32, to: u32, amount: u32) -> Command {
        let context = CommandContext {
            channel: Some(Channel::App),
            country: Some(JAPAN),
            device: Some(self.holder_device(from)),
            ..CommandContext::default()
        };
        let transfer = Transfer {
            debit: self.names.wallet(from).into(),
            credit: self.names.wallet(to).into(),
            amount_minor: amount.into(),
            currency: self.yen,
        };
        self.command(actor::APP, context, Action::Transfer(transfer))
    }

    /// One holder pays several others at once, all or none; one time in ten there is not enough for the last of them.
    pub(super) fn split_bill(&mut self, from: u32, available: u32) -> Step {
        let others: Vec<u32> = (0..self.random.between(2, 4))
            .filter_map(|_| self.wallets.pick(&mut self.random))
            .filter(|other| *other != from)
            .collect();
        let share = (available / 8).clamp(10, 2_000);
        if others.len() < 2 {
            return self.purchase(from, available);
        }
        let fails = self.random.chance(1_000);
        let last = others.len() - 1;
        let members = others.iter().enumerate().map(|(place, to)| {
            let amount = if fails && place == last { available } else { share };
            self.transfer_command(from, *to, amount)
        });
        let members: Vec<_> = members.collect();
        let mut expected = vec![Expected::Accepted; members.len()];
        if fails {
            expected.fill(Expected::Rejected("group_failed"));
            expected[last] = Expected::Rejected("insufficient_funds");
        } else {
            for to in &others {
                self.wallets.take(from, share);
                self.wallets.add(*to, share);
            }
        }
        let id = self.group_id();
        Step { submission: Submission::Group(Group { id, members }), expected: Expected::Group(expected) }
    }
}
