//! What controls refuse, and what becomes of freezes and signals.

use super::judge::{Judged, Refusal};
use super::{Books, Deed, Frozen, Leg, Why, pair};
use crate::command::{FreezeAccount, FreezeAmount, ReleaseAmount};
use crate::model::{Directions, OperationKind};

const HOUR_US: i64 = 3_600_000_000;
/// How many refusals are recorded by freeze, account and hour.
const DECLINES_MAX: usize = 60;

impl Books {
    pub(super) fn hour(&self, at: i64) -> i64 {
        let shift = self.offset_seconds * 1_000_000;
        (at + shift).div_euclid(HOUR_US) * HOUR_US - shift
    }

    /// The freezes that stand at a moment after everything in the list, by sequence.
    pub(crate) fn standing(&self, now: i64) -> Vec<(usize, &Frozen)> {
        let lifted =
            |sequence: usize| self.deeds().any(|deed| matches!(deed, Deed::Thawed { freeze } if *freeze == sequence));
        (1..)
            .zip(self.deeds())
            .filter_map(|(sequence, deed)| match deed {
                Deed::Frozen(frozen) if frozen.until.is_none_or(|until| until > now) && !lifted(sequence) => {
                    Some((sequence, frozen))
                }
                _ => None,
            })
            .collect()
    }

    fn kind_and_legs(&self, deed: &Deed) -> Option<(OperationKind, Vec<Leg>)> {
        let kind = match deed {
            Deed::Posted { why: Why::TopUp, .. } => OperationKind::TopUp,
            Deed::Posted { why: Why::Spend, .. } => OperationKind::Spend,
            Deed::Posted { why: Why::Transfer, .. } => OperationKind::Transfer,
            Deed::Posted { why: Why::Refund { .. }, .. } => OperationKind::RefundSpend,
            Deed::Held { debit, credit, amount, .. } => {
                return Some((OperationKind::PlaceHold, pair(*debit, *credit, *amount)));
            }
            Deed::Paid { .. } => OperationKind::SettleHold,
            _ => return None,
        };
        Some((kind, self.legs(deed)))
    }

    /// Whether a leg goes the way that the freeze stops.
    fn concerns(&self, frozen: &Frozen, leg: &Leg) -> bool {
        let comes_in = self.account(leg.account).grows_by_debits() == leg.debit;
        leg.account == frozen.account
            && match frozen.directions {
                Directions::In => comes_in,
                Directions::Out => !comes_in,
                Directions::Both => true,
            }
    }

    /// Which event used up each exception of the freeze at `sequence`.
    pub(super) fn used(&self, sequence: usize, frozen: &Frozen) -> Vec<Option<usize>> {
        let mut used = vec![None; frozen.exceptions.len()];
        for (later, fact) in (1..).zip(&self.facts).skip(sequence) {
            if matches!(fact.deed, Deed::Thawed { freeze } if freeze == sequence)
                || frozen.until.is_some_and(|until| until <= fact.at)
            {
                break;
            }
            let Some((kind, legs)) = self.kind_and_legs(&fact.deed) else { continue };
            for leg in legs.iter().filter(|leg| self.concerns(frozen, leg)) {
                if let Some(place) = usable(frozen, &used, kind, leg.amount) {
                    used[place] = Some(later);
                }
            }
        }
        used
    }

    /// What a freeze makes of an operation that would otherwise be judged by funds; nothing when none is in its way.
    pub(super) fn gate(&self, would: Deed, now: i64) -> Option<Judged> {
        let (kind, legs) = self.kind_and_legs(&would)?;
        let (freeze, account) = legs.iter().find_map(|leg| {
            let stops = |(sequence, frozen): &(usize, &Frozen)| {
                self.concerns(frozen, leg) && usable(frozen, &self.used(*sequence, frozen), kind, leg.amount).is_none()
            };
            self.standing(now).into_iter().find(stops).map(|(sequence, _)| (sequence, leg.account))
        })?;
        let hour = self.hour(now);
        let recorded = self.facts.iter().filter(|fact| {
            let same =
                matches!(fact.deed, Deed::Declined { freeze: by, account: of, .. } if (by, of) == (freeze, account));
            same && self.hour(fact.at) == hour
        });
        if recorded.count() >= DECLINES_MAX {
            return Some(Refusal::with("declined_too_often", &[freeze as i128, account as i128]));
        }
        let sums = self.all_sums();
        let touched = legs.iter().map(|leg| (leg.account, self.net(leg.account, &sums[leg.account]))).collect();
        Some(Ok((Deed::Declined { freeze, account, would: Box::new(would) }, touched)))
    }

    /// Notes a refusal that is not in the list.
    pub(super) fn count(&mut self, refusal: &mut Refusal, now: i64) {
        if refusal.code == "declined_too_often" {
            let (freeze, account) = (refusal.numbers[0] as usize, refusal.numbers[1] as usize);
            let id = self.facts[freeze - 1].said.as_ref().map_or(0, |said| said.id.0);
            let hour = self.hour(now);
            self.uncounted.entry((id, account)).or_insert((freeze, hour, 0)).2 += 1;
            refusal.numbers.clear();
        }
    }

    /// The counts of an hour that is over go into the list.
    pub(super) fn tick_counts(&mut self, now: i64) {
        while let Some((&key, &(freeze, hour, count))) = self.uncounted.first_key_value() {
            if hour + HOUR_US > now {
                return;
            }
            self.uncounted.remove(&key);
            let account = key.1;
            let net = self.net(account, &self.all_sums()[account]);
            self.add(None, now, None, (Deed::Counted { freeze, account, hour, count }, vec![(account, net)]));
        }
    }

    /// An event that only touches one account.
    pub(super) fn note(&self, account: usize, deed: Deed) -> Judged {
        Ok((deed, vec![(account, self.net(account, &self.all_sums()[account]))]))
    }

    pub(super) fn freeze_account(&self, action: &FreezeAccount, now: i64) -> Judged {
        action.exceptions.iter().try_for_each(|exception| self.defined(exception.currency))?;
        let account = self.named(&action.account)?;
        self.open(account)?;
        action.exceptions.iter().try_for_each(|exception| self.kept_in(account, exception.currency))?;
        if self.standing(now).iter().filter(|(_, frozen)| frozen.account == account).count() >= 16 {
            return Refusal::err("freezes_exhausted");
        }
        let exceptions = action.exceptions.iter().map(|one| (one.operation, i128::from(one.amount_minor))).collect();
        let until = action.expires_at.map(|at| at.0);
        self.note(account, Deed::Frozen(Frozen { account, directions: action.directions, until, exceptions }))
    }

    pub(super) fn thaw(&self, id: u128, now: i64) -> Judged {
        let Some((freeze, fact)) = self.find(id) else { return Refusal::err("freeze_unknown") };
        let Deed::Frozen(frozen) = &fact.deed else { return Refusal::err("freeze_unknown") };
        if self.standing(now).iter().all(|(sequence, _)| *sequence != freeze) {
            return Refusal::err("freeze_over");
        }
        self.note(frozen.account, Deed::Thawed { freeze })
    }

    pub(super) fn freeze_amount(&self, action: &FreezeAmount) -> Judged {
        let account = self.named(&action.account)?;
        self.open(account)?;
        self.kept_in(account, action.currency)?;
        let available = self.available(account, &self.all_sums()[account]);
        let amount = i128::from(action.amount_minor);
        if amount > available {
            return Refusal::with("insufficient_funds", &[available, amount]);
        }
        self.note(account, Deed::FrozenAmount { amount })
    }

    /// What is left of a frozen amount.
    pub(super) fn frozen_left(&self, freeze: usize) -> i128 {
        let Deed::FrozenAmount { amount } = self.facts[freeze - 1].deed else { return 0 };
        let released = self.deeds().map(|deed| match deed {
            Deed::Released { freeze: of, amount, .. } if *of == freeze => *amount,
            _ => 0,
        });
        amount - released.sum::<i128>()
    }

    pub(super) fn release(&self, action: &ReleaseAmount) -> Judged {
        let Some((freeze, fact)) = self.find(action.freeze.0) else { return Refusal::err("freeze_unknown") };
        let Deed::FrozenAmount { .. } = fact.deed else { return Refusal::err("freeze_unknown") };
        let account = fact.touched[0].0;
        let left = self.frozen_left(freeze);
        if left == 0 {
            return Refusal::err("freeze_over");
        }
        action.currency.map_or(Ok(()), |currency| self.kept_in(account, currency))?;
        let amount = action.amount_minor.map_or(left, i128::from);
        if amount > left {
            return Refusal::with("release_exceeds_freeze", &[left]);
        }
        self.note(account, Deed::Released { freeze, amount, left: left - amount })
    }
}

/// The first exception that is not used up and lets the operation pass.
fn usable(frozen: &Frozen, used: &[Option<usize>], kind: OperationKind, amount: i128) -> Option<usize> {
    let passes = |((known, most), used): (&(OperationKind, i128), &Option<usize>)| {
        used.is_none() && *known == kind && *most >= amount
    };
    frozen.exceptions.iter().zip(used).position(passes)
}
