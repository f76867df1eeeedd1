//! An open ledger without threads: what the writer, the publisher and the background do, one step at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use super::books::{Answer, Books, Fact};
use super::run::Run;
use crate::command::{Action, Command, Submission};
use crate::engine::background;
use crate::engine::clock::Moment;
use crate::engine::config::Config;
use crate::engine::core::{Core, Progress};
use crate::engine::days;
use crate::engine::publish;
use crate::engine::publish::Publication;
use crate::engine::queue::{Pending, Queue};
use crate::engine::sealing;
use crate::error::Error;
use crate::journal::{Filler, SealedSegment};
use crate::model::{Clock, Timestamp};
use crate::reader::{Reader, Shared};
use crate::storage::{SimDisk, SimLock};

/// An open ledger.
pub(super) struct Desk {
    pub(super) core: Core<SimDisk>,
    pub(super) shared: Arc<Shared<SimDisk>>,
    pub(super) config: Config,
    pub(super) filler: Filler<SimDisk>,
    /// Held until the end.
    pub(super) _lock: SimLock,
    pub(super) queue: Queue,
    /// Not answered yet, oldest first.
    pub(super) asked: VecDeque<Asked>,
    /// How many of them the core has decided.
    pub(super) decided: usize,
    /// Between writer and publisher.
    pub(super) channel: VecDeque<Publication>,
    /// Between writer and background.
    pub(super) sealed: VecDeque<SealedSegment>,
    /// A reader in another process.
    pub(super) beside: Option<Reader<SimDisk>>,
}

/// A batch that waits for its answers.
pub(super) struct Asked {
    submissions: Vec<Submission>,
    /// Whether nothing behind the first refusal is to be decided.
    until_refused: bool,
    pending: Pending,
    /// What must be answered, and the last sequence that the decisions could see.
    due: Option<(Vec<Answer>, usize)>,
}

impl Run {
    /// So many steps of all that goes on beside one another.
    pub(super) fn work(&mut self, desk: &mut Desk, steps: u64) -> Result<(), Error> {
        for _ in 0..steps {
            match self.rng.below(40) {
                0..=9 => {
                    self.ask(desk);
                    self.take(desk)?;
                    self.pump(desk)?;
                }
                10..=12 => self.ask(desk),
                13..=14 => self.take(desk)?,
                15..=22 => self.pump(desk)?,
                23..=26 => self.publish(desk, 1),
                27..=28 => self.publish(desk, usize::MAX),
                29..=30 => self.background(desk),
                31 => self.checkpoint(desk),
                32 => self.fill(desk),
                33 => desk.core.watermark()?,
                34 => self.settle(desk)?,
                35 => self.tick(desk)?,
                36..=37 => self.look(desk),
                _ => {
                    self.now += self.rng.choose([
                        0,
                        1,
                        5_000,
                        1_000_000,
                        45_000_000,
                        3_600_000_000,
                        20_000_000_000,
                        86_400_000_000,
                    ])
                }
            }
        }
        if self.rng.one_in(2) {
            // Leave something in flight.
            self.ask(desk);
            self.take(desk)?;
            self.pump(desk)?;
        }
        Ok(())
    }

    /// Callers hand in a few batches.
    fn ask(&mut self, desk: &mut Desk) {
        for _ in 0..1 + self.rng.below(3) {
            let count = 1 + self.rng.below(8);
            let next = |_| self.sender.next(&mut self.rng, &self.books, self.now);
            let submissions: Vec<Submission> = (0..count).map(next).collect();
            let until_refused = self.rng.one_in(6);
            let pending = desk.queue.push_waiting(submissions.clone(), until_refused).expect("the queue has room");
            desk.asked.push_back(Asked { submissions, until_refused, pending, due: None });
        }
    }

    /// Everything that was ever accepted is asked for once more: the first receipt is the answer.
    pub(super) fn ask_all_again(&mut self, desk: &mut Desk) -> Result<(), Error> {
        let at = (self.config.clock == Clock::Commands).then_some(Timestamp(self.now));
        let again = |fact: &Fact| Some(Submission::One(Command { at, ..fact.said.clone()? }));
        let submissions: Vec<Submission> = self.books.facts.iter().filter_map(again).collect();
        let pending = desk.queue.push_waiting(submissions.clone(), false).expect("the queue has room");
        desk.asked.push_back(Asked { submissions, until_refused: false, pending, due: None });
        self.take_under(desk, false)?;
        let due = desk.asked[0].due.as_ref().map_or(&[][..], |(answers, _)| answers);
        assert!(
            due.iter().all(|answer| matches!(answer, Answer::Replayed(_) | Answer::Declined(_))),
            "something accepted is not known"
        );
        Ok(())
    }

    /// The writer decides what waits.
    fn take(&mut self, desk: &mut Desk) -> Result<(), Error> {
        let in_doubt = self.rng.one_in(12);
        self.take_under(desk, in_doubt)
    }

    /// The writer decides what waits, under a clock that may be in doubt.
    fn take_under(&mut self, desk: &mut Desk, in_doubt: bool) -> Result<(), Error> {
        while let Some(batch) = desk.queue.pop() {
            let last = desk.core.state().last_recorded_at();
            let system = self.config.clock == Clock::System;
            let (now, wall) = if system { (last.max(Timestamp(self.now)), Timestamp(self.now)) } else { (last, last) };
            let mut trusted = !(system && in_doubt);
            let moment = Moment { now, wall, trusted };
            if system && trusted {
                self.books.tick(now.0);
            }
            let asked = &mut desk.asked[desk.decided];
            let mut answers = Vec::new();
            for submission in &asked.submissions {
                if trusted || is_about_the_clock(submission) {
                    answers.push(self.books.submit(submission, now.0));
                } else {
                    answers.push(Answer::refused("clock_not_accepted"));
                }
                if !trusted && matches!(answers.last(), Some(Answer::Accepted(_))) {
                    trusted = true;
                    self.books.tick(now.0);
                }
                if asked.until_refused && answers.last().is_some_and(Answer::is_refusal) {
                    break;
                }
            }
            asked.due = Some((answers, self.books.last()));
            desk.decided += 1;
            assert_eq!(desk.core.process(batch, moment)?, trusted, "whether the clock is trusted");
            if self.rng.one_in(3) {
                desk.core.seal();
            }
        }
        desk.core.seal();
        Ok(())
    }

    fn pump(&mut self, desk: &mut Desk) -> Result<(), Error> {
        let progress = desk.core.pump()?;
        desk.hand_on(progress);
        Ok(())
    }

    /// Everything decided becomes durable.
    fn settle(&mut self, desk: &mut Desk) -> Result<(), Error> {
        let progress = desk.core.drain()?;
        desk.hand_on(progress);
        if desk.asked.len() == desk.decided {
            self.publish(desk, usize::MAX);
            assert!(desk.asked.is_empty(), "everything is durable and somebody still waits");
            assert_eq!(desk.shared.published.through().0 as usize, self.books.last());
            let published = desk.shared.published.state.read();
            assert!(published.image().eq(desk.core.state().image()), "live states differ");
        }
        Ok(())
    }

    /// Time passes by itself.
    fn tick(&mut self, desk: &mut Desk) -> Result<(), Error> {
        if self.config.clock == Clock::System && desk.core.next_due().is_some() {
            let now = desk.core.state().last_recorded_at().max(Timestamp(self.now));
            self.books.tick(now.0);
            desk.core.tick_now(now)?;
            desk.core.seal();
        }
        Ok(())
    }

    /// The publisher takes the next publications, and answers.
    pub(super) fn publish(&mut self, desk: &mut Desk, most: usize) {
        for _ in 0..most {
            let Some(publication) = desk.channel.pop_front() else { return };
            for event in &publication.events {
                assert_eq!(event.sequence.0 as usize, self.known.len() + 1, "{event:?} is published out of order");
                self.books.assert_event(event);
                self.trace.says(event);
                self.known.push(event.clone());
            }
            publish::release(&desk.shared.published, publication);
            assert_eq!(desk.shared.published.through().0 as usize, self.known.len());
            self.acknowledged = self.acknowledged.max(self.known.len());
            while desk.asked.front().is_some_and(|asked| asked.pending.is_ready()) {
                self.answer(desk);
            }
        }
    }

    fn answer(&mut self, desk: &mut Desk) {
        let Some(Asked { submissions, pending, due: Some((due, seen)), .. }) = desk.asked.pop_front() else {
            panic!("answered before it was decided");
        };
        desk.decided -= 1;
        let Ok(outcomes) = pending.wait() else {
            assert!(self.troubled, "no answer although all is well");
            return self.sender.lost(submissions);
        };
        self.trace.says(&outcomes);
        assert_eq!(outcomes.len(), due.len());
        for ((outcome, due), submission) in outcomes.iter().zip(due).zip(submissions) {
            assert_eq!(Books::answer_of(outcome), due, "the answer to {submission:?}");
        }
        self.acknowledged = self.acknowledged.max(seen);
    }

    fn background(&mut self, desk: &mut Desk) {
        let Some(segment) = desk.sealed.pop_front() else { return };
        if let Err(error) = sealing::seal(&desk.shared, &desk.config, segment.ordinal) {
            self.expect_in_background(&error);
        }
    }

    fn checkpoint(&mut self, desk: &Desk) {
        let written = background::write_checkpoint(&desk.shared);
        if let Err(error) = written.and_then(|()| days::catch_up(&desk.shared, &desk.config)) {
            self.expect_in_background(&error);
        }
    }

    fn fill(&mut self, desk: &mut Desk) {
        for _ in 0..self.rng.below(3) {
            if let Err(error) = desk.filler.step() {
                self.expect(&error);
            }
        }
    }

    /// Whoever still waits will hear nothing more than that the outcome is unknown, and will ask again.
    fn dismiss(&mut self, asked: VecDeque<Asked>) {
        for Asked { submissions, pending, .. } in asked {
            assert!(matches!(pending.wait(), Err(Error::Poisoned { .. })), "answered by a writer that is gone");
            self.sender.lost(submissions);
        }
    }

    /// The process ends where it stands.
    pub(super) fn leave(&mut self, desk: Desk) {
        let Desk { core, queue, asked, channel, .. } = desk;
        drop((core, queue, channel));
        self.dismiss(asked);
    }

    /// The writer has failed: nothing more is written, what is durable is still published, and reads go on.
    pub(super) fn after_failure(&mut self, mut desk: Desk, error: &Error) {
        self.expect(error);
        if desk.core.pump().is_err() {
            assert!(matches!(desk.core.pump(), Err(Error::Poisoned { .. })), "a failed writer goes on");
        }
        if self.rng.one_in(2) {
            self.publish(&mut desk, usize::MAX);
        }
        if self.has_power() {
            self.calm();
            self.check_live(&desk);
        }
        self.leave(desk);
    }

    /// Decides what waits, makes it durable, closes the journal, and leaves a checkpoint; false when that failed.
    pub(super) fn close_in_order(&mut self, mut desk: Desk) -> bool {
        let closed = self.take(&mut desk).and_then(|()| self.settle(&mut desk));
        if let Err(error) = closed {
            self.after_failure(desk, &error);
            return false;
        }
        let Desk { core, shared, config, mut sealed, _lock, asked, .. } = desk;
        assert!(asked.is_empty());
        if let Err(error) = core.close() {
            self.expect(&error);
            return false;
        }
        while let Some(segment) = sealed.pop_front() {
            if let Err(error) = sealing::seal(&shared, &config, segment.ordinal) {
                self.expect_in_background(&error);
            }
        }
        if let Err(error) = background::write_checkpoint(&shared) {
            self.expect(&error);
        }
        true
    }
}

fn is_about_the_clock(submission: &Submission) -> bool {
    matches!(submission, Submission::One(command) if matches!(command.action, Action::AcceptClock(_)))
}

impl Desk {
    fn hand_on(&mut self, progress: Progress) {
        self.channel.extend(progress.publications);
        self.sealed.extend(progress.sealed);
    }
}
