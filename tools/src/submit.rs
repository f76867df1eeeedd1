//! `ledger submit`: commands in, answers out, in order and only once durable.

use std::fs::File;
use std::io::{self, BufWriter, Read, StdoutLock, Write};
use std::path::Path;

use ledger::command::Submission;
use ledger::json::{Answer, JsonError, LINE_BYTES_MAX, Status, parse_submission, write_answer};
use ledger::model::{AccountId, CommandId};
use ledger::{Outcome, Reader, Receipt};

use crate::args::SubmitArgs;
use crate::failure::Failure;
use crate::feed::{Item, Sink, Verdict, close, feed, feed_until_stopped};
use crate::input::{Line, Lines};
use crate::output::{Progress, bytes_out, shown};

/// Submits every line and answers it.
pub fn run(args: &SubmitArgs) -> Result<(), Failure> {
    let (input, length) = open_input(args.file.as_deref())?;
    let ledger = crate::open::write(&args.open)?;
    let progress = Progress::bytes("submitting", length);
    let mut printer = Printer {
        out: bytes_out(),
        line: Vec::new(),
        reader: ledger.reader(),
        receipts: args.receipts,
        strict: args.strict,
        malformed: 0,
        stopped: false,
    };
    let source = read_lines(Lines::new(input), progress.clone());
    let fed = if args.strict {
        feed_until_stopped(&ledger, source, &mut printer)
    } else {
        feed(&ledger, source, &mut printer)
    };
    progress.end();
    let Printer { malformed, stopped, .. } = printer;
    close(ledger, fed)?;
    if stopped {
        return Err(Failure::Check("stopped at the first line that was not done; its answer says why".to_owned()));
    }
    match malformed {
        0 => Ok(()),
        1 => Err(Failure::Check("1 line was malformed; its answer says where and why".to_owned())),
        lines => Err(Failure::Check(format!("{lines} lines were malformed; their answers say where and why"))),
    }
}

type Input = Box<dyn Read + Send>;

fn open_input(path: Option<&Path>) -> Result<(Input, Option<u64>), Failure> {
    match path {
        None => Ok((Box::new(io::stdin()), None)),
        Some(path) if path == Path::new("-") => Ok((Box::new(io::stdin()), None)),
        Some(path) => {
            let file = File::open(path).map_err(Failure::io(format!("open {}", path.display())))?;
            let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|meta| meta.len());
            Ok((Box::new(file), length))
        }
    }
}

/// A line on its way to its answer.
#[derive(Debug)]
struct Tag {
    line: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    Command(CommandId),
    Group(CommandId, Vec<CommandId>),
    Malformed(JsonError),
}

fn read_lines(
    mut lines: Lines<Input>,
    progress: Progress,
) -> impl FnMut() -> Result<Option<Item<Tag>>, Failure> + Send + 'static {
    let mut buffer = Vec::new();
    move || loop {
        progress.at(lines.bytes);
        let Some(found) = lines.next(&mut buffer).map_err(Failure::io("read the input"))? else { return Ok(None) };
        if buffer.iter().all(u8::is_ascii_whitespace) && found == Line::Whole {
            // Nothing was asked, so nothing is answered.
            continue;
        }
        let parsed = match found {
            Line::Whole => parse_submission(&buffer),
            Line::TooLong(bytes) => Err(JsonError {
                byte: None,
                field: None,
                reason: format!("is {bytes} bytes long: a line holds at most {LINE_BYTES_MAX}"),
                id: None,
            }),
        };
        let (what, submission) = match parsed {
            Ok(submission) => (what(&submission), Some(submission)),
            Err(error) => (What::Malformed(error), None),
        };
        let tag = Tag { line: lines.line, what };
        return Ok(Some(Item { tag, submission, bytes: buffer.len(), more_is_here: lines.line_is_here() }));
    }
}

fn what(submission: &Submission) -> What {
    match submission {
        Submission::One(command) => What::Command(command.id),
        Submission::Group(group) => What::Group(group.id, group.members.iter().map(|member| member.id).collect()),
    }
}

/// Writes answers to standard output.
struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    line: Vec<u8>,
    reader: Reader,
    receipts: bool,
    strict: bool,
    malformed: u64,
    stopped: bool,
}

impl Sink<Tag> for Printer {
    fn answer(&mut self, tag: Tag, outcome: Option<Outcome>) -> Result<Verdict, Failure> {
        let base = Answer { line: Some(tag.line), ..Answer::new(Status::Malformed) };
        let done = match (tag.what, outcome) {
            (What::Command(id), Some(outcome)) => self.outcome(&Answer { id: Some(id), ..base }, &outcome)?,
            (What::Group(group, members), Some(Outcome::Group(outcomes))) => {
                let base = Answer { group: Some(group), ..base };
                let mut done = true;
                for (id, outcome) in members.into_iter().zip(&outcomes) {
                    done &= self.outcome(&Answer { id: Some(id), ..base }, outcome)?;
                }
                done
            }
            (What::Group(group, _), Some(outcome)) => self.outcome(&Answer { id: Some(group), ..base }, &outcome)?,
            (What::Malformed(error), _) => {
                self.malformed += 1;
                let message = shown(&error.to_string()).into_owned();
                self.write(&Answer { id: error.id, code: Some("malformed"), message: Some(&message), ..base })?;
                false
            }
            (What::Command(_) | What::Group(..), None) => false,
        };
        if self.strict && !done {
            self.stopped = true;
            return Ok(Verdict::Stop);
        }
        Ok(Verdict::GoOn)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Output)
    }
}

impl Printer {
    /// Answers one command; whether it is done.
    fn outcome(&mut self, base: &Answer<'_>, outcome: &Outcome) -> Result<bool, Failure> {
        match outcome {
            Outcome::Accepted(receipt) => self.receipt(&Answer { status: Status::Accepted, ..*base }, receipt)?,
            Outcome::Replayed(receipt) => self.receipt(&Answer { status: Status::Replayed, ..*base }, receipt)?,
            Outcome::Declined(receipt) => {
                let (code, message) = receipt.declined_by.map_or_else(
                    || ("declined", "a control refused it".to_owned()),
                    |control| (control.code(), format!("the {} {} refused it", control.kind.name(), control.id)),
                );
                let answer = Answer { status: Status::Declined, code: Some(code), message: Some(&message), ..*base };
                self.receipt(&answer, receipt)?;
            }
            Outcome::Rejected(rejection) => {
                let message = rejection.to_string();
                let code = Some(rejection.code());
                self.write(&Answer { status: Status::Rejected, code, message: Some(&message), ..*base })?;
            }
            Outcome::Group(members) => {
                for member in members {
                    self.outcome(base, member)?;
                }
            }
        }
        Ok(outcome.is_done())
    }

    fn receipt(&mut self, answer: &Answer<'_>, receipt: &Receipt) -> Result<(), Failure> {
        let answer = Answer { sequence: Some(receipt.sequence), ..*answer };
        if !self.receipts {
            return self.write(&answer);
        }
        let view = self.reader.view();
        let balances: Vec<(AccountId, i64)> = receipt
            .balances
            .iter()
            .filter_map(|balance| Some((view.account(balance.account)?.id, balance.net_after_minor)))
            .collect();
        self.write(&Answer { recorded_at: Some(receipt.recorded_at), balances: &balances, ..answer })
    }

    fn write(&mut self, answer: &Answer<'_>) -> Result<(), Failure> {
        self.line.clear();
        write_answer(answer, &mut self.line);
        self.line.push(b'\n');
        self.out.write_all(&self.line).map_err(Failure::Output)
    }
}
