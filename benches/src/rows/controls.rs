//! What controls cost: batches of 8,000 transfers with nothing set, and with ten halts that each of them is held against.

use ledger::command::{Action, Command, CommandContext, ImposeHalt};
use ledger::model::CommandId;
use ledger::{Error, Ledger, Outcome};

use super::throughput::remove;
use crate::figures::{Figure, Target, median};
use crate::lab::{Lab, play};
use crate::report::Report;
use crate::workload::{Kind, Workload};

const BATCH: usize = 8_000;
const IN_FLIGHT: usize = 8;
/// The least share of the throughput that ten halts may leave.
const SHARE: f64 = 0.85;

/// All of them look at transfers, and none stops one of the workload.
const HALTS: [&str; 10] = [
    "operation = transfer and country is present and country != JP",
    "operation in (transfer, spend) and channel = web",
    "operation = transfer and amount > 1_000_000 JPY",
    "operation = transfer and category in (5993, 5912, 7995)",
    "operation = transfer and signal credential_reset within 24 h",
    "signal new_device within 24 h and not signal second_factor_passed within 1 h",
    "operation in (top_up, transfer) and device is absent",
    "operation = transfer and credit = bank",
    "operation = transfer and card is absent and amount >= 50 JPY",
    "operation = transfer and country in (CN, KP, RU) and cohort < 50",
];

pub(super) fn measure(lab: &Lab, report: &mut Report) -> Result<(), Error> {
    let mut seed = 100;
    let mut rounds = |ledger: &Ledger| {
        (0..lab.rounds)
            .map(|_| {
                seed += 1;
                let batches = Workload::new(lab.accounts, seed, None).batches(Kind::Spread, lab.transfers, BATCH);
                play(ledger, batches, IN_FLIGHT).map(|run| run.per_second)
            })
            .collect::<Result<Vec<f64>, Error>>()
    };
    let (dir, ledger) = lab.funded("controls", lab.accounts, None)?;
    let without = rounds(&ledger)?;
    for (selector, id) in HALTS.iter().zip(1..) {
        impose(&ledger, CommandId(id), selector)?;
    }
    let with = rounds(&ledger)?;
    ledger.close()?;
    remove(&dir);
    let (before, after) = (median(&without), median(&with));
    report.add(Figure::new("controls", "transfers, nothing set", "1/s", &without));
    let figure =
        Figure::new("controls", "transfers, ten halts set", "1/s", &with).target(Target::AtLeast(before * SHARE));
    report.add(figure.note(format!("{:.3} of the throughput without", after / before)));
    Ok(())
}

fn impose(ledger: &Ledger, id: CommandId, selector: &str) -> Result<(), Error> {
    let action = Action::ImposeHalt(ImposeHalt {
        selector: selector.into(),
        reason: "measured".into(),
        incident: None,
        starts_at: None,
        ends_at: None,
    });
    let context = CommandContext::default();
    match ledger.submit(Command { id, at: None, effective: None, actor: None, cause: None, context, action })? {
        Outcome::Accepted(_) => Ok(()),
        other => Err(Error::Contradiction(format!("not accepted: {other:?}"))),
    }
}
