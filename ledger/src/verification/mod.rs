//! Checking a whole ledger: every byte of the journal, every event against the ones before it, every file that claims to agree.
//!
//! Reads only. What is damaged (bytes that fail their own checks) is kept apart from what contradicts itself (sound bytes that
//! cannot be true), because the one asks for a backup and the other for an explanation.

mod comparison;

use std::path::Path;
use std::sync::Arc;

use crate::engine::config::Config;
use crate::engine::recover;
use crate::engine::{config, decode_entry, seal};
use crate::error::Error;
use crate::event::{Body, Event};
use crate::journal::{self, Frame, UnfinishedTail};
use crate::model::{Balance, Overdraft, Sequence, Side};
use crate::state::State;
use crate::storage::{FileStorage, IoMode, Storage};
use comparison::Comparison;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Sound bytes that contradict other sound bytes.
    Contradiction,
    /// Bytes that fail their own CRC, length or structure.
    Damage,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyFinding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, relative to the ledger.
    pub path: String,
    /// The byte where it was seen.
    pub offset: u64,
    /// The first and last sequence concerned, where known.
    pub sequences: Option<(u64, u64)>,
    /// What is wrong.
    pub check: String,
}

/// What a verification saw.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// Segments read.
    pub segments: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Events that were whole.
    pub events: u64,
    /// The last of them.
    pub last_sequence: u64,
    /// Accounts opened.
    pub accounts: u64,
    /// Checkpoints, sidecars and closings that were held against the journal, byte for byte.
    pub compared: u64,
    /// Those of them that cannot be used, and why: they are made again, and endanger nothing.
    pub set_aside: Vec<String>,
    /// Everything that is wrong, damage first.
    pub findings: Vec<VerifyFinding>,
    /// Bytes behind the last durable write: a running writer's, or a stopped one's that nobody was told of.
    pub tail: Option<UnfinishedTail>,
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy)]
pub struct VerifyProgress {
    /// Events read.
    pub events: u64,
}

/// The most findings that are kept; the count goes on.
const FINDINGS_MAX: usize = 10_000;
/// How often progress is told, in events.
const PROGRESS_EVENTS: u64 = 65_536;

/// Verifies the ledger in `dir`: bytes, chaining, replay, and whether checkpoints and sidecars agree with it.
///
/// # Errors
/// [`Error::Io`], [`Error::Config`], and [`Error::Version`] for what a newer version wrote; what is wrong is in the result.
pub fn verify(dir: &Path, io: IoMode, progress: &mut dyn FnMut(VerifyProgress)) -> Result<Verification, Error> {
    verify_on(&Arc::new(FileStorage::open(dir, io, 1)?), progress)
}

pub(crate) fn verify_on<S: Storage>(
    storage: &Arc<S>,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<Verification, Error> {
    let config = Config::read(&**storage)?;
    let witnesses = recover::witnesses(&**storage, &config)?;
    let comparison = Comparison::of(storage, &config)?;
    let mut replay =
        Replay { config: &config, state: State::new(), broken: false, result: Verification::default(), comparison };
    let mut failure = None;
    let report = journal::salvage(storage, &witnesses, &mut |frame| {
        if let Err(error) = replay.frame(&frame, progress) {
            failure.get_or_insert(error);
        }
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    let Replay { state, result: mut verification, comparison, .. } = replay;
    let (compared, set_aside) = comparison.end();
    verification.compared = compared;
    verification.set_aside = set_aside;
    verification.segments = report.segments;
    verification.bytes = report.bytes;
    verification.tail = report.tail;
    verification.accounts = state.account_count() as u64;
    verification.findings.extend(report.findings.into_iter().map(|finding| VerifyFinding {
        severity: if finding.damaged { Severity::Damage } else { Severity::Contradiction },
        path: finding.path,
        offset: finding.offset,
        sequences: finding.sequences,
        check: finding.check,
    }));
    verification.findings.extend(seal::verify(&**storage, &state)?);
    verification.findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.sequences.cmp(&b.sequences)));
    Ok(verification)
}

/// The journal's events, folded again and held against what they say of themselves.
struct Replay<'a, S: Storage> {
    config: &'a Config,
    state: State,
    /// Events are missing, so what follows cannot be folded.
    broken: bool,
    result: Verification,
    comparison: Comparison<S>,
}

impl<S: Storage> Replay<'_, S> {
    /// Takes in one commit.
    ///
    /// # Errors
    /// [`Error::Version`] for an event that this version cannot read; [`Error::Io`].
    fn frame(&mut self, frame: &Frame<'_>, progress: &mut dyn FnMut(VerifyProgress)) -> Result<(), Error> {
        for (sequence, entry) in (frame.first_sequence()..).zip(frame.entries()) {
            self.result.events += 1;
            self.result.last_sequence = self.result.last_sequence.max(sequence);
            if self.result.events.is_multiple_of(PROGRESS_EVENTS) {
                progress(VerifyProgress { events: self.result.events });
            }
            match decode_entry(frame, &entry, Sequence(sequence)) {
                Ok(event) => {
                    self.event(frame, &event);
                    if !self.broken {
                        self.compare(frame, &event)?;
                    }
                }
                Err(error @ Error::Version { .. }) => return Err(error),
                Err(error) => {
                    self.broken = true;
                    self.find(Severity::Damage, frame, sequence, error.to_string());
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, frame: &Frame<'_>, event: &Event) {
        if event.sequence.0 != self.state.last_sequence().0 + 1 {
            // The journal's own report names what is missing.
            self.broken = true;
        }
        if self.broken {
            return;
        }
        for check in self.contradictions(event) {
            self.find(Severity::Contradiction, frame, event.sequence.0, check);
        }
        self.state.apply(event);
        for check in self.contradictions_after(event) {
            self.find(Severity::Contradiction, frame, event.sequence.0, check);
        }
    }

    /// Holds the files that can be made again against the events, each when its last event was folded.
    fn compare(&mut self, frame: &Frame<'_>, event: &Event) -> Result<(), Error> {
        for differs in self.comparison.event(frame, event, &self.state)? {
            self.find(Severity::Contradiction, frame, event.sequence.0, differs);
        }
        Ok(())
    }

    /// What the event says of the past.
    fn contradictions(&self, event: &Event) -> Vec<String> {
        let mut found = Vec::new();
        let state = &self.state;
        if event.sequence.0 > 1 && event.recorded_at < state.last_recorded_at() {
            found.push("it was recorded before the event in front of it".to_owned());
        }
        if event.header.effective > event.recorded_at.date(self.config.utc_offset) {
            found.push("it takes effect after the date on which it was recorded".to_owned());
        }
        match &event.body {
            Body::Genesis(genesis) => {
                let same = genesis.ledger == self.config.ledger
                    && genesis.clock == self.config.clock
                    && genesis.utc_offset == self.config.utc_offset;
                if !same {
                    found.push(format!("{} names another ledger, clock or offset", config::PATH));
                }
            }
            Body::AccountOpened(opened) if opened.link.account.0 as usize != state.account_count() => {
                found.push(format!("account number {} is not the next one", opened.link.account.0));
            }
            _ if event.sequence.0 == 1 => found.push("the first event is no genesis".to_owned()),
            _ => {}
        }
        let opens = matches!(event.body, Body::AccountOpened(_));
        for link in event.body.links() {
            let (previous, events) = match state.account(link.account) {
                Some(account) => (account.last_sequence, account.events),
                None if opens => (Sequence(0), 0),
                None => {
                    found.push(format!("account number {} was never opened", link.account.0));
                    continue;
                }
            };
            if link.previous != previous || link.event_number != events + 1 {
                found.push(format!(
                    "account number {}: the link names event {} after sequence {}, due is event {} after sequence {}",
                    link.account.0,
                    link.event_number,
                    link.previous.0,
                    events + 1,
                    previous.0
                ));
            }
        }
        found.extend(self.imbalance(event));
        found
    }

    fn imbalance(&self, event: &Event) -> Option<String> {
        let mut sums: Vec<(crate::model::CurrencyNumber, i128)> = Vec::new();
        for posting in event.body.postings() {
            let currency = self.state.account(posting.account)?.currency;
            let minor = match posting.side {
                Side::Debit => i128::from(posting.amount_minor),
                Side::Credit => -i128::from(posting.amount_minor),
            };
            match sums.iter_mut().find(|(known, _)| *known == currency) {
                Some((_, sum)) => *sum += minor,
                None => sums.push((currency, minor)),
            }
        }
        sums.iter().any(|(_, sum)| *sum != 0).then(|| "its debits and credits differ".to_owned())
    }

    /// What the event says of itself, once folded.
    fn contradictions_after(&self, event: &Event) -> Vec<String> {
        let mut found = Vec::new();
        for link in event.body.links() {
            let Some(account) = self.state.account(link.account) else { continue };
            let normal = account.normal_side();
            let balance: &Balance = &account.balance;
            let net = balance.posted_net_minor(normal);
            if net != i128::from(link.net_after_minor) {
                found.push(format!(
                    "account number {}: the event says {} after it, its postings make {net}",
                    link.account.0, link.net_after_minor
                ));
            }
            let floor = match account.overdraft() {
                Overdraft::Never => 0,
                Overdraft::UpTo(minor) => -i128::from(minor),
                Overdraft::Unlimited => i128::MIN,
            };
            if balance.available_minor(normal) < floor {
                found.push(format!("account number {}: more was taken than it had", link.account.0));
            }
        }
        found
    }

    fn find(&mut self, severity: Severity, frame: &Frame<'_>, sequence: u64, check: String) {
        if self.result.findings.len() < FINDINGS_MAX {
            let path = format!("{}/{:010}.seg", journal::FOLDER, frame.segment());
            let sequences = Some((sequence, sequence));
            self.result.findings.push(VerifyFinding { severity, path, offset: frame.offset(), sequences, check });
        }
    }
}
