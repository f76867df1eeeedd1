//! The stream of a rehearsal: an iterator of steps in order of time, made as they are asked for.
//!
//! In: a [`Scale`]. Out: [`Step`]s, [`Counts`] and the [`Truth`]. Pure and deterministic on every platform: integers only,
//! no clock, no source of chance but the seed. Memory: five bytes a wallet and what is on the agenda.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use ledger::command::{Action, Command, CommandContext, RegisterActor, Submission};
use ledger::model::{AccountRef, ActorKind, Authentication, Code, CommandId, CurrencyCode, Timestamp};

use super::due::{Act, Agenda};
use super::names::{Names, code, store_code};
use super::plan::{Source, plan};
use super::random::Random;
use super::scale::Scale;
use super::step::{Counts, Expected, Step};
use super::timeline::{END, OPENING, Pace, Turn};
use super::truth::Truth;
use super::wallets::Wallets;

/// Who is named as actor.
pub(super) mod actor {
    pub const APP: &str = "wallet-app";
    pub const TILL: &str = "till-gateway";
    pub const ATM: &str = "atm-gateway";
    pub const MIGRATION: &str = "member-migration";
    pub const SATO: &str = "sato@accounting";
    pub const SUZUKI: &str = "suzuki@accounting";
    pub const AUDITOR: &str = "auditor";
}

/// All steps of a rehearsal, in order of time.
#[derive(Debug)]
pub struct Stream {
    pub(super) names: Names,
    pub(super) random: Random,
    pub(super) yen: CurrencyCode,
    pub(super) wallets: Wallets,
    pub(super) agenda: Agenda,
    pub(super) stores: Vec<Code>,
    pub(super) wallets_code: Code,
    pub(super) funding: [AccountRef; 6],
    /// What each source owes since its last settlement.
    pub(super) receivable_minor: [u64; 6],
    /// What each store is owed since its last payout; refunds may take it below zero.
    pub(super) payable_minor: Vec<i64>,
    /// Events beyond the one that each place stands for; below zero when a step made none.
    pub(super) surplus: i64,
    expiries: BinaryHeap<Reverse<(Timestamp, u64, u32, u32)>>,
    pace: Pace,
    opening: VecDeque<Step>,
    commands: u64,
    counts: Counts,
    pub(super) now: Timestamp,
    over: bool,
    truth: Truth,
}

impl Stream {
    /// The rehearsal of this scale and seed.
    ///
    /// # Errors
    /// When the scale is out of bounds.
    pub fn new(scale: Scale) -> Result<Self, String> {
        let scale = scale.check()?;
        let names = Names::new(scale.seed);
        let opening = super::opening::steps(scale, names);
        let opening_steps = opening.len() as i64;
        let places = scale.events.saturating_sub(opening.len() as u64 + 1);
        let registrations = u64::from(scale.accounts);
        let payments = places.checked_sub(registrations).ok_or("more accounts than events")?;
        let pace = Pace::new(registrations, payments, Random::new(scale.seed, "pace"));
        let mut wallets = Wallets::new(scale.accounts);
        let plan = plan(scale, names, &pace, &mut wallets);
        let truth = Truth::new(scale, names, &plan);
        let mut agenda = Agenda::default();
        super::books::enter_settlements(&mut agenda, scale);
        for scene in plan.scenes {
            agenda.enter(scene.at, Act::Scene(scene));
        }
        Ok(Self {
            names,
            random: Random::new(scale.seed, "stream"),
            yen: "JPY".parse().expect("a currency"),
            wallets,
            agenda,
            stores: (0..scale.stores()).map(store_code).collect(),
            wallets_code: code(super::names::code::WALLETS),
            funding: Source::ALL.map(|source| AccountRef::Code(code(source.code()))),
            receivable_minor: [0; 6],
            payable_minor: vec![0; usize::from(scale.stores())],
            surplus: 0,
            expiries: BinaryHeap::new(),
            pace,
            opening,
            commands: 0,
            counts: Counts::default(),
            now: Timestamp(OPENING.0 + opening_steps),
            over: false,
            truth,
        })
    }

    /// What the steps so far must have led to.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Who the victims are and what they lose; known from the start, and to nobody else.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    pub(super) const fn next_id(&mut self) -> CommandId {
        self.commands += 1;
        self.names.command(self.commands)
    }

    /// An id for a group of the commands made last.
    pub(super) const fn group_id(&self) -> CommandId {
        self.names.group(self.commands)
    }

    pub(super) fn command(&mut self, actor: &str, context: CommandContext, action: Action) -> Command {
        let id = self.next_id();
        command(id, self.now, actor, context, action)
    }

    pub(super) fn step(&mut self, actor: &str, context: CommandContext, action: Action) -> Step {
        let command = self.command(actor, context, action);
        accepted(command)
    }

    /// Reserves so much until `at`, when it comes back by itself.
    pub(super) fn let_expire(&mut self, at: Timestamp, wallet: u32, amount_minor: u32) {
        self.expiries.push(Reverse((at, self.commands, wallet, amount_minor)));
    }

    /// Whatever was reserved until now or before is back before the next command is decided.
    fn expire(&mut self) {
        while let Some(Reverse((at, _, wallet, amount_minor))) = self.expiries.peek().copied() {
            if at > self.now {
                break;
            }
            self.expiries.pop();
            self.wallets.add(wallet, amount_minor);
            self.counts.expired += 1;
            self.surplus += 1;
        }
    }

    /// The step for the next place; `None` when the places are used up.
    fn next_placed(&mut self) -> Option<Step> {
        let mut turn = Turn::Payment;
        loop {
            if self.surplus < 0 {
                // The last step made no event, so its place is still free.
                self.surplus += 1;
            } else {
                let (at, next_turn) = self.pace.next()?;
                self.now = self.now.max(at);
                turn = next_turn;
                self.expire();
            }
            if turn == Turn::Registration {
                if let Some(step) = self.register() {
                    return Some(step);
                }
            } else if self.surplus > 0 {
                self.surplus -= 1;
                continue;
            }
            while let Some(act) = self.agenda.take(self.now) {
                if let Some(step) = self.perform(act) {
                    return Some(step);
                }
            }
            if let Some(step) = self.ordinary() {
                return Some(step);
            }
        }
    }

    fn next_step(&mut self) -> Option<Step> {
        if let Some(step) = self.opening.pop_front() {
            return Some(step);
        }
        if let Some(step) = self.next_placed() {
            return Some(step);
        }
        if self.over {
            return None;
        }
        // A last command at the very end lets everything expire that is due by then.
        self.over = true;
        self.now = END;
        self.expire();
        let auditor = RegisterActor {
            principal: actor::AUDITOR.into(),
            kind: ActorKind::Person,
            authenticated_by: Authentication::Mtls,
        };
        Some(self.step(actor::SATO, CommandContext::default(), Action::RegisterActor(auditor)))
    }
}

impl Iterator for Stream {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let step = self.next_step()?;
        let before = self.counts;
        self.counts.expect(&step.expected);
        let accepted = self.counts.accepted - before.accepted;
        self.surplus += accepted as i64 - 1;
        Some(step)
    }
}

/// A command with nothing unusual about it.
pub(super) fn command(id: CommandId, at: Timestamp, actor: &str, context: CommandContext, action: Action) -> Command {
    Command { id, at: Some(at), effective: None, actor: Some(actor.into()), cause: None, context, action }
}

/// A step that must be accepted.
pub(super) const fn accepted(command: Command) -> Step {
    Step { submission: Submission::One(command), expected: Expected::Accepted }
}

/// A step that must be refused.
pub(super) const fn rejected(command: Command, code: &'static str) -> Step {
    Step { submission: Submission::One(command), expected: Expected::Rejected(code) }
}
