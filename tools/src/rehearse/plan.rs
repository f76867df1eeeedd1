//! Lives that are planned before the stream begins: the victims of the intrusion, and honest people who buy something large.
//!
//! Pure. A planned life is a row of scenes, each with its moment, its amount and its command id, so that the loss of every
//! victim is known to the yen. Between the scenes of a wallet nothing else happens to it.

use ledger::model::{CommandId, Timestamp};

use super::names::Names;
use super::random::Random;
use super::scale::Scale;
use super::timeline::{Pace, tokyo};
use super::wallets::{Mark, Wallets};

/// Where the money of a top-up comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Source {
    /// A credit card.
    CreditCard = 0,
    /// A debit card.
    DebitCard = 1,
    /// A bank transfer.
    Bank = 2,
    /// Cash at a till.
    CashRegister = 3,
    /// Cash at a machine.
    Atm = 4,
    /// Points of the chain's older service.
    Points = 5,
}

impl Source {
    /// All sources, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::CreditCard, Self::DebitCard, Self::Bank, Self::CashRegister, Self::Atm, Self::Points];

    /// The code of its receivable in the operator's chart.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CreditCard => "funding:credit-card",
            Self::DebitCard => "funding:debit-card",
            Self::Bank => "funding:bank",
            Self::CashRegister => "funding:cash-register",
            Self::Atm => "funding:atm",
            Self::Points => "funding:points",
        }
    }

    /// Whether a card pays.
    pub const fn is_card(self) -> bool {
        matches!(self, Self::CreditCard | Self::DebitCard)
    }
}

/// Who acts in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The wallet's holder.
    Holder,
    /// An intruder, by device.
    Intruder(u16),
}

/// What happens in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// The wallet is topped up.
    TopUp(Source),
    /// Something of this category is bought in a store.
    Purchase(u16),
}

/// One moment of a planned life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// When, at the earliest.
    pub at: Timestamp,
    /// The id of its command.
    pub id: CommandId,
    /// The wallet.
    pub wallet: u32,
    /// Who acts.
    pub who: Who,
    /// What happens.
    pub deed: Deed,
    /// In yen.
    pub amount_minor: u32,
}

/// All planned lives; the scenes of one wallet follow one another and are in order of time.
#[derive(Debug, Default)]
pub struct Plan {
    /// The scenes.
    pub scenes: Vec<Scene>,
    /// The victims, in the order of their wallets' registration.
    pub victims: Vec<u32>,
}

/// Builds a plan scene by scene.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    pub(super) plan: Plan,
    pub(super) random: Random,
    names: Names,
    wallets: &'a mut Wallets,
    candidates: u64,
}

impl Planner<'_> {
    /// A wallet that is registered by the evening of the first day and has no plan yet.
    pub(super) fn choose_wallet(&mut self) -> u32 {
        loop {
            let wallet = self.random.below(self.candidates) as u32;
            if self.wallets.mark(wallet, Mark::Planned) {
                return wallet;
            }
        }
    }

    /// Adds a scene; nothing for an amount of nothing.
    pub(super) fn scene(&mut self, at: Timestamp, wallet: u32, who: Who, deed: Deed, amount_minor: u64) {
        if amount_minor > 0 {
            let id = self.names.planned_command(self.plan.scenes.len() as u64);
            self.plan.scenes.push(Scene { at, id, wallet, who, deed, amount_minor: amount_minor as u32 });
        }
    }

    /// The holder's own small life before anything large: one top-up and a few purchases out of it. Returns what was
    /// topped up by card.
    pub(super) fn own_life(&mut self, wallet: u32) -> u64 {
        let source = self.random.one_of(&[
            (3, Source::CreditCard),
            (4, Source::CashRegister),
            (2, Source::Atm),
            (1, Source::Bank),
        ]);
        let loaded = 1_000 * self.random.between(1, 3);
        let mut at = self.moment(tokyo(1, 18, 0), tokyo(1, 22, 0));
        self.scene(at, wallet, Who::Holder, Deed::TopUp(source), loaded);
        for _ in 0..self.random.below(4) {
            at = at.plus_seconds(self.random.between(60, 3_600) as i64);
            let amount = self.random.between(110, loaded / 4);
            self.scene(at, wallet, Who::Holder, Deed::Purchase(5_411), amount);
        }
        if source.is_card() { loaded } else { 0 }
    }

    /// A moment between two others.
    pub(super) fn moment(&mut self, from: Timestamp, to: Timestamp) -> Timestamp {
        Timestamp(from.0 + self.random.below((to.0 - from.0) as u64) as i64)
    }

    /// `total` parted in proportion to the weights, to the last yen.
    pub(super) fn shares(total: u64, weights: &[u64]) -> Vec<u64> {
        let all: u64 = weights.iter().sum();
        let mut shares: Vec<u64> =
            weights.iter().map(|weight| (u128::from(total) * u128::from(*weight) / u128::from(all)) as u64).collect();
        let mut left = total - shares.iter().sum::<u64>();
        for share in shares.iter_mut().take(left as usize) {
            *share += 1;
            left -= 1;
        }
        debug_assert_eq!(left, 0, "what rounding leaves is less than a yen a share");
        shares
    }
}

/// The plan of a rehearsal; marks the wallets it takes.
pub fn plan(scale: Scale, names: Names, pace: &Pace, wallets: &mut Wallets) -> Plan {
    let mut planner = Planner {
        plan: Plan::default(),
        random: Random::new(scale.seed, "plan"),
        names,
        wallets,
        candidates: pace.registered_before(tokyo(1, 17, 30)),
    };
    let found = super::intrusion::victims(&mut planner, scale);
    super::large_buyers::large_buyers(&mut planner, scale, found);
    planner.plan.victims.sort_unstable();
    planner.plan
}
