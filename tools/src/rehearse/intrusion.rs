//! The intrusion of 2 and 3 July: who loses what, and by which top-ups and purchases. Pure.
//!
//! Intruders sign in from abroad on devices of their own, top up from the card that the victim has registered, and minutes
//! later buy tobacco in stores. The number of victims and their loss are the published ones, scaled. One victim in seventeen
//! is of a kind that the operator's first estimate cannot see. Signals such as the reset of a credential are not in the
//! books yet; what shows of it here is the new device.

use ledger::model::Timestamp;

use super::crude_rule::Suspicion;
use super::plan::{Deed, Planner, Source, Who};
use super::scale::Scale;
use super::timeline::{FIRST_ESTIMATE, tokyo};

/// The merchant category of tobacco (ISO 18245: cigar stores and stands).
pub const TOBACCO: u16 = 5_993;
/// The most that one purchase of the intruders costs, in yen.
const PURCHASE_MAX: u64 = 100_000;
/// Ten packs of ten, the unit in which they buy.
const CARTON: u64 = 4_900;
/// One device of the intruders serves so many victims.
const VICTIMS_PER_DEVICE: u64 = 40;

/// How a victim is robbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Large top-ups by card, large purchases.
    Usual,
    /// Large top-ups, but purchases of at most 10,000 yen each.
    SmallPurchases,
    /// Top-ups by card of less than a large one.
    SmallTopUps,
    /// No top-up: the victim's own money is spent.
    OwnMoney,
    /// Topped up in time, spent only after the first estimate.
    SpentLater,
}

/// What the first estimate will see of the victims: how many, and what they were topped up with by card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    pub(super) people: u64,
    pub(super) card_top_ups_minor: u64,
}

/// Plans every victim's days.
pub(super) fn victims(planner: &mut Planner<'_>, scale: Scale) -> Found {
    let kinds: Vec<Kind> = (0..scale.victims()).map(kind).collect();
    let weights: Vec<u64> = kinds.iter().map(|kind| weight(planner, *kind)).collect();
    let losses = Planner::shares(scale.loss_minor(), &weights);
    let devices = kinds.len() as u64 / VICTIMS_PER_DEVICE + 1;
    let mut found = Found::default();
    for (kind, loss) in kinds.into_iter().zip(losses) {
        let wallet = planner.choose_wallet();
        planner.plan.victims.push(wallet);
        let device = Who::Intruder(planner.random.below(devices) as u16);
        let first_scene = planner.plan.scenes.len();
        let own = planner.own_life(wallet);
        rob(planner, kind, wallet, device, loss);
        let mut seen = Suspicion::default();
        for scene in planner.plan.scenes[first_scene..].iter().filter(|scene| scene.at < FIRST_ESTIMATE) {
            match scene.deed {
                Deed::TopUp(source) if source.is_card() => seen.card_top_up(u64::from(scene.amount_minor)),
                Deed::TopUp(_) => {}
                Deed::Purchase(_) => seen.purchase(u64::from(scene.amount_minor)),
            }
        }
        debug_assert!(seen.card_top_ups_minor >= own);
        if seen.is_found() {
            found.people += 1;
            found.card_top_ups_minor += seen.card_top_ups_minor;
        }
    }
    found
}

/// The kinds take turns; the first victims of any scale are of the usual one.
const fn kind(place: u64) -> Kind {
    match place % 68 {
        17 => Kind::SmallPurchases,
        33 => Kind::SmallTopUps,
        50 => Kind::OwnMoney,
        67 => Kind::SpentLater,
        _ => Kind::Usual,
    }
}

/// A victim's share of the whole loss; 100 is about 47,800 yen.
fn weight(planner: &mut Planner<'_>, kind: Kind) -> u64 {
    let random = &mut planner.random;
    match kind {
        Kind::Usual if random.chance(400) => random.between(200, 450),
        Kind::Usual | Kind::SpentLater => random.between(35, 150),
        Kind::SmallPurchases => random.between(12, 40),
        Kind::SmallTopUps => random.between(30, 80),
        Kind::OwnMoney => random.between(10, 50),
    }
}

fn rob(planner: &mut Planner<'_>, kind: Kind, wallet: u32, intruder: Who, loss: u64) {
    let mut at = if planner.random.chance(3_500) {
        planner.moment(tokyo(2, 8, 0), tokyo(2, 23, 0))
    } else {
        planner.moment(tokyo(2, 23, 0), tokyo(3, 15, 0))
    };
    if kind == Kind::OwnMoney {
        let evening = planner.moment(tokyo(1, 22, 30), tokyo(2, 2, 0));
        let saved = loss.next_multiple_of(1_000);
        planner.scene(evening, wallet, Who::Holder, Deed::TopUp(Source::Bank), saved);
    } else {
        at = top_up(planner, kind, wallet, intruder, at, loss);
    }
    if kind == Kind::SpentLater {
        at = planner.moment(tokyo(4, 6, 30), tokyo(4, 9, 0));
    }
    let piece_max = if kind == Kind::SmallPurchases { 9_800 } else { PURCHASE_MAX };
    let mut left = loss;
    while left > 0 {
        at = at.plus_seconds(planner.random.between(180, 1_500) as i64);
        let piece = purchase(planner, left, piece_max);
        let category = if planner.random.chance(9_000) { TOBACCO } else { 5_411 };
        planner.scene(at, wallet, intruder, Deed::Purchase(category), piece);
        left -= piece;
    }
}

/// Tops the wallet up from the victim's card with more than will be spent; returns the moment of the last top-up.
fn top_up(planner: &mut Planner<'_>, kind: Kind, wallet: u32, intruder: Who, from: Timestamp, loss: u64) -> Timestamp {
    let source = planner.random.one_of(&[(8, Source::CreditCard), (2, Source::DebitCard)]);
    let mut left = loss.next_multiple_of(10_000) + 10_000 * planner.random.one_of(&[(5, 0), (3, 1), (2, 2)]);
    let piece_max = if kind == Kind::SmallTopUps { 10_000 } else { 30_000 };
    let mut at = from;
    while left > 0 {
        let piece = left.min(piece_max);
        planner.scene(at, wallet, intruder, Deed::TopUp(source), piece);
        at = at.plus_seconds(planner.random.between(20, 90) as i64);
        left -= piece;
    }
    at
}

/// What the next purchase costs, of what is left to be stolen.
fn purchase(planner: &mut Planner<'_>, left: u64, piece_max: u64) -> u64 {
    if left > piece_max {
        let cartons = piece_max / CARTON;
        return CARTON * planner.random.between(cartons.saturating_sub(5).max(1), cartons);
    }
    if left > 25_000 && planner.random.chance(4_000) {
        return left * planner.random.between(50, 80) / 100;
    }
    left
}
