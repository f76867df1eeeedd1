//! What becomes of holds.

use super::judge::{Judged, Refusal};
use super::{Books, Deed, pair};
use crate::command::{Command, PlaceHold, SettleHold};

impl Books {
    pub(super) fn hold(&self, action: &PlaceHold, payable: Option<usize>, now: i64) -> Judged {
        let debit = self.named(&action.debit)?;
        let credit = match &action.credit {
            Some(credit) => self.named(credit)?,
            None => payable.expect("form asks for a store or an account"),
        };
        self.fit([debit, credit], [None, None], action.currency)?;
        let (amount, sums) = (i128::from(action.amount_minor), self.all_sums());
        let held = Deed::Held { debit, credit, amount, until: action.expires_at.map(|at| at.0) };
        if let Some(declined) = self.gate(held.clone(), now) {
            return declined;
        }
        self.bear(&pair(debit, credit, amount), &sums)?;
        let touched = self.after(&pair(debit, credit, 0), sums);
        Ok((held, touched))
    }

    pub(super) fn open_hold(&self, command: &Command, id: u128, now: i64) -> Result<(usize, i128), Refusal> {
        let Some((hold, fact)) = self.find(id) else { return Refusal::err("hold_unknown") };
        let Deed::Held { until, .. } = fact.deed else { return Refusal::err("hold_unknown") };
        match self.holds_left().into_iter().find(|(open, _)| *open == hold) {
            Some(_) if until.is_some_and(|until| until <= now) => Refusal::err("hold_closed"),
            Some(_) if command.effective.is_some_and(|date| date.0 < fact.date) => {
                Refusal::err("effective_before_hold")
            }
            Some((_, left)) => Ok((hold, left)),
            None => Refusal::err("hold_closed"),
        }
    }

    pub(super) fn settle(&self, command: &Command, action: &SettleHold, now: i64) -> Judged {
        let (place, held) = self.open_hold(command, action.hold.0, now)?;
        let (debit, credit) = self.hold_accounts(place);
        action.currency.map_or(Ok(()), |currency| self.kept_in(debit, currency))?;
        let amount = action.amount_minor.map_or(held, i128::from);
        let rest = (held - amount).max(0);
        let (released, left) = if action.more_to_come { (0, rest) } else { (rest, 0) };
        let paid = Deed::Paid { hold: place, amount, released, left };
        if let Some(declined) = self.gate(paid.clone(), now) {
            return declined;
        }
        if amount > held {
            return Refusal::with("settlement_exceeds_hold", &[held]);
        }
        let touched = self.after(&pair(debit, credit, amount), self.all_sums());
        Ok((paid, touched))
    }
}
