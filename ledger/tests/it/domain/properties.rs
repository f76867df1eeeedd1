//! What must hold of every run of commands.

use std::collections::BTreeMap;

use ledger::chart::wallet_chart;
use ledger::command::{Action, Command, Submission};
use ledger::decide::GroupRun;
use ledger::event::{Body, Event};
use ledger::model::{AccountId, AccountRef, Clock, Side, Timestamp};
use ledger::state::{Restore, Rollup, State};
use proptest::prelude::*;

use super::books::{Answer, Books, image};
use super::generate::{Maker, Step, steps};
use super::model::{Naive, Sums};

const START: Timestamp = Timestamp(1_561_939_200_000_000);

/// A run that goes on: the books, and the commands that made them.
struct Run {
    books: Books,
    maker: Maker,
    naive: Naive,
    /// The state after each event, frozen as it was.
    views: Vec<State>,
}

impl Run {
    /// Books with the wallet chart and a few accounts that have money.
    fn new() -> Self {
        let books = Books::new(Clock::Commands, START);
        let mut run = Self { books, maker: Maker::new(START), naive: Naive::default(), views: Vec::new() };
        let opening = run.maker.opening();
        for command in wallet_chart(Some(START)).into_iter().chain(opening) {
            let submission = Submission::One(command);
            assert_eq!(run.submit(&submission), ["ok"], "{submission:?}");
            assert_eq!(run.naive.submit(&submission), ["ok"], "{submission:?}");
        }
        run
    }

    fn submit(&mut self, submission: &Submission) -> Vec<&'static str> {
        let before = self.books.events.len();
        let answers = match submission {
            Submission::One(command) => vec![name(&self.books.submit(command, self.maker.now))],
            Submission::Group(group) => match self.books.submit_group(group, self.maker.now) {
                Ok(answers) => answers.iter().map(name).collect(),
                Err((_, refused)) => {
                    let mut answers = vec!["group_failed"; group.members.len()];
                    answers[0] = name(&refused);
                    answers
                }
            },
        };
        for event in self.books.events[before..].iter().filter(|event| !matches!(event.body, Body::Declined(_))) {
            self.maker.accept(event.header.command);
        }
        if self.books.events.len() > before {
            self.views.push(self.books.state.clone());
        }
        answers
    }

    fn step(&mut self, step: &Step) -> Option<(Submission, Vec<&'static str>)> {
        let submission = self.maker.submission(step)?;
        let answers = self.submit(&submission);
        Some((submission, answers))
    }

    fn all(steps: &[Step]) -> Self {
        let mut run = Self::new();
        for step in steps {
            run.step(step);
        }
        run
    }
}

fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted(_) => "ok",
        Answer::Replayed(_) => "replayed",
        Answer::Declined(..) => "declined",
        Answer::Rejected(rejection) => rejection.code(),
    }
}

fn replay(events: &[Event]) -> State {
    let mut state = State::new();
    state.apply_all(events);
    state
}

proptest! {
    #[test]
    fn every_answer_and_every_balance_is_what_a_naive_ledger_says(steps in steps(90)) {
        let mut run = Run::new();
        for step in &steps {
            let Some((submission, answers)) = run.step(step) else { continue };
            prop_assert_eq!(&run.naive.submit(&submission), &answers, "{:?}", submission);
            // Every hold whose time is over gives back at the next tick.
            run.books.tick(run.maker.now);
            let now = run.maker.now.0;
            for opened in run.naive.opened() {
                let account = run.books.account(&AccountRef::Id(AccountId(opened.id))).unwrap();
                let balance = account.balance;
                let sums = Sums {
                    debited: balance.posted_debit_minor.into(),
                    credited: balance.posted_credit_minor.into(),
                    debit_pending: balance.pending_debit_minor.into(),
                    credit_pending: balance.pending_credit_minor.into(),
                    frozen: balance.frozen_minor.into(),
                };
                prop_assert_eq!(run.naive.sums(opened.id, now), sums, "{:?} {:?}", submission, account);
                let available = run.naive.available(opened, now);
                prop_assert_eq!(available, account.available_minor());
                prop_assert!(opened.overdraft.is_none_or(|bound| available >= -bound), "{:?}", account);
            }
        }
    }

    #[test]
    fn debits_equal_credits_in_each_currency_at_each_sequence(steps in steps(60)) {
        let run = Run::all(&steps);
        let mut state = State::new();
        let mut sums: BTreeMap<u16, (u128, u128)> = BTreeMap::new();
        for event in &run.books.events {
            state.apply(event);
            for posting in event.body.postings() {
                let currency = state.account(posting.account).unwrap().currency;
                let sum = sums.entry(currency.0).or_default();
                *if posting.side == Side::Debit { &mut sum.0 } else { &mut sum.1 } += u128::from(posting.amount_minor);
            }
            for (number, _) in state.currencies() {
                let totals = state.totals(number).unwrap();
                let sum = sums.get(&number.0).copied().unwrap_or_default();
                prop_assert_eq!(sum.0, sum.1);
                prop_assert_eq!((totals.debit_minor, totals.credit_minor), sum);
            }
        }
    }

    #[test]
    fn replay_equals_live_at_every_prefix_and_a_view_never_changes(steps in steps(50)) {
        let run = Run::all(&steps);
        let mut state = State::new();
        let mut views = run.views.iter().peekable();
        for event in &run.books.events {
            state.apply(event);
            if let Some(view) = views.next_if(|view| view.last_sequence() == event.sequence) {
                prop_assert_eq!(image(view), image(&state), "at {:?}", event);
            }
        }
        prop_assert!(views.next().is_none());
    }

    #[test]
    fn a_restored_image_goes_on_like_the_state_it_was_made_of(steps in steps(60), cut in 0.0..1.0f64) {
        let run = Run::all(&steps);
        let cut = (run.books.events.len() as f64 * cut) as usize;
        let mut restore = Restore::new();
        for part in replay(&run.books.events[..cut]).image() {
            restore.add(part).unwrap();
        }
        let mut state = restore.finish().unwrap();
        prop_assert_eq!(image(&state), image(&replay(&run.books.events[..cut])));
        for event in &run.books.events[cut..] {
            state.apply(event);
        }
        prop_assert_eq!(image(&state), image(&run.books.state));
        prop_assert!(state.holds_in_order_of_ending().eq(run.books.state.holds_in_order_of_ending()));
    }

    #[test]
    fn what_is_rolled_back_leaves_no_trace(steps in steps(60), cut in 0.0..1.0f64) {
        let run = Run::all(&steps);
        let cut = (run.books.events.len() as f64 * cut) as usize;
        let mut state = replay(&run.books.events[..cut]);
        let view = state.clone();
        state.begin_undo();
        run.books.events[cut..].iter().filter(|_| cut > 0).for_each(|event| state.apply(event));
        state.roll_back();
        prop_assert_eq!(image(&state), image(&view));
        // Nor in what an image does not show: the same events and the same names lead to the same end.
        run.books.events[cut..].iter().for_each(|event| state.apply(event));
        prop_assert_eq!(image(&state), image(&run.books.state));
        for (number, account) in run.books.state.accounts() {
            prop_assert_eq!(state.account_by_id(account.id), Some(number));
            prop_assert_eq!(state.code_of(number).and_then(|code| state.account_by_code(code)), state.code_of(number).map(|_| number));
        }
        prop_assert!(state.holds_in_order_of_ending().eq(run.books.state.holds_in_order_of_ending()));
    }

    #[test]
    fn a_linked_group_is_whole_or_absent(steps in steps(60), last in 1..30usize) {
        let mut run = Run::all(&steps);
        let commands: Vec<Command> = steps
            .iter()
            .filter_map(|step| match run.maker.submission(step) {
                Some(Submission::One(command)) => Some(command),
                _ => None,
            })
            .take(last)
            .collect();
        let before = image(&run.books.state);
        let now = run.maker.now;
        let events = run.books.events.clone();
        let mut group = GroupRun::begin(&mut run.books.state);
        for command in commands {
            let command = Command { at: Some(now), ..command };
            if ledger::decide::check_form(&command, now.date(ledger::model::UtcOffset(9 * 3600))).is_err() {
                continue;
            }
            let original = group.referred(&command).and_then(|id| events.iter().find(|event| event.header.command == id));
            // Whatever is refused is left out here; the rest is then taken back as a whole.
            let _ = group.member(&command, 1, original, now);
        }
        let applied = group.events().len();
        drop(group);
        prop_assert_eq!(image(&run.books.state), before, "{} events", applied);
    }

    #[test]
    fn pending_amounts_are_those_of_the_open_holds(steps in steps(80)) {
        let run = Run::all(&steps);
        for view in run.views.iter().chain([&run.books.state]) {
            let mut pending: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
            for (_, hold) in view.holds() {
                pending.entry(hold.debit.0).or_default().0 += hold.remaining_minor;
                pending.entry(hold.credit.0).or_default().1 += hold.remaining_minor;
            }
            for (number, account) in view.accounts() {
                let expected = pending.get(&number.0).copied().unwrap_or_default();
                prop_assert_eq!((account.balance.pending_debit_minor, account.balance.pending_credit_minor), expected);
            }
            let ends = view.holds().iter().filter(|(_, hold)| hold.expires_at.is_some()).count();
            prop_assert_eq!(view.holds_in_order_of_ending().count(), ends);
        }
    }

    #[test]
    fn refunds_never_exceed_their_spend(steps in steps(80)) {
        let run = Run::all(&steps);
        let mut spends: BTreeMap<u64, i128> = BTreeMap::new();
        let mut refunds: BTreeMap<u64, (u64, i128)> = BTreeMap::new();
        for event in &run.books.events {
            match &event.body {
                Body::Spent(spent) => drop(spends.insert(event.sequence.0, spent.movement.amount_minor.into())),
                Body::HoldSettled(settled) => drop(spends.insert(event.sequence.0, settled.movement.amount_minor.into())),
                Body::SpendRefunded(refunded) => {
                    let amount = i128::from(refunded.movement.amount_minor);
                    refunds.insert(event.sequence.0, (refunded.spend.0, amount));
                    *spends.get_mut(&refunded.spend.0).unwrap() -= amount;
                }
                Body::TransactionReversed(reversed) => {
                    if let Some((spend, amount)) = refunds.remove(&reversed.reversed.0) {
                        prop_assert_eq!(reversed.refund_of.map(|spend| spend.0), Some(spend));
                        *spends.get_mut(&spend).unwrap() += amount;
                    } else {
                        prop_assert_eq!(reversed.refund_of, None);
                        spends.insert(reversed.reversed.0, 0);
                    }
                }
                _ => {}
            }
            prop_assert!(spends.values().all(|left| *left >= 0), "{:?}", event);
        }
    }

    #[test]
    fn links_chain_each_account_s_events_and_carry_its_net(steps in steps(60)) {
        let run = Run::all(&steps);
        let mut chains: BTreeMap<u32, (u64, u64, i128)> = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        for (place, event) in run.books.events.iter().enumerate() {
            prop_assert_eq!(event.sequence.0, place as u64 + 1);
            if let Body::AccountOpened(opened) = &event.body {
                kinds.insert(opened.link.account.0, opened.kind.normal_side());
            }
            for posting in event.body.postings() {
                let grows = kinds[&posting.account.0] == posting.side;
                let chain = chains.entry(posting.account.0).or_default();
                chain.2 += if grows { i128::from(posting.amount_minor) } else { -i128::from(posting.amount_minor) };
            }
            for link in event.body.links() {
                let (previous, number, net) = chains.entry(link.account.0).or_default();
                prop_assert_eq!((link.previous.0, link.event_number), (*previous, *number + 1), "{:?}", event);
                prop_assert_eq!(i128::from(link.net_after_minor), *net, "{:?}", event);
                (*previous, *number) = (event.sequence.0, link.event_number);
            }
        }
        for (number, account) in run.books.state.accounts() {
            let (last, events, net) = chains[&number.0];
            prop_assert_eq!((account.last_sequence.0, account.events, account.posted_net_minor()), (last, events, net));
        }
    }

    #[test]
    fn the_days_totals_are_the_sums_of_their_postings(steps in steps(60)) {
        let run = Run::all(&steps);
        let state = &run.books.state;
        let mut sums: BTreeMap<(i32, Rollup), (u128, u128)> = BTreeMap::new();
        for event in &run.books.events {
            prop_assert!(event.header.effective <= event.recorded_at.date(state.utc_offset()));
            for posting in event.body.postings() {
                let rollup = state.rollup_of(posting.account).unwrap();
                let sum = sums.entry((event.header.effective.0, rollup)).or_default();
                *if posting.side == Side::Debit { &mut sum.0 } else { &mut sum.1 } += u128::from(posting.amount_minor);
            }
        }
        let totals: BTreeMap<_, _> = state
            .day_totals()
            .map(|(date, rollup, totals)| ((date.0, rollup), (totals.debit_minor, totals.credit_minor)))
            .collect();
        prop_assert_eq!(totals, sums);
    }
}

/// The generated runs are worth something only if most rules are met in them.
#[test]
fn the_generated_runs_meet_most_rules() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = steps(90);
    let mut met: BTreeMap<&'static str, usize> = BTreeMap::new();
    for _ in 0..300 {
        let mut run = Run::new();
        for step in strategy.new_tree(&mut runner).unwrap().current() {
            if let Some((submission, answers)) = run.step(&step) {
                let refused = answers.contains(&"group_failed");
                *met.entry(if refused { "group_failed" } else { answers[0] }).or_default() += 1;
                if let (Submission::One(command), "ok") = (&submission, answers[0]) {
                    *met.entry(verb(command)).or_default() += 1;
                }
            }
        }
    }
    println!("{met:#?}");
    for needed in [
        "ok",
        "replayed",
        "id_reused",
        "insufficient_funds",
        "account_closed",
        "already_reversed",
        "already_refunded",
        "refund_exceeds_spend",
        "settlement_exceeds_hold",
        "hold_closed",
        "hold_unknown",
        "group_failed",
        "refund",
        "reverse",
        "settle",
        "void",
        "entry",
        "close",
        "not_possible",
        "declined",
        "freeze",
        "thaw",
        "freeze_amount",
        "release",
        "freeze_over",
        "store_unknown",
        "currency_mismatch",
    ] {
        assert!(met.get(needed).is_some_and(|times| *times >= 10), "{needed}: {met:#?}");
    }
}

const fn verb(command: &Command) -> &'static str {
    match &command.action {
        Action::RefundSpend(_) => "refund",
        Action::ReverseTransaction(_) => "reverse",
        Action::SettleHold(_) => "settle",
        Action::VoidHold(_) => "void",
        Action::PostJournalEntry(_) => "entry",
        Action::CloseAccount(_) => "close",
        Action::FreezeAccount(_) => "freeze",
        Action::ThawAccount(_) => "thaw",
        Action::FreezeAmount(_) => "freeze_amount",
        Action::ReleaseAmount(_) => "release",
        Action::ImposeHalt(_) => "halt",
        Action::LiftHalt(_) => "lift",
        _ => "another",
    }
}
