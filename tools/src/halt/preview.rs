//! What a halt would have stopped.

use ledger::View;
use ledger::model::Sequence;
use ledger::query::Preview;
use ledger::selector::Written;
use serde::Serialize;

use super::args::PreviewArgs;
use crate::args::Format;
use crate::failure::Failure;
use crate::output::{Progress, Sheet, add_line, count, grouped, write_json, write_text};

#[derive(Debug, Serialize)]
struct Answer {
    first_order: bool,
    operations_looked_at: u64,
    operations: u64,
    kinds: Vec<Kind>,
    accounts: u64,
    sums: Vec<Sum>,
}

#[derive(Debug, Serialize)]
struct Kind {
    operation: &'static str,
    count: u64,
}

#[derive(Debug, Serialize)]
struct Sum {
    amount: String,
    currency: String,
    #[serde(skip)]
    shown: String,
}

/// Scans history and shows the counts.
pub fn run(args: &PreviewArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    let view = reader.view();
    let matcher = Written::latest(&args.selector)
        .compile(&*view)
        .map_err(|error| Failure::Usage(format!("selector_invalid: {error}")))?;
    let mut preview = Preview::new(matcher, args.from, args.to);
    let last = view.last_sequence();
    let progress = Progress::new("looking at events", "events", Some(last.0));
    for event in reader.events(Sequence(1), last) {
        let event = event?;
        preview.observe(&event, &view);
        if event.sequence.0 % 65_536 == 0 {
            progress.at(event.sequence.0);
        }
    }
    progress.end();
    let answer = answer(&preview, &view);
    match args.format {
        Format::Text => text(&answer),
        Format::Csv => csv(&answer),
        Format::Json => write_json(&answer),
    }
}

fn answer(preview: &Preview, view: &View) -> Answer {
    let sum = |(number, minor): (_, u128)| {
        let (code, exponent) =
            view.currency(number).map_or_else(Default::default, |known| (known.code, known.exponent));
        let shown = i128::try_from(minor).map_or_else(|_| minor.to_string(), |minor| grouped(minor, exponent));
        Sum { amount: minor.to_string(), currency: code.to_string(), shown }
    };
    Answer {
        first_order: true,
        operations_looked_at: preview.looked_at(),
        operations: preview.operations(),
        kinds: preview.kinds().map(|(kind, count)| Kind { operation: kind.name(), count }).collect(),
        accounts: preview.accounts() as u64,
        sums: preview.sums().map(sum).collect(),
    }
}

fn text(answer: &Answer) -> Result<(), Failure> {
    let (stopped, all) = (count(answer.operations), count(answer.operations_looked_at));
    let mut text = format!("would have stopped {stopped} of {all} operations\n");
    for kind in &answer.kinds {
        add_line(&mut text, format_args!("  {:<22} {}", kind.operation, count(kind.count)));
    }
    add_line(&mut text, format_args!("  {:<22} {}", "accounts", count(answer.accounts)));
    for sum in &answer.sums {
        add_line(&mut text, format_args!("  {:<22} {}", format!("sum in {}", sum.currency), sum.shown));
    }
    text.push_str("first-order: what would then not have followed is not known\n");
    write_text(&text)
}

fn csv(answer: &Answer) -> Result<(), Failure> {
    let mut sheet = Sheet::new(&["what", "name", "number"])?;
    sheet.row(["operations_looked_at", "", &answer.operations_looked_at.to_string()])?;
    sheet.row(["operations", "", &answer.operations.to_string()])?;
    for kind in &answer.kinds {
        sheet.row(["kind", kind.operation, &kind.count.to_string()])?;
    }
    sheet.row(["accounts", "", &answer.accounts.to_string()])?;
    for sum in &answer.sums {
        sheet.row(["sum_minor", &sum.currency, &sum.amount])?;
    }
    sheet.end()
}
