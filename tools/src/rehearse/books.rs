//! Manual entries: settlements of acquirers and collectors with their fees, payouts to stores, money nobody claims. Pure.

use ledger::command::{Action, CommandContext, EntryLeg, PostJournalEntry};
use ledger::model::{AccountRef, Channel, Date, Side, Voucher};

use super::due::{Act, Agenda};
use super::names::code;
use super::plan::Source;
use super::scale::Scale;
use super::step::Step;
use super::stream::{Stream, accepted, actor};
use super::timeline::{TOKYO, tokyo};

/// So many stores are paid by one entry.
const STORES_AN_ENTRY: u16 = 200;

/// Enters the days' manual work into the agenda.
pub(super) fn enter_settlements(agenda: &mut Agenda, scale: Scale) {
    for day in 2..=4 {
        for (place, source) in Source::ALL.into_iter().enumerate() {
            agenda.enter(tokyo(day, 9, 2 * place as i64), Act::Settlement(source));
        }
        for first in (0..scale.stores()).step_by(usize::from(STORES_AN_ENTRY)) {
            agenda.enter(tokyo(day, 10, 0), Act::Payout(first));
        }
        agenda.enter(tokyo(day, 11, 0), Act::Unclaimed);
    }
}

/// What a collector keeps, in hundredths of a per cent.
const fn fee(source: Source) -> u64 {
    match source {
        Source::CreditCard => 324,
        Source::DebitCard => 250,
        Source::Atm => 50,
        Source::Bank | Source::CashRegister | Source::Points => 0,
    }
}

impl Stream {
    /// What the source owes is paid into the bank, less the fee; it counts for the day before.
    pub(super) fn settlement(&mut self, source: Source) -> Option<Step> {
        let owed = std::mem::take(&mut self.receivable_minor[source as usize]);
        if owed == 0 {
            return None;
        }
        let kept = owed * fee(source) / 10_000;
        let mut legs = vec![self.leg(code::BANK, Side::Debit, owed - kept)];
        if kept > 0 {
            legs.push(self.leg(code::ACQUIRER_FEES, Side::Debit, kept));
        }
        legs.push(self.leg(source.code(), Side::Credit, owed));
        let today = self.now.date(TOKYO);
        let yesterday = Date(today.0 - 1);
        let name = source.code().trim_start_matches("funding:");
        let description = format!("settlement of {name} for {yesterday}");
        let voucher = format!("ST-{today}-{}", source as u8 + 1);
        let mut step = self.entry(actor::SATO, &description, &voucher, legs);
        if let ledger::command::Submission::One(command) = &mut step.submission {
            command.effective = Some(yesterday);
        }
        Some(step)
    }

    /// The stores from this one on are paid what they are owed.
    pub(super) fn payout(&mut self, first: u16) -> Option<Step> {
        let last = first.saturating_add(STORES_AN_ENTRY).min(self.stores.len() as u16);
        let mut legs = Vec::new();
        let mut paid = 0;
        for store in first..last {
            let owed = &mut self.payable_minor[usize::from(store)];
            if let Ok(amount_minor) = u64::try_from(*owed)
                && amount_minor > 0
            {
                *owed = 0;
                paid += amount_minor;
                let account = AccountRef::Id(self.names.payable(store));
                legs.push(EntryLeg { account, side: Side::Debit, amount_minor, currency: self.yen });
            }
        }
        if legs.is_empty() {
            return None;
        }
        legs.push(self.leg(code::BANK, Side::Credit, paid));
        let description = format!("payout to stores {first} to {}", last - 1);
        let voucher = format!("PO-{}-{first}", self.now.date(TOKYO));
        Some(self.entry(actor::SUZUKI, &description, &voucher, legs))
    }

    /// A transfer arrives whose sender nobody knows.
    pub(super) fn unclaimed(&mut self) -> Step {
        let amount = self.random.between(1_000, 90_000);
        let legs = vec![self.leg(code::BANK, Side::Debit, amount), self.leg(code::SUSPENSE, Side::Credit, amount)];
        let voucher = format!("UC-{}", self.now.date(TOKYO));
        self.entry(actor::SATO, "transfer without a sender we know", &voucher, legs)
    }

    fn leg(&self, name: &str, side: Side, amount_minor: u64) -> EntryLeg {
        EntryLeg { account: AccountRef::Code(super::names::code(name)), side, amount_minor, currency: self.yen }
    }

    fn entry(&mut self, who: &str, description: &str, voucher: &str, legs: Vec<EntryLeg>) -> Step {
        let context = CommandContext {
            channel: Some(Channel::Batch),
            description: Some(description.into()),
            voucher: Voucher::from(voucher).ok(),
            ..CommandContext::default()
        };
        accepted(self.command(who, context, Action::PostJournalEntry(PostJournalEntry { legs })))
    }
}
