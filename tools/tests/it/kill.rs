//! kill -9 of the real process while commands stream in: every printed acknowledgement is there afterwards, once.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{Books, CODE_OK, events, ledger, lines, open_account, spend, top_up, wallet};

/// How often the process is killed.
const KILLS: u64 = 24;

#[test]
fn every_acknowledgement_printed_before_a_kill_stands_in_the_journal_once() {
    let books = Books::with_wallet();
    let mut acknowledged: HashMap<String, u64> = HashMap::new();
    let mut next = 1u32;
    for round in 0..KILLS {
        // Half of what was sent before the last kill is sent again: its answers may have been lost.
        let from = next.saturating_sub(200).max(1);
        // The first rounds hit opening and recovery, the later ones the stream.
        let moment = Moment::Start(Duration::from_millis(3 + round * 7));
        let io = if round.is_multiple_of(2) { "direct" } else { "buffered" };
        let (answers, sent) = stream_and_kill(&books.dir(), io, &moment, from, payment);
        next = sent;
        note(&mut acknowledged, answers);
        check(&books, &acknowledged);
    }
    assert!(acknowledged.len() > 200, "only {} commands were acknowledged in all", acknowledged.len());
    let verify = books.run(&["verify", "ledger", "@"]);
    assert_eq!(verify.code, CODE_OK, "{}{}", verify.out, verify.err);
}

/// When a process is killed.
enum Moment {
    /// So long after it was started.
    Start(Duration),
    /// So long after its first answer.
    Answer(Duration),
}

/// Streams commands from number `from`, kills the process at a moment, gives the whole lines that it had printed and the
/// number of the first command that was not sent.
fn stream_and_kill(dir: &Path, io: &str, moment: &Moment, from: u32, line: fn(u32) -> String) -> (Vec<Value>, u32) {
    let mut child = ledger()
        .arg("submit")
        .arg(dir)
        .args(["--io", io])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut input = child.stdin.take().unwrap();
    let writer = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let mut number = from;
            while !stop.load(Ordering::Relaxed) {
                if writeln!(input, "{}", line(number)).is_err() {
                    break;
                }
                number += 1;
            }
            number
        })
    };
    let (first, answered) = std::sync::mpsc::channel();
    let reader = {
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut answers = Vec::new();
            for line in output.split(b'\n').map_while(Result::ok) {
                // The last line may have been cut by the kill.
                if let Ok(answer) = serde_json::from_slice::<Value>(&line) {
                    answers.push(answer);
                }
                if answers.len() == 1 {
                    // Nobody listens where the kill does not wait for an answer.
                    first.send(()).ok();
                }
            }
            answers
        })
    };
    match moment {
        Moment::Start(pause) => std::thread::sleep(*pause),
        Moment::Answer(pause) => {
            answered.recv_timeout(Duration::from_mins(2)).expect("it answers");
            std::thread::sleep(*pause);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    stop.store(true, Ordering::Relaxed);
    (reader.join().unwrap(), writer.join().unwrap())
}

fn payment(number: u32) -> String {
    if number.is_multiple_of(5) { spend(number, 1, 4) } else { top_up(number, 1, 7) }
}

fn note(acknowledged: &mut HashMap<String, u64>, answers: Vec<Value>) {
    for answer in answers {
        let status = answer["status"].as_str().unwrap();
        assert!(status == "accepted" || status == "replayed", "{answer}");
        let id = answer["id"].as_str().unwrap().to_owned();
        let sequence = answer["sequence"].as_u64().unwrap();
        let known = *acknowledged.entry(id).or_insert(sequence);
        assert_eq!(known, sequence, "an answer changed its place: {answer}");
    }
}

fn check(books: &Books, acknowledged: &HashMap<String, u64>) {
    let events = events(&books.dir());
    let mut seen = HashSet::new();
    let mut money = 0;
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], place as u64 + 1, "sequences have a gap");
        assert!(seen.insert(event["command"].as_str().unwrap()), "a command stands twice: {event}");
        match event["type"].as_str().unwrap() {
            "topped_up" => money += amount(event),
            "spent" => money -= amount(event),
            _ => {}
        }
    }
    for (id, sequence) in acknowledged {
        let event = events.get(*sequence as usize - 1);
        assert_eq!(
            event.map(|event| event["command"].as_str().unwrap()),
            Some(id.as_str()),
            "sequence {sequence} was acknowledged"
        );
    }
    assert_eq!(books.posted(&wallet(1)), money.to_string());
}

/// The rehearsal's ledger keeps the time of its commands; this is long after its last one.
fn later(line: &str) -> String {
    line.replacen(r#""id""#, r#""at":"2020-01-06T00:00:00Z","id""#, 1)
}

fn later_top_up(number: u32) -> String {
    later(&top_up(number, 1, 7))
}

/// What the command prints, as a hash, and how many lines that were.
fn printed(args: &[&str]) -> ([u8; 32], u64) {
    let mut child = ledger().args(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::with_capacity(1 << 20, child.stdout.take().unwrap());
    let (mut hasher, mut lines) = (Sha256::new(), 0);
    loop {
        let bytes = output.fill_buf().unwrap();
        let read = bytes.len();
        if read == 0 {
            break;
        }
        hasher.update(bytes);
        lines += bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
        output.consume(read);
    }
    assert!(child.wait().unwrap().success(), "{args:?}");
    (hasher.finalize().into(), lines)
}

#[test]
#[ignore = "plays 1,500,000 wallets and 10,000,000 events: minutes in a release build, and 8 GB of disk"]
fn at_full_size_a_kill_in_mid_stream_leaves_the_events_and_the_books_as_they_were() {
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("july");
    assert!(ledger().args(["rehearse", "--keep"]).arg(&kept).status().unwrap().success());
    let dir = kept.join("wallet.ledger");
    let path = dir.to_str().unwrap();
    let before = printed(&["events", path]);
    let last = before.1.to_string();
    assert!(before.1 >= 10_000_000, "only {last} events");
    let books_before = printed(&["trial-balance", path, "--known-at", &last, "--format", "csv"]);
    let (mut acknowledged, mut next) = (HashMap::new(), 1u32);
    for round in 0..6 {
        let moment = Moment::Answer(Duration::from_millis(150 + 400 * round));
        let line = |number| if number == 1 { later(&open_account(1, 1)) } else { later_top_up(number) };
        let from = if next == 1 { 1 } else { next.saturating_sub(50_000).max(2) };
        let (answers, sent) = stream_and_kill(&dir, "direct", &moment, from, line);
        assert!(answers.len() < (sent - from) as usize, "the stream was over before the kill");
        eprintln!("killed with {} of {} commands answered", answers.len(), sent - from);
        next = sent;
        note(&mut acknowledged, answers);
        assert!(printed(&["events", path, "--to", &last]) == before, "the events of before the kill differ");
        let books = printed(&["trial-balance", path, "--known-at", &last, "--format", "csv"]);
        assert!(books == books_before, "the books of before the kill differ");
    }
    let output = ledger().args(["events", path, "--from", &(before.1 + 1).to_string()]).output().unwrap();
    let mut commands = HashMap::new();
    for event in lines(&String::from_utf8(output.stdout).unwrap()) {
        let place = commands.insert(event["command"].as_str().unwrap().to_owned(), event["sequence"].as_u64());
        assert_eq!(place, None, "a command stands twice: {event}");
    }
    for (id, sequence) in &acknowledged {
        assert_eq!(commands.get(id), Some(&Some(*sequence)), "{id} was acknowledged");
    }
    eprintln!("{} commands were acknowledged, each is there once", acknowledged.len());
    assert!(ledger().args(["verify", "ledger", path]).status().unwrap().success());
}

fn amount(event: &Value) -> i64 {
    event["amount"].as_str().unwrap().parse().unwrap()
}
