//! `ledger account`: an account and its history, newest first.

use std::io::Write;

use ledger::View;
use ledger::event::{Body, Event};
use ledger::model::{AccountNumber, Overdraft, Sequence};
use ledger::query::{AccountBalance, AsOf, Known};

use crate::args::{AccountArgs, Format};
use crate::balance::{BalanceJson, name, unknown};
use crate::failure::Failure;
use crate::output::{Align, Sheet, Table, add_line, bytes_out, count, grouped, write_text};

/// Shows the account and its last events.
pub fn run(args: &AccountArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    let view = reader.view();
    let balance = reader.balance(&args.account, &AsOf::default())?.ok_or_else(|| unknown(&args.account))?;
    let known = args.before.map(|before| Known::Sequence(Sequence(before.0.saturating_sub(1))));
    let walk = reader.history(&args.account, known)?.into_iter().flatten().take(args.history as usize);
    let history = walk.map(|step| step.map(|(event, _)| event)).collect::<Result<Vec<_>, _>>()?;
    match args.format {
        Format::Text => text(&view, &balance, &history),
        Format::Csv => csv(&balance, &history),
        Format::Json => json(&view, &balance, &history),
    }
}

fn text(view: &View, balance: &AccountBalance, history: &[Event]) -> Result<(), Failure> {
    let exponent = balance.currency.exponent;
    let mut text = format!("{}, {}, {}\n", name(balance), balance.kind.name(), balance.currency.code);
    let mut line = |what: &str, value: &str| add_line(&mut text, format_args!("  {what:<14} {value}"));
    line("id", &balance.id.to_string());
    if let Some(under) = view.under(balance.number) {
        line("under", &crate::statement::account_name(view, under));
    }
    line("posted", &grouped(balance.posted_net_minor(), exponent));
    line("pending out", &grouped(i128::from(balance.pending_out_minor()), exponent));
    line("frozen", &grouped(i128::from(balance.balance.frozen_minor), exponent));
    line("available", &grouped(balance.available_minor(), exponent));
    line("overdraft", &overdraft(view, balance));
    line("events", &count(balance.events));
    for (what, value) in standing(view, balance) {
        line(what, &value);
    }
    text.push('\n');
    let mut table = Table::new(&[
        ("recorded at", Align::Left),
        ("sequence", Align::Right),
        ("what", Align::Left),
        ("debit", Align::Right),
        ("credit", Align::Right),
        ("balance", Align::Right),
    ]);
    for event in history {
        let (debit, credit) = event.body.posted_to(balance.number);
        let some = |minor: u64| if minor == 0 { String::new() } else { grouped(i128::from(minor), exponent) };
        table.row([
            event.recorded_at.to_string(),
            count(event.sequence.0),
            what(&event.body, exponent),
            some(debit),
            some(credit),
            net_after(event, balance.number).map_or_else(String::new, |net| grouped(i128::from(net), exponent)),
        ]);
    }
    table.render(&mut text);
    if let Some(last) = history.last().filter(|last| number_of(last, balance.number) > 1) {
        add_line(&mut text, format_args!("older: --before {}", last.sequence.0));
    }
    write_text(&text)
}

/// The freezes that stand, the frozen amounts and the signals of the account, a line each.
fn standing(view: &View, balance: &AccountBalance) -> Vec<(&'static str, String)> {
    let (exponent, now) = (balance.currency.exponent, view.last_recorded_at());
    let amount = |minor: u64| grouped(i128::from(minor), exponent);
    let mut lines = Vec::new();
    for (id, freeze) in view.freezes_of(balance.number).filter(|(_, freeze)| freeze.stands(now)) {
        let until = freeze.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
        let mut text = format!("{}, {}{until}, by {id}", freeze.directions.name(), freeze.reason.name());
        for known in freeze.exceptions.iter().flatten() {
            let used = known.used.map_or_else(String::new, |used| format!(" (used at {})", used.0));
            let most = amount(known.exception.amount_max_minor);
            text.extend(["; but ", known.exception.operation.name(), " up to ", &most, &used]);
        }
        lines.push(("freeze", text));
    }
    for (id, frozen) in view.frozen_amounts().into_iter().filter(|(_, frozen)| frozen.account == balance.number) {
        lines.push(("frozen amount", format!("{}, {}, by {id}", amount(frozen.remaining_minor), frozen.reason.name())));
    }
    for (signal, at) in view.signals_of(balance.number).into_iter().flat_map(ledger::model::SignalTimes::iter) {
        lines.push(("signal", format!("{signal}, last at {at}")));
    }
    lines
}

fn overdraft(view: &View, balance: &AccountBalance) -> String {
    match view.account(balance.number).map(ledger::state::AccountState::overdraft) {
        None | Some(Overdraft::Never) => "never".to_owned(),
        Some(Overdraft::UpTo(minor)) => format!("up to {}", grouped(i128::from(minor), balance.currency.exponent)),
        Some(Overdraft::Unlimited) => "unlimited".to_owned(),
    }
}

/// The event's name, with the amount where nothing is posted.
fn what(body: &Body, exponent: u8) -> String {
    let name = body.name().replace('_', " ");
    match body {
        Body::HoldPlaced(hold) => format!("{name}: {}", grouped(i128::from(hold.movement.amount_minor), exponent)),
        Body::HoldVoided(hold) => format!("{name}: {}", grouped(i128::from(hold.movement.amount_minor), exponent)),
        Body::HoldExpired(hold) => format!("{name}: {}", grouped(i128::from(hold.movement.amount_minor), exponent)),
        Body::SignalRecorded(event) => format!("{name}: {}", event.signal),
        Body::AccountFrozen(event) => format!("{name}: {}, {}", event.directions.name(), event.reason.name()),
        Body::AccountThawed(event) => format!("{name}: {}", event.freeze),
        Body::AmountFrozen(event) => format!("{name}: {}", grouped(i128::from(event.amount_minor), exponent)),
        Body::AmountReleased(event) => format!("{name}: {}", grouped(i128::from(event.amount_minor), exponent)),
        Body::Declined(event) => {
            let operation = event.operation.operation().map_or("", ledger::model::OperationKind::name);
            format!("{name}: {operation} by {} {}", event.control.kind.name(), event.control.id)
        }
        Body::DeclinesCounted(event) => {
            format!("{name}: {} more by {} {}", count(event.count), event.control.kind.name(), event.control.id)
        }
        _ => name,
    }
}

fn net_after(event: &Event, account: AccountNumber) -> Option<i64> {
    event.body.links().iter().find(|link| link.account == account).map(|link| link.net_after_minor)
}

fn number_of(event: &Event, account: AccountNumber) -> u64 {
    event.body.links().iter().find(|link| link.account == account).map_or(0, |link| link.event_number)
}

fn csv(balance: &AccountBalance, history: &[Event]) -> Result<(), Failure> {
    let mut sheet = Sheet::new(&[
        "sequence",
        "recorded_at",
        "effective",
        "type",
        "command",
        "debit_minor",
        "credit_minor",
        "net_after_minor",
        "currency",
        "exponent",
    ])?;
    for event in history {
        let (debit, credit) = event.body.posted_to(balance.number);
        sheet.row([
            &*event.sequence.0.to_string(),
            &event.recorded_at.to_string(),
            &event.header.effective.to_string(),
            event.body.name(),
            &event.header.command.to_string(),
            &debit.to_string(),
            &credit.to_string(),
            &net_after(event, balance.number).map(|net| net.to_string()).unwrap_or_default(),
            balance.currency.code.as_str(),
            &balance.currency.exponent.to_string(),
        ])?;
    }
    sheet.end()
}

/// One object: the account, and its events as `ledger events` writes them.
fn json(view: &View, balance: &AccountBalance, history: &[Event]) -> Result<(), Failure> {
    let mut block = Vec::new();
    for event in history {
        if !block.is_empty() {
            block.push(b',');
        }
        crate::events::write_event_json(event, &**view, &mut block)?;
    }
    let mut out = bytes_out();
    let mut write = || -> std::io::Result<()> {
        out.write_all(b"{\"account\":")?;
        serde_json::to_writer(&mut out, &BalanceJson::from(balance))?;
        out.write_all(b",\"history\":[")?;
        out.write_all(&block)?;
        out.write_all(b"]}\n")?;
        out.flush()
    };
    write().map_err(Failure::Output)
}
