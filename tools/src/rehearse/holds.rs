//! Holds: placed at a till, then paid whole, in part or in several parts, given up, or left to expire. Pure.

use ledger::command::{Action, PlaceHold, SettleHold};
use ledger::model::{Channel, CommandId};

use super::due::Act;
use super::followups::from_channel;
use super::step::Step;
use super::stream::{Stream, accepted, actor};

/// When a hold ends that is not meant to: long after the rehearsal.
const SECONDS_TO_END: i64 = 7 * 86_400;

impl Stream {
    /// Reserves money at a till, and decides what will become of it.
    pub(super) fn place_hold(&mut self, wallet: u32, available: u32) -> Step {
        let amount = (self.random.between(300, 5_000) as u32).min(available);
        let store = self.pick_store();
        let context = self.at_till(wallet, store, 5_499);
        self.wallets.take(wallet, amount);
        let mut hold = PlaceHold {
            debit: self.names.wallet(wallet).into(),
            credit: None,
            amount_minor: amount.into(),
            currency: self.yen,
            expires_at: Some(self.now.plus_seconds(SECONDS_TO_END)),
        };
        let fate = self.random.below(100);
        if fate >= 94 {
            let at = self.now.plus_seconds(self.random.between(1_800, 86_400) as i64);
            hold.expires_at = Some(at);
            let command = self.command(actor::APP, context, Action::PlaceHold(hold));
            self.let_expire(at, wallet, amount);
            return accepted(command);
        }
        let command = self.command(actor::APP, context, Action::PlaceHold(hold));
        let hold = command.id;
        let act = match fate {
            0..62 => Act::Settle { hold, wallet, store, left_minor: amount, parts: 0 },
            62..78 => Act::Settle { hold, wallet, store, left_minor: amount, parts: 1 },
            78..84 => Act::Settle { hold, wallet, store, left_minor: amount, parts: 3 },
            _ => Act::Void { hold, wallet, left_minor: amount },
        };
        self.later(60, 7_200, act);
        accepted(command)
    }

    /// `parts` 0 pays everything; 1 pays most and gives the rest back; more pays a part and leaves the others to come.
    pub(super) fn settle(&mut self, hold: CommandId, wallet: u32, store: u16, left: u32, parts: u8) -> Step {
        let mut settle = SettleHold { hold, amount_minor: None, currency: None, more_to_come: false };
        let mut paid = left;
        if parts > 0 {
            let per_cent = if parts > 1 { 100 / u32::from(parts) } else { self.random.between(60, 99) as u32 };
            paid = (left * per_cent / 100).max(1);
            settle.amount_minor = Some(paid.into());
            settle.currency = Some(self.yen);
            settle.more_to_come = parts > 1 && paid < left;
        }
        self.payable_minor[usize::from(store)] += i64::from(paid);
        let left_minor = left - paid;
        if settle.more_to_come {
            let parts = if parts == 2 { 0 } else { parts - 1 };
            self.later(300, 14_400, Act::Settle { hold, wallet, store, left_minor, parts });
        } else {
            self.wallets.add(wallet, left_minor);
        }
        self.step(actor::TILL, from_channel(Channel::Store), Action::SettleHold(settle))
    }
}
