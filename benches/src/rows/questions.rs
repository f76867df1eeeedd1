//! Questions while a writer runs at full speed: balance, statements, balances of closed days, trial balances.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ledger::model::{AccountRef, Date};
use ledger::query::{AsOf, Detail, StatementQuery};
use ledger::{Error, Ledger, Reader};

use super::throughput::remove;
use crate::figures::{Figure, Latency, Target};
use crate::lab::{Lab, OPENING, fill, play};
use crate::report::Report;
use crate::workload::{Kind, Times, Workload};

/// Wallets with 100 lines each, and wallets with 2,000 lines each: the last ones.
const STATEMENTS: u32 = 200;
const LONG_STATEMENTS: u32 = 20;
/// The days that a ledger's history is spread over.
const DAYS: i64 = 4;

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let accounts = u64::from(lab.accounts);
    let lines = u64::from(STATEMENTS) * 99 + u64::from(LONG_STATEMENTS) * 1_999;
    let history = lab.transfers as u64 + 2 * accounts + lines;
    let times = Times { from: OPENING, step: DAYS * 86_400_000_000 / history as i64 };
    let (dir, ledger) = lab.funded("questions", lab.accounts, Some(times))?;
    // Transfers go on in time where opening and funding ended.
    let later = Times { from: ledger::model::Timestamp(OPENING.0 + times.step * 2 * accounts as i64), ..times };
    let mut workload = Workload::new(lab.accounts, 1, Some(later));
    let common = lab.accounts - STATEMENTS - LONG_STATEMENTS;
    let every = (lab.transfers as u64 / lines).max(1);
    let mut special = 0;
    fill(&ledger, lab.transfers as u64 + lines, |place| {
        if place % (every + 1) == 0 && special < lines {
            special += 1;
            let (round, wallet) = special_wallet(special - 1);
            return workload.transfer_between(Kind::Spread, (round % u64::from(common)) as u32, common + wallet);
        }
        workload.transfer_between_first(Kind::Spread, common)
    })?;

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut runs = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let batches: Vec<_> = (0..16)
                    .map(|_| {
                        let one = |workload: &mut Workload| workload.transfer_between_first(Kind::Spread, common);
                        (0..8_000).map(|_| ledger::command::Submission::One(one(&mut workload))).collect()
                    })
                    .collect();
                runs.push(play(&ledger, batches, 8)?.per_second);
            }
            Ok::<_, Error>(crate::figures::median(&runs))
        });
        let asked = ask(lab, &ledger, common, report);
        stop.store(true, Ordering::Relaxed);
        let load = load.join().unwrap_or_else(|_| Err(Error::Contradiction("the load panicked".to_owned())))?;
        report.add(Figure::new("questions", "load beside them", "transfers/s", &[load]));
        asked
    })?;
    ledger.close()?;
    remove(&dir);
    Ok(())
}

/// Which wallet gets the next line: round and wallet, those of long statements last.
const fn special_wallet(place: u64) -> (u64, u32) {
    let short = STATEMENTS as u64 * 99;
    if place < short {
        (place / STATEMENTS as u64, (place % STATEMENTS as u64) as u32)
    } else {
        let place = place - short;
        (place / LONG_STATEMENTS as u64, STATEMENTS + (place % LONG_STATEMENTS as u64) as u32)
    }
}

fn ask(lab: &Lab, ledger: &Ledger, common: u32, report: &mut Report) -> Result<(), Error> {
    let reader = ledger.reader();
    let mut choice = Workload::new(lab.accounts, 99, None);
    let wallet = |place: u32| AccountRef::Id(Workload::wallet(place));
    let first_day = OPENING.date(ledger.config().utc_offset);

    let latency = timed(20_000, |_| {
        let place = choice.number(lab.accounts);
        reader.balance(&wallet(place), &AsOf::default()).map(|found| found.is_some())
    })?;
    add(report, "balance, now", &latency, Some(20.0));
    let latency = timed(1_000, |_| {
        let place = choice.number(common);
        let as_of = AsOf { effective: Some(Date(first_day.0 + 1)), known: None };
        reader.balance(&wallet(place), &as_of).map(|found| found.is_some())
    })?;
    add(report, "balance of a closed day", &latency, Some(1_000.0));
    for (measure, lines, wallets, from, most) in [
        ("statement of 100 lines", 100, STATEMENTS, common, 1_000.0),
        ("statement of 2,000 lines", 2_000, LONG_STATEMENTS, common + STATEMENTS, 10_000.0),
    ] {
        // The second walk finds the history in memory.
        for place in 0..wallets {
            statement(&reader, &wallet(from + place), lines)?;
        }
        let latency =
            timed(wallets as usize * 3, |place| statement(&reader, &wallet(from + place as u32 % wallets), lines))?;
        add(report, measure, &latency, Some(most));
    }
    for (measure, as_of, detail, most) in [
        ("trial balance by code, now", None, Detail::ByCode, 0.1),
        ("trial balance by code, a closed day", Some(Date(first_day.0 + 1)), Detail::ByCode, 0.1),
        ("trial balance of every account, now", None, Detail::EveryAccount, 3.0),
        ("trial balance of every account, a closed day", Some(Date(first_day.0 + 1)), Detail::EveryAccount, 3.0),
    ] {
        let mut rounds = Vec::new();
        for _ in 0..lab.rounds {
            let start = Instant::now();
            reader.trial_balance(&AsOf { effective: as_of, known: None }, detail)?;
            rounds.push(start.elapsed().as_secs_f64());
        }
        report.add(Figure::new("questions", measure, "s", &rounds).target(Target::AtMost(most)));
    }
    Ok(())
}

fn statement(reader: &Reader, account: &AccountRef, lines: usize) -> Result<bool, Error> {
    let query = StatementQuery { lines_max: lines, ..StatementQuery::default() };
    reader.statement(account, &query).map(|found| found.is_some_and(|statement| statement.lines.len() == lines))
}

fn timed(count: usize, mut ask: impl FnMut(usize) -> Result<bool, Error>) -> Result<Latency, Error> {
    let mut latencies: Vec<Duration> = Vec::with_capacity(count);
    for place in 0..count {
        let start = Instant::now();
        let found = ask(place)?;
        latencies.push(start.elapsed());
        if !found {
            return Err(Error::Contradiction("a question about a wallet found nothing".to_owned()));
        }
    }
    Ok(Latency::of(&mut latencies))
}

fn add(report: &mut Report, measure: &str, latency: &Latency, p99_us_max: Option<f64>) {
    let figure = Figure::new("questions", &format!("{measure}, p99"), "µs", &[latency.p99_us]);
    let figure = figure.note(format!("p50 {:.1} µs, max {:.0} µs", latency.p50_us, latency.max_us));
    report.add(match p99_us_max {
        Some(most) => figure.target(Target::AtMost(most)),
        None => figure,
    });
}
