//! Transfers a second: large batches, small ones, one hot account, many callers.

use std::time::Instant;

use ledger::{Error, Ledger, Outcome};

use crate::disk::Pattern;
use crate::figures::{Figure, Target};
use crate::lab::{Lab, Run, play};
use crate::report::Report;
use crate::workload::{Kind, Workload};

/// Commands of a large batch, and batches in flight.
const LARGE: (usize, usize) = (8_000, 8);
/// The same of small ones.
const SMALL: (usize, usize) = (100, 8);
/// Callers with one command each.
const CALLERS: usize = 64;
/// What the journal takes for a transfer with context, about; the `bytes` row measures it.
const TRANSFER_BYTES: f64 = 240.0;
/// The journal's own pattern for large batches: writes of this size, so many in flight.
const LARGE_WRITES: Pattern = Pattern { bytes: 1 << 20, depth: 4, writes: 1_000 };
/// The disk's pattern for single commands.
const SMALL_WRITES: Pattern = Pattern { bytes: 4_096, depth: 1, writes: 2_000 };

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let (dir, ledger) = lab.funded("throughput", lab.accounts, None)?;
    let mut seed = 1;
    let mut rounds = |kind: Kind, transfers: usize, (size, in_flight): (usize, usize)| {
        (0..lab.rounds)
            .map(|_| {
                seed += 1;
                let batches = Workload::new(lab.accounts, seed, None).batches(kind, transfers, size);
                play(&ledger, batches, in_flight)
            })
            .collect::<Result<Vec<Run>, Error>>()
    };
    let large_limit = lab.disk(LARGE_WRITES)?;
    report.disk(large_limit);
    let disk_rate = large_limit.megabytes_per_second() * 1e6 / TRANSFER_BYTES;

    let spread = rounds(Kind::Spread, lab.transfers, LARGE)?;
    let figure = rate("batches of 8,000", "transfers", &spread).target(Target::AtLeast(1_800_000.0));
    let spread_rate = figure.value;
    report.add(figure.of_disk(spread_rate / disk_rate).note(format!("about {TRANSFER_BYTES} bytes each")));
    add_latencies(report, "batches of 8,000", &spread);

    let bare = rounds(Kind::Bare, lab.transfers / 2, LARGE)?;
    report.add(rate("batches of 8,000", "transfers without context", &bare));

    let hot = rounds(Kind::Hot, lab.transfers / 2, LARGE)?;
    let figure = rate("hot account", "transfers, one account in all of them", &hot);
    report.add(figure.target(Target::AtLeast(spread_rate)).note("the target is the rate of spread accounts"));

    let small = rounds(Kind::Spread, lab.transfers / 8, SMALL)?;
    report.add(rate("batches of 100", "transfers, eight batches enqueued", &small).target(Target::AtLeast(500_000.0)));
    add_latencies(report, "batches of 100", &small);

    let mut callers_rates = Vec::new();
    let mut wanted = Vec::new();
    for _ in 0..lab.rounds {
        let limit = lab.disk(SMALL_WRITES)?;
        report.disk(limit);
        wanted.push(0.6 * CALLERS as f64 / (limit.latency.p50_us / 1e6));
        seed += 1;
        callers_rates.push(callers(&ledger, lab, seed)?);
    }
    let figure = Figure::new("64 callers", "commands, one each", "1/s", &callers_rates);
    report
        .add(figure.target(Target::AtLeast(crate::figures::median(&wanted))).note("the target is 0.6 × 64 / disk p50"));
    ledger.close()?;
    remove(&dir);
    Ok(())
}

fn rate(row: &str, measure: &str, runs: &[Run]) -> Figure {
    let rounds: Vec<f64> = runs.iter().map(|run| run.per_second).collect();
    Figure::new(row, measure, "1/s", &rounds)
}

fn add_latencies(report: &mut Report, row: &str, runs: &[Run]) {
    for (name, of) in [
        ("batch p50", (|run: &Run| run.latency.p50_us / 1e3) as fn(&Run) -> f64),
        ("batch p99", |run| run.latency.p99_us / 1e3),
        ("batch max", |run| run.latency.max_us / 1e3),
    ] {
        let rounds: Vec<f64> = runs.iter().map(of).collect();
        report.add(Figure::new(row, name, "ms", &rounds));
    }
}

/// Threads that each submit one command, wait for its answer, and submit the next.
fn callers(ledger: &Ledger, lab: &Lab, seed: u64) -> Result<f64, Error> {
    let each = (lab.transfers / 40 / CALLERS).max(50);
    let mut workload = Workload::new(lab.accounts, seed, None);
    let prepared: Vec<Vec<_>> =
        (0..CALLERS).map(|_| (0..each).map(|_| workload.transfer(Kind::Spread)).collect()).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = prepared
            .into_iter()
            .map(|commands| {
                scope.spawn(move || -> Result<(), Error> {
                    for command in commands {
                        match ledger.submit(command)? {
                            Outcome::Accepted(_) => {}
                            other => return Err(Error::Contradiction(format!("not accepted: {other:?}"))),
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::Contradiction("a caller panicked".to_owned())))
        })
    })?;
    Ok((each * CALLERS) as f64 / start.elapsed().as_secs_f64())
}

/// Takes away a folder that is no longer needed; a failure costs only space.
pub(super) fn remove(dir: &std::path::Path) {
    if let Err(error) = std::fs::remove_dir_all(dir) {
        eprintln!("cannot remove {}: {error}", dir.display());
    }
}
