//! The bounded queue between callers and the writer, and the slot in which an answer is awaited.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::Thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::command::Submission;
use crate::error::Error;
use crate::outcome::Outcome;

/// What a caller hands in at once, with the slot for its answers.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) submissions: Vec<Submission>,
    pub(crate) commands: usize,
    /// Whether nothing of it is done after the first submission that is declined or rejected.
    pub(crate) until_refused: bool,
    pub(crate) reply: Reply,
}

/// Commands waiting for the writer, bounded by their number.
#[derive(Debug)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    room: Condvar,
    commands_max: usize,
}

#[derive(Debug, Default)]
struct Inner {
    batches: VecDeque<Batch>,
    commands: usize,
    closed: Option<String>,
    writer: Option<Thread>,
}

/// Answers that will come: wait for them, or `.await` them.
#[derive(Debug)]
#[must_use = "a command is durable only when its answer has come"]
pub struct Pending {
    slot: Arc<Slot>,
}

/// The other end of a [`Pending`]. Dropped without an answer it says that the outcome is unknown.
#[derive(Debug)]
pub(crate) struct Reply {
    slot: Arc<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<SlotState>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct SlotState {
    answer: Option<Result<Vec<Outcome>, Error>>,
    answered: bool,
    waker: Option<Waker>,
}

/// How many commands a submission holds.
pub(crate) fn commands_in(submission: &Submission) -> usize {
    match submission {
        Submission::One(_) => 1,
        Submission::Group(group) => group.members.len().max(1),
    }
}

impl Queue {
    pub(crate) fn new(commands_max: usize) -> Self {
        Self { inner: Mutex::default(), room: Condvar::new(), commands_max: commands_max.max(1) }
    }

    /// The thread to wake when something waits.
    pub(crate) fn serve_by(&self, writer: Thread) {
        self.inner.lock().writer = Some(writer);
    }

    /// Hands in a batch, at once or not at all.
    ///
    /// # Errors
    /// [`Error::QueueFull`] when there is no room; a batch larger than the whole queue fits only when the queue is empty.
    pub(crate) fn push(&self, submissions: Vec<Submission>) -> Result<Pending, Error> {
        let commands = submissions.iter().map(commands_in).sum();
        let mut inner = self.inner.lock();
        Self::check_open(&inner)?;
        if !self.has_room(&inner, commands) {
            return Err(Error::QueueFull);
        }
        Ok(Self::put(&mut inner, submissions, commands, false))
    }

    /// Hands in a batch, waiting for room.
    pub(crate) fn push_waiting(&self, submissions: Vec<Submission>, until_refused: bool) -> Result<Pending, Error> {
        let commands = submissions.iter().map(commands_in).sum();
        let mut inner = self.inner.lock();
        loop {
            Self::check_open(&inner)?;
            if self.has_room(&inner, commands) {
                return Ok(Self::put(&mut inner, submissions, commands, until_refused));
            }
            self.room.wait(&mut inner);
        }
    }

    fn check_open(inner: &Inner) -> Result<(), Error> {
        match &inner.closed {
            None => Ok(()),
            Some(reason) => Err(Error::Poisoned { reason: reason.clone() }),
        }
    }

    fn has_room(&self, inner: &Inner, commands: usize) -> bool {
        inner.commands == 0 || inner.commands + commands <= self.commands_max
    }

    fn put(inner: &mut Inner, submissions: Vec<Submission>, commands: usize, until_refused: bool) -> Pending {
        let slot = Arc::new(Slot::default());
        let reply = Reply { slot: Arc::clone(&slot) };
        inner.batches.push_back(Batch { submissions, commands, until_refused, reply });
        inner.commands += commands;
        if let Some(writer) = &inner.writer {
            writer.unpark();
        }
        Pending { slot }
    }

    /// Takes the next batch, if one waits.
    pub(crate) fn pop(&self) -> Option<Batch> {
        let mut inner = self.inner.lock();
        let batch = inner.batches.pop_front()?;
        inner.commands -= batch.commands;
        drop(inner);
        self.room.notify_all();
        Some(batch)
    }

    /// How many commands wait.
    pub(crate) fn waiting(&self) -> usize {
        self.inner.lock().commands
    }

    /// Refuses everything from now on, with this reason.
    pub(crate) fn close(&self, reason: &str) {
        let mut inner = self.inner.lock();
        inner.closed.get_or_insert_with(|| reason.to_owned());
        if let Some(writer) = &inner.writer {
            writer.unpark();
        }
        drop(inner);
        self.room.notify_all();
    }

    /// Whether it refuses.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.lock().closed.is_some()
    }
}

impl Reply {
    /// Answers; whoever waits goes on.
    pub(crate) fn answer(self, answer: Result<Vec<Outcome>, Error>) {
        self.slot.fill(answer);
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.slot.fill(Err(Error::Poisoned { reason: "the writer stopped before answering".to_owned() }));
    }
}

impl Slot {
    fn fill(&self, answer: Result<Vec<Outcome>, Error>) {
        let mut state = self.state.lock();
        if state.answered {
            return;
        }
        state.answered = true;
        state.answer = Some(answer);
        let waker = state.waker.take();
        drop(state);
        self.filled.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Pending {
    /// Waits until the answers are there: one outcome for each submission, in their order.
    ///
    /// # Errors
    /// [`Error::Poisoned`] when a write failed: the outcome is unknown until the ledger is opened again, and sending the
    /// same commands again then tells.
    pub fn wait(self) -> Result<Vec<Outcome>, Error> {
        let mut state = self.slot.state.lock();
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            self.slot.filled.wait(&mut state);
        }
    }

    /// Waits at most `at_most`; gives the handle back when the answers are not there yet.
    ///
    /// # Errors
    /// `Err(self)` when time ran out.
    pub fn wait_for(self, at_most: Duration) -> Result<Result<Vec<Outcome>, Error>, Self> {
        let mut state = self.slot.state.lock();
        if state.answer.is_none() {
            // Woken by the answer or by time running out, by nothing else.
            self.slot.filled.wait_for(&mut state, at_most);
        }
        let answer = state.answer.take();
        drop(state);
        answer.ok_or(self)
    }

    /// Whether the answers are there.
    pub fn is_ready(&self) -> bool {
        self.slot.state.lock().answer.is_some()
    }
}

impl Future for Pending {
    type Output = Result<Vec<Outcome>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.slot.state.lock();
        if let Some(answer) = state.answer.take() {
            return Poll::Ready(answer);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_so_and_keeps_nothing() {
        let queue = Queue::new(1);
        let group = || Submission::Group(crate::command::Group { id: crate::model::CommandId(1), members: Vec::new() });
        let _first = queue.push(vec![group()]).unwrap();
        assert!(matches!(queue.push(vec![group()]), Err(Error::QueueFull)));
        assert_eq!(queue.waiting(), 1);
        assert!(queue.pop().is_some());
        assert!(queue.push(vec![group()]).is_ok());
    }

    #[test]
    fn a_reply_that_is_dropped_says_that_the_outcome_is_unknown() {
        let queue = Queue::new(8);
        let pending = queue.push(Vec::new()).unwrap();
        drop(queue.pop());
        assert!(matches!(pending.wait(), Err(Error::Poisoned { .. })));
    }

    #[test]
    fn a_closed_queue_refuses() {
        let queue = Queue::new(8);
        queue.close("test");
        assert!(matches!(queue.push(Vec::new()), Err(Error::Poisoned { .. })));
    }
}
