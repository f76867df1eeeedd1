//! Making a ledger: salt key, journal with genesis and chart, and at last `ledger.toml`, which makes it one.

use std::path::Path;
use std::sync::Arc;

use parking_lot::RwLock;
use sha2::{Digest, Sha256};

use super::clock::{Moment, WallClock};
use super::config::{Config, FORMAT_VERSION, write_whole};
use super::core::Core;
use super::queue::Queue;
use crate::chart;
use crate::codec;
use crate::command::Submission;
use crate::decide;
use crate::error::Error;
use crate::event::Genesis;
use crate::journal::{self, Entry, FrameInput, JournalOptions, Witnesses};
use crate::ledger::{Chart, InitOptions};
use crate::model::{Clock, Date, LedgerId, Timestamp};
use crate::outcome::Outcome;
use crate::sidecar::CommandIds;
use crate::state::State;
use crate::storage::Storage;

/// The salt key's place; without it the audit tree cannot be recomputed.
pub(crate) const SALT_PATH: &str = "seal/salt.key";
/// The smallest and largest soft bound of a segment in bytes.
const SEGMENT_BYTES: std::ops::RangeInclusive<u64> = 4096..=2 * 1024 * 1024 * 1024;

/// Checks that nothing is in `dir`.
pub(crate) fn check_empty(dir: &Path) -> Result<(), Error> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::Config(format!("{} is not empty: name a new folder", dir.display()))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("read", dir.display().to_string())(error)),
    }
}

/// Checks what a ledger is to be made of, before anything of it is made.
pub(crate) fn check(options: &InitOptions, clock: &WallClock) -> Result<(), Error> {
    if !SEGMENT_BYTES.contains(&options.segment_bytes) {
        let (least, most) = (SEGMENT_BYTES.start(), SEGMENT_BYTES.end());
        return Err(Error::Config(format!("segment bytes lie between {least} and {most}")));
    }
    if options.clock == Clock::System && options.at.is_some() {
        return Err(Error::Config("a time is given only where the clock is the commands'".to_owned()));
    }
    if options.ledger.is_some_and(LedgerId::is_nil) {
        return Err(Error::Config("the ledger id is all zeros".to_owned()));
    }
    // The journal counts from 1970 on, and what happens now counts today.
    let now = begins_at(options, clock);
    let today = now.date(options.utc_offset);
    if now.0 < 0 || decide::time_of(Clock::System, None, now).is_err() || today > Date::MAX {
        return Err(Error::Config(format!("a ledger begins between 1970-01-01 and 9998-12-31, not at {now}")));
    }
    Ok(())
}

fn begins_at(options: &InitOptions, clock: &WallClock) -> Timestamp {
    match options.clock {
        Clock::System => clock.read().wall,
        Clock::Commands => options.at.unwrap_or(Timestamp(0)),
    }
}

/// Makes a ledger in an empty storage, of options that were checked.
pub(crate) fn init<S: Storage>(storage: &Arc<S>, options: &InitOptions, clock: &WallClock) -> Result<(), Error> {
    let mut salt = [0; 32];
    random(&mut salt)?;
    let ledger = if let Some(id) = options.ledger {
        id
    } else {
        let mut id = [0; 16];
        random(&mut id)?;
        LedgerId::from_bytes(id)
    };
    let config =
        Config { ledger, clock: options.clock, utc_offset: options.utc_offset, segment_bytes: options.segment_bytes };
    make(storage, &config, options.chart, &salt, begins_at(options, clock))
}

/// Makes a ledger of that configuration, its first events recorded `now`. It is one from the moment its configuration is there.
pub(crate) fn make<S: Storage>(
    storage: &Arc<S>,
    config: &Config,
    chart: Chart,
    salt: &[u8; 32],
    now: Timestamp,
) -> Result<(), Error> {
    let lock = super::recover::take_lock(&**storage)?;
    for dir in ["journal", "seal", "checkpoint", "closing"] {
        storage.create_dir(dir).map_err(Error::io("create", dir))?;
    }
    write_whole(&**storage, SALT_PATH, salt)?;
    let genesis = Genesis {
        ledger: config.ledger,
        format_version: FORMAT_VERSION,
        utc_offset: config.utc_offset,
        clock: config.clock,
        salt_key_hash: Sha256::digest(salt).into(),
    };
    first_events(storage, config, genesis, chart, now)?;
    config.write(&**storage).inspect_err(|_| {
        // A name of which the sync failed may vanish at any time: nobody is to find it and build on it.
        let _ = storage.remove(super::config::PATH);
    })?;
    drop(lock);
    Ok(())
}

fn first_events<S: Storage>(
    storage: &Arc<S>,
    config: &Config,
    genesis: Genesis,
    chart: Chart,
    now: Timestamp,
) -> Result<(), Error> {
    let (mut journal, _made) =
        journal::open_for_append(Arc::clone(storage), JournalOptions::of(config), &Witnesses::none())?;
    let event = decide::genesis(genesis, now);
    let mut payload = Vec::new();
    let layout =
        codec::encode(&event, &mut payload).map_err(|error| Error::Contradiction(format!("genesis: {error}")))?;
    let entry = Entry { kind: layout.kind, schema: layout.schema, payload: &payload };
    journal.append(FrameInput { first_sequence: 1, recorded_at_us: now.0, entries: &[entry] })?;
    let mut state = State::new();
    state.apply(&event);
    let reader = journal.reader();
    let ids = Arc::new(RwLock::new(CommandIds::new(config.ledger)));
    let mut core = Core::new(state, ids, journal, reader);
    let commands = match chart {
        Chart::None => Vec::new(),
        Chart::Wallet => chart::wallet_chart((config.clock == Clock::Commands).then_some(now)),
    };
    let queue = Queue::new(commands.len().max(1));
    let pending = queue.push(commands.into_iter().map(Submission::One).collect())?;
    if let Some(batch) = queue.pop() {
        core.process(batch, Moment { now, wall: now, trusted: true })?;
    }
    for publication in core.drain()?.publications {
        for (reply, outcomes) in publication.answers {
            reply.answer(Ok(outcomes));
        }
    }
    if let Some(refused) = pending.wait()?.iter().find(|outcome| !matches!(outcome, Outcome::Accepted(_))) {
        return Err(Error::Contradiction(format!("the chart was refused: {refused:?}")));
    }
    core.close()
}

#[expect(clippy::disallowed_methods, reason = "the one place where chance enters")]
fn random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|error| Error::Config(format!("the system gives no random bytes: {error}")))
}
