//! What a naive ledger knows of halts: a few selectors by their text, each as a question to the command.

use ledger::command::{Action, Command, ImposeHalt, LiftHalt};
use ledger::model::ActorKind;

use super::model::{Deed, Naive, Verdict};

/// The selectors that are made; the last names what is not known.
pub const SELECTORS: [&str; 5] = [
    "operation = top_up",
    "operation in (open_account, open_store)",
    "operation = spend and amount >= 150 JPY",
    "operation in (void_hold, close_account, reverse_transaction, post_journal_entry, refund_spend)",
    "operation = top_up and funding = nowhere",
];

/// What is let through again.
pub const EXCEPTS: [&str; 2] = ["operation = open_store", "operation in (top_up, void_hold)"];

fn matches(selector: &str, action: &Action) -> bool {
    match action {
        Action::TopUp(_) => selector == SELECTORS[0] || selector == EXCEPTS[1],
        Action::OpenAccount(_) => selector == SELECTORS[1],
        Action::OpenStore(_) => selector == SELECTORS[1] || selector == EXCEPTS[0],
        Action::Spend(spend) => {
            selector == SELECTORS[2] && spend.amount_minor >= 150 && spend.currency.as_str() == "JPY"
        }
        Action::VoidHold(_) => selector == SELECTORS[3] || selector == EXCEPTS[1],
        Action::CloseAccount(_)
        | Action::ReverseTransaction(_)
        | Action::PostJournalEntry(_)
        | Action::RefundSpend(_) => selector == SELECTORS[3],
        _ => false,
    }
}

impl Naive {
    /// Whether the halt was lifted whole.
    fn is_lifted(&self, halt: u128) -> bool {
        let lifts = |deed: &Deed| matches!(deed, Deed::HaltLifted { halt: lifted, whole: true } if *lifted == halt);
        self.deeds.iter().any(|(_, deed)| lifts(deed))
    }

    fn is_excepted(&self, halt: u128, action: &Action) -> bool {
        self.deeds.iter().any(|(command, deed)| match (&command.action, deed) {
            (Action::LiftHalt(lift), Deed::HaltLifted { halt: lifted, whole: false }) if *lifted == halt => {
                matches(lift.except.as_deref().unwrap(), action)
            }
            _ => false,
        })
    }

    pub fn is_halted(&self, asked: &Command) -> bool {
        let now = asked.at.unwrap().0;
        self.deeds.iter().any(|(command, deed)| match (&command.action, deed) {
            (Action::ImposeHalt(halt), Deed::Halted { until }) => {
                matches(&halt.selector, &asked.action)
                    && now < *until
                    && !self.is_lifted(command.id.0)
                    && !self.is_excepted(command.id.0, &asked.action)
            }
            _ => false,
        })
    }

    pub fn impose(action: &ImposeHalt) -> Verdict<Deed> {
        if *action.selector == *SELECTORS[4] {
            return Err("selector_invalid");
        }
        Ok(Deed::Halted { until: action.ends_at.map_or(i64::MAX, |at| at.0) })
    }

    fn is_person(&self, principal: &str) -> bool {
        self.deeds.iter().any(|(command, _)| match &command.action {
            Action::RegisterActor(actor) => *actor.principal == *principal && actor.kind == ActorKind::Person,
            _ => false,
        })
    }

    pub fn lift(&self, command: &Command, action: &LiftHalt) -> Verdict<Deed> {
        let halt = action.halt.0;
        let Some((_, Deed::Halted { until })) = self.find(halt) else { return Err("halt_unknown") };
        if *until <= command.at.unwrap().0 || self.is_lifted(halt) {
            return Err("halt_over");
        }
        match (command.actor.as_deref(), action.approved_by.as_deref()) {
            (Some(first), Some(second)) if first != second && self.is_person(first) && self.is_person(second) => {
                Ok(Deed::HaltLifted { halt, whole: action.except.is_none() })
            }
            _ => Err("second_person_missing"),
        }
    }
}
