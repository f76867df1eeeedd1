//! Opening: what is on the disk becomes a state, the ids, and a journal that can be appended to.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::config::Config;
use super::planted::{self, Bug};
use super::publish::Published;
use super::{days, seal, sealing};
use crate::checkpoint;
use crate::error::Error;
use crate::event::{Body, Event, Genesis};
use crate::index;
use crate::journal::{self, Bounds, CutReport, JournalOptions, JournalReader, JournalWriter, Witnesses};
use crate::model::Sequence;
use crate::reader::{Events, Reader, Shared};
use crate::rebuildable::{self, Handles, Unusable};
use crate::sidecar::{self, CommandIds, SealedIds};
use crate::state::State;
use crate::storage::{LockError, Storage};

/// The lock file's name.
const LOCK_PATH: &str = "LOCK";
/// How many of the newest checkpoints and sidecars are asked what they swear to.
const WITNESSES_MAX: usize = 4;

/// What opening found and did.
#[derive(Debug, Clone, Default)]
pub struct OpenReport {
    /// The last event.
    pub last_sequence: Sequence,
    /// The opening's number.
    pub epoch: u64,
    /// Whether the ledger had been closed cleanly.
    pub clean: bool,
    /// What was cut from the journal's tail and kept aside: writes that were never acknowledged.
    pub cuts: Vec<CutReport>,
    /// The sequence of the checkpoint that was used; 0 when there was none.
    pub checkpoint: Sequence,
    /// How many events were replayed behind it.
    pub replayed: u64,
    /// Files that could not be used and are made again.
    pub unusable: Vec<String>,
}

/// A ledger ready to be written.
pub(crate) struct Opened<S: Storage> {
    pub(crate) config: Config,
    pub(crate) lock: S::Lock,
    pub(crate) journal: JournalWriter<S>,
    pub(crate) shared: Arc<Shared<S>>,
    pub(crate) report: OpenReport,
}

impl JournalOptions {
    /// The options for a ledger of that configuration.
    pub(crate) fn of(config: &Config) -> Self {
        Self { segment_bytes: config.segment_bytes, ..Self::new(config.ledger.to_bytes()) }
    }
}

/// Takes the one writer's lock.
///
/// # Errors
/// [`Error::Locked`] with the holder's process id.
pub(crate) fn take_lock<S: Storage>(storage: &S) -> Result<S::Lock, Error> {
    storage.lock(LOCK_PATH).map_err(|error| match error {
        LockError::Held { pid } => Error::Locked { pid },
        LockError::Io(source) => Error::io("lock", LOCK_PATH)(source),
    })
}

/// Opens a ledger for writing. Segments that are begun from now on have these bounds.
pub(crate) fn open<S: Storage>(storage: &Arc<S>, bounds: Bounds) -> Result<Opened<S>, Error> {
    let config = Config::read(&**storage)?;
    let lock = take_lock(&**storage)?;
    // Whoever made the ledger may have been killed before this sync, and what follows is worth nothing without that name.
    storage.sync_dir("").map_err(Error::io("sync", "."))?;
    let salt_key = seal::SaltKey::read(&**storage)?;
    let mut journal_options = JournalOptions::of(&config);
    journal_options.bounds = bounds;
    for dir in [checkpoint::DIR, crate::closing::DIR, sidecar::DIR] {
        rebuildable::sweep(&**storage, dir)?;
    }
    let witnesses = witnesses(&**storage, &config)?;
    let (journal, recovered) = journal::open_for_append(Arc::clone(storage), journal_options, &witnesses)?;
    let mut report = OpenReport {
        last_sequence: Sequence(recovered.last_sequence),
        epoch: recovered.epoch,
        clean: recovered.clean,
        cuts: recovered.cuts,
        ..OpenReport::default()
    };
    let reader = journal.reader();
    let handles = Arc::new(Handles::new(Arc::clone(storage), Handles::<S>::FILES_DEFAULT));
    let sealed = sealing::make_missing(&handles, &reader, &config, &mut report)?;
    let shared = Arc::new(load(&handles, reader, &config, sealed, true, &mut report)?);
    salt_key.check(&shared.published.state.read())?;
    Ok(Opened { config, lock, journal, shared, report })
}

/// Opens a ledger for questions, beside whoever writes it.
pub(crate) fn open_read_only<S: Storage>(storage: &Arc<S>) -> Result<Reader<S>, Error> {
    let config = Config::read(&**storage)?;
    let journal = JournalReader::open(Arc::clone(storage))?;
    let found = witnesses(&**storage, &config)?;
    if found.durable_through > journal.durable_through() {
        // A writer may have gone on since the journal was looked at.
        journal.follow()?;
        if found.durable_through > journal.written_through() {
            // Unless the writer was just recovering, something durable is gone.
            journal::check_end(storage, &found)?;
            journal.follow()?;
        }
    }
    let mut report = OpenReport::default();
    let handles = Arc::new(Handles::new(Arc::clone(storage), Handles::<S>::FILES_DEFAULT));
    let sealed = sealing::present(&handles, &journal, &config, &mut report)?;
    load(&handles, journal, &config, sealed, false, &mut report).map(|shared| Reader::new(Arc::new(shared)))
}

/// What checkpoints, sidecars and the index's mark swear to.
pub(crate) fn witnesses<S: Storage>(storage: &S, config: &Config) -> Result<Witnesses, Error> {
    let mut witnesses = Witnesses::none();
    let kinds =
        [(sidecar::DIR, sidecar::SUFFIX, &sidecar::KIND), (checkpoint::DIR, checkpoint::SUFFIX, &checkpoint::KIND)];
    for (dir, suffix, kind) in kinds {
        for witness in rebuildable::witnesses(storage, dir, suffix, kind, config.ledger, WITNESSES_MAX)? {
            witnesses.add(witness.durable_through.0, &witness.path);
        }
    }
    for witness in index::sworn(storage, config.ledger)? {
        witnesses.add(witness.durable_through.0, &witness.path);
    }
    Ok(witnesses)
}

/// Builds what readers and the writer start from: the newest usable checkpoint and the events behind it.
fn load<S: Storage>(
    handles: &Arc<Handles<S>>,
    journal: JournalReader<S>,
    config: &Config,
    sealed: SealedIds<S>,
    live: bool,
    report: &mut OpenReport,
) -> Result<Shared<S>, Error> {
    let last = Sequence(journal.durable_through());
    let belongs = |sequence, anchor| Ok(checkpoint::anchor_at(&journal, sequence)? == anchor);
    let found = checkpoint::newest(handles.storage(), config.ledger, last, belongs)?;
    report.unusable.extend(found.unusable.iter().map(Unusable::to_string));
    let mut state = found.state.unwrap_or_else(State::new);
    if let Some(genesis) = state.genesis() {
        check_genesis(genesis, config)?;
    }
    report.checkpoint = state.last_sequence();
    let in_sidecars = sealed.through();
    let mut ids = CommandIds::with_sealed(sealed);
    let from = Sequence(in_sidecars.0.min(state.last_sequence().0) + 1);
    let (mut events, mut chunk) = (Events::new(&journal, from, last), Vec::new());
    loop {
        events.next_chunk(&mut chunk)?;
        if chunk.is_empty() {
            break;
        }
        for event in &mut chunk {
            planted::replayed(event);
            if let Some(id) = event.answered()
                && event.sequence > in_sidecars
                && !planted::is(Bug::IdsNotRestored)
            {
                ids.insert(id, event.sequence);
            }
        }
        let known = chunk.partition_point(|event| event.sequence <= state.last_sequence());
        if let Some(Event { body: Body::Genesis(genesis), .. }) = chunk.get(known) {
            check_genesis(genesis, config)?;
        }
        state.apply_all(&chunk[known..]);
        report.replayed += (chunk.len() - known) as u64;
    }
    if last.0 == 0 {
        return Err(Error::Contradiction(
            "the journal holds no genesis event: this ledger was never finished".to_owned(),
        ));
    }
    report.last_sequence = state.last_sequence();
    let closings = days::present(handles, &journal, config, &mut report.unusable)?;
    Ok(Shared {
        closings: RwLock::new(closings),
        index: RwLock::new(None),
        storage: Arc::clone(handles.storage()),
        handles: Arc::clone(handles),
        published: Arc::new(Published::new(state)),
        journal,
        ids: Arc::new(RwLock::new(ids)),
        past: Mutex::new(None),
        following: Mutex::new(()),
        live,
    })
}

/// Holds the genesis event against the configuration beside it.
fn check_genesis(genesis: &Genesis, config: &Config) -> Result<(), Error> {
    if (genesis.ledger, genesis.clock, genesis.utc_offset) == (config.ledger, config.clock, config.utc_offset) {
        return Ok(());
    }
    let reason = format!("{} and the genesis event do not name the same ledger, clock and offset", super::config::PATH);
    Err(Error::Contradiction(reason))
}
