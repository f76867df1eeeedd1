//! An operation looks the same before it is decided and in the event that tells of it.

use std::collections::BTreeSet;

use ledger::chart::wallet_chart;
use ledger::command::{Command, Submission};
use ledger::decide;
use ledger::event::{Body, Event};
use ledger::model::{Category, Channel, Clock, Country, OperationKind, Pseudonym, Timestamp};
use ledger::selector::Operation;
use ledger::state::Guess;
use proptest::prelude::*;
use proptest::strategy::{Strategy, ValueTree};

use super::books::Books;
use super::generate::{Maker, steps};

const START: Timestamp = Timestamp(1_561_939_200_000_000);

/// Decides a command; when it is accepted, both views of it, where it has any.
fn views(books: &mut Books, command: &Command) -> Option<[Option<Operation<'static>>; 2]> {
    let now = command.at.unwrap_or(START);
    if decide::check_form(command, now.date(books.state.utc_offset())).is_err() || now < books.state.last_recorded_at()
    {
        return None;
    }
    books.tick(now);
    let referred = decide::referred(&books.state, command);
    let original = referred.and_then(|id| books.events.iter().find(|event| event.header.command == id)).cloned();
    // Those of the ledger's own events are none of the caller's.
    let original = original.filter(|event: &Event| event.header.command_hash != 0);
    let guess = books.state.touch(command);
    let before = Operation::of_command(&books.state, command, original.as_ref(), now, &guess);
    let unguessed = Operation::of_command(&books.state, command, original.as_ref(), now, &Guess::default());
    assert_eq!(before, unguessed, "a guess changes nothing");
    let events = books.events.len();
    books.submit(command, now);
    let event = books.events.get(events)?;
    let after = Operation::of_event(event, &books.state);
    let declined = matches!(event.body, Body::Declined(_));
    Some([before.map(|before| if declined { before.as_declined() } else { before }), after])
}

/// The same commands with circumstances, and each member of a group on its own.
fn commands(submission: Submission, place: usize) -> Vec<Command> {
    let mut commands = match submission {
        Submission::One(command) => vec![command],
        Submission::Group(group) => group.members,
    };
    for command in &mut commands {
        let context = &mut command.context;
        context.channel = (!place.is_multiple_of(3)).then_some(Channel::App);
        context.country = (!place.is_multiple_of(4)).then_some(Country(*b"CN"));
        context.category = (!place.is_multiple_of(5)).then_some(Category(5_993));
        context.card = place.is_multiple_of(3).then_some(Pseudonym(7));
        context.device = place.is_multiple_of(2).then_some(Pseudonym(8));
    }
    commands
}

proptest! {
    #[test]
    fn an_operation_is_seen_alike_in_its_command_and_in_its_event(steps in steps(120)) {
        let mut books = Books::new(Clock::Commands, START);
        let mut maker = Maker::new(START);
        let opening = maker.opening();
        for command in wallet_chart(Some(START)).iter().chain(&opening) {
            let Some([before, after]) = views(&mut books, command) else { panic!("{command:?} is refused") };
            prop_assert_eq!(before, after, "{:?}", command);
        }
        for (place, step) in steps.iter().enumerate() {
            let Some(submission) = maker.submission(step) else { continue };
            for command in commands(submission, place) {
                let Some([before, after]) = views(&mut books, &command) else { continue };
                if let (Some(before), Some(after)) = (before, after.filter(|after| after.declined)) {
                    // An account that was not opened has no number afterwards.
                    let account = before.account.filter(|_| before.kind != OperationKind::OpenAccount);
                    prop_assert_eq!(Operation { account, ..before.as_declined() }, after, "{:?}", command);
                    continue;
                }
                maker.accept(command.id);
                prop_assert_eq!(before, after, "{:?}", command);
            }
        }
    }
}

#[test]
fn every_kind_of_operation_comes_up_but_those_that_no_command_asks_for_so_far() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        let steps = steps(120).new_tree(&mut runner).unwrap().current();
        let mut books = Books::new(Clock::Commands, START);
        let mut maker = Maker::new(START);
        let opening = maker.opening();
        for command in wallet_chart(Some(START)).iter().chain(&opening) {
            books.submit(command, START);
        }
        for (place, step) in steps.iter().enumerate() {
            let Some(submission) = maker.submission(step) else { continue };
            for command in commands(submission, place) {
                if let Some([_, Some(after)]) = views(&mut books, &command) {
                    maker.accept(command.id);
                    seen.insert(after.kind);
                }
            }
        }
    }
    let unseen: Vec<_> = OperationKind::ALL.iter().filter(|kind| !seen.contains(kind)).collect();
    assert_eq!(unseen, [&OperationKind::LinkCard]);
}
