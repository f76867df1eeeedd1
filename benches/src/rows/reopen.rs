//! Opening after kill -9, with and without a recent checkpoint, and after a clean stop; memory on the way.

use ledger::Error;

use super::child::{Task, Worker};
use super::throughput::remove;
use crate::figures::{Figure, Target};
use crate::lab::Lab;
use crate::report::Report;
use crate::workload::Workload;

/// Events since the checkpoint that counts as recent.
const RECENT: u64 = 500_000;

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let transfers = (2 * lab.transfers + lab.transfers / 2) as u64;
    let dir = lab.init("reopen", None)?;
    let ledger = lab.open(&dir, 0)?;
    let mut workload = Workload::new(lab.accounts, 0, None);
    let accounts = u64::from(lab.accounts);
    crate::lab::fill(&ledger, 2 * accounts, |place| {
        let wallet = (place % accounts) as u32;
        if place < accounts { workload.open(wallet) } else { workload.fund(wallet) }
    })?;
    ledger.close()?;

    let row = "open";
    let worker = Worker::start(lab, &dir, Task::Fill, transfers, 1, 0)?;
    let memory = |kib: f64| kib * 1_024.0 / 1e6;
    let full = lab.accounts >= 1_500_000 && transfers >= 10_000_000;
    let figure = Figure::new("memory", &format!("writing {transfers} transfers"), "MB", &[memory(worker.number(1))]);
    report.add(if full { figure.target(Target::AtMost(900.0)) } else { figure });
    worker.kill()?;

    let worker = Worker::start(lab, &dir, Task::Open, 0, 2, 0)?;
    let figure = Figure::new(row, "after kill -9, no recent checkpoint", "s", &[worker.number(1)]);
    report.add(figure.target(Target::AtMost(5.0)).note(format!("{} events replayed", worker.number(2))));
    let figure = Figure::new("memory", "after opening, everything replayed", "MB", &[memory(worker.number(3))]);
    report.add(if full { figure.target(Target::AtMost(900.0)) } else { figure });
    worker.end()?;

    let mut clean = Vec::new();
    for _ in 0..lab.rounds {
        let worker = Worker::start(lab, &dir, Task::Open, 0, 3, 0)?;
        clean.push(worker.number(1));
        worker.end()?;
    }
    report.add(Figure::new(row, "after a clean stop", "s", &clean).target(Target::AtMost(1.0)));

    let mut recent = Vec::new();
    let mut replayed = 0.0;
    for round in 0..lab.rounds as u64 {
        Worker::start(lab, &dir, Task::Fill, RECENT.min(transfers), 10 + round, 0)?.kill()?;
        let worker = Worker::start(lab, &dir, Task::Open, 0, 4, 0)?;
        recent.push(worker.number(1));
        replayed = worker.number(2);
        worker.end()?;
    }
    let figure = Figure::new(row, "after kill -9, a recent checkpoint", "s", &recent);
    report.add(figure.target(Target::AtMost(2.0)).note(format!("{replayed} events replayed")));
    remove(&dir);
    Ok(())
}
