//! What became of the rows, with control totals by currency.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ledger::Outcome;

use super::rejects::Rejects;
use super::{Exponents, Tag};
use crate::failure::Failure;
use crate::feed::{Item, Sink, Verdict};
use crate::output::{Align, Table, count, grouped};

/// Rows and amounts that ended in one way.
#[derive(Debug, Default)]
struct Sum {
    rows: u64,
    amounts: BTreeMap<String, u128>,
}

impl Sum {
    fn add(&mut self, amounts: Vec<(String, u128)>) {
        self.rows += 1;
        for (currency, minor) in amounts {
            *self.amounts.entry(currency).or_default() += minor;
        }
    }
}

/// Counts rows by what became of them.
pub struct Tally {
    rejects: Rejects,
    exponents: Exponents,
    accepted: Sum,
    replayed: Sum,
    refused: Sum,
}

/// The end of an import.
pub struct Tallied {
    exponents: Exponents,
    accepted: Sum,
    replayed: Sum,
    refusals: Sum,
    /// Rows that were refused.
    pub refused: u64,
    /// The file that holds them.
    pub rejects: PathBuf,
}

impl Tally {
    /// Nothing yet.
    pub fn new(rejects: Rejects, exponents: Exponents) -> Self {
        let empty = Sum::default;
        Self { rejects, exponents, accepted: empty(), replayed: empty(), refused: empty() }
    }

    /// Counts a row that is not submitted.
    pub fn dry(&mut self, item: Item<Tag>) -> Result<(), Failure> {
        match &item.tag.refused {
            Some(reason) => {
                self.rejects.add(&item.tag.row, "malformed", reason)?;
                self.refused.add(item.tag.amounts);
            }
            None => self.accepted.add(item.tag.amounts),
        }
        Ok(())
    }

    /// Writes the file of rejects and gives the sums.
    pub fn end(mut self) -> Result<Tallied, Failure> {
        self.rejects.flush()?;
        Ok(Tallied {
            exponents: self.exponents,
            accepted: self.accepted,
            replayed: self.replayed,
            refused: self.refused.rows,
            refusals: self.refused,
            rejects: self.rejects.path,
        })
    }
}

impl Sink<Tag> for Tally {
    fn answer(&mut self, tag: Tag, outcome: Option<Outcome>) -> Result<Verdict, Failure> {
        match outcome {
            Some(Outcome::Accepted(_)) => self.accepted.add(tag.amounts),
            Some(Outcome::Replayed(_)) => self.replayed.add(tag.amounts),
            Some(Outcome::Rejected(rejection)) => {
                self.rejects.add(&tag.row, rejection.code(), &rejection.to_string())?;
                self.refused.add(tag.amounts);
            }
            Some(Outcome::Declined(receipt)) => {
                let reason = format!("a control refused it, on the record at sequence {}", receipt.sequence.0);
                self.rejects.add(&tag.row, "declined", &reason)?;
                self.refused.add(tag.amounts);
            }
            Some(Outcome::Group(_)) | None => {
                self.rejects.add(&tag.row, "malformed", tag.refused.as_deref().unwrap_or("is no single command"))?;
                self.refused.add(tag.amounts);
            }
        }
        Ok(Verdict::GoOn)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.rejects.flush()
    }
}

impl Tallied {
    /// The control totals as a table: rows and amounts by what became of them.
    pub fn table(&self, dry: bool) -> String {
        let currencies: Vec<&String> = {
            let mut all: Vec<_> = [&self.accepted, &self.replayed, &self.refusals]
                .into_iter()
                .flat_map(|sum| sum.amounts.keys())
                .collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let mut columns = vec![("", Align::Left), ("rows", Align::Right)];
        columns.extend(currencies.iter().map(|currency| (currency.as_str(), Align::Right)));
        let mut table = Table::new(&columns);
        if dry {
            table.row(self.line("would be sent", &[&self.accepted], &currencies));
        } else {
            table.row(self.line("accepted", &[&self.accepted], &currencies));
            table.row(self.line("replayed", &[&self.replayed], &currencies));
        }
        table.row(self.line("refused", &[&self.refusals], &currencies));
        table.rule();
        table.row(self.line("total", &[&self.accepted, &self.replayed, &self.refusals], &currencies));
        let mut text = String::new();
        table.render(&mut text);
        text
    }

    fn line(&self, what: &str, sums: &[&Sum], currencies: &[&String]) -> Vec<String> {
        let rows: u64 = sums.iter().map(|sum| sum.rows).sum();
        let mut cells = vec![what.to_owned(), count(rows)];
        for currency in currencies {
            let minor: u128 = sums.iter().filter_map(|sum| sum.amounts.get(*currency)).sum();
            let exponent = self.exponents.get(*currency).copied().unwrap_or(0);
            cells.push(grouped(i128::try_from(minor).unwrap_or(i128::MAX), exponent));
        }
        cells
    }
}
