//! `ledger statement`: an account's postings with a running balance.

use std::io::Write;

use ledger::query::{AccountBalance, AsOf, Statement, StatementLine, StatementQuery};
use ledger::{Reader, View};
use serde::Serialize;

use crate::args::{Format, StatementArgs};
use crate::balance::{BalanceJson, check_known, moment_in_words, name, unknown};
use crate::cursor::Pages;
use crate::failure::Failure;
use crate::output::{Align, Sheet, Table, add_line, bytes_out, cell, count, grouped, write_text};

/// Lines that are asked for at once when all are wanted.
const PAGE_LINES: usize = 10_000;

/// Shows the statement, a page or all of it.
pub fn run(args: &StatementArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    let view = reader.view();
    match args.format {
        Format::Text => text(args, &reader, &view),
        Format::Csv => csv(args, &reader),
        Format::Json => json(args, &reader),
    }
}

/// Calls `take` with each page until there is no more, or once when a page's length was given. The first page's account and
/// opening, and the last page's closing and cursor, make up the whole.
fn pages(
    args: &StatementArgs,
    reader: &Reader,
    mut take: impl FnMut(&Statement) -> Result<(), Failure>,
) -> Result<Statement, Failure> {
    check_known(reader, args.known_at)?;
    let after = match args.after {
        None => None,
        Some(after) => {
            let view = reader.view();
            let account = reader.balance(&args.account, &AsOf::default())?.ok_or_else(|| unknown(&args.account))?;
            Some(Pages::of(&view, account.id, args.from, args.to).resume(after, args.known_at, reader)?)
        }
    };
    let mut query = StatementQuery {
        from: args.from,
        to: args.to,
        known: args.known_at,
        after,
        lines_max: args.lines.map_or(PAGE_LINES, |lines| lines as usize),
    };
    loop {
        let page = reader.statement(&args.account, &query)?.ok_or_else(|| unknown(&args.account))?;
        take(&page)?;
        match page.next {
            Some(next) if args.lines.is_none() => query.after = Some(next),
            _ => return Ok(page),
        }
    }
}

fn text(args: &StatementArgs, reader: &Reader, view: &View) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("date", Align::Left),
        ("sequence", Align::Right),
        ("what", Align::Left),
        ("debit", Align::Right),
        ("credit", Align::Right),
        ("balance", Align::Right),
        ("with", Align::Left),
        ("reference", Align::Left),
    ]);
    let mut opening = None;
    let last = pages(args, reader, |page| {
        let exponent = page.account.currency.exponent;
        opening.get_or_insert(page.opening_net_minor);
        for line in &page.lines {
            let some = |minor: u64| if minor == 0 { String::new() } else { grouped(i128::from(minor), exponent) };
            table.row([
                line.event.header.effective.to_string(),
                count(line.event.sequence.0),
                line.event.body.name().replace('_', " "),
                some(line.debit_minor),
                some(line.credit_minor),
                grouped(line.running_net_minor, exponent),
                with(view, &page.account, line),
                note(line),
            ]);
        }
        Ok(())
    })?;
    let currency = last.account.currency;
    let mut text = format!(
        "{}, {}, {}{}, through sequence {}\n",
        name(&last.account),
        last.account.kind.name(),
        currency.code,
        moment_in_words(reader, args.to, args.known_at),
        count(last.account.through.0)
    );
    add_line(&mut text, format_args!("opening balance {}\n", grouped(opening.unwrap_or(0), currency.exponent)));
    table.render(&mut text);
    add_line(&mut text, format_args!("\nclosing balance {}", grouped(last.closing_net_minor, currency.exponent)));
    if let Some(next) = last.next {
        let pages = Pages::of(view, last.account.id, args.from, args.to);
        add_line(&mut text, format_args!("more follows: --after {}", pages.text(next)));
    }
    write_text(&text)
}

/// The accounts on the other side, by code or id; several are counted.
fn with(view: &View, account: &AccountBalance, line: &StatementLine) -> String {
    let links = line.event.body.links();
    let mut others = links.iter().map(|link| link.account).filter(|number| *number != account.number);
    match (others.next(), others.count()) {
        (None, _) => String::new(),
        (Some(other), 0) => account_name(view, other),
        (Some(_), more) => format!("{} accounts", more + 1),
    }
}

/// An account's code where it has one, else its id.
pub fn account_name(view: &View, number: ledger::model::AccountNumber) -> String {
    match view.code_of(number) {
        Some(code) => code.to_string(),
        None => view.account(number).map_or_else(|| format!("number {}", number.0), |account| account.id.to_string()),
    }
}

/// The reference, else the voucher, else the description.
fn note(line: &StatementLine) -> String {
    let Some(context) = &line.event.header.context else { return String::new() };
    let notes = context.notes.as_deref();
    let reference = context.reference.as_deref();
    let voucher = notes.and_then(|notes| notes.voucher.as_deref());
    let description = notes.and_then(|notes| notes.description.as_deref());
    reference.or(voucher).or(description).unwrap_or_default().to_owned()
}

fn csv(args: &StatementArgs, reader: &Reader) -> Result<(), Failure> {
    const COLUMNS: [&str; 13] = [
        "effective",
        "sequence",
        "recorded_at",
        "type",
        "command",
        "debit_minor",
        "credit_minor",
        "net_after_minor",
        "currency",
        "exponent",
        "reference",
        "voucher",
        "description",
    ];
    // Not a column is written before it is known that there is an answer.
    let mut begun = None;
    pages(args, reader, |page| {
        let sheet = match &mut begun {
            Some(sheet) => sheet,
            None => begun.insert(Sheet::new(&COLUMNS)?),
        };
        for line in &page.lines {
            let json = LineJson::of(line);
            sheet.row([
                &*json.effective,
                &json.sequence.to_string(),
                &json.recorded_at,
                json.kind,
                &json.command,
                &json.debit,
                &json.credit,
                &json.net_after,
                page.account.currency.code.as_str(),
                &page.account.currency.exponent.to_string(),
                &cell(json.reference.unwrap_or_default()),
                &cell(json.voucher.unwrap_or_default()),
                &cell(json.description.unwrap_or_default()),
            ])?;
        }
        Ok(())
    })?;
    begun.map_or(Ok(()), Sheet::end)
}

/// One object, its lines written as the pages come.
fn json(args: &StatementArgs, reader: &Reader) -> Result<(), Failure> {
    let mut out = bytes_out();
    let mut lines = 0u64;
    let mut first = true;
    let last = pages(args, reader, |page| {
        let write = |out: &mut dyn Write| -> std::io::Result<u64> {
            if first {
                out.write_all(b"{\"account\":")?;
                serde_json::to_writer(&mut *out, &BalanceJson::from(&page.account))?;
                write!(out, ",\"opening_net\":\"{}\",\"lines\":[", page.opening_net_minor)?;
            }
            let mut written = lines;
            for line in &page.lines {
                if written > 0 {
                    out.write_all(b",")?;
                }
                serde_json::to_writer(&mut *out, &LineJson::of(line))?;
                written += 1;
            }
            Ok(written)
        };
        lines = write(&mut out).map_err(Failure::Output)?;
        first = false;
        Ok(())
    })?;
    let pages = Pages::of(&reader.view(), last.account.id, args.from, args.to);
    let next = last.next.map_or_else(String::new, |next| format!(",\"next\":\"{}\"", pages.text(next)));
    writeln!(out, "],\"closing_net\":\"{}\"{next}}}", last.closing_net_minor)
        .and_then(|()| out.flush())
        .map_err(Failure::Output)
}

/// A line as programs read it.
#[derive(Debug, Serialize)]
struct LineJson<'a> {
    effective: String,
    sequence: u64,
    recorded_at: String,
    #[serde(rename = "type")]
    kind: &'static str,
    command: String,
    debit: String,
    credit: String,
    net_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> LineJson<'a> {
    fn of(line: &'a StatementLine) -> Self {
        let context = line.event.header.context.as_ref();
        let notes = context.and_then(|context| context.notes.as_deref());
        Self {
            effective: line.event.header.effective.to_string(),
            sequence: line.event.sequence.0,
            recorded_at: line.event.recorded_at.to_string(),
            kind: line.event.body.name(),
            command: line.event.header.command.to_string(),
            debit: line.debit_minor.to_string(),
            credit: line.credit_minor.to_string(),
            net_after: line.running_net_minor.to_string(),
            reference: context.and_then(|context| context.reference.as_deref()),
            voucher: notes.and_then(|notes| notes.voucher.as_deref()),
            description: notes.and_then(|notes| notes.description.as_deref()),
        }
    }
}
