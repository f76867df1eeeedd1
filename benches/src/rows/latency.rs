//! One command at a time, on a ledger with history, side by side with the disk's own durable write.

use std::time::{Duration, Instant};

use ledger::{Error, Ledger, Outcome};

use super::throughput::remove;
use crate::disk::{Pattern, Writes};
use crate::figures::{Figure, Latency, Target, median};
use crate::lab::{Lab, fill};
use crate::report::Report;
use crate::workload::{Kind, Workload};

/// The disk's write beside a command, and how many of both a round has.
const WRITES: Pattern = Pattern { bytes: 4_096, depth: 1, writes: 4_000 };
/// Ledger and disk take turns, so many writes each, so that a bad moment of the machine meets both.
const TURN: usize = 100;

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let (dir, ledger) = lab.funded("latency", lab.accounts, None)?;
    let mut workload = Workload::new(lab.accounts, 1, None);
    let history = (2 * lab.transfers as u64).saturating_sub(2 * u64::from(lab.accounts));
    fill(&ledger, history, |_| workload.transfer(Kind::Spread))?;
    let mut own = Vec::new();
    let mut disk = Vec::new();
    let mut prober = lab.prober(WRITES)?;
    for _ in 0..lab.rounds.max(3) {
        let mut writes = Writes::default();
        let mut commands = Vec::with_capacity(WRITES.writes);
        for _ in 0..WRITES.writes / TURN {
            writes.add(prober.write(TURN).map_err(Error::io("measure", "the disk"))?);
            one_at_a_time(&ledger, &mut workload, &mut commands)?;
        }
        let limit = prober.limit(writes);
        report.disk(limit);
        disk.push(limit.latency);
        own.push(Latency::of(&mut commands));
    }
    let column = |of: fn(&Latency) -> f64, rows: &[Latency]| -> Vec<f64> { rows.iter().map(of).collect() };
    for (measure, of, factor) in [
        ("p50", (|latency: &Latency| latency.p50_us) as fn(&Latency) -> f64, Some(1.5)),
        ("p99", |latency| latency.p99_us, Some(2.0)),
        ("max", |latency| latency.max_us, None),
    ] {
        let beside = median(&column(of, &disk));
        let figure = Figure::new("one at a time", measure, "µs", &column(of, &own));
        let share = figure.value / beside;
        let figure = figure.of_disk(share);
        report.add(match factor {
            Some(factor) => figure.target(Target::AtMost(factor * beside)),
            None => figure.note(format!("the disk's own longest write: {beside:.0} µs")),
        });
    }
    ledger.close()?;
    remove(&dir);
    Ok(())
}

fn one_at_a_time(ledger: &Ledger, workload: &mut Workload, latencies: &mut Vec<Duration>) -> Result<(), Error> {
    for _ in 0..TURN {
        let command = workload.transfer(Kind::Spread);
        let start = Instant::now();
        let outcome = ledger.submit(command)?;
        latencies.push(start.elapsed());
        if !matches!(outcome, Outcome::Accepted(_)) {
            return Err(Error::Contradiction(format!("the workload was not accepted: {outcome:?}")));
        }
    }
    Ok(())
}
