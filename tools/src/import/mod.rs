//! `ledger import csv`: rows of a CSV file as commands, by a mapping; what cannot be done goes to a file of rejects.

mod amount;
mod ids;
mod mapping;
mod records;
mod rejects;
mod rows;
mod spec;
mod tally;
mod template;
mod time;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use ledger::View;
use ledger::command::Submission;

use crate::args::ImportArgs;
use crate::failure::Failure;
use crate::feed::{Item, close, feed};
use crate::output::{Progress, shown, write_text};

use mapping::Mapping;
use rejects::Rejects;
use rows::{Row, Rows};
use tally::{Tallied, Tally};
use template::{Place, Template};

/// Currencies and their exponents, as the ledger knows them.
type Exponents = BTreeMap<String, u8>;

/// What a row became, for its answer.
#[derive(Debug)]
struct Tag {
    row: Row,
    /// Amounts by currency, for the control totals.
    amounts: Vec<(String, u128)>,
    /// Why it is not a command.
    refused: Option<String>,
}

/// Imports the file.
pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    let mapping = Mapping::read(&args.mapping)?;
    let rows = Rows::open(&args.file, &mapping)?;
    let batch = match &args.batch {
        Some(batch) => batch.clone(),
        None => args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let template = Template::new(mapping, &rows.header, batch).map_err(|reason| {
        Failure::Usage(format!("{} does not fit {}: {reason}", args.mapping.display(), args.file.display()))
    })?;
    let rejects = Rejects::new(rejects_path(args), args.force, &rows.header)?;
    let length = File::open(&args.file).and_then(|file| file.metadata()).map(|meta| meta.len()).ok();
    let progress = Progress::bytes("importing", length);
    if args.dry_run {
        let view = crate::open::read(&args.open)?.view();
        let mut tally = Tally::new(rejects, exponents(&view));
        let mut source = read_rows(rows, template, &view, progress.clone());
        let read = loop {
            match source() {
                Ok(Some(item)) => tally.dry(item)?,
                Ok(None) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        progress.end();
        return report(&tally.end()?, true, read);
    }
    let ledger = crate::open::write(&args.open)?;
    let view = ledger.reader().view();
    let mut tally = Tally::new(rejects, exponents(&view));
    let source = read_rows(rows, template, &view, progress.clone());
    drop(view);
    let fed = feed(&ledger, source, &mut tally);
    progress.end();
    // Rows that were refused before a failure are worth keeping.
    let tallied = tally.end()?;
    report(&tallied, false, close(ledger, fed))
}

fn exponents(view: &View) -> Exponents {
    view.currencies().map(|(_, currency)| (currency.code.to_string(), currency.exponent)).collect()
}

fn rejects_path(args: &ImportArgs) -> PathBuf {
    args.rejects.clone().unwrap_or_else(|| {
        let mut name = args.file.clone().into_os_string();
        name.push(".rejects.csv");
        PathBuf::from(name)
    })
}

fn read_rows(
    mut rows: Rows,
    template: Template,
    view: &View,
    progress: Progress,
) -> impl FnMut() -> Result<Option<Item<Tag>>, Failure> + Send + 'static {
    let place = Place { exponents: exponents(view), utc_offset: view.utc_offset() };
    move || {
        let Some(row) = rows.next()? else { return Ok(None) };
        progress.at(rows.bytes());
        let bytes = row.record.as_slice().len();
        let (submission, refused) = match template.command(&row, &place) {
            Ok(submission) => (Some(submission), None),
            Err(reason) => (None, Some(reason)),
        };
        let amounts = submission.as_ref().map(amounts).unwrap_or_default();
        Ok(Some(Item { tag: Tag { row, amounts, refused }, submission, bytes, more_is_here: true }))
    }
}

/// What a command moves, by currency: its amount, or the debits of an entry.
fn amounts(submission: &Submission) -> Vec<(String, u128)> {
    use ledger::command::Action;
    use ledger::model::Side;
    let Submission::One(command) = submission else { return Vec::new() };
    let one = |minor: u64, currency: &dyn std::fmt::Display| vec![(currency.to_string(), u128::from(minor))];
    match &command.action {
        Action::TopUp(action) => one(action.amount_minor, &action.currency),
        Action::Spend(action) => one(action.amount_minor, &action.currency),
        Action::Transfer(action) => one(action.amount_minor, &action.currency),
        Action::PlaceHold(action) => one(action.amount_minor, &action.currency),
        Action::RefundSpend(action) => match (action.amount_minor, action.currency) {
            (Some(minor), Some(currency)) => one(minor, &currency),
            _ => Vec::new(),
        },
        Action::SettleHold(action) => match (action.amount_minor, action.currency) {
            (Some(minor), Some(currency)) => one(minor, &currency),
            _ => Vec::new(),
        },
        Action::PostJournalEntry(action) => action
            .legs
            .iter()
            .filter(|leg| leg.side == Side::Debit)
            .map(|leg| (leg.currency.to_string(), u128::from(leg.amount_minor)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Shows what became of the rows up to the end, or up to the failure that came before it.
fn report(tallied: &Tallied, dry: bool, end: Result<(), Failure>) -> Result<(), Failure> {
    let written = write_text(&tallied.table(dry));
    let refused = refused(tallied);
    match (end, refused) {
        (Ok(()), None) => written,
        (Ok(()), Some(refused)) => written.and(Err(Failure::Check(refused))),
        (Err(failure), None) => Err(failure),
        (Err(failure), Some(refused)) => {
            anstream::eprintln!("ledger: {refused}");
            Err(failure)
        }
    }
}

fn refused(tallied: &Tallied) -> Option<String> {
    let rows = match tallied.refused {
        0 => return None,
        1 => "1 row was refused".to_owned(),
        refused => format!("{refused} rows were refused"),
    };
    Some(format!(
        "{rows}: {} holds them with the reasons; mend the cause and import the same file again, what is done is not done twice",
        shown(&display(&tallied.rejects))
    ))
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
