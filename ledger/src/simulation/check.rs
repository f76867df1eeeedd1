//! What must be true after each opening, and of readers at any time.

use std::collections::VecDeque;
use std::sync::Arc;

use super::books::{Books, Chains, Sums};
use super::desk::Desk;
use super::run::Run;
use crate::engine::core::Core;
use crate::engine::queue::Queue;
use crate::engine::recover::{self, Opened};
use crate::error::Error;
use crate::event::Event;
use crate::model::{AccountNumber, AccountRef, Date, Sequence};
use crate::query::{AsOf, Detail, Known};
use crate::reader::Reader;
use crate::state::State;
use crate::storage::SimDisk;
use crate::verification::verify_on;

impl Run {
    /// Everything acknowledged is there, once and as it was; what is there beyond it was decided, commits whole.
    pub(super) fn check_opened(&mut self, opened: Opened<SimDisk>, was_closed: bool) -> Desk {
        let Opened { config, lock, journal, shared, report } = opened;
        let last = report.last_sequence.0 as usize;
        assert!(last >= self.acknowledged, "{last} events are left of {} acknowledged; {report:?}", self.acknowledged);
        if was_closed {
            assert!(report.clean && last == self.books.last(), "closed at {}, found {report:?}", self.books.last());
        }
        self.books.cut(last);
        let reader = Reader::new(Arc::clone(&shared));
        let replayed = self.check_events(&reader);
        let state = shared.published.state.read().clone();
        assert_eq!(reader.through().0 as usize, last);
        assert!(state.image().eq(replayed.image()), "checkpoint and suffix differ from replay; {report:?}");
        self.books.assert_state(&state);
        self.acknowledged = last;
        self.trace.number(last as u64);
        self.trace.number(report.epoch);
        self.trace.number(report.checkpoint.0);
        let filler = journal.filler();
        let core = Core::new(state, Arc::clone(&shared.ids), journal, shared.journal.clone());
        Desk {
            core,
            shared,
            config,
            filler,
            _lock: lock,
            queue: Queue::new(10_000),
            asked: VecDeque::new(),
            decided: 0,
            channel: VecDeque::new(),
            sealed: VecDeque::new(),
            beside: None,
        }
    }

    /// Reads all events, holds them against what is known, and replays them from nothing.
    fn check_events(&mut self, reader: &Reader<SimDisk>) -> State {
        let (mut state, mut chains) = (State::new(), Chains::default());
        let mut count = 0;
        for event in reader.events(Sequence(1), Sequence(u64::MAX)) {
            let event = event.expect("all is well");
            count += 1;
            assert_eq!(event.sequence.0 as usize, count);
            match self.known.get(count - 1) {
                Some(known) => assert_eq!(*known, event, "an event changed"),
                None => {
                    self.trace.says(&event);
                    self.known.push(event.clone());
                }
            }
            self.books.assert_event(&event);
            Books::assert_links(&mut chains, &event);
            state.apply(&event);
        }
        assert_eq!(count, reader.through().0 as usize);
        state
    }

    /// Every command is found again by its id.
    pub(super) fn check_ids(&mut self, desk: &Desk) {
        let ids = desk.shared.ids.read();
        for (sequence, fact) in (1..).zip(&self.books.facts) {
            if let Some(said) = &fact.said {
                let found = ids.lookup(said.id).expect("all is well");
                assert_eq!(found, Some(Sequence(sequence)), "{said:?}");
            }
        }
    }

    /// A look at what readers see, in this process or in another, while the writer goes on.
    pub(super) fn look(&mut self, desk: &mut Desk) {
        let result = match self.rng.below(5) {
            0 => self.open_twice(),
            1 | 2 => self.look_beside(desk),
            _ => self.ask_a_question(desk),
        };
        if let Err(error) = result {
            self.expect(&error);
        }
    }

    /// A second writer is refused.
    fn open_twice(&mut self) -> Result<(), Error> {
        match self.open() {
            Ok(_) => panic!("two writers"),
            Err(Error::Locked { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn ask_a_question(&mut self, desk: &Desk) -> Result<(), Error> {
        let reader = Reader::new(Arc::clone(&desk.shared));
        let view = reader.view();
        let number = AccountNumber(self.rng.below(view.account_count() as u64) as u32);
        let Some(account) = view.account(number) else { return Ok(()) };
        let given = AccountRef::Id(account.id);
        let mut touches = 0;
        for step in reader.history(&given, None)?.expect("an account that is there") {
            let (event, _) = step?;
            assert_eq!(event, self.known[event.sequence.0 as usize - 1]);
            touches += 1;
        }
        assert_eq!(touches, account.events, "history of {account:?}");
        let Some(known) = self.rng.pick(&self.known) else { return Ok(()) };
        let found = reader.transaction(known.header.command)?;
        match known.answered() {
            Some(_) => assert_eq!(found.as_ref(), Some(known)),
            // Its id may be that of a command all the same.
            None => assert_ne!(found.as_ref(), Some(known)),
        }
        let (known, moment) = (known.header.effective, self.known.len());
        self.ask_about_the_past(&reader, moment, known)
    }

    /// Balances as of a date, as known at any moment up to `last`.
    pub(super) fn ask_about_the_past(
        &mut self,
        reader: &Reader<SimDisk>,
        last: usize,
        date: Date,
    ) -> Result<(), Error> {
        let moment = if self.rng.one_in(2) { last } else { 1 + self.rng.below(last as u64) as usize };
        let as_of = AsOf { effective: Some(date), known: Some(Known::Sequence(Sequence(moment as u64))) };
        let due = self.books.sums_of(moment, date.0);
        for (number, account) in reader.view().accounts() {
            if account.opened.0 as usize <= moment && self.rng.one_in(3) {
                let found = reader.balance(&AccountRef::Id(account.id), &as_of)?;
                let balance = found.expect("an account that is there").balance;
                assert_eq!(Sums::in_balance(&balance), due[number.0 as usize], "{as_of:?} {account:?}");
            }
        }
        let trial = reader.trial_balance(&as_of, self.rng.choose([Detail::ByCode, Detail::EveryAccount]))?;
        assert!(trial.balances(), "{as_of:?} {trial:?}");
        Ok(())
    }

    /// Another process shows a prefix, and what it shows will stay.
    fn look_beside(&mut self, desk: &mut Desk) -> Result<(), Error> {
        let reader = match desk.beside.take() {
            Some(reader) => {
                reader.follow()?;
                reader
            }
            None => recover::open_read_only(&Arc::new(self.disk.clone()))?,
        };
        self.check_shown(&reader)?;
        desk.beside = Some(reader);
        Ok(())
    }

    /// Between two writers a reader shows what is durable, and not what only the page cache has.
    pub(super) fn look_between(&mut self) -> Result<(), Error> {
        let reader = recover::open_read_only(&Arc::new(self.disk.clone()))?;
        self.check_shown(&reader)
    }

    /// What is shown is a prefix of what was decided; whoever saw it may count on it.
    fn check_shown(&mut self, reader: &Reader<SimDisk>) -> Result<(), Error> {
        let through = reader.through().0 as usize;
        self.trace.number(through as u64);
        let mut state = State::new();
        for event in reader.events(Sequence(1), Sequence(u64::MAX)) {
            let event: Event = event?;
            self.books.assert_event(&event);
            state.apply(&event);
        }
        assert_eq!(state.last_sequence().0 as usize, through);
        assert!(state.image().eq(reader.view().image()), "a reader in another process shows another state");
        self.acknowledged = self.acknowledged.max(through);
        Ok(())
    }

    /// What was published is still there to be read.
    pub(super) fn check_live(&mut self, desk: &Desk) {
        let mut state = State::new();
        let reader = Reader::new(Arc::clone(&desk.shared));
        for (event, known) in reader.events(Sequence(1), Sequence(u64::MAX)).zip(&self.known) {
            assert_eq!(event.as_ref().expect("reads go on"), known);
            state.apply(known);
        }
        assert_eq!(state.last_sequence(), reader.through());
        assert!(state.image().eq(reader.view().image()), "what is published is not what was published");
    }

    /// A reader alone sees all, and the journal checks.
    pub(super) fn check_reader(&mut self) {
        let reader = recover::open_read_only(&Arc::new(self.disk.clone())).expect("all is well");
        assert_eq!(reader.through().0 as usize, self.books.last(), "a reader sees less than everything");
        self.books.assert_state(&reader.view());
        let report = verify_on(&Arc::new(self.disk.clone()), &mut |_| ()).expect("all is well");
        assert!(report.findings.is_empty() && report.tail.is_none(), "{report:?}");
        assert_eq!(report.last_sequence as usize, self.books.last());
    }
}
