//! From a source of commands to the ledger and back: batches of what is there, several on their way, answers in order.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use ledger::command::{Action, Command, Submission};
use ledger::{Error, Ledger, Outcome, Pending};

use crate::failure::Failure;

/// Batches that may wait for the disk at once.
const BATCHES_WAITING: usize = 16;
/// Batches that may be read ahead.
const BATCHES_READ: usize = 4;
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

/// What was taken from a source at once.
struct Taken<T> {
    items: Vec<(T, bool)>,
    submissions: Vec<Submission>,
    end: Option<Result<(), Failure>>,
}

/// Items that were handed in together.
struct Waiting<T> {
    items: Vec<(T, bool)>,
    pending: Option<Pending>,
}

/// Feeds everything of `source` to the ledger and answers it to `sink`, many commands on their way at once.
///
/// # Errors
/// What reading, writing or answering reports. What was not answered by then may or may not have been done.
pub fn feed<T: Send + 'static>(
    ledger: &Ledger,
    source: impl FnMut() -> Result<Option<Item<T>>, Failure> + Send + 'static,
    sink: &mut impl Sink<T>,
) -> Result<(), Failure> {
    let (sender, receiver) = sync_channel(BATCHES_READ);
    // Not joined: when answers can no longer be written, this thread may be waiting for input for ever.
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || read(source, &sender))
        .map_err(Failure::io("start a thread"))?;
    let mut waiting = VecDeque::new();
    let mut open = true;
    while open || !waiting.is_empty() {
        let taken = match waiting.len() {
            0 => receiver.recv().ok(),
            BATCHES_WAITING.. => None,
            _ => receiver.try_recv().ok(),
        };
        match taken {
            Some(taken) => {
                waiting.push_back(hand_in(ledger, taken.items, taken.submissions)?);
                match taken.end {
                    None => {}
                    Some(Ok(())) => open = false,
                    Some(Err(failure)) => {
                        // What was read before the failure is done and answered all the same.
                        answer_all(&mut waiting, sink)?;
                        return Err(failure);
                    }
                }
            }
            None => match waiting.pop_front() {
                Some(batch) => {
                    answer(batch, sink)?;
                    sink.flush()?;
                }
                // The reading thread is gone without having said that it reached the end.
                None => return Err(Failure::Check("reading stopped before the end of the input".to_owned())),
            },
        }
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
        let mut taken = take(&mut source, |item: &Item<T>| item.submission.is_none());
        let pending = match taken.submissions.len() {
            0 => None,
            _ => Some(ledger.enqueue_until_refused(std::mem::take(&mut taken.submissions))?),
        };
        // The next batch may be handed in only when all of this one is known to be done.
        let verdict = answer(Waiting { items: taken.items, pending }, sink)?;
        sink.flush()?;
        match (verdict, taken.end) {
            (Verdict::Stop, _) => return Ok(()),
            (Verdict::GoOn, Some(end)) => return end,
            (Verdict::GoOn, None) => {}
        }
    }
}

fn read<T>(mut source: impl FnMut() -> Result<Option<Item<T>>, Failure>, sender: &SyncSender<Taken<T>>) {
    loop {
        let taken = take(&mut source, |_: &Item<T>| false);
        let end = taken.end.is_some();
        // A receiver that is gone has nobody to answer to.
        if sender.send(taken).is_err() || end {
            return;
        }
    }
}

/// Takes what is there, waiting for the first item only, and nothing after an item that `ends` it. The acceptance of a clock
/// ends it too: what follows is handed in once more is known of the clock, and refused as a whole while it is not trusted.
fn take<T>(source: &mut impl FnMut() -> Result<Option<Item<T>>, Failure>, ends: impl Fn(&Item<T>) -> bool) -> Taken<T> {
    let mut taken = Taken { items: Vec::new(), submissions: Vec::new(), end: None };
    let mut bytes = 0;
    while taken.items.len() < BATCH_COMMANDS && bytes < BATCH_BYTES {
        match source() {
            Ok(Some(item)) => {
                bytes += item.bytes;
                let last = !item.more_is_here || ends(&item) || accepts_clock(&item);
                taken.items.push((item.tag, item.submission.is_some()));
                taken.submissions.extend(item.submission);
                if last {
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

fn accepts_clock<T>(item: &Item<T>) -> bool {
    matches!(&item.submission, Some(Submission::One(Command { action: Action::AcceptClock(_), .. })))
}

fn hand_in<T>(ledger: &Ledger, items: Vec<(T, bool)>, submissions: Vec<Submission>) -> Result<Waiting<T>, Failure> {
    let pending = if submissions.is_empty() { None } else { Some(ledger.enqueue_waiting(submissions)?) };
    Ok(Waiting { items, pending })
}

fn answer_all<T>(waiting: &mut VecDeque<Waiting<T>>, sink: &mut impl Sink<T>) -> Result<(), Failure> {
    while let Some(batch) = waiting.pop_front() {
        answer(batch, sink)?;
    }
    sink.flush()
}

fn answer<T>(batch: Waiting<T>, sink: &mut impl Sink<T>) -> Result<Verdict, Failure> {
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

/// Closes the ledger after feeding it. A writer that stopped says why at its close, so that is the failure to report.
pub fn close(ledger: Ledger, fed: Result<(), Failure>) -> Result<(), Failure> {
    match (fed, ledger.close()) {
        (Err(Failure::Ledger(Error::Poisoned { .. })) | Ok(()), Err(error)) => Err(error.into()),
        (fed, _) => fed,
    }
}
