//! Honest people whom the operator's first estimate accuses: a large top-up by card and one large purchase of their own. Pure.
//!
//! There are as many of them, and they top up as much, as the announced estimate has beyond the victims it saw. Everybody
//! else who leads an ordinary life does one of the two at most.

use super::intrusion::{Found, TOBACCO};
use super::plan::{Deed, Planner, Source, Who};
use super::scale::Scale;
use super::timeline::tokyo;

/// How far a seed moves the estimate from the announced one, in hundredths of a per cent, either way.
const SPREAD: u64 = 150;

/// Plans every large buyer's days.
pub(super) fn large_buyers(planner: &mut Planner<'_>, scale: Scale, found: Found) {
    let mut near = |figure: u64| figure * planner.random.between(10_000 - SPREAD, 10_000 + SPREAD) / 10_000;
    let people = near(scale.estimated_people()).saturating_sub(found.people).max(1);
    let minor = near(scale.estimated_minor()).saturating_sub(found.card_top_ups_minor);
    let minor = minor.clamp(people * 25_000, people * 120_000);
    let weights: Vec<u64> = (0..people).map(|_| planner.random.between(50, 150)).collect();
    for share in Planner::shares(minor, &weights) {
        let wallet = planner.choose_wallet();
        let own = planner.own_life(wallet);
        large_purchase(planner, wallet, share.saturating_sub(own).next_multiple_of(1_000).max(20_000));
    }
}

fn large_purchase(planner: &mut Planner<'_>, wallet: u32, loaded: u64) {
    let source = planner.random.one_of(&[(8, Source::CreditCard), (2, Source::DebitCard)]);
    let mut at = planner.moment(tokyo(2, 7, 0), tokyo(3, 12, 0));
    let mut left = loaded;
    while left > 0 {
        // The first top-up is a large one whatever is left for the others.
        let piece = left.min(10_000 * planner.random.between(2, 5));
        planner.scene(at, wallet, Who::Holder, Deed::TopUp(source), piece);
        left -= piece;
        at = at.plus_seconds(planner.random.between(30, 1_800) as i64);
    }
    let dearest = loaded.min(60_000);
    let price = planner.random.between(10_500, dearest);
    let category = planner.random.one_of(&[(5, 5_411), (2, TOBACCO), (2, 5_732), (1, 5_921)]);
    planner.scene(at, wallet, Who::Holder, Deed::Purchase(category), price);
    if loaded - price > 2_000 && planner.random.chance(5_000) {
        at = at.plus_seconds(planner.random.between(600, 14_400) as i64);
        planner.scene(at, wallet, Who::Holder, Deed::Purchase(5_411), (loaded - price) / 7);
    }
}
