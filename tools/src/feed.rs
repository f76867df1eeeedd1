//! From a source of commands to the ledger and back: batches of what is there, several on their way, answers in order.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use ledger::command::Submission;
use ledger::{Ledger, Outcome, Pending};

use crate::failure::Failure;

/// Batches that may wait for the disk at once, beyond the one being read and the one being answered.
const BATCHES_WAITING: usize = 8;
/// The most commands of a batch.
const BATCH_COMMANDS: usize = 1024;
/// The most bytes of input of a batch.
const BATCH_BYTES: usize = 1 << 20;

/// One line or row of the input.
#[derive(Debug)]
pub struct Item<T> {
    /// What the sink needs to answer it.
    pub tag: T,
    /// What is asked; none when the line could not be understood, which the tag then says.
    pub submission: Option<Submission>,
    /// How many bytes of input it took.
    pub bytes: usize,
    /// Whether the next one can be had without waiting for input.
    pub more_is_here: bool,
}

/// Whether to go on after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is as wished, or that does not matter.
    GoOn,
    /// Nothing after this one shall be done.
    Stop,
}

/// Where answers go: each in the order of the input, once what it says is durable.
pub trait Sink<T> {
    /// Answers one item; without an outcome, the item was not submitted.
    fn answer(&mut self, tag: T, outcome: Option<Outcome>) -> Result<Verdict, Failure>;
    /// Nothing more is to be answered at this moment.
    fn flush(&mut self) -> Result<(), Failure>;
}

/// Items that were handed in together.
struct Batch<T> {
    items: Vec<(T, bool)>,
    pending: Option<Pending>,
}

/// What was taken from a source at once.
struct Taken<T> {
    items: Vec<(T, bool)>,
    submissions: Vec<Submission>,
    end: Option<Result<(), Failure>>,
}

/// Feeds everything of `source` to the ledger and answers it to `sink`, many commands on their way at once.
///
/// # Errors
/// What reading, writing or answering reports. What was not answered by then may or may not have been done.
pub fn feed<T: Send + 'static>(
    ledger: &Arc<Ledger>,
    source: impl FnMut() -> Result<Option<Item<T>>, Failure> + Send + 'static,
    sink: &mut impl Sink<T>,
) -> Result<(), Failure> {
    let (sender, receiver) = sync_channel(BATCHES_WAITING);
    let writer = Arc::clone(ledger);
    // Not joined: when answers can no longer be written, this thread may be waiting for input for ever.
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || read(&writer, source, &sender))
        .map_err(Failure::io("start a thread"))?;
    for batch in receiver {
        answer(batch?, sink)?;
        sink.flush()?;
    }
    Ok(())
}

/// Feeds `source` to the ledger until the sink says stop: nothing after that item is done.
///
/// # Errors
/// As [`feed`].
pub fn feed_until_stopped<T>(
    ledger: &Ledger,
    mut source: impl FnMut() -> Result<Option<Item<T>>, Failure>,
    sink: &mut impl Sink<T>,
) -> Result<(), Failure> {
    loop {
        // One at a time: the next may be handed in only when this one is known to be done.
        let taken = take(&mut source, 1);
        let verdict = answer(Batch { items: taken.items, pending: hand_in(ledger, taken.submissions)? }, sink)?;
        sink.flush()?;
        match (verdict, taken.end) {
            (Verdict::Stop, _) => return Ok(()),
            (Verdict::GoOn, Some(end)) => return end,
            (Verdict::GoOn, None) => {}
        }
    }
}

fn read<T>(
    ledger: &Ledger,
    mut source: impl FnMut() -> Result<Option<Item<T>>, Failure>,
    sender: &SyncSender<Result<Batch<T>, Failure>>,
) {
    loop {
        let taken = take(&mut source, BATCH_COMMANDS);
        let batch = hand_in(ledger, taken.submissions).map(|pending| Batch { items: taken.items, pending });
        let failed = batch.is_err();
        // A receiver that is gone has nobody to answer to.
        if sender.send(batch).is_err() || failed {
            return;
        }
        match taken.end {
            None => {}
            Some(Ok(())) => return,
            Some(Err(failure)) => {
                let _ = sender.send(Err(failure));
                return;
            }
        }
    }
}

/// Takes what is there, waiting for the first item only.
fn take<T>(source: &mut impl FnMut() -> Result<Option<Item<T>>, Failure>, commands_max: usize) -> Taken<T> {
    let mut taken = Taken { items: Vec::new(), submissions: Vec::new(), end: None };
    let mut bytes = 0;
    while taken.items.len() < commands_max && bytes < BATCH_BYTES {
        match source() {
            Ok(Some(item)) => {
                bytes += item.bytes;
                taken.items.push((item.tag, item.submission.is_some()));
                taken.submissions.extend(item.submission);
                if !item.more_is_here {
                    break;
                }
            }
            Ok(None) => {
                taken.end = Some(Ok(()));
                break;
            }
            Err(failure) => {
                taken.end = Some(Err(failure));
                break;
            }
        }
    }
    taken
}

fn hand_in(ledger: &Ledger, submissions: Vec<Submission>) -> Result<Option<Pending>, Failure> {
    if submissions.is_empty() {
        return Ok(None);
    }
    ledger.enqueue(submissions).map(Some).map_err(Failure::from)
}

fn answer<T>(batch: Batch<T>, sink: &mut impl Sink<T>) -> Result<Verdict, Failure> {
    let mut outcomes = batch.pending.map_or_else(|| Ok(Vec::new()), Pending::wait)?.into_iter();
    for (tag, submitted) in batch.items {
        let outcome = if submitted { outcomes.next() } else { None };
        if submitted && outcome.is_none() {
            return Err(Failure::Check("the ledger answered fewer commands than were sent".to_owned()));
        }
        if sink.answer(tag, outcome)? == Verdict::Stop {
            return Ok(Verdict::Stop);
        }
    }
    Ok(Verdict::GoOn)
}
