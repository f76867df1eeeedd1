//! Commands about controls: signals, freezes, and somebody who will not take no for an answer.

use super::books::{Books, Deed};
use super::rng::Rng;
use super::sender::{Choice, Sender};
use crate::command::{
    Action, Command, CommandContext, FreezeAccount, FreezeAmount, FreezeException, RecordSignal, ReleaseAmount,
    ThawAccount, Transfer,
};
use crate::model::{AccountId, AccountRef, Clock, CommandId, Directions, FreezeReason, OperationKind, Timestamp};

const SECOND_US: i64 = 1_000_000;

/// A transfer that is tried again and again under new ids.
#[derive(Debug, Clone)]
pub(super) struct Hammer {
    transfer: Transfer,
    times: u64,
}

/// Whether it is a command without a date of its own.
pub(super) const fn is_control(action: &Action) -> bool {
    matches!(
        action,
        Action::RecordSignal(_)
            | Action::FreezeAccount(_)
            | Action::ThawAccount(_)
            | Action::FreezeAmount(_)
            | Action::ReleaseAmount(_)
    )
}

impl Sender {
    /// The next blow, if somebody is at it; seldom somebody begins.
    pub(super) fn hammer(&mut self, rng: &mut Rng, books: &Books, now: i64) -> Option<Command> {
        if self.hammer.is_none() && rng.one_in(400) {
            let standing = books.standing(now);
            let (_, frozen) = rng.pick(&standing)?;
            let frozen = books.account(frozen.account);
            let others: Vec<u128> = books
                .accounts()
                .filter(|other| other.currency == frozen.currency && other.id != frozen.id)
                .map(|other| other.id)
                .collect();
            let (debit, credit) =
                (AccountRef::Id(AccountId(frozen.id)), AccountRef::Id(AccountId(*rng.pick(&others)?)));
            let transfer = Transfer { debit, credit, amount_minor: 1, currency: frozen.currency };
            self.hammer = Some(Hammer { transfer, times: 50 + rng.below(40) });
        }
        let hammer = self.hammer.as_mut()?;
        let action = Action::Transfer(hammer.transfer.clone());
        hammer.times -= 1;
        if hammer.times == 0 {
            self.hammer = None;
        }
        let at = (books.clock == Clock::Commands).then_some(Timestamp(now));
        let (id, context) = (CommandId(rng.id()), CommandContext::default());
        Some(Command { id, at, effective: None, actor: None, cause: None, context, action })
    }
}

impl Choice<'_> {
    pub(super) fn control(&mut self, wallets: &[usize], all: &[usize]) -> Action {
        match self.rng.below(10) {
            0 | 1 => {
                let names = ["credential_reset", "new_device", "foreign_login", "second_factor_passed", "sim_swap"];
                let signal = self.rng.choose(names).parse().expect("a signal");
                Action::RecordSignal(RecordSignal { account: self.named(wallets).0, signal })
            }
            2 | 3 => self.freeze(wallets, all),
            4..=6 => Action::ThawAccount(ThawAccount { freeze: self.earlier(|deed| matches!(deed, Deed::Frozen(_))) }),
            7 | 8 => {
                let (account, currency, available) = self.named(all);
                let amount_minor = self.amount(available);
                let reason = self.rng.choose([FreezeReason::CourtOrder, FreezeReason::SuspectedFraud]);
                Action::FreezeAmount(FreezeAmount { account, amount_minor, currency, reason })
            }
            _ => {
                let freeze = self.earlier(|deed| matches!(deed, Deed::FrozenAmount { .. }));
                let (amount_minor, currency) = self.part();
                Action::ReleaseAmount(ReleaseAmount { freeze, amount_minor, currency })
            }
        }
    }

    fn freeze(&mut self, wallets: &[usize], all: &[usize]) -> Action {
        let (account, currency, available) = if self.rng.one_in(6) { self.named(all) } else { self.named(wallets) };
        let wait = self.rng.choose([0, 1, 60, 600, 3_600]) * SECOND_US;
        let expires_at = self.rng.one_in(2).then_some(Timestamp(self.now + wait));
        let count = self.rng.choose([0, 0, 1, 2, 4, 5]);
        let exception = |choice: &mut Self| {
            let operation = choice.rng.choose(OperationKind::FREEZABLE);
            FreezeException { operation, amount_minor: choice.amount(available), currency }
        };
        let exceptions = (0..count).map(|_| exception(self)).collect();
        let directions = self.rng.choose([Directions::In, Directions::Out, Directions::Both]);
        let reason = self.rng.choose([FreezeReason::Death, FreezeReason::Sanctions, FreezeReason::Other]);
        Action::FreezeAccount(FreezeAccount { account, directions, reason, expires_at, exceptions })
    }
}
