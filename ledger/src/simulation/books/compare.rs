//! What the product says, held against the list.

use std::collections::BTreeMap;

use super::judge::{Answer, Receipt, Refusal};
use super::{Books, Deed, Fact, Leg, Opened, Sums, Why, is_debit};
use crate::event::{Body, Event};
use crate::model::{AccountNumber, Balance, Overdraft};
use crate::outcome::Outcome;
use crate::rejection::Rejection;
use crate::state::{Rollup, State};

impl Books {
    /// What an outcome answers.
    pub(crate) fn answer_of(outcome: &Outcome) -> Answer {
        answer_of(outcome)
    }
}

fn answer_of(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Accepted(receipt) => Answer::Accepted(receipt_of(receipt)),
        Outcome::Replayed(receipt) => Answer::Replayed(receipt_of(receipt)),
        Outcome::Rejected(rejection) => Answer::Rejected(refusal_of(rejection)),
        Outcome::Group(members) => Answer::Group(members.iter().map(answer_of).collect()),
        Outcome::Declined(receipt) => Answer::Declined(receipt_of(receipt)),
    }
}

impl Sums {
    /// What a balance says.
    pub(crate) fn in_balance(balance: &Balance) -> Self {
        Self {
            debited: balance.posted_debit_minor.into(),
            credited: balance.posted_credit_minor.into(),
            debit_pending: balance.pending_debit_minor.into(),
            credit_pending: balance.pending_credit_minor.into(),
            frozen: balance.frozen_minor.into(),
        }
    }
}

fn receipt_of(receipt: &crate::outcome::Receipt) -> Receipt {
    let balance = |after: &crate::outcome::BalanceAfter| (after.account.0 as usize, i128::from(after.net_after_minor));
    Receipt {
        sequence: receipt.sequence.0 as usize,
        at: receipt.recorded_at.0,
        balances: receipt.balances.iter().map(balance).collect(),
    }
}

fn refusal_of(rejection: &Rejection) -> Refusal {
    let numbers: Vec<i128> = match rejection {
        Rejection::LegsOutOfBounds { legs } => vec![*legs as i128],
        Rejection::Unbalanced { debit_minor, credit_minor, .. } => vec![*debit_minor as i128, *credit_minor as i128],
        Rejection::GroupOutOfBounds { members } => vec![*members as i128],
        Rejection::GroupIdTwice { member } | Rejection::GroupFailed { member, .. } => vec![*member as i128],
        Rejection::IdReused { sequence } | Rejection::AlreadyReversed { sequence } => vec![i128::from(*sequence)],
        Rejection::GroupPartlyKnown { member, sequence } => vec![*member as i128, i128::from(*sequence)],
        Rejection::AlreadyRefunded { refunded_minor: minor }
        | Rejection::ReleaseExceedsFreeze { left_minor: minor }
        | Rejection::RefundExceedsSpend { left_minor: minor }
        | Rejection::SettlementExceedsHold { left_minor: minor } => vec![i128::from(*minor)],
        Rejection::InsufficientFunds { available_minor, needed_minor, .. } => {
            vec![*available_minor, i128::from(*needed_minor)]
        }
        _ => Vec::new(),
    };
    Refusal { code: rejection.code(), numbers }
}

/// Where the chains of links stand: for each account the last event that touched it and how many did.
#[derive(Debug, Default)]
pub(crate) struct Chains(BTreeMap<usize, (usize, u64)>);

impl Books {
    /// An event is what the list says, wherever it was read.
    pub(crate) fn assert_event(&self, event: &Event) {
        let sequence = event.sequence.0 as usize;
        assert!((1..=self.last()).contains(&sequence), "nobody asked for {event:?}");
        let fact = &self.facts[sequence - 1];
        assert_eq!(event.recorded_at.0, fact.at, "time of {event:?}");
        assert_eq!(event.header.effective.0, fact.date, "date of {event:?}");
        if let Some(said) = &fact.said {
            assert_eq!(event.header.command, said.id, "id of {event:?}");
            assert_eq!(event.header.cause, said.cause, "cause of {event:?}");
            let actor = said.actor.as_ref().map_or(0, |name| self.place_of_actor(name) + 1);
            assert_eq!(event.header.actor.0 as usize, actor, "actor of {event:?}");
        }
        self.assert_body(&event.body, fact);
        let links = event.body.links();
        let nets = links.iter().map(|link| (link.account.0 as usize, i128::from(link.net_after_minor)));
        assert!(nets.eq(fact.touched.iter().copied()), "{event:?} is not {fact:?}");
        let posted = event.body.postings();
        let posted: Vec<Leg> = posted
            .iter()
            .map(|posting| Leg {
                account: posting.account.0 as usize,
                debit: is_debit(posting.side),
                amount: posting.amount_minor.into(),
            })
            .collect();
        assert_eq!(posted, self.legs(&fact.deed), "{event:?} is not {fact:?}");
    }

    fn place_of_actor(&self, name: &str) -> usize {
        self.actors().position(|known| known == name).expect("a registered actor")
    }

    fn assert_body(&self, body: &Body, fact: &Fact) {
        assert!(self.fits(body, &fact.deed), "{body:?} is not {fact:?}");
    }

    fn fits(&self, body: &Body, deed: &Deed) -> bool {
        let id_at = |sequence: usize| self.facts[sequence - 1].said.as_ref().map(|said| said.id);
        match (body, deed) {
            (Body::Genesis(_), Deed::Began)
            | (Body::ClockAccepted(_), Deed::Clock)
            | (Body::AccountClosed(_), Deed::Closed)
            | (Body::ToppedUp(_), Deed::Posted { why: Why::TopUp, .. })
            | (Body::Spent(_), Deed::Posted { why: Why::Spend, .. })
            | (Body::Transferred(_), Deed::Posted { why: Why::Transfer, .. })
            | (Body::JournalEntryPosted(_), Deed::Posted { why: Why::Entry, .. }) => true,
            (Body::CurrencyDefined(event), Deed::Currency(code, exponent)) => {
                event.currency.code == *code && event.currency.exponent == *exponent
            }
            (Body::ActorRegistered(event), Deed::Actor(name)) => *event.actor.principal == **name,
            (Body::StoreOpened(event), Deed::Store { code, payable }) => {
                event.store.code == *code && event.store.payable.0 as usize == *payable
            }
            (Body::AccountOpened(event), Deed::Opened(opened)) => {
                event.account.0 == opened.id && event.kind == opened.kind && event.code == opened.code
            }
            (Body::SpendRefunded(event), Deed::Posted { why: Why::Refund { of }, .. }) => event.spend.0 as usize == *of,
            (Body::TransactionReversed(event), Deed::Posted { why: Why::Reversal { of, refund_of }, .. }) => {
                event.reversed.0 as usize == *of && event.refund_of.map(|spend| spend.0 as usize) == *refund_of
            }
            (Body::HoldPlaced(event), Deed::Held { amount, until, .. }) => {
                i128::from(event.movement.amount_minor) == *amount && event.expires_at.map(|at| at.0) == *until
            }
            (Body::HoldSettled(event), Deed::Paid { hold, amount, released, left }) => {
                Some(event.hold) == id_at(*hold)
                    && [event.movement.amount_minor, event.released_minor, event.remaining_minor].map(i128::from)
                        == [*amount, *released, *left]
            }
            (Body::HoldVoided(event), Deed::Voided { hold, amount }) => {
                Some(event.hold) == id_at(*hold) && i128::from(event.movement.amount_minor) == *amount
            }
            (Body::HoldExpired(event), Deed::Expired { hold, amount }) => {
                Some(event.hold) == id_at(*hold) && i128::from(event.movement.amount_minor) == *amount
            }
            (Body::SignalRecorded(event), Deed::Signal(signal)) => event.signal == *signal,
            (Body::AccountFrozen(event), Deed::Frozen(frozen)) => {
                let exceptions = event.exceptions.iter().map(|one| (one.operation, i128::from(one.amount_max_minor)));
                event.link.account.0 as usize == frozen.account
                    && (event.directions, event.expires_at.map(|at| at.0)) == (frozen.directions, frozen.until)
                    && exceptions.eq(frozen.exceptions.iter().copied())
            }
            (Body::AccountThawed(event), Deed::Thawed { freeze }) => Some(event.freeze) == id_at(*freeze),
            (Body::AmountFrozen(event), Deed::FrozenAmount { amount }) => i128::from(event.amount_minor) == *amount,
            (Body::AmountReleased(event), Deed::Released { freeze, amount, left }) => {
                Some(event.freeze) == id_at(*freeze)
                    && [event.amount_minor, event.remaining_minor].map(i128::from) == [*amount, *left]
            }
            (Body::Declined(event), Deed::Declined { freeze, account, would }) => {
                Some(event.control.id) == id_at(*freeze)
                    && event.account.map(|number| number.0 as usize) == Some(*account)
                    && self.fits(&event.operation, would)
            }
            (Body::DeclinesCounted(event), Deed::Counted { freeze, account, hour, count }) => {
                Some(event.control.id) == id_at(*freeze)
                    && event.link.is_some_and(|link| link.account.0 as usize == *account)
                    && (event.hour.0, event.count) == (*hour, *count)
            }
            _ => false,
        }
    }

    /// The links of events in order: each account's chain goes from event to event, none left out.
    pub(crate) fn assert_links(chains: &mut Chains, event: &Event) {
        for link in event.body.links() {
            let (previous, count) = chains.0.entry(link.account.0 as usize).or_default();
            assert_eq!((link.previous.0 as usize, link.event_number), (*previous, *count + 1), "links of {event:?}");
            (*previous, *count) = (event.sequence.0 as usize, *count + 1);
        }
    }

    /// A state after all of the list is what the list adds up to.
    pub(crate) fn assert_state(&self, state: &State) {
        assert_eq!((state.last_sequence().0 as usize, state.last_recorded_at().0), (self.last(), self.last_at()));
        let currencies: Vec<_> = state.currencies().map(|(_, currency)| (currency.code, currency.exponent)).collect();
        assert!(currencies.iter().copied().eq(self.currencies()), "{currencies:?}");
        assert!(state.actors().map(|(_, actor)| actor.principal.as_str()).eq(self.actors()));
        assert!(state.stores().map(|(_, store)| (&store.code, store.payable.0 as usize)).eq(self.stores()));
        self.assert_accounts(state);
        self.assert_holds(state);
        self.assert_amendments(state);
        self.assert_days(state);
        self.assert_freezes(state);
        self.assert_signals_and_declines(state);
    }

    fn assert_freezes(&self, state: &State) {
        let now = state.last_recorded_at();
        let id_at = |sequence: usize| self.facts[sequence - 1].said.as_ref().map(|said| said.id);
        let there = state.freezes().into_iter().filter(|(_, freeze)| freeze.stands(now)).map(|(id, freeze)| {
            let used = freeze.exceptions.iter().flatten().map(|one| one.used.map(|by| by.0 as usize));
            (Some(id), freeze.frozen.0 as usize, used.collect::<Vec<_>>())
        });
        let standing = self.standing(now.0);
        let due = standing.iter().map(|(sequence, frozen)| (id_at(*sequence), *sequence, self.used(*sequence, frozen)));
        assert!(there.eq(due), "{:?} {standing:?}", state.freezes());
        let amounts = state.frozen_amounts().into_iter();
        let there = amounts.map(|(id, amount)| (Some(id), i128::from(amount.remaining_minor)));
        let left = (1..=self.last()).map(|sequence| (sequence, self.frozen_left(sequence)));
        let due = left.filter(|(_, left)| *left > 0).map(|(sequence, left)| (id_at(sequence), left));
        assert!(there.eq(due), "{:?}", state.frozen_amounts());
    }

    fn assert_signals_and_declines(&self, state: &State) {
        let mut signals = BTreeMap::new();
        let mut declines: (i64, BTreeMap<_, u8>) = (i64::MIN, BTreeMap::new());
        for fact in &self.facts {
            if let Deed::Signal(signal) = &fact.deed {
                signals.insert((fact.touched[0].0, signal.clone()), fact.at);
            }
            if let Deed::Declined { freeze, account, .. } = &fact.deed {
                let hour = self.hour(fact.at);
                if declines.0 != hour {
                    declines = (hour, BTreeMap::new());
                }
                let id = self.facts[freeze - 1].said.as_ref().map(|said| said.id);
                *declines.1.entry((id, Some(*account))).or_default() += 1;
            }
        }
        let there = state.signals().into_iter().map(|(account, signal, at)| ((account.0 as usize, signal), at.0));
        assert!(there.eq(signals), "{:?}", state.signals());
        let there = state.all_declines().into_iter().map(|(hour, control, account, count)| {
            assert_eq!(hour.0, declines.0);
            ((Some(control), account.map(|number| number.0 as usize)), count)
        });
        assert!(there.eq(declines.1.iter().map(|(key, count)| (*key, *count))), "{:?}", state.all_declines());
    }

    fn assert_amendments(&self, state: &State) {
        let mut amended: Vec<usize> = self
            .deeds()
            .filter_map(|deed| match deed {
                Deed::Posted { why: Why::Refund { of } | Why::Reversal { of, .. }, .. } => Some(*of),
                _ => None,
            })
            .collect();
        amended.sort_unstable();
        amended.dedup();
        let expected = amended.into_iter().map(|of| (of, self.refunded(of), self.reversed(of)));
        let there = state.amendments().into_iter().map(|(sequence, amendment)| {
            let reversed = amendment.reversed.map(|by| by.0 as usize);
            (sequence.0 as usize, i128::from(amendment.refunded_minor), reversed)
        });
        assert!(there.eq(expected), "{:?}", state.amendments());
    }

    fn assert_accounts(&self, state: &State) {
        let all = self.all_sums();
        assert_eq!(state.account_count(), all.len());
        let mut totals: BTreeMap<_, (i128, i128)> = BTreeMap::new();
        let mut touches: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
        for (sequence, fact) in (1..).zip(&self.facts) {
            for (account, _) in &fact.touched {
                let touch = touches.entry(*account).or_default();
                *touch = (sequence, touch.1 + 1);
            }
        }
        for (number, (opened, sums)) in self.accounts().zip(&all).enumerate() {
            let account = state.account(AccountNumber(number as u32)).expect("every account that was opened");
            assert_eq!(Sums::in_balance(&account.balance), *sums, "balance of {opened:?}");
            assert_eq!((account.id.0, account.kind, account.overdraft()), (opened.id, opened.kind, opened.overdraft));
            assert_eq!(account.is_closed(), self.is_closed(number), "{opened:?}");
            assert_eq!((account.last_sequence.0 as usize, account.events), touches[&number], "{opened:?}");
            assert_eq!(state.code_of(AccountNumber(number as u32)), opened.code.as_ref());
            assert_eq!(state.under(AccountNumber(number as u32)).map(|above| above.0 as usize), opened.under);
            self.assert_solvent(number, opened, sums);
            let total = totals.entry(opened.currency).or_default();
            *total = (total.0 + sums.debited, total.1 + sums.credited);
        }
        for (number, currency) in state.currencies() {
            let (debits, credits) = totals.get(&currency.code).copied().unwrap_or_default();
            assert_eq!(debits, credits, "{currency:?}");
            let there = state.totals(number).expect("every currency's totals");
            assert_eq!((there.debit_minor as i128, there.credit_minor as i128), (debits, credits), "{currency:?}");
        }
    }

    fn assert_solvent(&self, number: usize, opened: &Opened, sums: &Sums) {
        let available = self.available(number, sums);
        let allowed = match opened.overdraft {
            Overdraft::Never => 0,
            Overdraft::UpTo(minor) => i128::from(minor),
            Overdraft::Unlimited => return,
        };
        assert!(available >= -allowed, "{available} available on {opened:?}");
    }

    fn assert_holds(&self, state: &State) {
        let open = self.holds_left();
        let there = state.holds();
        assert_eq!(there.len(), open.len(), "{there:?} {open:?}");
        for ((id, hold), (sequence, left)) in there.iter().zip(open) {
            let Deed::Held { debit, credit, until, .. } = self.facts[sequence - 1].deed else { panic!("{sequence}") };
            assert_eq!(Some(*id), self.facts[sequence - 1].said.as_ref().map(|said| said.id));
            let accounts = (hold.debit.0 as usize, hold.credit.0 as usize);
            let amounts = (i128::from(hold.remaining_minor), hold.expires_at.map(|at| at.0));
            assert_eq!((accounts, amounts), ((debit, credit), (left, until)), "{hold:?}");
        }
    }

    fn assert_days(&self, state: &State) {
        let mut days: BTreeMap<(i32, Rollup), (i128, i128)> = BTreeMap::new();
        for fact in &self.facts {
            for leg in self.legs(&fact.deed) {
                let opened = self.account(leg.account);
                let rollup = match (&opened.code, opened.under) {
                    (Some(_), _) => Rollup::Coded(AccountNumber(leg.account as u32)),
                    (None, Some(above)) => Rollup::Coded(AccountNumber(above as u32)),
                    (None, None) => {
                        let place = self.currencies().position(|(code, _)| code == opened.currency);
                        let number = place.expect("a currency that was defined") as u16;
                        Rollup::Uncoded(opened.kind, crate::model::CurrencyNumber(number))
                    }
                };
                let total = days.entry((fact.date, rollup)).or_default();
                *(if leg.debit { &mut total.0 } else { &mut total.1 }) += leg.amount;
            }
        }
        let there: BTreeMap<_, _> = state
            .day_totals()
            .map(|(date, rollup, totals)| ((date.0, rollup), (totals.debit_minor as i128, totals.credit_minor as i128)))
            .collect();
        assert_eq!(there, days);
    }
}
