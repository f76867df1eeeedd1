//! Imposing and lifting.

use std::time::{SystemTime, UNIX_EPOCH};

use ledger::command::{Action, Command, CommandContext, ImposeHalt, LiftHalt};
use ledger::model::{Clock, CommandId, Sequence, Timestamp};
use ledger::{Ledger, Outcome};

use super::args::{ImposeArgs, LiftArgs};
use crate::failure::Failure;
use crate::output::{count, write_text};

/// Imposes a halt and says its id.
pub fn impose(args: &ImposeArgs) -> Result<(), Failure> {
    let id = args.id.unwrap_or_else(new_id);
    let action = Action::ImposeHalt(ImposeHalt {
        selector: args.selector.as_str().into(),
        reason: args.reason.as_str().into(),
        incident: args.incident,
        starts_at: args.from,
        ends_at: args.until,
    });
    let command = command(id, args.at, args.actor.as_deref(), action);
    let sequence = submit(crate::open::write(&args.open)?, command)?;
    write_text(&format!("halt {id} imposed at sequence {}\n", count(sequence.0)))
}

/// Lifts a halt, or part of it.
pub fn lift(args: &LiftArgs) -> Result<(), Failure> {
    let action = Action::LiftHalt(LiftHalt {
        halt: args.halt,
        except: args.except.as_deref().map(Into::into),
        approved_by: Some(args.approved_by.as_str().into()),
    });
    let command = command(args.id.unwrap_or_else(new_id), args.at, Some(&args.actor), action);
    let sequence = submit(crate::open::write(&args.open)?, command)?;
    let what = if args.except.is_some() { "lifted in part" } else { "lifted" };
    write_text(&format!("halt {} {what} at sequence {}\n", args.halt, count(sequence.0)))
}

fn command(id: CommandId, at: Option<Timestamp>, actor: Option<&str>, action: Action) -> Command {
    let actor = actor.map(Into::into);
    Command { id, at, effective: None, actor, cause: None, context: CommandContext::default(), action }
}

/// No two calls on one machine have the same moment and process.
fn new_id() -> CommandId {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let content = [now.to_le_bytes().as_slice(), &std::process::id().to_le_bytes()].concat();
    CommandId::derived("ledger/command-line/v1", &content)
}

/// Submits one command; where it stands.
fn submit(ledger: Ledger, command: Command) -> Result<Sequence, Failure> {
    let done = check_time(&ledger, command.at).and_then(|()| ledger.submit(command).map_err(Failure::from));
    ledger.close()?;
    match done? {
        Outcome::Accepted(receipt) | Outcome::Replayed(receipt) => Ok(receipt.sequence),
        Outcome::Rejected(rejection) => Err(Failure::Check(format!("{}: {rejection}", rejection.code()))),
        other => Err(Failure::Check(format!("not done: {other:?}"))),
    }
}

fn check_time(ledger: &Ledger, at: Option<Timestamp>) -> Result<(), Failure> {
    let wrong = |text: &str| Err(Failure::Usage(text.to_owned()));
    match (ledger.reader().view().clock(), at) {
        (Clock::Commands, None) => wrong("this ledger's clock is its commands: say with --at TIME when this happens"),
        (Clock::System, Some(_)) => wrong("this ledger's clock is the system's: leave out --at"),
        _ => Ok(()),
    }
}
