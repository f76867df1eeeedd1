//! `ledger init`: a new ledger.

use ledger::{Chart, InitOptions, Ledger};

use crate::args::{ChartName, ClockName, InitArgs};
use crate::failure::Failure;
use crate::output::{shown, write_text};

/// Makes a ledger and says what it is.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    if args.at.is_some() && args.clock == ClockName::System {
        return Err(Failure::Usage(
            "--at needs --clock commands: the machine's clock cannot be told the time".to_owned(),
        ));
    }
    let defaults = InitOptions::default();
    let options = InitOptions {
        ledger: args.ledger_id,
        clock: args.clock.into(),
        utc_offset: args.utc_offset,
        segment_bytes: args.segment_bytes.unwrap_or(defaults.segment_bytes),
        chart: match args.chart {
            ChartName::Wallet => Chart::Wallet,
            ChartName::None => Chart::None,
        },
        at: args.at,
        io: args.io.into(),
    };
    Ledger::init(&args.dir, &options)?;
    let dir = args.dir.display().to_string();
    write_text(&format!("made {}\ntry: ledger trial-balance {}\n", shown(&dir), shown(&dir)))
}
