//! kill -9 of the real process while commands stream in: every printed acknowledgement is there afterwards, once.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Books, CODE_OK, events, ledger, spend, top_up, wallet};

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
        let (answers, sent) = stream_and_kill(&books, from, round);
        next = sent;
        for answer in answers {
            let status = answer["status"].as_str().unwrap();
            assert!(status == "accepted" || status == "replayed", "{answer}");
            let id = answer["id"].as_str().unwrap().to_owned();
            let sequence = answer["sequence"].as_u64().unwrap();
            let known = *acknowledged.entry(id).or_insert(sequence);
            assert_eq!(known, sequence, "an answer changed its place: {answer}");
        }
        check(&books, &acknowledged);
    }
    assert!(acknowledged.len() > 200, "only {} commands were acknowledged in all", acknowledged.len());
    let verify = books.run(&["verify", "ledger", "@"]);
    assert_eq!(verify.code, CODE_OK, "{}{}", verify.out, verify.err);
}

/// Streams commands from number `from`, kills the process after a while, gives the whole lines that it had printed and the
/// number of the first command that was not sent.
fn stream_and_kill(books: &Books, from: u32, round: u64) -> (Vec<Value>, u32) {
    let mut child = ledger()
        .arg("submit")
        .arg(books.dir())
        .args(["--io", if round.is_multiple_of(2) { "direct" } else { "buffered" }])
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
                let line = if number.is_multiple_of(5) { spend(number, 1, 4) } else { top_up(number, 1, 7) };
                if writeln!(input, "{line}").is_err() {
                    break;
                }
                number += 1;
            }
            number
        })
    };
    let reader = {
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut answers = Vec::new();
            for line in output.split(b'\n').map_while(Result::ok) {
                // The last line may have been cut by the kill.
                if let Ok(answer) = serde_json::from_slice::<Value>(&line) {
                    answers.push(answer);
                }
            }
            answers
        })
    };
    // The first rounds hit opening and recovery, the later ones the stream.
    std::thread::sleep(Duration::from_millis(3 + round * 7));
    child.kill().unwrap();
    child.wait().unwrap();
    stop.store(true, Ordering::Relaxed);
    (reader.join().unwrap(), writer.join().unwrap())
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

fn amount(event: &Value) -> i64 {
    event["amount"].as_str().unwrap().parse().unwrap()
}
