//! Figures: percentiles, medians of rounds, and the report that becomes a table, JSON and a plot.

use std::time::Duration;

use serde::Serialize;

/// Latencies of one run in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// How many were taken.
    pub count: usize,
    /// Half of them were at most so long.
    pub p50_us: f64,
    /// 99 in 100 were at most so long.
    pub p99_us: f64,
    /// The longest.
    pub max_us: f64,
}

impl Latency {
    /// Of these durations, which are sorted.
    pub fn of(durations: &mut [Duration]) -> Self {
        durations.sort_unstable();
        let at = |per_mille: usize| {
            let place = (durations.len() * per_mille).div_ceil(1_000).saturating_sub(1);
            durations.get(place).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
        };
        Self { count: durations.len(), p50_us: at(500), p99_us: at(990), max_us: at(1_000) }
    }
}

/// How a figure compares with what is wanted of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
}

impl Target {
    /// How far the value is: 1 reaches it, 2 is twice as good.
    pub fn reached(self, value: f64) -> f64 {
        match self {
            Self::AtLeast(target) => value / target,
            Self::AtMost(target) => target / value,
        }
    }
}

/// One measured value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The row of the table of targets.
    pub row: String,
    /// What was measured.
    pub measure: String,
    /// The median of the rounds.
    pub value: f64,
    /// The unit of the value.
    pub unit: String,
    /// Every round's value.
    pub rounds: Vec<f64>,
    /// What is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How far the target is: 1 reaches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_target: Option<f64>,
    /// The value as a share of what the disk does by the same pattern of writes in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_disk: Option<f64>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Figure {
    /// The median of these rounds.
    pub fn new(row: &str, measure: &str, unit: &str, rounds: &[f64]) -> Self {
        Self {
            row: row.to_owned(),
            measure: measure.to_owned(),
            value: median(rounds),
            unit: unit.to_owned(),
            rounds: rounds.to_vec(),
            target: None,
            of_target: None,
            of_disk: None,
            note: String::new(),
        }
    }

    /// With what is wanted of it.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self.of_target = Some(target.reached(self.value));
        self
    }

    /// With its share of what the disk does.
    #[must_use]
    pub const fn of_disk(mut self, share: f64) -> Self {
        self.of_disk = Some(share);
        self
    }

    /// With a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// How far apart the rounds lie, as a share of the median: above 0.2 the figure is mostly noise.
    pub fn spread(&self) -> f64 {
        let low = self.rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.rounds.iter().copied().fold(0.0, f64::max);
        if self.value == 0.0 { 0.0 } else { (high - low) / self.value }
    }
}

/// The middle of these values; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (odd, middle) if odd % 2 == 1 => sorted[middle],
        (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// A number for people: thousands apart, three digits that count.
pub fn readable(value: f64) -> String {
    if value >= 1_000.0 {
        let digits = format!("{value:.0}");
        let places = digits.len();
        return digits
            .chars()
            .enumerate()
            .flat_map(|(place, digit)| {
                let comma = place > 0 && (places - place).is_multiple_of(3);
                comma.then_some(',').into_iter().chain([digit])
            })
            .collect();
    }
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_medians_are_values_that_were_measured() {
        let mut durations: Vec<Duration> = (1..=1_000).rev().map(Duration::from_micros).collect();
        let latency = Latency::of(&mut durations);
        assert!((latency.p50_us - 500.0).abs() < 1e-6);
        assert!((latency.p99_us - 990.0).abs() < 1e-6);
        assert!((latency.max_us - 1_000.0).abs() < 1e-6);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(readable(1_234_567.4), "1,234,567");
        assert_eq!(readable(999.6), "1000");
        assert_eq!(readable(12.34), "12.3");
        assert_eq!(readable(0.127), "0.13");
    }

    #[test]
    fn a_target_says_how_far_it_is() {
        let figure = Figure::new("row", "rate", "1/s", &[90.0, 100.0, 110.0]).target(Target::AtLeast(50.0));
        assert_eq!(figure.of_target, Some(2.0));
        assert!((figure.spread() - 0.2).abs() < 1e-9);
        assert!((Target::AtMost(4.0).reached(8.0) - 0.5).abs() < 1e-9);
    }
}
