//! `ledger transaction`: what became of a command, by its id or by its reference.

use std::io::Write;

use crate::args::TransactionArgs;
use crate::failure::Failure;
use crate::output::bytes_out;

/// Writes the events as JSON, one a line.
pub fn run(args: &TransactionArgs) -> Result<(), Failure> {
    let reader = crate::open::read(&args.open)?;
    let view = reader.view();
    let events = match (&args.id, &args.reference) {
        (Some(id), _) => reader.transaction(*id)?.into_iter().collect(),
        (None, Some(reference)) => reader.by_reference(reference)?,
        (None, None) => Vec::new(),
    };
    if events.is_empty() && reader.written_through() > reader.through() {
        return Err(Failure::Check(format!(
            "no such command is among the events up to {}, which is as far as a reader can be sure while the writer's last \
             writes are not confirmed: ask again",
            reader.through().0
        )));
    }
    if events.is_empty() {
        return Err(Failure::Check("no such command was accepted; one that was rejected leaves no trace".to_owned()));
    }
    let mut block = Vec::new();
    for event in &events {
        crate::events::write_event_json(event, &*view, &mut block)?;
        block.push(b'\n');
    }
    let mut out = bytes_out();
    out.write_all(&block).and_then(|()| out.flush()).map_err(Failure::Output)
}
