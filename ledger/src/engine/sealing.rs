//! Sidecars of sealed segments: made in the background, or at opening where one is missing.

use std::sync::Arc;

use super::config::Config;
use super::decode_entry;
use super::recover::OpenReport;
use crate::error::Error;
use crate::journal::{JournalReader, Places};
use crate::model::{Sequence, Timestamp};
use crate::reader::Shared;
use crate::rebuildable::{Handles, Opened, Reason};
use crate::sidecar::{Lane, Place, SealedIds, SegmentFacts, Sidecar, SidecarBuilder};
use crate::storage::Storage;

/// Makes the sidecar of a sealed segment and lets memory go of its ids.
pub(crate) fn seal<S: Storage>(shared: &Shared<S>, config: &Config, ordinal: u64) -> Result<(), Error> {
    let Some(facts) = facts(&shared.journal, config, ordinal)? else { return Ok(()) };
    build(&*shared.storage, &shared.journal, facts)?;
    let Whole { sidecar, lane, .. } = match open(&shared.handles, &facts)? {
        Opened::Usable(whole) => whole,
        Opened::Unusable(why) => return Err(Error::Contradiction(why.to_string())),
        Opened::Missing => return Err(Error::Contradiction(format!("the sidecar of segment {ordinal} vanished"))),
    };
    let known = shared.ids.read().sealed().clone();
    let sealed = known.with(sidecar, &lane);
    shared.ids.write().seal(sealed, facts.last);
    Ok(())
}

/// The sidecars of all sealed segments, made where they are missing or unusable.
pub(crate) fn make_missing<S: Storage>(
    handles: &Arc<Handles<S>>,
    journal: &JournalReader<S>,
    config: &Config,
    report: &mut OpenReport,
) -> Result<SealedIds<S>, Error> {
    collect(handles, journal, config, report, true)
}

/// The sidecars that are there, up to the first that is missing or unusable.
pub(crate) fn present<S: Storage>(
    handles: &Arc<Handles<S>>,
    journal: &JournalReader<S>,
    config: &Config,
    report: &mut OpenReport,
) -> Result<SealedIds<S>, Error> {
    collect(handles, journal, config, report, false)
}

fn collect<S: Storage>(
    handles: &Arc<Handles<S>>,
    journal: &JournalReader<S>,
    config: &Config,
    report: &mut OpenReport,
    make: bool,
) -> Result<SealedIds<S>, Error> {
    let mut sealed = SealedIds::new(config.ledger);
    for ordinal in 1..=journal.segment_count() {
        let Some(facts) = facts(journal, config, ordinal)? else { continue };
        let mut opened = open(handles, &facts)?;
        if make && !matches!(opened, Opened::Usable(_)) {
            if let Opened::Unusable(why) = &opened {
                report.unusable.push(why.to_string());
            }
            build(&**handles.storage(), journal, facts)?;
            handles.forget(&crate::sidecar::path(ordinal));
            opened = open(handles, &facts)?;
        }
        match opened {
            Opened::Usable(Whole { sidecar, lane, places }) => {
                note_places(journal, &places, facts);
                sealed = sealed.with(sidecar, &lane);
            }
            Opened::Unusable(_) | Opened::Missing => break,
        }
    }
    Ok(sealed)
}

/// A sidecar and what is read of it at once.
struct Whole<S: Storage> {
    sidecar: Arc<Sidecar<S>>,
    lane: Lane,
    places: Vec<Place>,
}

/// Opens a sidecar; one of which anything that is read at once does not read back is not usable.
fn open<S: Storage>(handles: &Arc<Handles<S>>, facts: &SegmentFacts) -> Result<Opened<Whole<S>>, Error> {
    let sidecar = match Sidecar::open(handles, facts)? {
        Opened::Usable(sidecar) => Arc::new(sidecar),
        Opened::Unusable(why) => return Ok(Opened::Unusable(why)),
        Opened::Missing => return Ok(Opened::Missing),
    };
    match sidecar.lane().and_then(|lane| Ok((lane, sidecar.frames()?))) {
        Ok((lane, places)) => Ok(Opened::Usable(Whole { sidecar, lane, places })),
        Err(error @ (Error::Corrupt { .. } | Error::Io { .. })) => {
            Ok(Opened::unusable(sidecar.path(), Reason::of(&error)))
        }
        Err(error) => Err(error),
    }
}

/// Tells the journal where the frames of a sealed segment lie, so that it need not walk it.
fn note_places<S: Storage>(journal: &JournalReader<S>, places: &[Place], facts: SegmentFacts) {
    let pairs = places.iter().map(|place| ((place.sequence.0 - facts.first.0) as u32, place.frame_offset as u32));
    journal.set_places(facts.ordinal, Places::from_pairs(facts.first.0, pairs.collect()));
}

/// What ties a sidecar to its segment; none while the segment is not sealed or holds no event.
pub(crate) fn facts<S: Storage>(
    journal: &JournalReader<S>,
    config: &Config,
    ordinal: u64,
) -> Result<Option<SegmentFacts>, Error> {
    let Some((first, Some(last))) = journal.segment_range(ordinal) else { return Ok(None) };
    if last < first {
        return Ok(None);
    }
    let Some(source) = journal.footer_hash(ordinal)? else { return Ok(None) };
    let recorded_at = journal.frame_of(last, &mut Vec::new())?.recorded_at_us();
    Ok(Some(SegmentFacts {
        ledger: config.ledger,
        ordinal,
        first: Sequence(first),
        last: Sequence(last),
        recorded_at: Timestamp(recorded_at),
        source,
    }))
}

fn build<S: Storage>(storage: &S, journal: &JournalReader<S>, facts: SegmentFacts) -> Result<(), Error> {
    let mut builder = SidecarBuilder::new(facts);
    let mut frames = journal.frames(facts.first.0);
    let mut next = facts.first.0;
    while next <= facts.last.0 {
        let Some(frame) = frames.next()? else {
            return Err(Error::Contradiction(format!("segment {} ends before its last event", facts.ordinal)));
        };
        for (sequence, entry) in (frame.first_sequence()..).zip(frame.entries()) {
            let event = decode_entry(&frame, &entry, Sequence(sequence))?;
            let accounts = event.body.links();
            let accounts = accounts.iter().map(|link| link.account);
            builder.event(event.sequence, event.answered(), accounts, frame.offset())?;
        }
        next = frame.last_sequence() + 1;
    }
    builder.write(storage)
}
