//! Proves that replay equals live: folds the whole journal of the reopened ledger and holds three states against each other.
//!
//! The one that the writer published while it played, the one that opening built, and the one folded here from event 1. Equal
//! means every part of them, account by account. On the way it gathers what is shown afterwards.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use ledger::event::{Body, Event};
use ledger::model::{AccountNumber, Sequence};
use ledger::query::{AsOf, Detail};
use ledger::state::State;
use ledger::{Ledger, Reader, View};

use super::crude_rule::{Suspicion, estimate};
use super::plan::Source;
use super::step::Counts;
use super::timeline::FIRST_ESTIMATE;
use crate::failure::Failure;
use crate::output::Progress;

/// How many of the largest spends are shown.
const LARGEST: usize = 10;
/// How often the progress moves, in events.
const PROGRESS_EVERY: u64 = 65_536;

/// What was proved and found.
#[derive(Debug)]
pub(super) struct Proof {
    /// Events in the journal, those of `init` counted.
    pub(super) events: u64,
    /// Accounts, those of the chart and of stores counted.
    pub(super) accounts: usize,
    /// What folding the journal took.
    pub(super) took: Duration,
    /// The largest spends, the largest first.
    pub(super) largest: Vec<Event>,
    /// People and yen of the first estimate.
    pub(super) estimate: (u64, u64),
}

/// Folds the journal of `reopened` and compares.
///
/// # Errors
/// What reading reports, and a failed check where something differs.
pub(super) fn prove(
    reopened: &Ledger,
    live: &View,
    counts: &Counts,
    before: Sequence,
    progress: &Progress,
) -> Result<Proof, Failure> {
    let start = Instant::now();
    let reader = reopened.reader();
    let mut found = Found::new(live);
    let mut replayed = State::new();
    for event in reader.events(Sequence(1), live.last_sequence()) {
        let event = event?;
        replayed.apply(&event);
        if event.sequence.0.is_multiple_of(PROGRESS_EVERY) {
            progress.at(event.sequence.0);
        }
        found.look_at(event);
    }
    let took = start.elapsed();
    let opened = reader.view();
    same(live, &replayed, "the replay of the journal")?;
    same(live, &opened, "the reopened ledger")?;
    let events = replayed.last_sequence().0 - before.0;
    if events != counts.events() {
        return Err(Failure::Check(format!("{events} events stand where {} are due", counts.events())));
    }
    balances(&reader)?;
    Ok(Proof {
        events: replayed.last_sequence().0,
        accounts: replayed.account_count(),
        took,
        largest: found.largest(),
        estimate: estimate(&found.suspicions),
    })
}

/// Compares every part of two states.
fn same(live: &State, other: &State, name: &str) -> Result<(), Failure> {
    let (mut ours, mut theirs) = (live.image(), other.image());
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return Ok(()),
            (one, another) if one == another => {}
            (one, another) => {
                return Err(Failure::Check(format!(
                    "{name} differs from the books as they were kept: {another:?} instead of {one:?}"
                )));
            }
        }
    }
}

fn balances(reader: &Reader) -> Result<(), Failure> {
    if reader.trial_balance(&AsOf::default(), Detail::EveryAccount)?.balances() {
        return Ok(());
    }
    Err(Failure::Check("debits and credits differ".to_owned()))
}

/// What is gathered while the journal goes by.
#[derive(Debug)]
struct Found {
    cards: Vec<AccountNumber>,
    suspicions: Vec<Suspicion>,
    spends: BinaryHeap<Reverse<(u64, Reverse<Sequence>)>>,
    kept: Vec<Event>,
}

impl Found {
    fn new(live: &View) -> Self {
        let card = |source: Source| live.account_by_code(&super::names::code(source.code()));
        Self {
            cards: [Source::CreditCard, Source::DebitCard].into_iter().filter_map(card).collect(),
            suspicions: vec![Suspicion::default(); live.account_count()],
            spends: BinaryHeap::new(),
            kept: Vec::new(),
        }
    }

    fn look_at(&mut self, event: Event) {
        let early = event.recorded_at < FIRST_ESTIMATE;
        match &event.body {
            Body::ToppedUp(topped_up) if early && self.cards.contains(&topped_up.movement.debit.account) => {
                if let Some(account) = self.suspicions.get_mut(topped_up.movement.credit.account.0 as usize) {
                    account.card_top_up(topped_up.movement.amount_minor);
                }
            }
            Body::Spent(spent) => {
                let amount = spent.movement.amount_minor;
                if early && let Some(account) = self.suspicions.get_mut(spent.movement.debit.account.0 as usize) {
                    account.purchase(amount);
                }
                self.keep_if_large(amount, event);
            }
            _ => {}
        }
    }

    /// Of two spends of one amount the earlier one is the larger.
    fn keep_if_large(&mut self, amount_minor: u64, event: Event) {
        let rank = Reverse((amount_minor, Reverse(event.sequence)));
        if self.spends.len() == LARGEST {
            if self.spends.peek().is_none_or(|least| least.0 >= rank.0) {
                return;
            }
            if let Some(Reverse((_, Reverse(least)))) = self.spends.pop() {
                self.kept.retain(|kept| kept.sequence != least);
            }
        }
        self.spends.push(rank);
        self.kept.push(event);
    }

    fn largest(&self) -> Vec<Event> {
        let ranks = self.spends.clone().into_sorted_vec();
        let by_sequence = |sequence| self.kept.iter().find(|event| event.sequence == sequence).cloned();
        ranks.into_iter().filter_map(|Reverse((_, Reverse(sequence)))| by_sequence(sequence)).collect()
    }
}
