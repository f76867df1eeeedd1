//! The operator's chart of `init --chart wallet`, as commands.
//!
//! Ids are fixed, so that every ledger of this chart names its accounts alike and a chart made twice is made once. Wallets are
//! opened `under` the code `wallets`; payables of stores that have one of their own, under `store-payables`. The operator's
//! accounts may go below zero without bound, `wallets` itself never, since nothing belongs on it.

use crate::command::{Action, Command, CommandContext, DefineCurrency, OpenAccount};
use crate::model::{AccountId, AccountKind, CommandId, CurrencyCode, Overdraft, Timestamp};

/// The accounts of the wallet chart in the order of opening: code and kind.
pub const WALLET_CHART: &[(&str, AccountKind)] = &[
    // What card companies, banks and shops that took cash still owe for top-ups; points are owed by the points' issuer.
    ("funding:credit-card", AccountKind::Asset),
    ("funding:debit-card", AccountKind::Asset),
    ("funding:bank", AccountKind::Asset),
    ("funding:cash-register", AccountKind::Asset),
    ("funding:atm", AccountKind::Asset),
    ("funding:points", AccountKind::Asset),
    // The unused balance.
    ("wallets", AccountKind::Liability),
    // What is owed to stores.
    ("store-payables", AccountKind::Liability),
    ("bank", AccountKind::Asset),
    // On its way between two accounts: from acquirers to the bank, from the bank to stores and holders.
    ("clearing:acquirer", AccountKind::Asset),
    ("clearing:payout", AccountKind::Asset),
    // Received or paid for a reason not known yet.
    ("suspense", AccountKind::Liability),
    ("fees:acquirer", AccountKind::Expense),
    ("compensation", AccountKind::Expense),
    // What was got back of losses that had been made good.
    ("recoveries", AccountKind::Income),
    ("opening-balances", AccountKind::Equity),
];

/// The code under which wallets are opened.
const WALLETS: &str = "wallets";

/// The id of the account of that code in the wallet chart: the first 16 bytes of
/// SHA-256(`"ledger/chart/v1\0"` ‖ code).
pub fn account_id(code: &str) -> AccountId {
    AccountId::derived("ledger/chart/v1", code.as_bytes())
}

/// The commands that make the wallet chart, in order, `at` a time where the ledger's clock is its commands: first the yen, then
/// [`WALLET_CHART`].
///
/// The command ids are the first 16 bytes of SHA-256(`"ledger/chart/command/v1\0"` ‖ code), the yen's code being `JPY`.
pub fn wallet_chart(at: Option<Timestamp>) -> Vec<Command> {
    let Ok(yen) = "JPY".parse::<CurrencyCode>() else { return Vec::new() };
    let command = |name: &str, action: Action| Command {
        id: CommandId::derived("ledger/chart/command/v1", name.as_bytes()),
        at,
        effective: None,
        actor: None,
        cause: None,
        context: CommandContext::default(),
        action,
    };
    let define = command("JPY", Action::DefineCurrency(DefineCurrency { code: yen, exponent: 0 }));
    let open = WALLET_CHART.iter().map(|(code, kind)| {
        command(
            code,
            Action::OpenAccount(OpenAccount {
                account: account_id(code),
                kind: *kind,
                currency: yen,
                code: code.parse().ok(),
                under: None,
                overdraft: if *code == WALLETS { Overdraft::Never } else { Overdraft::Unlimited },
            }),
        )
    });
    std::iter::once(define).chain(open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Decision, Facts, check_form, decide, genesis};
    use crate::event::Genesis;
    use crate::model::{Clock, LedgerId, UtcOffset};
    use crate::state::State;

    #[test]
    fn every_command_of_the_chart_is_accepted_and_every_code_names_its_fixed_id() {
        let now = Timestamp(1_561_939_200_000_000);
        let mut state = State::new();
        let first = Genesis {
            ledger: LedgerId(1),
            format_version: 1,
            utc_offset: UtcOffset(9 * 3600),
            clock: Clock::Commands,
            salt_key_hash: [0; 32],
        };
        state.apply(&genesis(first, now));
        for command in wallet_chart(Some(now)) {
            assert_eq!(check_form(&command, now.date(state.utc_offset())), Ok(()));
            match decide(&state, &command, 1, &Facts::default(), now) {
                Decision::Accepted(event) => state.apply(&event),
                other => panic!("{command:?}: {other:?}"),
            }
        }
        assert_eq!(state.account_count(), WALLET_CHART.len());
        for (code, kind) in WALLET_CHART {
            let number = state.account_by_code(&code.parse().unwrap()).unwrap();
            let account = state.account(number).unwrap();
            assert_eq!((account.id, account.kind), (account_id(code), *kind), "{code}");
        }
        assert_eq!(account_id("funding:credit-card").to_string(), "cbafcae1-2e39-fd12-0858-41134a877610");
    }
}
