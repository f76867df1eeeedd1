//! The arguments of `ledger halt`.

use clap::{Args, Subcommand};
use ledger::model::{CommandId, Timestamp};
use ledger::query::Known;

use crate::args::{Format, Open, known};

/// What can be done with halts.
#[derive(Debug, Subcommand)]
pub enum HaltWhat {
    /// Stop every operation that a selector matches, from the next command on
    Impose(ImposeArgs),
    /// Lift a halt, or let part of it through again; takes two persons
    Lift(LiftArgs),
    /// The halts that stand, or stood at a moment
    List(ListArgs),
    /// What a halt would have stopped over a span of history
    Preview(PreviewArgs),
}

/// `ledger halt impose`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger halt impose wallet.ledger --where 'operation = top_up and funding = funding:credit-card' --reason 'stolen logins'
  ledger halt impose wallet.ledger --where 'country is present and country != JP' --reason 'foreign logins' --actor mori
  ledger halt impose wallet.ledger --where 'operation in (open_account, link_card)' --reason drill --until 2019-07-05T09:00:00+09:00

docs/selectors.md is the page on selectors. `ledger halt preview` shows what one would have stopped.")]
pub struct ImposeArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// What to stop
    #[arg(long = "where", value_name = "SELECTOR")]
    pub selector: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who imposes it, as registered; the ledger itself when absent
    #[arg(long, value_name = "PRINCIPAL")]
    pub actor: Option<String>,
    /// The id of the incident to which it belongs
    #[arg(long, value_name = "ID")]
    pub incident: Option<CommandId>,
    /// When it begins; at once when absent
    #[arg(long, value_name = "TIME")]
    pub from: Option<Timestamp>,
    /// When it ends by itself; never when absent
    #[arg(long, value_name = "TIME")]
    pub until: Option<Timestamp>,
    /// The halt's own id; a new one when absent
    #[arg(long, value_name = "ID")]
    pub id: Option<CommandId>,
    /// When it happens: for ledgers whose clock is `commands`, and only for those
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
}

/// `ledger halt lift`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger halt lift wallet.ledger 01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49 --actor mori --approved-by sato
  ledger halt lift wallet.ledger 01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49 --actor mori --approved-by sato --except 'cohort < 10'

With `--except` the halt stands for everything else; what was let through before stays so. Both must be registered persons, and differ.")]
pub struct LiftArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// The halt
    #[arg(value_name = "ID")]
    pub halt: CommandId,
    /// Who lifts it
    #[arg(long, value_name = "PRINCIPAL")]
    pub actor: String,
    /// The second person
    #[arg(long, value_name = "PRINCIPAL")]
    pub approved_by: String,
    /// What to let through again; all of it when absent
    #[arg(long, value_name = "SELECTOR")]
    pub except: Option<String>,
    /// The lifting's own id; a new one when absent
    #[arg(long, value_name = "ID")]
    pub id: Option<CommandId>,
    /// When it happens: for ledgers whose clock is `commands`, and only for those
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
}

/// `ledger halt list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger halt list wallet.ledger
  ledger halt list wallet.ledger --known-at 2019-07-04T18:05:00+09:00 --format json")]
pub struct ListArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// Those that stood at this time, or after this sequence
    #[arg(long, value_name = "TIME|SEQ", value_parser = known)]
    pub known_at: Option<Known>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `ledger halt preview`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ledger halt preview wallet.ledger --where 'operation = top_up and funding = funding:credit-card'
  ledger halt preview wallet.ledger --where 'signal credential_reset within 24 h' --from 2019-07-01T00:00:00+09:00 --format csv

Counts what happened and would have been stopped. What would then not have followed is not known: the answer is first-order.")]
pub struct PreviewArgs {
    /// The ledger
    #[command(flatten)]
    pub open: Open,
    /// What would be stopped
    #[arg(long = "where", value_name = "SELECTOR")]
    pub selector: String,
    /// Operations recorded at this time or later
    #[arg(long, value_name = "TIME")]
    pub from: Option<Timestamp>,
    /// Operations recorded before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<Timestamp>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
