//! Plays a stream into a ledger: batches of several thousand, several in flight, every answer held against what it must be.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ledger::{Ledger, Outcome, Pending};

use super::step::Expected;
use super::stream::Stream;
use crate::failure::Failure;
use crate::output::Progress;

/// Submissions of one batch.
const BATCH: usize = 8_000;
/// Batches whose answers are awaited at once.
const IN_FLIGHT: usize = 8;

/// What playing took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Played {
    /// From the first command to the last answer.
    pub(super) took: Duration,
}

/// Plays the whole stream.
///
/// # Errors
/// What the ledger reports, and a failed check when an answer is not the one that it must be.
pub(super) fn play(ledger: &Ledger, stream: &mut Stream, progress: &Progress) -> Result<Played, Failure> {
    let start = Instant::now();
    let mut events = 0;
    let mut in_flight: VecDeque<(Pending, Vec<Expected>)> = VecDeque::with_capacity(IN_FLIGHT);
    loop {
        let (submissions, expected): (Vec<_>, Vec<_>) =
            stream.by_ref().take(BATCH).map(|step| (step.submission, step.expected)).unzip();
        if submissions.is_empty() {
            break;
        }
        if in_flight.len() == IN_FLIGHT
            && let Some((pending, expected)) = in_flight.pop_front()
        {
            events += check(pending, &expected)?;
            progress.at(events);
        }
        in_flight.push_back((ledger.enqueue_waiting(submissions)?, expected));
    }
    for (pending, expected) in in_flight {
        events += check(pending, &expected)?;
        progress.at(events);
    }
    Ok(Played { took: start.elapsed() })
}

/// Waits for the answers of a batch; returns how many commands became events.
fn check(pending: Pending, expected: &[Expected]) -> Result<u64, Failure> {
    let outcomes = pending.wait()?;
    if outcomes.len() != expected.len() {
        return Err(Failure::Check("the ledger answered fewer commands than were sent".to_owned()));
    }
    let mut events = 0;
    for (outcome, expected) in outcomes.iter().zip(expected) {
        if !agrees(outcome, expected) {
            return Err(Failure::Check(format!("answered {outcome:?} where {expected:?} was due")));
        }
        events += accepted(expected);
    }
    Ok(events)
}

fn agrees(outcome: &Outcome, expected: &Expected) -> bool {
    match (outcome, expected) {
        (Outcome::Accepted(_), Expected::Accepted) | (Outcome::Replayed(_), Expected::Replayed) => true,
        (Outcome::Rejected(rejection), Expected::Rejected(code)) => rejection.code() == *code,
        (Outcome::Group(outcomes), Expected::Group(members)) => {
            outcomes.len() == members.len() && outcomes.iter().zip(members).all(|(one, other)| agrees(one, other))
        }
        _ => false,
    }
}

fn accepted(expected: &Expected) -> u64 {
    match expected {
        Expected::Accepted => 1,
        Expected::Replayed | Expected::Rejected(_) => 0,
        Expected::Group(members) => members.iter().map(accepted).sum(),
    }
}
