//! Runs the scenarios in `tests/it/scenarios`: text tables of what is asked and what comes of it.
//!
//! A line is `what is asked | what comes of it`. `== title` begins new books with the wallet chart, at 09:00 on 1 July 2019 in
//! Tokyo; each command then happens at the scenario's time unless it says otherwise. See the files for the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ledger::chart::wallet_chart;
use ledger::command::{Command, Group};
use ledger::model::{Clock, CommandId, Control, CurrencyCode, Timestamp};
use ledger::rejection::Rejection;

use super::books::{Answer, Books, image};
use super::sentence::{Words, account_ref, command_id, split, time};

const START: &str = "2019-07-01T09:00";

struct Scenario {
    books: Books,
    now: Timestamp,
    clock: Clock,
    said: BTreeMap<String, Command>,
    group: Option<Group>,
    lines: usize,
    refusals: BTreeSet<&'static str>,
}

impl Scenario {
    fn new(clock: Clock) -> Self {
        let now = time(START).unwrap();
        let mut books = Books::new(clock, now);
        let at = (clock == Clock::Commands).then_some(now);
        for command in wallet_chart(at) {
            assert!(matches!(books.submit(&command, now), Answer::Accepted(_)), "{command:?}");
        }
        let (said, refusals) = (BTreeMap::new(), BTreeSet::new());
        Self { books, now, clock, said, group: None, lines: 0, refusals }
    }

    /// Runs a line.
    fn line(&mut self, asked: &str, expected: &str) -> Result<(), String> {
        self.lines += 1;
        let (mut asked, expected) = (split(asked), split(expected));
        match asked.first().map(String::as_str) {
            Some("time") => {
                self.now = time(&asked[1])?;
                self.books.tick(self.now);
                return self.expect_balances(&mut Words::new(&expected));
            }
            Some("balance") => return self.expect_balances(&mut Words::new(&expected)),
            Some("totals") => return self.expect_totals(&asked[1], &expected),
            Some("fill") => return self.fill_currencies(),
            Some("group") => {
                self.group =
                    Some(Group { id: command_id(asked.get(1).map_or("group", String::as_str)), members: vec![] });
                return Ok(());
            }
            Some("end") => return self.end_group(&expected),
            _ => {}
        }
        let mut times = 1;
        if asked[0] == "repeat" {
            times = Words::new(&asked[1..]).number("times")?;
            asked.drain(..2);
        }
        for copy in 0..times {
            let command = self.command(&asked, copy)?;
            if let Some(group) = &mut self.group {
                group.members.push(command);
            } else {
                let answer = self.books.submit(&command, self.now);
                self.expect_answer(answer, &expected)?;
            }
        }
        Ok(())
    }

    /// The command that a line asks, with an id from its name or its place.
    fn command(&mut self, asked: &[String], copy: usize) -> Result<Command, String> {
        let at = (self.clock == Clock::Commands).then_some(self.now);
        if asked[0] == "again" {
            let said = self.said.get(&asked[1]).ok_or_else(|| format!("{} was not said", asked[1]))?;
            return Ok(Command { at, ..said.clone() });
        }
        let (name, rest) = match asked[0].strip_suffix(':') {
            Some(name) => (name.to_owned(), &asked[1..]),
            None => (format!("line {} {copy}", self.lines), asked),
        };
        let command = Words::new(rest).sentence(command_id(&name), at)?;
        self.said.entry(name).or_insert_with(|| command.clone());
        Ok(command)
    }

    fn end_group(&mut self, expected: &[String]) -> Result<(), String> {
        let group = self.group.take().ok_or("no group has begun")?;
        let before = image(&self.books.state);
        match self.books.submit_group(&group, self.now) {
            Ok(answers) => self.expect_answer(answers[0].clone(), expected),
            Err((member, refused)) => {
                // What a control refused stands alone on the record; the rest of the group left nothing.
                if image(&self.books.state) != before && !matches!(refused, Answer::Declined(..)) {
                    return Err("the refused group left something behind".to_owned());
                }
                // The other members answer that the group failed.
                let code = match &refused {
                    Answer::Rejected(rejection) => rejection.code(),
                    _ => "declined",
                };
                let others = Rejection::GroupFailed { member, code };
                self.refusals.insert(others.code());
                if expected.get(1).map(String::as_str) == Some("member") {
                    let number: usize = Words::new(&expected[2..]).number("member")?;
                    if number != member + 1 {
                        return Err(format!("member {} was refused: {refused:?}", member + 1));
                    }
                    return self.expect_answer(refused, &expected[..1]);
                }
                self.expect_answer(refused, expected)
            }
        }
    }

    fn expect_answer(&mut self, answer: Answer, expected: &[String]) -> Result<(), String> {
        let mut words = Words::new(expected);
        let outcome = words.word("outcome")?;
        let (actual, message) = match answer {
            Answer::Accepted(_) => ("ok", String::new()),
            Answer::Replayed(_) => ("replayed", String::new()),
            Answer::Declined(_, control) => return self.expect_declined(control, &mut words, outcome),
            Answer::Rejected(rejection) => {
                self.refusals.insert(rejection.code());
                (rejection.code(), rejection.to_string())
            }
        };
        if actual != outcome {
            return Err(format!("expected {outcome}, got {actual} {message}"));
        }
        if message.is_empty() {
            return self.expect_balances(&mut words);
        }
        match words.peek() {
            Some(part) if !message.contains(part) => Err(format!("expected the words {part:?} in {message:?}")),
            _ => Ok(()),
        }
    }

    /// `declined by F1`, then balances.
    fn expect_declined(&self, control: Control, words: &mut Words<'_>, outcome: &str) -> Result<(), String> {
        if outcome != "declined" {
            return Err(format!("expected {outcome}, got declined by {control:?}"));
        }
        if words.peek() == Some("by") {
            words.word("by")?;
            if command_id(words.word("control")?) != control.id {
                return Err(format!("declined by another: {control:?}"));
            }
        }
        self.expect_balances(words)
    }

    /// `W1 net 1000 available 800 pending_debit 200 …`, for any number of accounts.
    fn expect_balances(&self, words: &mut Words<'_>) -> Result<(), String> {
        let mut account = None;
        while let Some(word) = words.peek() {
            words.word("word")?;
            if !["net", "available", "pending_debit", "pending_credit", "frozen", "freezes", "events"].contains(&word) {
                let found = self.books.account(&account_ref(word)?).ok_or_else(|| format!("{word} is not open"))?;
                account = Some((word, found));
                continue;
            }
            let (name, slot) = account.ok_or("which account?")?;
            let expected: i128 = words.number(word)?;
            let actual = match word {
                "net" => slot.posted_net_minor(),
                "available" => slot.available_minor(),
                "pending_debit" => i128::from(slot.balance.pending_debit_minor),
                "pending_credit" => i128::from(slot.balance.pending_credit_minor),
                "frozen" => i128::from(slot.balance.frozen_minor),
                "freezes" => self.standing(name)?,
                _ => i128::from(slot.events),
            };
            if actual != expected {
                return Err(format!("expected {name} {word} {expected}, got {actual}"));
            }
        }
        Ok(())
    }

    /// How many freezes stand on the account.
    fn standing(&self, name: &str) -> Result<i128, String> {
        let number = self.books.state.resolve(&account_ref(name)?).ok_or("which account?")?;
        Ok(self.books.state.freezes_of(number).filter(|(_, freeze)| freeze.stands(self.now)).count() as i128)
    }

    fn expect_totals(&self, currency: &str, expected: &[String]) -> Result<(), String> {
        let code: CurrencyCode = currency.parse().map_err(|_| "currency?")?;
        let number = self.books.state.currency_by_code(code).ok_or("which currency?")?;
        let totals = self.books.state.totals(number).unwrap_or_default();
        let expected: u128 = Words::new(expected).number("total")?;
        if (totals.debit_minor, totals.credit_minor) == (expected, expected) {
            Ok(())
        } else {
            Err(format!("{totals:?}"))
        }
    }

    /// Defines currencies until no more can be numbered.
    fn fill_currencies(&mut self) -> Result<(), String> {
        let known = self.books.state.currencies().len();
        for number in known..1 << 16 {
            let words = split(&format!("currency X{number} 0"));
            let at = (self.clock == Clock::Commands).then_some(self.now);
            let command = Words::new(&words).sentence(CommandId(0x00f1_1100_0000 + number as u128), at)?;
            match self.books.submit(&command, self.now) {
                Answer::Accepted(_) => {}
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(())
    }

    /// What must hold after every line.
    fn check(&self) -> Result<(), String> {
        for (number, currency) in self.books.state.currencies().take(16) {
            let totals = self.books.state.totals(number).unwrap_or_default();
            if totals.debit_minor != totals.credit_minor {
                return Err(format!("{} does not balance: {totals:?}", currency.code));
            }
        }
        Ok(())
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/scenarios")
}

/// Runs a file and gives the codes of all refusals in it.
fn run(name: &str) -> BTreeSet<&'static str> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let mut refusals = BTreeSet::new();
    let mut failures = Vec::new();
    let mut scenario: Option<Scenario> = None;
    let mut finish = |scenario: Option<Scenario>, place: &str| {
        let Some(scenario) = scenario else { return };
        assert_eq!(
            image(&scenario.books.replayed()),
            image(&scenario.books.state),
            "{place}: replay differs from live"
        );
        refusals.extend(scenario.refusals);
    };
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}: {line}", number + 1);
        let line = line.split_once('#').map_or(line, |(line, _)| line).trim();
        if line.is_empty() {
            continue;
        }
        if let Some(title) = line.strip_prefix("==") {
            let clock = if title.contains("system clock") { Clock::System } else { Clock::Commands };
            finish(scenario.replace(Scenario::new(clock)), &place);
            continue;
        }
        let scenario = scenario.as_mut().unwrap_or_else(|| panic!("{place}: a scenario begins with =="));
        let (asked, expected) = line.split_once('|').unwrap_or((line, "ok"));
        let result = scenario.line(asked, expected).and_then(|()| scenario.check());
        failures.extend(result.err().map(|reason| format!("{place}\n    {reason}")));
    }
    finish(scenario, name);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    refusals
}

#[test]
fn every_scenario_comes_out_as_it_is_written_and_together_they_show_every_rejection() {
    let mut names: Vec<_> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(!names.is_empty());
    let shown: BTreeSet<_> = names.iter().flat_map(|name| run(name)).collect();
    let source = include_str!("../../../src/rejection.rs");
    let codes: BTreeSet<_> =
        source.lines().filter_map(|line| line.trim().split_once("=> \"")?.1.strip_suffix("\",")).collect();
    assert!(codes.len() > 40, "the codes are no longer read from the source: {codes:?}");
    // 4,294,967,295 accounts do not fit into a test; decide/account.rs tests that bound by itself. What a clock reads is the
    // shell's to say; engine/tests/clock.rs shows that.
    let elsewhere = ["accounts_exhausted", "clock_reads_otherwise", "clock_not_accepted"];
    let missing: Vec<_> = codes.iter().filter(|code| !shown.contains(*code) && !elsewhere.contains(code)).collect();
    assert!(missing.is_empty(), "no scenario shows {missing:?}");
}
