//! Who the victims are and what each of them loses: written into a file of its own that nothing else reads. Pure.

use std::io::{self, Write};

use super::names::Names;
use super::plan::{Deed, Plan, Scene, Who};
use super::scale::Scale;

/// The published outcome, scaled.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Truth {
    /// The seed.
    pub seed: u64,
    /// How many wallets there are.
    pub accounts: u32,
    /// How many victims there are.
    pub victims: u64,
    /// What they lose together, in yen, as text.
    pub loss_minor: String,
    /// The currency of all amounts.
    pub currency: &'static str,
    /// Each victim, in the order of registration.
    pub accounts_harmed: Vec<Harm>,
}

/// One victim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Harm {
    /// The wallet's id.
    pub account: String,
    /// What the intruders spent, in yen, as text: the loss.
    pub loss_minor: String,
    /// What the intruders loaded from the victim's card, in yen, as text.
    pub loaded_minor: String,
    /// The commands that spent it.
    pub purchases: Vec<String>,
}

impl Truth {
    /// What the plan does to its victims.
    pub(super) fn new(scale: Scale, names: Names, plan: &Plan) -> Self {
        let mut by_wallet: Vec<&Scene> =
            plan.scenes.iter().filter(|scene| matches!(scene.who, Who::Intruder(_))).collect();
        by_wallet.sort_by_key(|scene| scene.wallet);
        let accounts_harmed: Vec<Harm> = by_wallet
            .chunk_by(|one, next| one.wallet == next.wallet)
            .map(|scenes| {
                let sum = |purchases: bool| -> u64 {
                    scenes
                        .iter()
                        .filter(|scene| matches!(scene.deed, Deed::Purchase(_)) == purchases)
                        .map(|scene| u64::from(scene.amount_minor))
                        .sum()
                };
                Harm {
                    account: names.wallet(scenes[0].wallet).to_string(),
                    loss_minor: sum(true).to_string(),
                    loaded_minor: sum(false).to_string(),
                    purchases: scenes
                        .iter()
                        .filter(|scene| matches!(scene.deed, Deed::Purchase(_)))
                        .map(|scene| scene.id.to_string())
                        .collect(),
                }
            })
            .collect();
        Self {
            seed: scale.seed,
            accounts: scale.accounts,
            victims: accounts_harmed.len() as u64,
            loss_minor: scale.loss_minor().to_string(),
            currency: "JPY",
            accounts_harmed,
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// When `into` cannot be written.
    pub fn write(&self, mut into: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut into, self)?;
        into.write_all(b"\n")?;
        into.flush()
    }
}
