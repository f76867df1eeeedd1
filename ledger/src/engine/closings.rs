//! Closings of finished days: made in the background, opened with the ledger.

use std::sync::Arc;

use super::config::Config;
use crate::checkpoint::{Anchor, anchor_at};
use crate::closing::{Closing, ClosingBuilder, Closings};
use crate::error::Error;
use crate::journal::JournalReader;
use crate::model::Sequence;
use crate::reader::{Events, Shared};
use crate::rebuildable::{Handles, Opened};
use crate::state::State;
use crate::storage::Storage;

/// The closings that are there and join each other; why the next one is not usable goes into `unusable`.
pub(crate) fn present<S: Storage>(
    handles: &Arc<Handles<S>>,
    journal: &JournalReader<S>,
    config: &Config,
    unusable: &mut Vec<String>,
) -> Result<Closings<S>, Error> {
    let belongs = |last, source| Ok(anchor_at(journal, last)? == Anchor(source));
    let (closings, why) = Closings::open(handles, config.ledger, Sequence(journal.durable_through()), belongs)?;
    unusable.extend(why.map(|why| why.to_string()));
    Ok(closings)
}

/// Closes the days that are over: those before the day of the last event.
///
/// The events of each such day are read once; nothing is read while the day of the first one is not over.
pub(crate) fn catch_up<S: Storage>(shared: &Shared<S>, config: &Config) -> Result<(), Error> {
    let view = shared.published.state.read().clone();
    let today = view.last_recorded_at().date(config.utc_offset);
    let from = Sequence(shared.closings.read().through().0 + 1);
    let mut open: Option<ClosingBuilder> = None;
    for event in Events::new(&shared.journal, from, view.last_sequence()) {
        let event = event?;
        let joins = open.as_mut().map_or(Ok(false), |day| day.event(&event))?;
        if joins {
            continue;
        }
        if let Some(day) = open.take() {
            finish(shared, config, &view, day)?;
        }
        if event.recorded_at.date(config.utc_offset) >= today {
            return Ok(());
        }
        let mut day = ClosingBuilder::new(config.ledger, config.utc_offset, &event);
        day.event(&event)?;
        open = Some(day);
    }
    Ok(())
}

fn finish<S: Storage>(shared: &Shared<S>, config: &Config, view: &State, day: ClosingBuilder) -> Result<(), Error> {
    let date = day.day();
    let Anchor(source) = anchor_at(&shared.journal, day.last())?;
    let currency_of = |number| view.account(number).map(|account| account.currency).unwrap_or_default();
    day.write(shared.storage.as_ref(), source, currency_of)?;
    let closing = match Closing::open(&shared.handles, config.ledger, date)? {
        Opened::Usable(closing) => Arc::new(closing),
        Opened::Unusable(why) => return Err(Error::Contradiction(why.to_string())),
        Opened::Missing => return Err(Error::Contradiction(format!("the closing of {date} vanished"))),
    };
    let mut closings = shared.closings.write();
    match closings.with(closing) {
        Some(longer) => *closings = longer,
        None => return Err(Error::Contradiction(format!("the closing of {date} does not join the one before it"))),
    }
    Ok(())
}
