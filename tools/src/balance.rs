//! `ledger balance`: what accounts hold.

use ledger::Reader;
use ledger::model::{AccountRef, Clock, Side, Timestamp};
use ledger::query::{AccountBalance, AsOf, Detail, Known};
use serde::Serialize;

use crate::args::{BalanceArgs, Format, Moment};
use crate::failure::Failure;
use crate::output::{Align, Sheet, Table, add_line, count, grouped, write_json, write_text};

/// Shows the balance of each account named.
pub fn run(args: &BalanceArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    check_known(&reader, args.moment.known_at)?;
    let as_of = AsOf { effective: args.moment.as_of, known: args.moment.known_at };
    let mut balances = Vec::with_capacity(args.accounts.len());
    for account in &args.accounts {
        balances.push(reader.balance(account, &as_of)?.ok_or_else(|| unknown(account))?);
    }
    if args.accounts.is_empty() {
        let codes: Vec<_> = reader.view().rollups().filter_map(|(_, code)| code.cloned()).collect();
        for code in codes {
            balances.extend(reader.balance(&AccountRef::Code(code), &as_of)?);
        }
    }
    match args.format {
        Format::Text => text(&reader, &args.moment, &balances),
        Format::Csv => csv(&balances),
        Format::Json => write_json(&balances.iter().map(BalanceJson::from).collect::<Vec<_>>()),
    }
}

/// The answer to a question about an account that is not there.
pub fn unknown(account: &AccountRef) -> Failure {
    Failure::Usage(format!(
        "there is no account {account}, or there was none at that moment; `ledger balance DIR` lists those with a code"
    ))
}

/// Holds the moment of knowledge of a question against what the ledger holds: a time that is not reached yet is said on
/// standard error, since the same question may have another answer later.
///
/// # Errors
/// [`Failure::Usage`] for a sequence that is not there.
pub fn check_known(reader: &Reader, known: Option<Known>) -> Result<(), Failure> {
    let through = reader.through();
    match known {
        Some(Known::Sequence(sequence)) if sequence > through => Err(Failure::Usage(format!(
            "--known-at {}: there is no such sequence, the events end at {}",
            sequence.0, through.0
        ))),
        Some(Known::At(moment)) => {
            let view = reader.view();
            let reached = match view.clock() {
                Clock::Commands => view.last_recorded_at(),
                Clock::System => view.last_recorded_at().max(now()),
            };
            if moment > reached {
                anstream::eprintln!(
                    "ledger: {moment} is not reached yet: the answer counts what is known through sequence {}, recorded at {}",
                    view.last_sequence().0,
                    view.last_recorded_at()
                );
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What the machine's clock reads.
fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond())
}

/// The two times of an answer, in words, for the line above a table.
pub fn moment_in_words(reader: &Reader, effective: Option<ledger::model::Date>, known: Option<Known>) -> String {
    let effective = effective.map_or_else(String::new, |date| format!(" as of {date}"));
    let known = match known {
        None => String::new(),
        Some(Known::Sequence(sequence)) => format!(" as known at sequence {}", sequence.0),
        Some(Known::At(time)) => format!(" as known at {time}"),
    };
    let simulated = match reader.view().clock() {
        Clock::Commands => " (simulated time)",
        Clock::System => "",
    };
    format!("{effective}{known}{simulated}")
}

fn text(reader: &Reader, moment: &Moment, balances: &[AccountBalance]) -> Result<(), Failure> {
    let mut text = String::new();
    let times = moment_in_words(reader, moment.as_of, moment.known_at);
    if !times.is_empty() {
        let through = balances.first().map_or_else(|| reader.through(), |balance| balance.through);
        add_line(&mut text, format_args!("Balance{times}, through sequence {}\n", count(through.0)));
    }
    let mut table = Table::new(&[
        ("account", Align::Left),
        ("kind", Align::Left),
        ("currency", Align::Left),
        ("posted", Align::Right),
        ("pending out", Align::Right),
        ("frozen", Align::Right),
        ("available", Align::Right),
    ]);
    for balance in balances {
        let exponent = balance.currency.exponent;
        table.row([
            name(balance),
            balance.kind.name().to_owned(),
            balance.currency.code.to_string(),
            grouped(balance.posted_net_minor(), exponent),
            grouped(i128::from(balance.pending_out_minor()), exponent),
            grouped(i128::from(balance.balance.frozen_minor), exponent),
            grouped(balance.available_minor(), exponent),
        ]);
    }
    table.render(&mut text);
    let under = reader.trial_balance(&AsOf { effective: moment.as_of, known: moment.known_at }, Detail::ByCode)?;
    for balance in balances {
        let row = under.rows.iter().find(|row| row.code.is_some() && row.code == balance.code);
        if let Some(row) = row.filter(|row| row.net_minor() != balance.posted_net_minor()) {
            let (name, sum) = (name(balance), grouped(row.net_minor(), balance.currency.exponent));
            add_line(&mut text, format_args!("{name} with all accounts opened under it: {sum} posted"));
        }
    }
    write_text(&text)
}

/// Code where there is one, else id; closed accounts say so.
pub fn name(balance: &AccountBalance) -> String {
    let name = balance.code.as_ref().map_or_else(|| balance.id.to_string(), ToString::to_string);
    if balance.closed { format!("{name} (closed)") } else { name }
}

fn csv(balances: &[AccountBalance]) -> Result<(), Failure> {
    let mut sheet = Sheet::new(&[
        "account",
        "code",
        "kind",
        "currency",
        "exponent",
        "closed",
        "posted_debit_minor",
        "posted_credit_minor",
        "pending_debit_minor",
        "pending_credit_minor",
        "frozen_minor",
        "posted_net_minor",
        "available_minor",
        "events",
        "through",
    ])?;
    for balance in balances {
        let json = BalanceJson::from(balance);
        sheet.row([
            &*json.account,
            json.code.as_deref().unwrap_or_default(),
            json.kind,
            &json.currency,
            &json.exponent.to_string(),
            if json.closed { "true" } else { "false" },
            &json.posted_debit,
            &json.posted_credit,
            &json.pending_debit,
            &json.pending_credit,
            &json.frozen,
            &json.posted_net,
            &json.available,
            &json.events.to_string(),
            &json.through.to_string(),
        ])?;
    }
    sheet.end()
}

/// A balance as programs read it: amounts as strings of minor units.
#[derive(Debug, Serialize)]
pub struct BalanceJson {
    account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    kind: &'static str,
    currency: String,
    exponent: u8,
    closed: bool,
    posted_debit: String,
    posted_credit: String,
    pending_debit: String,
    pending_credit: String,
    frozen: String,
    posted_net: String,
    available: String,
    events: u64,
    through: u64,
}

impl From<&AccountBalance> for BalanceJson {
    fn from(balance: &AccountBalance) -> Self {
        Self {
            account: balance.id.to_string(),
            code: balance.code.as_ref().map(ToString::to_string),
            kind: balance.kind.name(),
            currency: balance.currency.code.to_string(),
            exponent: balance.currency.exponent,
            closed: balance.closed,
            posted_debit: balance.balance.posted(Side::Debit).to_string(),
            posted_credit: balance.balance.posted(Side::Credit).to_string(),
            pending_debit: balance.balance.pending(Side::Debit).to_string(),
            pending_credit: balance.balance.pending(Side::Credit).to_string(),
            frozen: balance.balance.frozen_minor.to_string(),
            posted_net: balance.posted_net_minor().to_string(),
            available: balance.available_minor().to_string(),
            events: balance.events,
            through: balance.through.0,
        }
    }
}
