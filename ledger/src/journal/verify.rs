//! Checks every byte of a journal and collects every finding; reads what is left of a damaged one.
//!
//! In: the folder. Out: a [`VerifyReport`], and with [`salvage`] each commit whose own checks hold. It reads all of
//! every segment, in constant memory, and never writes. Beside a running writer, bytes behind what is durable are
//! named as an unfinished tail and are no finding.

use super::Witnesses;
use super::chain::Chain;
use super::frame::{self, Frame, FrameKind};
use super::judge::{Tail, judge, sequences};
use super::places::Places;
use super::scan::{Scan, Stop};
use super::segment::{Footer, HeaderFault, SegmentHeader, footer_hash, ledger_seed, path_of};
use super::survey::{first_block, newer, ordinals};
use super::window::{Window, is_zero};
use super::write::{WRITE_HEADER_BYTES, WriteHeader};
use crate::error::Error;
use crate::storage::{OpenFor, Storage};
use std::io;
use std::sync::Arc;

/// How often the folder is listed while a writer that is opening changes it.
const LOOKS_MAX: u32 = 5;

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the ledger.
    pub path: String,
    /// The first byte of what failed its check.
    pub offset: u64,
    /// The sequences concerned, first and last, where known.
    pub sequences: Option<(u64, u64)>,
    /// Which check failed.
    pub check: String,
    /// Whether bytes fail a check of their own; else what is there is sound, and another file swears to more.
    pub damaged: bool,
}

/// Bytes behind the last write that nothing proves to be durable: what a stopped writer had in flight, or what a
/// running one has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedTail {
    /// The file, relative to the ledger.
    pub path: String,
    /// Where they begin.
    pub offset: u64,
    /// How many there are, up to the last block that is not zero.
    pub bytes: u64,
    /// The first sequence that they may hold.
    pub first_sequence: u64,
}

/// What [`verify`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segments that have begun.
    pub segments: u64,
    /// Valid writes.
    pub writes: u64,
    /// Commits in them.
    pub commits: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The last sequence in a valid write.
    pub last_sequence: u64,
    /// The highest sequence that the journal itself says to be durable.
    pub durable_through: u64,
    /// Everything that is wrong; empty when nothing is.
    pub findings: Vec<Finding>,
    /// The unfinished end, when there is one.
    pub tail: Option<UnfinishedTail>,
}

/// Checks the whole journal.
///
/// # Errors
/// [`Error::Io`], and [`Error::Version`] for a segment that a later version wrote. Damage is in the report.
pub fn verify<S: Storage>(storage: &Arc<S>, witnesses: &Witnesses) -> Result<VerifyReport, Error> {
    Verifier::new(storage.clone(), witnesses, &mut |_| ()).run()
}

/// Checks the whole journal and hands every commit that is still whole to `take`, in the order of the files:
/// sequences may be missing between two of them, and the report says which.
///
/// # Errors
/// As [`verify`].
pub fn salvage<S: Storage>(
    storage: &Arc<S>,
    witnesses: &Witnesses,
    take: &mut dyn FnMut(Frame<'_>),
) -> Result<VerifyReport, Error> {
    Verifier::new(storage.clone(), witnesses, take).run()
}

/// A footer's place and bytes.
type Sealed = (u64, Vec<u8>);

struct Verifier<'a, S: Storage> {
    storage: Arc<S>,
    witnesses: &'a Witnesses,
    take: &'a mut dyn FnMut(Frame<'_>),
    report: VerifyReport,
    /// The segment it is at: the number in the file's name.
    ordinal: u64,
    /// The segment in front: its header, and its footer with the footer's place, when they were found.
    previous: Option<(SegmentHeader, Option<Sealed>)>,
}

impl<'a, S: Storage> Verifier<'a, S> {
    fn new(storage: Arc<S>, witnesses: &'a Witnesses, take: &'a mut dyn FnMut(Frame<'_>)) -> Self {
        Self { storage, witnesses, take, report: VerifyReport::default(), ordinal: 0, previous: None }
    }

    fn find(&mut self, path: &str, offset: u64, sequences: Option<(u64, u64)>, check: impl Into<String>) {
        let (path, check) = (path.to_owned(), check.into());
        self.report.findings.push(Finding { path, offset, sequences, check, damaged: true });
    }

    fn run(mut self) -> Result<VerifyReport, Error> {
        let (ordinals, last_begun) = self.begun()?;
        let last = ordinals.last().copied().unwrap_or(0);
        for ordinal in 1..=last {
            self.ordinal = ordinal;
            let path = path_of(ordinal);
            if ordinals.binary_search(&ordinal).is_err() {
                self.find(&path, 0, None, "the segment is missing");
                self.previous = None;
                continue;
            }
            let file = match self.storage.open(&path, OpenFor::Read) {
                // Made ahead, and made anew by a writer that is just opening.
                Err(error) if error.kind() == io::ErrorKind::NotFound && ordinal > last_begun => break,
                opened => opened.map_err(Error::io("open", &*path))?,
            };
            let block = first_block(&*self.storage, &file, &path)?;
            let window = Window::new(self.storage.clone(), file, path.clone());
            match SegmentHeader::parse(&block) {
                // Begun by a running writer since the folder was listed.
                Ok(_) if ordinal > last_begun => break,
                Ok(header) => self.segment(header, window)?,
                Err(HeaderFault::Newer(version)) => return Err(newer(path, version)),
                Err(fault) => {
                    let torn = matches!(fault, HeaderFault::Damaged(_));
                    if ordinal > last_begun {
                        self.unbegun(&path, &block, torn);
                    } else {
                        let first = self.report.last_sequence + 1;
                        self.find(&path, 0, Some((first, first)), "a segment's header is damaged or missing");
                    }
                    self.previous = None;
                }
            }
        }
        if self.witnesses.durable_through > self.report.last_sequence && self.report.findings.is_empty() {
            let (first, through) = (self.report.last_sequence + 1, self.witnesses.durable_through);
            let check = format!("the journal ends too early; {} proves more", self.witnesses.source);
            let (path, sequences) = (path_of(last_begun.max(1)), Some((first, through)));
            self.report.findings.push(Finding { path, offset: 0, sequences, check, damaged: false });
        }
        Ok(self.report)
    }

    /// The segments in the folder, and the last one that has begun.
    fn begun(&self) -> Result<(Vec<u64>, u64), Error> {
        let mut left = LOOKS_MAX;
        loop {
            let ordinals = ordinals(&*self.storage)?;
            let last = ordinals.last().copied().unwrap_or(0);
            left -= 1;
            match self.is_unbegun(last) {
                Ok(unbegun) => return Ok((ordinals, last - u64::from(unbegun))),
                // A writer that is just opening makes the file ahead anew.
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && left > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a segment was made ahead, and nothing stands behind the block where its header goes.
    fn is_unbegun(&self, ordinal: u64) -> Result<bool, Error> {
        if ordinal == 0 {
            return Ok(false);
        }
        let path = path_of(ordinal);
        let file = self.storage.open(&path, OpenFor::Read).map_err(Error::io("open", &*path))?;
        let block = first_block(&*self.storage, &file, &path)?;
        let has_header = !matches!(SegmentHeader::parse(&block), Err(HeaderFault::Zeros | HeaderFault::Damaged(_)));
        let mut window = Window::new(self.storage.clone(), file, path);
        Ok(!has_header && Self::rest_is_zero(&mut window, 512)?)
    }

    /// The last file has no header: made ahead, or torn while its header was written.
    fn unbegun(&mut self, path: &str, block: &[u8], torn: bool) {
        let complete = self.previous.as_ref().is_none_or(|(_, footer)| footer.is_some());
        let first_sequence = self.report.last_sequence + 1;
        if torn && !complete {
            let range = Some((first_sequence, first_sequence));
            self.find(path, 0, range, "a header is damaged, or the segment in front lost its end");
        } else if torn {
            let (path, bytes) = (path.to_owned(), block.len() as u64);
            self.report.tail = Some(UnfinishedTail { path, offset: 0, bytes, first_sequence });
        }
        if let Some((_, footer)) = &mut self.previous {
            *footer = None;
        }
    }

    fn segment(&mut self, header: SegmentHeader, window: Window<S>) -> Result<(), Error> {
        let (ordinal, path) = (self.ordinal, path_of(self.ordinal));
        self.report.segments += 1;
        self.report.bytes += window.file_bytes()?;
        self.check_header(&path, &header, ordinal, window.file_bytes()?);
        let mut scan = Scan::new(window, header);
        let mut end = None;
        loop {
            let before = scan.chain.offset;
            match scan.next(&mut Places::new(header.first_sequence))? {
                None => self.lend(scan.window(), &header, before)?,
                Some(Stop::Sealed(footer)) => {
                    end = Some(footer);
                    break;
                }
                Some(_) => {
                    if !self.gap(&mut scan, &header)? {
                        break;
                    }
                }
            }
        }
        self.report.writes += scan.chain.writes;
        self.report.commits += scan.chain.commits;
        self.report.last_sequence = self.report.last_sequence.max(scan.chain.next_sequence - 1);
        self.report.durable_through = self.report.durable_through.max(scan.chain.durable_through);
        let footer = match end {
            Some(footer) => Some(self.check_footer(&mut scan, &header, &footer, ordinal)?),
            None => None,
        };
        self.previous = Some((header, footer));
        Ok(())
    }

    fn check_header(&mut self, path: &str, header: &SegmentHeader, ordinal: u64, length: u64) {
        let first = header.first_sequence;
        if header.ordinal != ordinal {
            self.find(path, 0, None, "the segment is not the one that belongs here");
        }
        if length < u64::from(header.file_bytes) {
            self.find(path, length, None, format!("the file was cut; its header says {} bytes", header.file_bytes));
        }
        let Some((previous, footer)) = self.previous.take() else {
            if ordinal == 1 && first != 1 {
                self.find(path, 0, Some((1, first - 1)), "the segment is not the one that belongs here");
            }
            return;
        };
        if previous.ledger_id != header.ledger_id {
            self.find(path, 0, None, "the segment belongs to another ledger");
        }
        let Some((offset, block)) = footer else {
            let range = (self.report.last_sequence < first - 1).then_some((self.report.last_sequence + 1, first - 1));
            self.find(&path_of(ordinal - 1), 0, range, "a segment that another one follows has no footer");
            return;
        };
        if footer_hash(&block) != header.previous_hash
            || offset != u64::from(header.previous_offset)
            || self.report.last_sequence + 1 != first
            || header.epoch < previous.epoch
        {
            self.find(path, 0, None, "the segment does not follow the one in front of it");
        }
    }

    /// What lies behind a footer must be zero; gives back the footer's place and bytes.
    fn check_footer(
        &mut self,
        scan: &mut Scan<S>,
        header: &SegmentHeader,
        footer: &Footer,
        ordinal: u64,
    ) -> Result<Sealed, Error> {
        let offset = scan.chain.offset;
        let block = footer.encode(header.crc, header.block_bytes as usize);
        self.report.durable_through = self.report.durable_through.max(footer.last_sequence);
        if !Self::rest_is_zero(scan.window(), offset + block.len() as u64)? {
            self.find(&path_of(ordinal), offset + block.len() as u64, None, "bytes stand behind a footer");
        }
        Ok((offset, block))
    }

    /// Something else than a valid write: an unfinished tail, or damage behind which the walk goes on where it can.
    /// Gives back whether it goes on.
    ///
    /// A running writer goes on between two looks. So what counts as proof is looked at first, and the place itself
    /// once more after it: what a proof swears to was there before the proof was.
    fn gap(&mut self, scan: &mut Scan<S>, header: &SegmentHeader) -> Result<bool, Error> {
        let path = path_of(header.ordinal);
        let (from, next) = (scan.chain.offset, scan.chain.next_sequence);
        let is_last = self.begun()?.1 == header.ordinal;
        let tail = Tail::examine(&mut self.window(header)?, header, from, u64::MAX)?;
        *scan = Scan::resume(self.window(header)?, *header, scan.chain.clone());
        let again = Scan::resume(self.window(header)?, *header, scan.chain.clone()).next(&mut Places::new(next))?;
        let stop = match again {
            None | Some(Stop::Sealed(_)) => return Ok(true),
            Some(stop) => stop,
        };
        let (check, offset) = stop.fault(from);
        if is_last {
            match judge(&tail, header, next, self.witnesses) {
                // Sound to its end; whether another file swears to more is said when all are read.
                _ if tail.is_empty() => return Ok(false),
                Ok(()) => {
                    let bytes = tail.end - tail.from;
                    self.report.tail = Some(UnfinishedTail { path, offset: from, bytes, first_sequence: next });
                    return Ok(false);
                }
                Err(_) => {}
            }
        }
        self.lend(scan.window(), header, from)?;
        let before = scan.chain.clone();
        let Some((at, chain)) = resume(scan.window(), header, &before)? else {
            let through = tail.proof.map_or(tail.last_sequence, |proof| proof.durable_through);
            let through = through.max(self.witnesses.durable_through);
            self.find(&path, offset, (through >= next).then_some((next, through)), check);
            return Ok(false);
        };
        let lost = (chain.next_sequence > next).then(|| (next, chain.next_sequence - 1));
        let range = lost.map_or_else(String::new, |(first, last)| format!("; {}", sequences(first, last)));
        self.find(&path, offset, lost, format!("{check}; valid again from byte {at}{range}"));
        scan.chain = chain;
        Ok(true)
    }

    /// A fresh look at a segment, by its name.
    fn window(&self, header: &SegmentHeader) -> Result<Window<S>, Error> {
        let path = path_of(header.ordinal);
        let file = self.storage.open(&path, OpenFor::Read).map_err(Error::io("open", &*path))?;
        Ok(Window::new(self.storage.clone(), file, path))
    }

    /// Lends the commits of the write at `at` that are whole, as far as they can be walked to.
    fn lend(&mut self, window: &mut Window<S>, header: &SegmentHeader, at: u64) -> Result<(), Error> {
        let length = window
            .bytes(at, WRITE_HEADER_BYTES)
            .map(|bytes| WriteHeader::parse(bytes, header.crc, at).map_or(0, |write| write.bytes))?;
        let bytes = window.bytes(at, length as usize)?;
        lend_frames(bytes, header, at, self.take);
        Ok(())
    }

    fn rest_is_zero(window: &mut Window<S>, from: u64) -> Result<bool, Error> {
        let mut at = from;
        loop {
            let bytes = window.bytes(at, 65_536)?;
            if bytes.is_empty() {
                return Ok(true);
            }
            if !is_zero(bytes) {
                return Ok(false);
            }
            at += bytes.len() as u64;
        }
    }
}

fn lend_frames(write: &[u8], header: &SegmentHeader, at: u64, take: &mut dyn FnMut(Frame<'_>)) {
    let seed = ledger_seed(&header.ledger_id);
    let mut inside = WRITE_HEADER_BYTES;
    while inside < write.len() {
        let Ok(checked) = frame::check(&write[inside..], seed) else {
            return;
        };
        let bytes = &write[inside..inside + checked.bytes];
        if checked.kind == FrameKind::Commit
            && let Some(frame) = frame::view(bytes, header.ordinal, at + inside as u64)
        {
            take(frame);
        }
        inside += checked.bytes;
    }
}

/// The next place where a write's header, or the footer, is valid, and a chain that stands in front of it.
fn resume<S: Storage>(
    window: &mut Window<S>,
    header: &SegmentHeader,
    chain: &Chain,
) -> Result<Option<(u64, Chain)>, Error> {
    let block = u64::from(header.block_bytes);
    let mut at = chain.offset + block;
    loop {
        let bytes = window.bytes(at, block as usize)?;
        if bytes.len() < WRITE_HEADER_BYTES {
            return Ok(None);
        }
        if let Ok(write) = WriteHeader::parse(bytes, header.crc, at)
            && write.epoch >= chain.epoch
            && write.first_sequence >= chain.next_sequence
        {
            return Ok(Some((at, chain.skipped_to(&write))));
        }
        if let Ok(footer) = Footer::parse(bytes, header.crc, block as usize)
            && footer.last_sequence + 1 >= chain.next_sequence
        {
            return Ok(Some((at, chain.skipped_to_footer(at, &footer))));
        }
        at += block;
    }
}
