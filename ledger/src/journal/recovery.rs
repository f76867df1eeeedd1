//! Opens a journal for appending, whatever the last stop was.
//!
//! In: the folder, and what other files swear to. Out: a writer in a new epoch, and a report. The steps are those of
//! `docs/format.md`. Invariants: nothing that was acknowledged is ever cut; no file is truncated or mended in place;
//! unless the journal was closed in order, its last segment is rewritten into a fresh file before anything in it is
//! trusted (after a failed sync the page cache shows bytes that the disk does not have); every step may be
//! interrupted and is then done again with the same end.

use super::ahead::Ahead;
use super::chain::Chain;
use super::frame::FrameKind;
use super::judge::{Tail, judge};
use super::pipe::Place;
use super::places::Places;
use super::rewrite::{self, fresh_segment};
use super::rotate::{Previous, Stage};
use super::scan::{Scan, Stop};
use super::segment::{Footer, SegmentHeader, footer_hash, path_of};
use super::shared::Shared;
use super::survey::{Survey, Unbegun, first_block, survey};
use super::window::Window;
use super::write::WriteHeader;
use super::writer::{JournalWriter, Start};
use super::{Bounds, FOLDER, JournalOptions, Witnesses};
use crate::error::Error;
use crate::storage::{OpenFor, Storage, WriteBuffer};
use std::sync::Arc;
use std::time::Duration;

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The last sequence in the journal; 0 when it is empty.
    pub last_sequence: u64,
    /// When it was recorded, in microseconds since 1970 UTC; 0 when the journal is empty.
    pub recorded_at_us: i64,
    /// The epoch of this opening, durable in the journal.
    pub epoch: u64,
    /// Whether the journal was made just now.
    pub created: bool,
    /// Whether the last writer had closed it in order.
    pub clean: bool,
    /// Whether the last segment was rewritten into a fresh file.
    pub rewritten: bool,
    /// What was cut: from the last segment's end, and a torn header behind it. Usually nothing or one.
    pub cuts: Vec<CutReport>,
}

/// Bytes that were in flight when the last writer stopped, and that no acknowledgement covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutReport {
    /// The segment, relative to the ledger.
    pub path: String,
    /// Where they began.
    pub offset: u64,
    /// How many there were.
    pub bytes: u64,
    /// The first sequence that they may have held.
    pub first_sequence: u64,
    /// The last sequence that a header among them names; 0 when none does.
    pub last_sequence: u64,
    /// The check that failed at their beginning.
    pub check: String,
    /// The file that keeps them, relative to the ledger.
    pub kept_as: String,
}

/// The last begun segment as it was found.
pub(super) struct Last<S: Storage> {
    pub header: SegmentHeader,
    pub path: String,
    pub file: S::File,
    pub chain: Chain,
    /// Where the last write begins: the close frame's, after a stop in order.
    close: u64,
    places: Places,
    footer: Option<Footer>,
    tail: Tail,
    check: &'static str,
}

/// Opens the journal, making it when the folder has none, and brings it into a new epoch.
///
/// # Errors
/// [`Error::Corrupt`] with file, offset and sequences where something durable is damaged: nothing was changed then.
/// [`Error::Version`], [`Error::Config`] for options out of bounds, [`Error::Io`].
pub fn open_for_append<S: Storage>(
    storage: Arc<S>,
    options: JournalOptions,
    witnesses: &Witnesses,
) -> Result<(JournalWriter<S>, Recovered), Error> {
    let options = options.checked(storage.block_bytes())?;
    storage.create_dir(FOLDER).map_err(Error::io("create", FOLDER))?;
    let survey = survey(&storage, Some(options.ledger_id))?;
    let shared = Arc::new(Shared::new(storage.clone(), &survey.complete));
    let opening = Opening { storage, options, shared };
    match survey.last {
        Some(header) => opening.recover(header, &survey, witnesses),
        None => opening.create(survey.unbegun, witnesses),
    }
}

/// Whether everything durable is there, as [`open_for_append`] would find it; changes nothing.
///
/// # Errors
/// As [`open_for_append`].
pub fn check_end<S: Storage>(storage: &Arc<S>, witnesses: &Witnesses) -> Result<(), Error> {
    let survey = survey(storage, None)?;
    match survey.last {
        Some(header) => check(&look(storage, header)?, &survey, witnesses),
        None => Ok(()),
    }
}

struct Opening<S: Storage> {
    storage: Arc<S>,
    options: JournalOptions,
    shared: Arc<Shared<S>>,
}

impl<S: Storage> Opening<S> {
    /// A journal that has no segment yet.
    fn create(self, unbegun: Option<Unbegun>, witnesses: &Witnesses) -> Result<(JournalWriter<S>, Recovered), Error> {
        if witnesses.durable_through > 0 {
            let (through, source) = (witnesses.durable_through, &witnesses.source);
            return Err(Error::Rollback(format!(
                "{source} proves that event {through} was durable, and the journal is missing; restore it from a backup"
            )));
        }
        if let Some(Unbegun { ordinal, holds_bytes: true, .. }) = unbegun {
            return Err(headless(ordinal, 1));
        }
        rewrite::remove_leftovers(&*self.storage)?;
        let mut recovered = Recovered {
            last_sequence: 0,
            recorded_at_us: 0,
            epoch: 1,
            created: true,
            clean: true,
            rewritten: false,
            cuts: Vec::new(),
        };
        recovered.cuts.extend(self.cut_header(unbegun, 1, 1)?);
        fresh_segment(&*self.storage, 1, self.options.segment_bytes)?;
        let writer = self.begin_epoch(Stage::Between(Previous::default()), &recovered, self.storage.block_bytes())?;
        Ok((writer, recovered))
    }

    fn recover(
        self,
        header: SegmentHeader,
        survey: &Survey,
        witnesses: &Witnesses,
    ) -> Result<(JournalWriter<S>, Recovered), Error> {
        let last = look(&self.storage, header)?;
        check(&last, survey, witnesses)?;
        let epoch = last.chain.epoch.max(last.tail.epoch) + 1;
        let clean = last.footer.is_none() && last.chain.closed && last.tail.is_empty();
        let fits_device = (header.block_bytes as usize).is_multiple_of(self.storage.block_bytes());
        let mut recovered = Recovered {
            last_sequence: last.chain.next_sequence - 1,
            recorded_at_us: last.chain.recorded_at_us,
            epoch,
            created: false,
            clean,
            rewritten: !clean || !fits_device,
            cuts: Vec::new(),
        };
        rewrite::remove_leftovers(&*self.storage)?;
        recovered.cuts.extend(self.cut_tail(&last, epoch)?);
        recovered.cuts.extend(self.cut_header(survey.unbegun, last.chain.next_sequence, epoch)?);
        let stage = if last.footer.is_some() || !fits_device {
            self.seal(last)?
        } else {
            if recovered.rewritten {
                rewrite::rewrite(&self.storage, &last, None)?;
            } else {
                self.repeat_close(&last)?;
            }
            // Not before the rewritten file is durable: in the old one a footer whose write failed may come up
            // after all, and a footer without a next file means that the file was lost.
            if let Some(unbegun) = survey.unbegun {
                rewrite::remove(&*self.storage, &path_of(unbegun.ordinal))?;
            }
            self.resume(last)?
        };
        let block_max = self.storage.block_bytes().max(header.block_bytes as usize);
        let writer = self.begin_epoch(stage, &recovered, block_max)?;
        Ok((writer, recovered))
    }

    /// Keeps the bytes behind the last valid write aside.
    fn cut_tail(&self, last: &Last<S>, epoch: u64) -> Result<Option<CutReport>, Error> {
        if last.tail.is_empty() {
            return Ok(None);
        }
        let Tail { from, end, last_sequence, .. } = last.tail;
        let kept_as = rewrite::keep_cut(&*self.storage, last.header.ordinal, epoch, (&last.file, from, end))?;
        Ok(Some(CutReport {
            path: last.path.clone(),
            offset: from,
            bytes: end - from,
            first_sequence: last.chain.next_sequence,
            last_sequence,
            check: last.check.to_owned(),
            kept_as,
        }))
    }

    /// Keeps a header aside that was torn before anything followed it.
    fn cut_header(
        &self,
        unbegun: Option<Unbegun>,
        first_sequence: u64,
        epoch: u64,
    ) -> Result<Option<CutReport>, Error> {
        let Some(Unbegun { ordinal, torn: true, .. }) = unbegun else {
            return Ok(None);
        };
        let path = path_of(ordinal);
        let file = self.storage.open(&path, OpenFor::Read).map_err(Error::io("open", &*path))?;
        let bytes = first_block(&*self.storage, &file, &path)?.len() as u64;
        let kept_as = rewrite::keep_cut(&*self.storage, ordinal, epoch, (&file, 0, bytes))?;
        let check = "a segment's header is torn".to_owned();
        Ok(Some(CutReport { path, offset: 0, bytes, first_sequence, last_sequence: 0, check, kept_as }))
    }

    /// Rewrites a segment that is complete, or that this device's blocks do not fit, with its footer.
    fn seal(&self, last: Last<S>) -> Result<Stage<S>, Error> {
        let footer = last.chain.footer();
        let block = footer.encode(last.chain.seed, last.header.block_bytes as usize);
        let ordinal = last.header.ordinal;
        if last.footer.is_none() {
            // Its header may be in the page cache alone: it is durable before a next file is.
            rewrite::rewrite(&self.storage, &last, None)?;
        }
        fresh_segment(&*self.storage, ordinal + 1, self.options.segment_bytes)?;
        rewrite::rewrite(&self.storage, &last, Some(&block))?;
        let footer_offset = last.chain.offset as u32;
        self.shared.begin(last.header, last.places);
        self.shared.seal(footer.last_sequence, footer_offset);
        let (footer_hash, recorded_at_us) = (footer_hash(&block), footer.recorded_at_us);
        Ok(Stage::Between(Previous { ordinal, footer_offset, footer_hash, recorded_at_us }))
    }

    /// Writes the close frame's write once more, byte for byte. The writer that closed may have been told that it
    /// failed; then only the page cache has it, and what follows would stand behind a hole after a power cut.
    fn repeat_close(&self, last: &Last<S>) -> Result<(), Error> {
        let path = &*last.path;
        let length = (last.chain.offset - last.close) as usize;
        let mut bytes = vec![0; length];
        let read = self.storage.read_at(&last.file, last.close, &mut bytes).map_err(Error::io("read", path))?;
        let same = WriteHeader::parse(&bytes[..read], last.header.crc, last.close);
        if read < length || same.map(|header| header.crc) != Ok(last.chain.predecessor_crc) {
            let check = "the close frame changed while it was read".to_owned();
            return Err(Error::Corrupt { path: path.to_owned(), offset: last.close, check });
        }
        let mut buffer = WriteBuffer::with_capacity(length);
        let fits = buffer.push(&bytes);
        debug_assert!(fits);
        let file = self.storage.open(path, OpenFor::Append).map_err(Error::io("open", path))?;
        let ticket = self.storage.submit(&file, last.close, buffer).map_err(Error::io("write", path))?;
        loop {
            match self.storage.next_completion(Duration::from_millis(100)) {
                Some(completion) if completion.ticket == ticket => {
                    return completion.result.map_err(Error::io("write", path));
                }
                _ => {}
            }
        }
    }

    /// Goes on behind the last write.
    fn resume(&self, last: Last<S>) -> Result<Stage<S>, Error> {
        let Last { header, path, mut chain, places, .. } = last;
        let file = self.storage.open(&path, OpenFor::Append).map_err(Error::io("open", &*path))?;
        self.shared.begin(header, places);
        chain.settle();
        Ok(Stage::Writing(Place { header, file, path, chain }))
    }

    /// Brings the journal into its new epoch: an open frame, durable before anything else is taken.
    fn begin_epoch(&self, stage: Stage<S>, recovered: &Recovered, block_max: usize) -> Result<JournalWriter<S>, Error> {
        let Bounds { write_bytes_max, writes_in_flight } = self.options.bounds;
        let margin_bytes = u64::from(write_bytes_max) * (u64::from(writes_in_flight) + 1);
        let ahead = Arc::new(Ahead::new(self.storage.clone(), self.options.segment_bytes, margin_bytes));
        if let Stage::Writing(place) = &stage {
            ahead.enter(place.header.ordinal, place.chain.offset, u64::from(place.header.file_bytes));
        }
        self.shared.publish(recovered.last_sequence);
        let start = Start {
            stage,
            epoch: recovered.epoch,
            next_sequence: recovered.last_sequence + 1,
            recorded_at_us: recovered.recorded_at_us,
            block_max,
        };
        let mut writer = JournalWriter::new(self.shared.clone(), ahead, self.options, start);
        writer.mark(FrameKind::Open);
        writer.sealed = writer.drain()?.sealed;
        Ok(writer)
    }
}

/// Walks the last begun segment and looks at what lies behind its last write.
fn look<S: Storage>(storage: &Arc<S>, header: SegmentHeader) -> Result<Last<S>, Error> {
    let path = path_of(header.ordinal);
    let file = storage.open(&path, OpenFor::Read).map_err(Error::io("open", &*path))?;
    let mut places = Places::new(header.first_sequence);
    let mut scan = Scan::new(Window::new(storage.clone(), file.clone(), path.clone()), header);
    let (footer, from, check) = match scan.finish(&mut places)? {
        Stop::End => (None, scan.chain.offset, "zeros, and bytes behind them"),
        Stop::Bad { check, .. } => (None, scan.chain.offset, check),
        Stop::Sealed(footer) => {
            (Some(footer), scan.chain.offset + u64::from(header.block_bytes), "bytes behind a footer")
        }
    };
    let tail = Tail::examine(scan.window(), &header, from, u64::MAX)?;
    let close = scan.last_write;
    Ok(Last { header, path, file, chain: scan.chain, close, places, footer, tail, check })
}

/// Whether everything durable is there.
fn check<S: Storage>(last: &Last<S>, survey: &Survey, witnesses: &Witnesses) -> Result<(), Error> {
    let next = last.chain.next_sequence;
    if last.tail.is_empty() && witnesses.durable_through >= next {
        let (source, sworn, found) = (&witnesses.source, witnesses.durable_through, next - 1);
        return Err(Error::Rollback(format!(
            "{source} proves that event {sworn} was durable, the journal ends with {found}: an old copy was put back, or the \
             journal's end was lost; restore all of the ledger from one backup"
        )));
    }
    judge(&last.tail, &last.header, next, witnesses).map_err(|reason| Error::Corrupt {
        path: last.path.clone(),
        offset: last.tail.from,
        check: format!("{}; {reason}", last.check),
    })?;
    let after = path_of(last.header.ordinal + 1);
    match (last.footer, survey.unbegun) {
        (Some(_), None) => {
            let check = format!("the segment is missing; sequences from {next} on");
            Err(Error::Corrupt { path: after, offset: 0, check })
        }
        (_, Some(unbegun)) if unbegun.holds_bytes => Err(headless(unbegun.ordinal, next)),
        // A header is written only behind a durable footer: then the bad bytes are not those of the last segment.
        (None, Some(Unbegun { ordinal, torn: true, .. })) if !last.tail.is_empty() => Err(headless(ordinal, next)),
        _ => Ok(()),
    }
}

/// A segment whose header is damaged or missing, though the segment was begun.
pub(super) fn headless(ordinal: u64, next_sequence: u64) -> Error {
    let check = format!("a segment's header is damaged or missing; sequences from {next_sequence} on");
    Error::Corrupt { path: path_of(ordinal), offset: 0, check }
}
