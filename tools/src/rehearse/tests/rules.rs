//! Every answer that the stream expects, held against the rules of the books themselves.

use std::collections::HashMap;

use ledger::chart::wallet_chart;
use ledger::codec::content_hash;
use ledger::command::{Command, Submission};
use ledger::decide::{
    Decision, Facts, GroupRun, MemberRefusal, check_form, check_group_form, decide, genesis, referred, tick,
};
use ledger::event::{Event, Genesis};
use ledger::model::{Clock, CommandId, LedgerId, Timestamp};
use ledger::state::State;

use super::super::scale::Scale;
use super::super::step::Expected;
use super::super::stream::Stream;
use super::super::timeline::{OPENING, TOKYO};

/// The rules and what they remember, without a disk.
struct Books {
    state: State,
    events: HashMap<CommandId, Event>,
    scratch: Vec<u8>,
    expired: u64,
}

impl Books {
    fn new() -> Self {
        let first = Genesis {
            ledger: LedgerId(1),
            format_version: 1,
            utc_offset: TOKYO,
            clock: Clock::Commands,
            salt_key_hash: [0; 32],
        };
        let mut state = State::new();
        state.apply(&genesis(first, OPENING));
        let mut books = Self { state, events: HashMap::new(), scratch: Vec::new(), expired: 0 };
        for command in wallet_chart(Some(OPENING)) {
            assert_eq!(books.one(&command), Expected::Accepted);
        }
        books
    }

    fn answer(&mut self, submission: &Submission) -> Expected {
        match submission {
            Submission::One(command) => self.one(command),
            Submission::Group(group) => {
                assert_eq!(check_group_form(group), Ok(()));
                self.group(&group.members)
            }
        }
    }

    fn expire(&mut self, now: Timestamp) {
        while let Some(commit) = tick(&self.state, now) {
            for event in &commit.events {
                self.state.apply(event);
                self.expired += 1;
            }
        }
    }

    fn one(&mut self, command: &Command) -> Expected {
        let now = command.at.unwrap();
        self.expire(now);
        assert_eq!(check_form(command, now.date(TOKYO)), Ok(()), "{command:?}");
        let hash = content_hash(command, &mut self.scratch);
        if let Some(known) = self.events.get(&command.id) {
            assert_eq!(known.header.command_hash, hash);
            return Expected::Replayed;
        }
        let original = referred(&self.state, command).and_then(|id| self.events.get(&id));
        match decide(&self.state, command, hash, &Facts { original }, now) {
            Decision::Accepted(event) => {
                self.state.apply(&event);
                self.events.insert(command.id, event);
                Expected::Accepted
            }
            Decision::Declined(event) => panic!("{event:?}"),
            Decision::Rejected(rejection) => Expected::Rejected(rejection.code()),
        }
    }

    fn group(&mut self, members: &[Command]) -> Expected {
        let now = members[0].at.unwrap();
        self.expire(now);
        for member in members {
            assert_eq!(check_form(member, now.date(TOKYO)), Ok(()), "{member:?}");
        }
        let hashes: Vec<u64> = members.iter().map(|member| content_hash(member, &mut self.scratch)).collect();
        let mut run = GroupRun::begin(&mut self.state);
        for (place, (member, hash)) in members.iter().zip(hashes).enumerate() {
            let original = run.referred(member).and_then(|id| self.events.get(&id));
            if let Err(refusal) = run.member(member, hash, original, now) {
                let MemberRefusal::Rejected(rejection) = refusal else { panic!("no control is set: {refusal:?}") };
                let mut answers = vec![Expected::Rejected("group_failed"); members.len()];
                answers[place] = Expected::Rejected(rejection.code());
                return Expected::Group(answers);
            }
        }
        let events = run.keep();
        let answers = vec![Expected::Accepted; events.len()];
        self.events.extend(events.into_iter().map(|event| (event.header.command, event)));
        Expected::Group(answers)
    }
}

#[test]
fn the_rules_of_the_books_answer_every_step_as_the_stream_expects() {
    for scale in [
        Scale { accounts: 20_000, events: 200_000, seed: 11 },
        Scale { accounts: 2_000, events: 20_000, seed: 12 },
        Scale { accounts: 100, events: 5_000, seed: 13 },
    ] {
        let mut stream = Stream::new(scale).unwrap();
        let mut books = Books::new();
        let before = books.state.last_sequence().0;
        for step in stream.by_ref() {
            let answer = books.answer(&step.submission);
            assert_eq!(answer, step.expected, "{:?}", step.submission);
        }
        let counts = stream.counts();
        assert_eq!(books.expired, counts.expired);
        assert_eq!(books.state.last_sequence().0 - before, counts.events());
        let yen = books.state.currency_by_code("JPY".parse().unwrap()).unwrap();
        let totals = books.state.totals(yen).unwrap();
        assert_eq!(totals.debit_minor, totals.credit_minor);
    }
}
