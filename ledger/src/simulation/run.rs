//! One seed's run: a ledger is made, lives several times on a disk that fails, and is looked at after each opening.

use std::sync::Arc;

use super::books::Books;
use super::desk::Desk;
use super::rng::Rng;
use super::sender::Sender;
use super::trace::Trace;
use crate::chart;
use crate::command::Submission;
use crate::engine::config::{self, Config};
use crate::engine::init;
use crate::engine::recover::{self, Opened};
use crate::error::Error;
use crate::event::Event;
use crate::journal::Bounds;
use crate::ledger::Chart;
use crate::model::{Clock, LedgerId, Timestamp, UtcOffset};
use crate::storage::{Fault, FaultPlan, Operation, PlantedBug, SimDisk};

/// 1 July 2019, 07:00 at +09:00.
const START_US: i64 = 1_561_932_000_000_000;
/// What the disk holds while it is not full.
const CAPACITY: u64 = 1 << 40;

/// The devices' blocks in bytes.
const BLOCKS: [usize; 4] = [512, 1024, 2048, 4096];

/// One seed's run.
pub(super) struct Run {
    pub(super) rng: Rng,
    pub(super) disk: SimDisk,
    pub(super) config: Config,
    /// What was decided, and after an opening what survived.
    pub(super) books: Books,
    pub(super) sender: Sender,
    /// The events that were seen, by readers or in answers, or found at an opening.
    pub(super) known: Vec<Event>,
    /// Nothing up to this sequence may be lost: somebody was told of it.
    pub(super) acknowledged: usize,
    pub(super) now: i64,
    pub(super) trace: Trace,
    /// Whether something may go wrong now.
    pub(super) troubled: bool,
    power_until: u64,
    bug: Option<PlantedBug>,
}

/// How a life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Closed in order, everything decided durable.
    Closed,
    /// The process or the power went away while all was well.
    Stopped,
    /// Something failed.
    Failed,
}

/// Runs one seed to its end and gives a digest of everything that was observed.
pub(super) fn run(seed: u64, bug: Option<PlantedBug>) -> u64 {
    let mut run = Run::new(seed);
    run.begin(bug);
    let mut closed = false;
    for _ in 0..3 + run.rng.below(5) {
        let end = run.life(closed);
        closed = end == End::Closed;
    }
    run.last_life(closed);
    if std::env::var("LEDGER_STATS").is_ok() {
        eprintln!(
            "STATS events {} segs {} sent {} seed {seed} trace {:x}",
            run.books.last(),
            run.disk.files().iter().filter(|f| f.ends_with(".seg")).count(),
            run.sender.count(),
            run.trace.digest()
        );
    }
    run.trace.digest()
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let clock = rng.choose([Clock::System, Clock::Commands]);
        let config = Config {
            ledger: LedgerId(rng.id()),
            clock,
            utc_offset: UtcOffset(rng.choose([9 * 3600, 0, -5 * 3600])),
            segment_bytes: rng.choose([4096, 4096, 8192, 16_384, 65_536]),
        };
        let books = Books::new(clock, config.utc_offset.0.into(), START_US);
        let disk = SimDisk::new(rng.next());
        disk.set_block_bytes(rng.choose(BLOCKS));
        Self {
            rng,
            disk,
            config,
            books,
            sender: Sender::default(),
            known: Vec::new(),
            acknowledged: 0,
            now: START_US,
            trace: Trace::new(),
            troubled: false,
            power_until: u64::MAX,
            bug: None,
        }
    }

    /// Makes the ledger, again and again until it is one; the bug comes afterwards.
    fn begin(&mut self, bug: Option<PlantedBug>) {
        let chart = self.rng.choose([Chart::None, Chart::None, Chart::Wallet]);
        let salt = [self.rng.next() as u8; 32];
        let at = (self.config.clock == Clock::Commands).then_some(Timestamp(START_US));
        if chart == Chart::Wallet {
            for command in chart::wallet_chart(at) {
                self.books.submit(&Submission::One(command), START_US);
            }
        }
        for attempt in 0.. {
            if attempt > 0 {
                // What was begun is no ledger; whoever makes one takes an empty folder.
                let fresh = SimDisk::new(self.rng.next());
                self.disk = fresh;
            }
            if attempt < 3 && self.rng.one_in(3) {
                self.trouble(80);
            }
            let made = init::make(&Arc::new(self.disk.clone()), &self.config, chart, &salt, Timestamp(START_US));
            let is_made = made.is_ok();
            made.unwrap_or_else(|error| self.expect(&error));
            let all_was_well = self.has_power();
            self.stop();
            let is_there = self.disk.files().iter().any(|path| path == config::PATH);
            assert!(is_there || !is_made || !all_was_well, "a ledger that was made is not there");
            if is_there {
                break;
            }
        }
        self.bug = bug;
        self.plant();
        assert_eq!(Config::read(&self.disk).expect("a configuration is whole or absent"), self.config);
        self.acknowledged = self.books.last();
    }

    fn plant(&self) {
        if let Some(bug) = self.bug {
            self.disk.plant(bug);
        }
    }

    pub(super) fn has_power(&self) -> bool {
        self.disk.changes() < self.power_until
    }

    /// An error is only right where something may go wrong, and must say what did.
    pub(super) fn expect(&mut self, error: &Error) {
        assert!(matches!(error, Error::Io { .. } | Error::Poisoned { .. }), "{error:?} is not what happened");
        self.expect_in_background(error);
    }

    /// In the background a file that was just written and does not read back may be said to contradict that.
    pub(super) fn expect_in_background(&mut self, error: &Error) {
        assert!(self.troubled, "{error:?} although all is well");
        self.trace.says(error);
    }

    /// Lets things go wrong within the next `changes` changes of the disk.
    fn trouble(&mut self, changes: u64) {
        let mut plan = FaultPlan::new();
        if self.rng.one_in(2) {
            self.troubled = true;
            plan = FaultPlan::by_seed(self.rng.next(), changes);
            if self.rng.one_in(6) {
                plan = plan.one_in(Operation::Read, 30, Fault::Io);
            }
        }
        if self.rng.one_in(6) {
            self.troubled = true;
            let used = CAPACITY - crate::storage::Storage::free_bytes(&self.disk).expect("the disk has power");
            self.disk.set_capacity(used + self.rng.below(40_000));
        }
        let plan = self.slow(plan);
        self.disk.set_faults(plan);
        if self.rng.one_in(2) {
            self.troubled = true;
            self.power_until = self.disk.changes() + 1 + self.rng.below(changes);
            self.disk.crash_after(self.power_until);
        }
    }

    /// Lets writes stay in flight for a while.
    fn slow(&mut self, plan: FaultPlan) -> FaultPlan {
        if self.rng.one_in(8) {
            return plan;
        }
        let longest = self.rng.choose([20, 100, 1_000]);
        let (most, least) = (1 + self.rng.below(longest), 1 + self.rng.below(longest));
        plan.one_in(Operation::Submit, 2, Fault::Delay(most)).one_in(Operation::Submit, 2, Fault::Delay(least))
    }

    /// From now on nothing goes wrong.
    pub(super) fn calm(&mut self) {
        self.troubled = false;
        self.power_until = u64::MAX;
        self.disk.crash_after(u64::MAX);
        self.disk.set_capacity(CAPACITY);
        let plan = self.slow(FaultPlan::new());
        self.disk.set_faults(plan);
    }

    /// The process is gone, or the power: another one finds what is left.
    fn stop(&mut self) {
        let seed = self.rng.next();
        if std::env::var("LEDGER_STATS").is_ok() {
            eprintln!("STOP flying {} power {}", self.disk.in_flight().len(), self.has_power());
        }
        self.disk = if self.rng.one_in(2) { self.disk.crash(seed) } else { self.disk.kill(seed) };
        if self.rng.one_in(16) {
            self.disk.set_block_bytes(self.rng.choose(BLOCKS));
        }
        self.plant();
        self.calm();
    }

    pub(super) fn open(&mut self) -> Result<Opened<SimDisk>, Error> {
        let bounds = Bounds {
            write_bytes_max: self.rng.choose([1024, 2048, 4096, 16_384]),
            writes_in_flight: 1 + self.rng.below(4) as u16,
        };
        recover::open(&Arc::new(self.disk.clone()), bounds)
    }

    /// One process: opens, works, ends.
    fn life(&mut self, was_closed: bool) -> End {
        if self.rng.one_in(4) {
            self.look_between().expect("all is well");
            if self.rng.one_in(2) {
                self.disk = self.disk.crash(self.rng.next());
                self.plant();
                self.calm();
            }
        }
        if self.rng.one_in(4) {
            self.trouble(60);
        }
        let opened = match self.open() {
            Ok(opened) if self.has_power() => opened,
            Ok(_) => return self.failed(),
            Err(error) => {
                self.expect(&error);
                return self.failed();
            }
        };
        if std::env::var("LEDGER_STATS").is_ok() {
            eprintln!(
                "OPEN cuts {} clean {} ckpt {} replayed {} unusable {}",
                opened.report.cuts.len(),
                opened.report.clean,
                opened.report.checkpoint.0,
                opened.report.replayed,
                opened.report.unusable.len()
            );
        }
        self.calm();
        let mut desk = self.check_opened(opened, was_closed);
        if self.rng.one_in(2) {
            let changes = self.rng.choose([20, 60, 250]);
            self.trouble(changes);
        }
        let steps = 5 + self.rng.below(60);
        if let Err(error) = self.work(&mut desk, steps) {
            self.after_failure(desk, &error);
            return self.failed();
        }
        match self.rng.below(5) {
            0..=2 => {
                self.leave(desk);
                self.stop();
                End::Stopped
            }
            _ => self.close(desk),
        }
    }

    fn failed(&mut self) -> End {
        self.stop();
        End::Failed
    }

    fn close(&mut self, desk: Desk) -> End {
        if !self.close_in_order(desk) {
            return self.failed();
        }
        if self.has_power() && !self.rng.one_in(3) {
            self.calm();
        } else {
            self.stop();
        }
        self.damage();
        End::Closed
    }

    /// A life in which nothing goes wrong: all that was said is still true, and the books close.
    fn last_life(&mut self, was_closed: bool) {
        let opened = self.open().expect("all is well");
        let mut desk = self.check_opened(opened, was_closed);
        self.check_ids(&desk);
        self.ask_all_again(&mut desk).expect("all is well");
        self.work(&mut desk, 4).expect("all is well");
        assert!(self.close_in_order(desk), "it does not close");
        self.stop();
        let opened = self.open().expect("all is well");
        let desk = self.check_opened(opened, true);
        self.leave(desk);
        self.check_reader();
    }
}
