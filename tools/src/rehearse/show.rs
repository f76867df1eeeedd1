//! What a rehearsal says. Pure: text out of what was measured and found.

use std::path::Path;

use ledger::Reader;
use ledger::event::Body;

use super::play::Played;
use super::proof::Proof;
use super::scale::Scale;
use super::stream::Stream;
use super::{path_text, rate};
use crate::output::{Align, Table, count, grouped};

/// What was played, how fast, and what came of it.
pub(super) fn played(scale: Scale, stream: &Stream, played: &Played) -> String {
    let counts = stream.counts();
    format!(
        "Played the first days of July 2019 (simulated time, seed {}): {} wallets, {} commands in {:.1} s, {} events a \
         second.\nEvery answer was the one that was due: {} commands accepted, {} known already, {} refused; {} holds \
         expired.\n",
        scale.seed,
        count(u64::from(scale.accounts)),
        count(counts.commands),
        played.took.as_secs_f64(),
        rate(counts.events(), played.took),
        count(counts.accepted),
        count(counts.replayed),
        count(counts.rejected),
        count(counts.expired),
    )
}

/// That replay equals live.
pub(super) fn proved(reader: &Reader, proof: &Proof) -> String {
    format!(
        "Closed, opened again, and replayed all {} events in {:.1} s, {} events a second: the books are the same, in each of \
         {} accounts,\nas they were kept, as they were opened and as they were replayed. Debits equal credits.\n",
        count(reader.through().0),
        proof.took.as_secs_f64(),
        rate(proof.events, proof.took),
        count(proof.accounts as u64),
    )
}

/// The largest spends as a table.
pub(super) fn largest_spends(reader: &Reader, proof: &Proof) -> String {
    let view = reader.view();
    let mut table = Table::new(&[
        ("sequence", Align::Right),
        ("recorded at", Align::Left),
        ("wallet", Align::Left),
        ("store", Align::Left),
        ("category", Align::Left),
        ("yen", Align::Right),
    ]);
    for event in &proof.largest {
        let Body::Spent(spent) = &event.body else { continue };
        let context = event.header.context.as_ref();
        let store = context.and_then(|context| view.store(context.store?)).map(|store| store.code.to_string());
        let category = context.and_then(|context| context.category).map(|category| category.to_string());
        table.row([
            count(event.sequence.0),
            event.recorded_at.to_string(),
            view.account(spent.movement.debit.account).map(|account| account.id.to_string()).unwrap_or_default(),
            store.unwrap_or_default(),
            category.unwrap_or_default(),
            grouped(i128::from(spent.movement.amount_minor), 0),
        ]);
    }
    let mut text = "\nThe largest spends\n".to_owned();
    table.render(&mut text);
    text
}

/// What the operator's crude rule says.
pub(super) fn first_estimate(proof: &Proof) -> String {
    let (people, minor) = proof.estimate;
    format!(
        "\nThe operator's crude rule on 4 July, 06:00 (accounts with a top-up by card of 20,000 yen or more and a single \
         purchase over\n10,000): {} people, {} yen topped up by card. It misses victims and accuses honest people.\n",
        count(people),
        count(minor)
    )
}

/// Where the ledger lies and what to try on it.
pub(super) fn what_next(dir: &Path, proof: &Proof) -> String {
    let name = path_text(dir);
    let wallet = proof.largest.first().map_or(0, |event| event.sequence.0);
    format!(
        "\nThe ledger lies in {name}, the truth about the victims in truth.json beside it. Try:\n\
         \x20 ledger trial-balance {name} --as-of 2019-07-02\n\
         \x20 ledger trial-balance {name} --known-at 2019-07-04T06:00:00+09:00\n\
         \x20 ledger events {name} --from {wallet} --to {wallet}\n\
         \x20 ledger statement {name} funding:credit-card --lines 20\n\
         \x20 ledger account {name} bank\n\
         \x20 ledger verify ledger {name}\n"
    )
}

/// How to keep it next time.
pub(super) fn taken_away(scale: Scale) -> String {
    format!(
        "\nThe ledger was taken away. To keep it and look around:\n\
         \x20 ledger rehearse --accounts {} --events {} --seed {} --keep july\n\
         \x20 ledger trial-balance july/wallet.ledger --as-of 2019-07-02\n",
        scale.accounts, scale.events, scale.seed
    )
}
