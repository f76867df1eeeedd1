//! The cost of a transfer as accounts and history grow: it must not rise beyond what the processor's caches make of it.

use ledger::Error;

use super::throughput::remove;
use crate::figures::{Figure, Target, median};
use crate::lab::{Lab, play};
use crate::report::{Report, Series};
use crate::workload::{Kind, Workload};

/// Rounds over the growing history of the largest ledger.
const HISTORY_ROUNDS: usize = 5;

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let transfers = lab.transfers / 2;
    let sizes = [10_000, 100_000, 1_000_000, lab.accounts];
    let mut sizes: Vec<u32> = sizes.into_iter().filter(|size| *size <= lab.accounts).collect();
    sizes.dedup();
    let mut by_accounts = Vec::new();
    let mut by_events = Vec::new();
    for (place, accounts) in sizes.iter().copied().enumerate() {
        let (dir, ledger) = lab.funded("growth", accounts, None)?;
        let last = place + 1 == sizes.len();
        let count = if last { HISTORY_ROUNDS.max(lab.rounds) } else { lab.rounds };
        let mut rates = Vec::new();
        for round in 0..count {
            let batches = Workload::new(accounts, 1 + round as u64, None).batches(Kind::Spread, transfers, 8_000);
            let rate = play(&ledger, batches, 8)?.per_second;
            rates.push(rate);
            if last {
                by_events.push((ledger.reader().through().0 as f64, rate));
            }
        }
        rates.truncate(lab.rounds);
        by_accounts.push((f64::from(accounts), median(&rates)));
        report.add(Figure::new("growth", &format!("transfers over {accounts} accounts"), "1/s", &rates));
        ledger.close()?;
        remove(&dir);
    }
    if let (Some((_, first)), Some((accounts, last))) = (by_accounts.first(), by_accounts.last()) {
        let figure =
            Figure::new("growth", &format!("rate at {accounts} accounts of that at 10000"), "times", &[last / first]);
        report.add(figure.target(Target::AtLeast(0.7)));
    }
    let name = "transfers a second in batches of 8,000".to_owned();
    report.series.push(Series { name: name.clone(), axis: "accounts".to_owned(), points: by_accounts });
    report.series.push(Series { name, axis: "events in the journal".to_owned(), points: by_events });
    Ok(())
}
