//! Closings of finished days, made in the background.

use std::sync::Arc;

use super::config::Config;
use crate::checkpoint::{Anchor, anchor_at};
use crate::closing::{Closing, ClosingBuilder, Closings, path};
use crate::error::Error;
use crate::journal::JournalReader;
use crate::model::{CurrencyNumber, Sequence};
use crate::reader::{Events, Shared};
use crate::rebuildable::{Handles, Opened};
use crate::storage::Storage;

/// The closings that are there and belong to the journal's history.
///
/// # Errors
/// [`Error::Version`] for one of a newer format; what the journal reports.
pub(crate) fn present<S: Storage>(
    handles: &Arc<Handles<S>>,
    journal: &JournalReader<S>,
    config: &Config,
    unusable: &mut Vec<String>,
) -> Result<Closings<S>, Error> {
    let belongs = |sequence, source| Ok(anchor_at(journal, sequence)? == Anchor(source));
    let through = Sequence(journal.durable_through());
    let (closings, refused) = Closings::open(handles, config.ledger, through, belongs)?;
    unusable.extend(refused.map(|refused| refused.to_string()));
    Ok(closings)
}

/// Closes every day that is over and not closed yet: a day is over when something was recorded on a later one.
///
/// # Errors
/// What the journal or the disk reports; what was closed before stays closed.
pub(crate) fn catch_up<S: Storage>(shared: &Shared<S>, config: &Config) -> Result<(), Error> {
    let from = Sequence(shared.closings.read().through().0 + 1);
    let mut events = Events::new(&shared.journal, from, shared.published.through());
    let Some(first) = events.next_event()? else { return Ok(()) };
    let today = shared.published.state.read().last_recorded_at().date(config.utc_offset);
    if first.recorded_at.date(config.utc_offset) >= today {
        return Ok(());
    }
    let mut builder = ClosingBuilder::new(config.ledger, config.utc_offset, &first);
    let mut next = Some(first);
    while let Some(event) = next {
        if !builder.event(&event)? {
            finish(shared, config, builder)?;
            if event.recorded_at.date(config.utc_offset) >= today {
                return Ok(());
            }
            builder = ClosingBuilder::new(config.ledger, config.utc_offset, &event);
            builder.event(&event)?;
        }
        next = events.next_event()?;
    }
    Ok(())
}

fn finish<S: Storage>(shared: &Shared<S>, config: &Config, builder: ClosingBuilder) -> Result<(), Error> {
    let day = builder.day();
    let anchor = anchor_at(&shared.journal, builder.last())?;
    let view = shared.published.state.read().clone();
    let currency_of = |number| view.account(number).map_or(CurrencyNumber(0), |account| account.currency);
    builder.write(&*shared.storage, anchor.0, currency_of)?;
    let closing = match Closing::open(&shared.handles, config.ledger, day)? {
        Opened::Usable(closing) => Arc::new(closing),
        Opened::Unusable(why) => return Err(Error::Contradiction(why.to_string())),
        Opened::Missing => return Err(Error::Contradiction(format!("{} vanished", path(day)))),
    };
    let known = shared.closings.read().clone();
    match known.with(closing) {
        Some(longer) => *shared.closings.write() = longer,
        None => return Err(Error::Contradiction(format!("{} does not join the day before", path(day)))),
    }
    Ok(())
}
