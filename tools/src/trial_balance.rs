//! `ledger trial-balance`: all accounts at one moment; debits equal credits, or the exit code says so.

use std::io::Write;

use ledger::model::{AccountKind, Currency, Side};
use ledger::query::{AsOf, CurrencyTotals, Detail, TrialBalance, TrialBalanceRow};
use ledger::{Reader, View};
use serde::Serialize;

use crate::args::{Format, TrialBalanceArgs};
use crate::balance::{check_known, moment_in_words};
use crate::failure::Failure;
use crate::output::{Align, Sheet, Table, add_line, bytes_out, count, grouped, write_text};

/// Shows the trial balance.
pub fn run(args: &TrialBalanceArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    check_known(&reader, args.moment.known_at)?;
    let as_of = AsOf { effective: args.moment.as_of, known: args.moment.known_at };
    let detail = if args.every_account { Detail::EveryAccount } else { Detail::ByCode };
    let balance = reader.trial_balance(&as_of, detail)?;
    match args.format {
        Format::Text => write_text(&text(&reader, &balance))?,
        Format::Csv => csv(&balance)?,
        Format::Json => json(&balance)?,
    }
    if balance.balances() {
        return Ok(());
    }
    Err(Failure::Check("debits and credits differ: run `ledger verify ledger DIR`".to_owned()))
}

/// A trial balance as tables, one a currency.
pub fn text(reader: &Reader, balance: &TrialBalance) -> String {
    let view = reader.view();
    let mut text = format!(
        "Trial balance{}, through sequence {}\n",
        moment_in_words(reader, balance.as_of.effective, balance.as_of.known),
        count(balance.through.0)
    );
    for total in &balance.totals {
        add_line(&mut text, format_args!("\n{}", total.currency.code));
        currency_table(&view, balance, total).render(&mut text);
    }
    text
}

fn currency_table(view: &View, balance: &TrialBalance, total: &CurrencyTotals) -> Table {
    let mut table = Table::new(&[
        ("account", Align::Left),
        ("kind", Align::Left),
        ("debit", Align::Right),
        ("credit", Align::Right),
        ("balance", Align::Right),
        ("", Align::Left),
    ]);
    let exponent = total.currency.exponent;
    let sum = |minor: u128| grouped(i128::try_from(minor).unwrap_or(i128::MAX), exponent);
    for row in balance.rows.iter().filter(|row| row.currency == total.number) {
        table.row([
            name(view, row),
            row.kind.name().to_owned(),
            sum(row.debit_minor),
            sum(row.credit_minor),
            grouped(row.net_minor(), exponent),
            side(row.kind).to_owned(),
        ]);
    }
    table.rule();
    table.row([
        "total".to_owned(),
        String::new(),
        sum(total.debit_minor),
        sum(total.credit_minor),
        String::new(),
        String::new(),
    ]);
    table
}

fn side(kind: AccountKind) -> &'static str {
    match kind.normal_side() {
        Side::Debit => "dr",
        Side::Credit => "cr",
    }
}

fn name(view: &View, row: &TrialBalanceRow) -> String {
    match (row.account, &row.code) {
        (Some((number, _)), _) => crate::statement::account_name(view, number),
        (None, Some(code)) => code.to_string(),
        (None, None) => format!("(without a code, {})", row.kind.name()),
    }
}

fn csv(balance: &TrialBalance) -> Result<(), Failure> {
    let mut sheet =
        Sheet::new(&["currency", "exponent", "account", "code", "kind", "debit_minor", "credit_minor", "net_minor"])?;
    for (currency, row) in rows(balance) {
        sheet.row([
            currency.code.as_str(),
            &currency.exponent.to_string(),
            &row.account.map(|(_, id)| id.to_string()).unwrap_or_default(),
            row.code.as_ref().map(ledger::model::Code::as_str).unwrap_or_default(),
            row.kind.name(),
            &row.debit_minor.to_string(),
            &row.credit_minor.to_string(),
            &row.net_minor().to_string(),
        ])?;
    }
    sheet.end()
}

/// The rows with their currencies, in the order of the answer.
fn rows(balance: &TrialBalance) -> impl Iterator<Item = (Currency, &TrialBalanceRow)> {
    balance.totals.iter().flat_map(|total| {
        balance.rows.iter().filter(|row| row.currency == total.number).map(|row| (total.currency, row))
    })
}

/// One object: the moment, the rows, the totals.
fn json(balance: &TrialBalance) -> Result<(), Failure> {
    let mut out = bytes_out();
    let mut write = || -> std::io::Result<()> {
        write!(out, "{{\"through\":{}", balance.through.0)?;
        if let Some(date) = balance.as_of.effective {
            write!(out, ",\"as_of\":\"{date}\"")?;
        }
        out.write_all(b",\"rows\":[")?;
        for (place, (currency, row)) in rows(balance).enumerate() {
            if place > 0 {
                out.write_all(b",")?;
            }
            serde_json::to_writer(&mut out, &RowJson::of(currency, row))?;
        }
        out.write_all(b"],\"totals\":[")?;
        for (place, total) in balance.totals.iter().enumerate() {
            if place > 0 {
                out.write_all(b",")?;
            }
            let (debit, credit) = (total.debit_minor.to_string(), total.credit_minor.to_string());
            let total = TotalJson { currency: total.currency.code.to_string(), debit, credit };
            serde_json::to_writer(&mut out, &total)?;
        }
        writeln!(out, "],\"balances\":{}}}", balance.balances())?;
        out.flush()
    };
    write().map_err(Failure::Output)
}

#[derive(Debug, Serialize)]
struct RowJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    kind: &'static str,
    currency: String,
    exponent: u8,
    debit: String,
    credit: String,
    net: String,
}

#[derive(Debug, Serialize)]
struct TotalJson {
    currency: String,
    debit: String,
    credit: String,
}

impl RowJson {
    fn of(currency: Currency, row: &TrialBalanceRow) -> Self {
        Self {
            account: row.account.map(|(_, id)| id.to_string()),
            code: row.code.as_ref().map(ToString::to_string),
            kind: row.kind.name(),
            currency: currency.code.to_string(),
            exponent: currency.exponent,
            debit: row.debit_minor.to_string(),
            credit: row.credit_minor.to_string(),
            net: row.net_minor().to_string(),
        }
    }
}
