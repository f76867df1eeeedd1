//! When things happen: the first four days of July 2019 in Tokyo, and the pace of registrations and payments through them.
//!
//! Pure. The hours of the day and of the days are weights; a minute takes its share of all registrations and payments.

use ledger::model::{Timestamp, UtcOffset};

use super::random::Random;

/// Tokyo's offset from UTC.
pub const TOKYO: UtcOffset = UtcOffset(9 * 3_600);
/// The service opens: 1 July 2019, 00:00 in Tokyo (2019-06-30T15:00:00Z).
pub const OPENING: Timestamp = Timestamp(1_561_906_800_000_000);
/// The operator stops top-ups by card.
pub const CARD_TOP_UPS_STOP: Timestamp = tokyo(3, 17, 0);
/// The moment up to which the operator's first estimate looks.
pub const FIRST_ESTIMATE: Timestamp = tokyo(4, 6, 0);
/// The operator stops all top-ups.
pub const TOP_UPS_STOP: Timestamp = tokyo(4, 14, 0);
/// The operator stops registrations.
pub const REGISTRATIONS_STOP: Timestamp = tokyo(4, 18, 5);
/// The rehearsal ends: 4 July, 24:00 in Tokyo.
pub const END: Timestamp = tokyo(5, 0, 0);

const MINUTE: i64 = 60_000_000;
const MINUTES: usize = 4 * 24 * 60;
/// Members of the chain's older service are carried over in the first minutes; payments begin afterwards.
const CARRY_OVER_MINUTES: usize = 10;
/// Of a hundred wallets, so many are carried over.
const CARRIED_OVER_PER_CENT: u64 = 40;

const HOURS: [u64; 24] =
    [20, 10, 6, 5, 6, 15, 45, 80, 85, 60, 60, 75, 100, 75, 60, 65, 75, 95, 105, 95, 80, 65, 50, 35];
const PAYMENT_DAYS: [u64; 4] = [70, 100, 110, 90];
const REGISTRATION_DAYS: [u64; 4] = [100, 60, 40, 15];

/// A moment in July 2019 by Tokyo's clock.
pub const fn tokyo(day: i64, hour: i64, minute: i64) -> Timestamp {
    Timestamp(OPENING.0 + (((day - 1) * 24 + hour) * 60 + minute) * MINUTE)
}

/// What a place in the stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A wallet is registered.
    Registration,
    /// Anything else.
    Payment,
}

/// The places in the stream in order of time, each with its purpose.
#[derive(Debug)]
pub struct Pace {
    registrations: Curve,
    payments: Curve,
    random: Random,
    minute: usize,
    place: u64,
    places: u64,
    registrations_here: u64,
    carry: u64,
}

/// How many of a total have happened by the end of each minute.
#[derive(Debug)]
struct Curve {
    total: u64,
    weights: Vec<u64>,
}

impl Curve {
    fn new(total: u64, weight: impl Fn(usize) -> u64) -> Self {
        let mut sum = 0;
        let weights = std::iter::once(0)
            .chain((0..MINUTES).map(|minute| {
                sum += weight(minute);
                sum
            }))
            .collect();
        Self { total, weights }
    }

    fn before(&self, minute: usize) -> u64 {
        let all = self.weights[MINUTES].max(1);
        (u128::from(self.total) * u128::from(self.weights[minute]) / u128::from(all)) as u64
    }

    fn within(&self, minute: usize) -> u64 {
        self.before(minute + 1) - self.before(minute)
    }
}

impl Pace {
    /// Places for so many registrations and payments.
    pub fn new(registrations: u64, payments: u64, random: Random) -> Self {
        let by_hour = |minute: usize, days: [u64; 4]| HOURS[minute / 60 % 24] * days[minute / 1_440];
        let stop = ((REGISTRATIONS_STOP.0 - OPENING.0) / MINUTE) as usize;
        let later = move |minute: usize| {
            if minute < CARRY_OVER_MINUTES || minute >= stop { 0 } else { by_hour(minute, REGISTRATION_DAYS) }
        };
        let all_later: u64 = (0..MINUTES).map(later).sum();
        let carried = all_later * CARRIED_OVER_PER_CENT / (100 - CARRIED_OVER_PER_CENT) / CARRY_OVER_MINUTES as u64;
        let registrations =
            Curve::new(registrations, |minute| if minute < CARRY_OVER_MINUTES { carried } else { later(minute) });
        let payments =
            Curve::new(payments, |minute| if minute < CARRY_OVER_MINUTES { 0 } else { by_hour(minute, PAYMENT_DAYS) });
        let mut pace =
            Self { registrations, payments, random, minute: 0, place: 0, places: 0, registrations_here: 0, carry: 0 };
        pace.enter_minute();
        pace
    }

    /// How many wallets are registered before this moment.
    pub fn registered_before(&self, moment: Timestamp) -> u64 {
        let minute = (moment.0 - OPENING.0) / MINUTE;
        self.registrations.before(usize::try_from(minute).unwrap_or(0).min(MINUTES))
    }

    fn enter_minute(&mut self) {
        self.place = 0;
        self.carry = 0;
        self.registrations_here = self.registrations.within(self.minute);
        self.places = self.registrations_here + self.payments.within(self.minute);
    }
}

impl Iterator for Pace {
    type Item = (Timestamp, Turn);

    fn next(&mut self) -> Option<Self::Item> {
        while self.place == self.places {
            self.minute += 1;
            if self.minute >= MINUTES {
                self.minute = MINUTES - 1;
                return None;
            }
            self.enter_minute();
        }
        let within = (MINUTE as u64 * self.place + self.random.below(MINUTE as u64)) / self.places;
        self.place += 1;
        // Registrations are spread evenly over the minute's places.
        self.carry += self.registrations_here;
        let turn = if self.carry >= self.places {
            self.carry -= self.places;
            Turn::Registration
        } else {
            Turn::Payment
        };
        Some((Timestamp(OPENING.0 + self.minute as i64 * MINUTE + within as i64), turn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_are_the_ones_of_the_calendar() {
        assert_eq!(OPENING.to_string(), "2019-06-30T15:00:00.000000Z");
        assert_eq!(FIRST_ESTIMATE.to_string(), "2019-07-03T21:00:00.000000Z");
        assert_eq!(END.to_string(), "2019-07-04T15:00:00.000000Z");
        assert_eq!(OPENING.date(TOKYO).to_string(), "2019-07-01");
    }

    #[test]
    fn every_place_comes_in_order_of_time_and_none_is_lost() {
        let mut last = OPENING;
        let (mut registrations, mut payments) = (0, 0);
        for (at, turn) in Pace::new(2_000, 18_000, Random::new(3, "pace")) {
            assert!(at >= last && at < END);
            last = at;
            match turn {
                Turn::Registration => registrations += 1,
                Turn::Payment => {
                    payments += 1;
                    assert!(registrations > 0, "a payment needs a wallet");
                }
            }
        }
        assert_eq!((registrations, payments), (2_000, 18_000));
    }

    #[test]
    fn two_in_five_wallets_are_there_before_the_first_payment() {
        let pace = Pace::new(1_500_000, 8_500_000, Random::new(3, "pace"));
        let carried = pace.registered_before(tokyo(1, 0, 10));
        assert!((590_000..=610_000).contains(&carried), "{carried}");
        assert_eq!(pace.registered_before(REGISTRATIONS_STOP), 1_500_000);
    }
}
