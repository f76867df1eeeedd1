//! What the harness runs in a process of its own, so that it can be killed, or its memory measured.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ledger::Error;
use ledger::storage::IoMode;

use crate::lab::{Lab, fill};
use crate::machine::own_memory_kib;
use crate::workload::{Kind, Workload};

/// What a child is to do.
#[derive(Debug, Clone, clap::Args)]
pub struct ChildArgs {
    /// What to do
    #[arg(value_enum)]
    pub task: Task,
    /// The ledger
    pub dir: PathBuf,
    /// How many wallets it has
    #[arg(long)]
    pub accounts: u32,
    /// How many transfers to make
    #[arg(long)]
    pub transfers: u64,
    /// The seed of the transfers
    #[arg(long)]
    pub seed: u64,
    /// Through the page cache
    #[arg(long)]
    pub buffered: bool,
    /// A checkpoint every so many events; 0 writes none but at close
    #[arg(long)]
    pub checkpoint_events: u64,
}

/// The tasks of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Task {
    /// Transfer, say `filled` and the memory taken, and wait to be killed
    Fill,
    /// Open, say how long that took, how many events were replayed and the memory taken, and close
    Open,
}

/// Does what the parent asked.
///
/// # Errors
/// What the ledger reports.
pub fn run(args: &ChildArgs) -> Result<(), Error> {
    let lab = Lab {
        dir: PathBuf::new(),
        accounts: args.accounts,
        transfers: 0,
        rounds: 1,
        io: if args.buffered { IoMode::Buffered } else { IoMode::Direct },
        segment_bytes: 0,
    };
    let start = Instant::now();
    let ledger = lab.open(&args.dir, args.checkpoint_events)?;
    let seconds = start.elapsed().as_secs_f64();
    let replayed = ledger.opened().replayed;
    let mut workload = Workload::new(args.accounts, args.seed, None);
    fill(&ledger, args.transfers, |_| workload.transfer(Kind::Spread))?;
    let say = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Error::io("write", "standard output"))
    };
    match args.task {
        Task::Fill => {
            say(&format!("filled {}", own_memory_kib("VmRSS").unwrap_or(0)))?;
            loop {
                std::thread::sleep(Duration::from_hours(1));
            }
        }
        Task::Open => {
            say(&format!("opened {seconds} {replayed} {}", own_memory_kib("VmRSS").unwrap_or(0)))?;
            ledger.close()
        }
    }
}

/// A child at work; killed when dropped.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    words: Vec<String>,
}

impl Worker {
    /// Starts a child and waits for its line.
    pub(super) fn start(
        lab: &Lab,
        dir: &Path,
        task: Task,
        transfers: u64,
        seed: u64,
        every: u64,
    ) -> Result<Self, Error> {
        let failed = |what: &str| Error::Contradiction(format!("the child process {what}"));
        let program = std::env::current_exe().map_err(Error::io("find", "this program"))?;
        let task = match task {
            Task::Fill => "fill",
            Task::Open => "open",
        };
        let mut command = Command::new(program);
        command.arg("child").arg(task).arg(dir);
        for (name, value) in [
            ("--accounts", u64::from(lab.accounts)),
            ("--transfers", transfers),
            ("--seed", seed),
            ("--checkpoint-events", every),
        ] {
            command.arg(name).arg(value.to_string());
        }
        if lab.io == IoMode::Buffered {
            command.arg("--buffered");
        }
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(Error::io("start", "a child process"))?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or_else(|| failed("has no output"))?;
        let read = BufReader::new(out).read_line(&mut line).map_err(Error::io("read", "a child process"))?;
        let worker = Self { child, words: line.split_whitespace().map(str::to_owned).collect() };
        if read == 0 { Err(failed("failed")) } else { Ok(worker) }
    }

    /// A number of its line, from 1.
    pub(super) fn number(&self, place: usize) -> f64 {
        self.words.get(place).and_then(|word| word.parse().ok()).unwrap_or(0.0)
    }

    /// Kills it where it stands (SIGKILL).
    pub(super) fn kill(mut self) -> Result<(), Error> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(Error::io("kill", "a child process"))
    }

    /// Waits until it has ended by itself.
    pub(super) fn end(mut self) -> Result<(), Error> {
        let status = self.child.wait().map_err(Error::io("wait for", "a child process"))?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Contradiction(format!("the child process ended with {status}")))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has ended already unless a failure cut the measurement short.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
