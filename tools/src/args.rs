//! The command line: every subcommand's arguments, with help that teaches by example.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ledger::model::{AccountRef, Clock, CommandId, Date, LedgerId, Sequence, Timestamp, UtcOffset};
use ledger::query::Known;

use crate::halt::HaltWhat;
use crate::rehearse::RehearseArgs;

/// Keep, replay and question the books of a wallet.
#[derive(Debug, Parser)]
#[command(
    name = "ledger",
    version,
    max_term_width = 110,
    arg_required_else_help = true,
    after_help = "\
Examples:
  ledger init wallet.ledger                           make a ledger with the wallet operator's chart
  ledger submit wallet.ledger --file commands.jsonl   one command a line, one answer a line
  ledger balance wallet.ledger funding:credit-card    what an account holds
  ledger trial-balance wallet.ledger --as-of 2019-07-03
  ledger rehearse --accounts 10000 --events 100000    see it all at work, in a fresh directory

Exit codes: 0 ok; 1 a check failed; 2 usage or configuration; 3 damage; 4 input or output failed; 5 locked; 6 storage full.
`ledger help SUBCOMMAND` shows the examples of one subcommand."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new ledger
    Init(InitArgs),
    /// Read commands as JSON Lines, keep the books, answer each
    Submit(SubmitArgs),
    /// Write every event as one line of JSON
    Events(EventsArgs),
    /// What accounts hold
    Balance(BalanceArgs),
    /// An account's postings with a running balance
    Statement(StatementArgs),
    /// All accounts: debits equal credits
    #[command(name = "trial-balance")]
    TrialBalance(TrialBalanceArgs),
    /// An account and its history
    Account(AccountArgs),
    /// What became of a command, by its id or reference
    Transaction(TransactionArgs),
    /// Check that nothing is damaged or contradicts itself
    Verify {
        /// What to check.
        #[command(subcommand)]
        what: VerifyWhat,
    },
    /// Read commands from files of other programs
    Import {
        /// The form of the file.
        #[command(subcommand)]
        what: ImportWhat,
    },
    /// Stop what matches, for everyone; lift that; see what it would have stopped
    Halt {
        /// What to do.
        #[command(subcommand)]
        what: HaltWhat,
    },
    /// Sizes and counts
    Stats(StatsArgs),
    /// Play the first days of July 2019 into a fresh ledger
    Rehearse(RehearseArgs),
}

/// What can be verified.
#[derive(Debug, Subcommand)]
pub enum VerifyWhat {
    /// A ledger's journal, and that replaying it gives the same books
    Ledger(VerifyArgs),
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportWhat {
    /// A CSV file, column by column, as a mapping says
    Csv(ImportArgs),
}

/// Which ledger, and how its files are read and written.
#[derive(Debug, Args)]
pub struct Open {
    /// The ledger's directory
    pub dir: PathBuf,
    /// How files are read and written
    #[arg(long, value_enum, default_value_t = Io::Direct)]
    pub io: Io,
}

/// How files are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Io {
    /// Through the page cache, each write synced
    Buffered,
    /// Past the page cache where the file system allows it
    Direct,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people
    Text,
    /// For spreadsheets: a header line, amounts in minor units
    Csv,
    /// For programs: one object, amounts as strings of minor units
    Json,
}

/// The two times of a question.
#[derive(Debug, Args)]
pub struct Moment {
    /// Count only what takes effect on or before this date
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// Count only what was known at this time, or after this sequence, which must be there
    #[arg(long, value_name = "TIME|SEQ", value_parser = known)]
    pub known_at: Option<Known>,
}

/// `ledger init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger init wallet.ledger
  ledger init test.ledger --chart none --clock commands --utc-offset +00:00

What is chosen here cannot be changed later. Segments are soft-bounded files; the default suits all sizes.")]
pub struct InitArgs {
    /// The directory to make; it must not exist, or be empty
    pub dir: PathBuf,
    /// The accounts to begin with
    #[arg(long, value_enum, default_value_t = ChartName::Wallet)]
    pub chart: ChartName,
    /// Where time comes from: the machine, or each command's `at` (simulated time)
    #[arg(long, value_enum, default_value_t = ClockName::System)]
    pub clock: ClockName,
    /// The offset from UTC to which all dates belong
    #[arg(long, value_name = "OFFSET", default_value = "+09:00", allow_hyphen_values = true)]
    pub utc_offset: UtcOffset,
    /// The soft bound of a journal segment; from 4096
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(4096..))]
    pub segment_bytes: Option<u64>,
    /// The ledger's own id; random when absent
    #[arg(long, value_name = "ID")]
    pub ledger_id: Option<LedgerId>,
    /// With `--clock commands`: when the ledger begins
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
    /// How files are read and written
    #[arg(long, value_enum, default_value_t = Io::Direct)]
    pub io: Io,
}

/// The chart of a new ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChartName {
    /// The wallet operator's accounts, and JPY
    Wallet,
    /// Nothing but JPY
    None,
}

/// The clock of a new ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClockName {
    /// The machine's
    System,
    /// Each command carries its time in `at`
    Commands,
}

/// `ledger submit`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger submit wallet.ledger --file commands.jsonl > answers.jsonl
  generate | ledger submit wallet.ledger --strict
  echo '{\"type\":\"open_account\",\"id\":\"01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49\",\"account\":\"8c1f0a52-6d3b-4e07-9a41-2f5e6b7c8d90\",\
\"kind\":\"liability\",\"currency\":\"JPY\",\"under\":\"wallets\"}' | ledger submit wallet.ledger

Each answer is one line of JSON, in the order of the input, written once what it says is on the disk. Submitting the same \
file again changes nothing: what is known is answered `replayed`. Malformed lines are answered and passed over, and the exit \
code is then 1. docs/commands.md shows every command.")]
pub struct SubmitArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The file to read; standard input when absent or `-`
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Stop at the first line that is malformed, declined or rejected: all before it is done, nothing after it
    #[arg(long)]
    pub strict: bool,
    /// Also give the recorded time and the balances after each command
    #[arg(long)]
    pub receipts: bool,
}

/// `ledger events`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger events wallet.ledger | jq -c 'select(.type==\"spent\")'
  ledger events wallet.ledger --from 1000 --to 1999

The same journal gives the same bytes everywhere.")]
pub struct EventsArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The first sequence
    #[arg(long, value_name = "SEQ", value_parser = sequence)]
    pub from: Option<Sequence>,
    /// The last sequence
    #[arg(long, value_name = "SEQ", value_parser = sequence)]
    pub to: Option<Sequence>,
}

/// `ledger balance`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger balance wallet.ledger
  ledger balance wallet.ledger wallets
  ledger balance wallet.ledger 8c1f0a52-6d3b-4e07-9a41-2f5e6b7c8d90 --as-of 2019-07-03
  ledger balance wallet.ledger bank store-payables --known-at 2019-07-04T18:05:00+09:00 --format json

Available is what may be spent: posted, less what holds may take out, less what is frozen.")]
pub struct BalanceArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// Accounts by id or code; all that have a code when none is named
    #[arg(value_name = "ACCOUNT")]
    pub accounts: Vec<AccountRef>,
    /// When
    #[command(flatten)]
    pub moment: Moment,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `ledger statement`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger statement wallet.ledger 8c1f0a52-6d3b-4e07-9a41-2f5e6b7c8d90
  ledger statement wallet.ledger bank --from 2019-07-01 --to 2019-07-31 --format csv > bank.csv
  ledger statement wallet.ledger bank --lines 50 --after 2019-07-03/1234/9000/5c0ffee5

Lines stand in the order of their effective dates. With `--lines`, what to give to `--after` for the next page is said at the end: \
the rest of the command stays the same, and later pages see what the first one saw.")]
pub struct StatementArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The account by id or code
    pub account: AccountRef,
    /// The first effective date
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// The last effective date
    #[arg(long, value_name = "DATE", visible_alias = "as-of")]
    pub to: Option<Date>,
    /// Count only what was known at this time, or after this sequence, which must be there
    #[arg(long, value_name = "TIME|SEQ", value_parser = known)]
    pub known_at: Option<Known>,
    /// At most this many lines; all when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub lines: Option<u32>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR", value_parser = clap::value_parser!(crate::cursor::After))]
    pub after: Option<crate::cursor::After>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `ledger trial-balance`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger trial-balance wallet.ledger
  ledger trial-balance wallet.ledger --as-of 2019-07-03 --known-at 2019-07-04T14:00:00+09:00
  ledger trial-balance wallet.ledger --every-account --format csv > accounts.csv

The exit code is 1 when debits and credits differ in any currency.")]
pub struct TrialBalanceArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// When
    #[command(flatten)]
    pub moment: Moment,
    /// One row an account instead of one a code
    #[arg(long)]
    pub every_account: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `ledger account`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger account wallet.ledger 8c1f0a52-6d3b-4e07-9a41-2f5e6b7c8d90
  ledger account wallet.ledger funding:credit-card --history 5
  ledger account wallet.ledger bank --before 900 --format json

History is every event that touches the account, newest first, holds included.")]
pub struct AccountArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The account by id or code
    pub account: AccountRef,
    /// How many events of its history
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub history: u32,
    /// Only events before this sequence
    #[arg(long, value_name = "SEQ", value_parser = sequence)]
    pub before: Option<Sequence>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `ledger transaction`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger transaction wallet.ledger 01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49
  ledger transaction wallet.ledger --reference till-4/000123

The answer is the event as JSON, one line each; the exit code is 1 when there is none.")]
#[command(group(clap::ArgGroup::new("which").required(true).args(["id", "reference"])))]
pub struct TransactionArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The command's id
    #[arg(value_name = "ID")]
    pub id: Option<CommandId>,
    /// The reference in the command's context
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
}

/// `ledger verify ledger`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger verify ledger wallet.ledger
  ledger verify ledger wallet.ledger --format json

Reads every byte of the journal, replays it from the first event and holds the result against checkpoint and totals. The exit \
code is 0 when all is well, 1 when well-formed books contradict themselves, 3 when bytes are damaged.")]
pub struct VerifyArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `ledger import csv`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger import csv wallet.ledger acquirer-0703.csv --mapping acquirer.toml --dry-run
  ledger import csv wallet.ledger acquirer-0703.csv --mapping acquirer.toml

The mapping says which column becomes which field; docs/import.md shows all it can say. Ids come from columns, or from the file's \
name and the row, so importing the same file twice changes nothing. Rows that cannot be done go to the file of rejects with \
the reason, and the exit code is then 1.")]
pub struct ImportArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The CSV file, UTF-8, with a header line
    pub file: PathBuf,
    /// The mapping of columns to commands, TOML
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Where rows that were refused go; FILE.rejects.csv when absent
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// The name of this delivery, where ids come from rows; the file's name when absent
    #[arg(long, value_name = "NAME")]
    pub batch: Option<String>,
    /// Map and check every row, but submit nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Replace an existing file of rejects
    #[arg(long)]
    pub force: bool,
}

/// `ledger stats`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger stats wallet.ledger
  ledger stats wallet.ledger --format json")]
pub struct StatsArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

impl From<ClockName> for Clock {
    fn from(name: ClockName) -> Self {
        match name {
            ClockName::System => Self::System,
            ClockName::Commands => Self::Commands,
        }
    }
}

/// Digits alone are a sequence, anything else a time.
pub fn known(text: &str) -> Result<Known, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return sequence(text).map(Known::Sequence);
    }
    text.parse()
        .map(Known::At)
        .map_err(|error| format!("neither a sequence nor {}", error.to_string().trim_start_matches("not ")))
}

fn sequence(text: &str) -> Result<Sequence, String> {
    text.parse().map(Sequence).map_err(|_| "not a sequence: write 1, 2, 3 …".to_owned())
}
