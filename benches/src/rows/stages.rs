//! Where the time of a transfer goes: each stage alone on one processor, and the whole beside it.

use std::time::Instant;

use ledger::Error;
use ledger::codec;
use ledger::command::{Command, Submission};
use ledger::decide::check_form;
use ledger::event::Event;
use ledger::journal::{Entry, FrameInput, JournalOptions, Witnesses, open_for_append};
use ledger::storage::FileStorage;
use std::sync::Arc;

use super::throughput::remove;
use crate::bare::{self, NOW};
use crate::figures::Figure;
use crate::lab::{Lab, play};
use crate::report::Report;
use crate::workload::{Kind, Workload};

/// Transfers of one pass.
const TRANSFERS: usize = 500_000;

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let mut passes: Vec<(&str, Vec<f64>)> = Vec::new();
    let mut note = |stage: &'static str, nanoseconds: f64| match passes.iter_mut().find(|(name, _)| *name == stage) {
        Some((_, rounds)) => rounds.push(nanoseconds),
        None => passes.push((stage, vec![nanoseconds])),
    };
    let mut state = bare::funded(lab.accounts);
    for round in 0..lab.rounds {
        let mut workload = Workload::new(lab.accounts, 1 + round as u64, None);
        let commands = each(&mut note, "make a command", || {
            (0..TRANSFERS).map(|_| workload.transfer(Kind::Spread)).collect::<Vec<Command>>()
        });
        let mut scratch = Vec::new();
        each(&mut note, "check the form", || {
            let today = NOW.date(state.utc_offset());
            commands.iter().filter(|command| check_form(command, today).is_err()).count()
        });
        each(&mut note, "hash the content", || {
            commands.iter().fold(0, |sum, command| sum ^ codec::content_hash(command, &mut scratch))
        });
        // What is decided depends on what was applied before, so the two are taken together, and applying alone below.
        let events: Vec<Event> = each(&mut note, "form, hash, decide and apply", || {
            commands.iter().map(|command| bare::play(&mut state, command, &mut scratch)).collect()
        });
        let mut again = state.clone();
        // The first fold of a copy copies the pieces that it touches; the second is what a publisher does all day.
        let mut fold = || {
            for event in &events {
                again.apply(event);
            }
        };
        fold();
        each(&mut note, "apply", fold);
        let mut payloads = Vec::with_capacity(TRANSFERS);
        each(&mut note, "encode", || -> Result<(), Error> {
            let mut payload = Vec::new();
            for event in &events {
                payload.clear();
                let layout = codec::encode(event, &mut payload)
                    .map_err(|error| Error::Contradiction(format!("encode: {error}")))?;
                payloads.push((layout, payload.clone()));
            }
            Ok(())
        })?;
        each(&mut note, "decode", || {
            payloads
                .iter()
                .zip(&events)
                .filter(|((layout, payload), event)| {
                    codec::decode(*layout, payload, event.sequence, event.recorded_at).is_err()
                })
                .count()
        });
        append(lab, &mut note, &payloads)?;
        each(&mut note, "drop commands and events", || drop((commands, events)));
    }
    for (stage, rounds) in &passes {
        report.add(Figure::new("stages", stage, "ns", rounds));
    }
    whole(lab, report)
}

/// Runs a pass and notes its nanoseconds a transfer.
fn each<T>(note: &mut impl FnMut(&'static str, f64), stage: &'static str, pass: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = pass();
    note(stage, start.elapsed().as_secs_f64() * 1e9 / TRANSFERS as f64);
    result
}

/// Appends one frame a transfer and waits until the last is durable.
fn append(
    lab: &Lab,
    note: &mut impl FnMut(&'static str, f64),
    payloads: &[(codec::Layout, Vec<u8>)],
) -> Result<(), Error> {
    let dir = lab.dir.join("stages");
    let storage = Arc::new(FileStorage::create(&dir, lab.io, 4)?);
    ledger::storage::Storage::create_dir(&*storage, ledger::journal::FOLDER)
        .map_err(Error::io("create", ledger::journal::FOLDER))?;
    let options = JournalOptions::new([1; 16]);
    let (mut journal, _) = open_for_append(Arc::clone(&storage), options, &Witnesses::none())?;
    let mut waited = 0.0;
    let start = Instant::now();
    for (place, (layout, payload)) in payloads.iter().enumerate() {
        let entry = Entry { kind: layout.kind, schema: layout.schema, payload };
        journal.append(FrameInput { first_sequence: 1 + place as u64, recorded_at_us: NOW.0, entries: &[entry] })?;
        if place % 4_096 == 4_095 {
            let pumped = Instant::now();
            journal.pump()?;
            waited += pumped.elapsed().as_secs_f64();
        }
    }
    let appended = start.elapsed().as_secs_f64();
    journal.drain()?;
    let drained = start.elapsed().as_secs_f64();
    let each = 1e9 / payloads.len() as f64;
    note("append to the journal's buffers", (appended - waited) * each);
    note("hand writes to the disk", waited * each);
    note("append until durable, alone", drained * each);
    journal.close()?;
    remove(&dir);
    Ok(())
}

/// The whole path, all threads at work.
fn whole(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let (dir, ledger) = lab.funded("whole", lab.accounts, None)?;
    let mut rounds = Vec::new();
    for round in 0..lab.rounds {
        let batches: Vec<Vec<Submission>> =
            Workload::new(lab.accounts, 1 + round as u64, None).batches(Kind::Spread, lab.transfers / 2, 8_000);
        rounds.push(1e9 / play(&ledger, batches, 8)?.per_second);
    }
    report.add(Figure::new("stages", "the whole, from enqueue to answer", "ns", &rounds));
    ledger.close()?;
    remove(&dir);
    Ok(())
}
