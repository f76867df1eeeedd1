//! `ledger events`: every event as one line of JSON, byte-stable.

use std::io::Write;

use ledger::error::Error;
use ledger::event::Event;
use ledger::json::{Names, write_event};
use ledger::model::Sequence;

use crate::args::EventsArgs;
use crate::failure::Failure;
use crate::output::{Progress, bytes_out};

/// Bytes that are gathered before they are written.
const BLOCK_BYTES: usize = 1 << 17;

/// Writes the events of the range.
pub fn run(args: &EventsArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    let view = reader.view();
    let from = args.from.unwrap_or(Sequence(1)).max(Sequence(1));
    let to = args.to.unwrap_or(view.last_sequence()).min(view.last_sequence());
    let progress = Progress::new("writing events", "events", Some((to.0 + 1).saturating_sub(from.0)));
    let mut out = bytes_out();
    let mut block = Vec::with_capacity(BLOCK_BYTES + (1 << 16));
    for event in reader.events(from, to) {
        let event = event?;
        write_line(&event, &*view, &mut block)?;
        if block.len() >= BLOCK_BYTES {
            out.write_all(&block).map_err(Failure::Output)?;
            block.clear();
            progress.at(event.sequence.0 + 1 - from.0);
        }
    }
    progress.end();
    out.write_all(&block).and_then(|()| out.flush()).map_err(Failure::Output)
}

/// Appends an event and a line's end.
fn write_line(event: &Event, names: &impl Names, block: &mut Vec<u8>) -> Result<(), Failure> {
    write_event_json(event, names, block)?;
    block.push(b'\n');
    Ok(())
}

/// Appends an event as JSON.
pub fn write_event_json(event: &Event, names: &impl Names, block: &mut Vec<u8>) -> Result<(), Failure> {
    write_event(event, names, block)
        .map_err(|missing| Failure::Ledger(Error::Contradiction(format!("event {}: {missing}", event.sequence.0))))
}
