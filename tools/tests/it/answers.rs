//! Answers of `submit`: their order, their statuses, retries and strictness.

use serde_json::Value;

use crate::support::{Books, CODE_CHECK, CODE_OK, command, open_account, open_store, spend, top_up, wallet};

#[test]
fn a_file_submitted_again_is_answered_as_replayed_and_changes_nothing() {
    let books = Books::new();
    let mut lines = vec![open_store(1), open_account(2, 1)];
    lines.extend((3..103).map(|id| top_up(id, 1, 100)));
    lines.extend((103..153).map(|id| spend(id, 1, 100)));
    books.write("commands.jsonl", lines.join("\n"));
    let first = books.run(&["submit", "@", "--file", "@commands.jsonl"]);
    assert_eq!(first.code, CODE_OK, "{}", first.err);
    assert_eq!(first.err, "", "progress goes to a terminal only");
    assert!(first.statuses().iter().all(|status| status == "accepted"));
    let before = books.run(&["events", "@"]).out;
    let again = books.run(&["submit", "@", "--file", "@commands.jsonl"]);
    assert_eq!(again.code, CODE_OK);
    assert_eq!(again.out, first.out.replace("\"accepted\"", "\"replayed\""));
    assert_eq!(books.run(&["events", "@"]).out, before);
}

#[test]
fn a_sequence_in_an_answer_is_where_the_command_stands() {
    let books = Books::with_wallet();
    let lines: Vec<String> =
        (1..200).map(|id| if id % 3 == 0 { spend(id, 1, 90_000_000) } else { top_up(id, 1, 5) }).collect();
    let run = books.submit(lines.join("\n"), &[]);
    assert_eq!(run.code, CODE_OK, "rejections are answers, not failures");
    let events = books.events();
    for answer in run.answers() {
        match answer["status"].as_str().unwrap() {
            "accepted" => {
                let place = answer["sequence"].as_u64().unwrap() as usize - 1;
                assert_eq!(events[place]["command"], answer["id"]);
                assert_eq!(events[place]["sequence"], answer["sequence"]);
            }
            "rejected" => assert_eq!(answer["code"], "insufficient_funds"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn an_id_with_other_content_is_refused() {
    let books = Books::with_wallet();
    let run = books.submit([top_up(1, 1, 5), top_up(1, 1, 6), top_up(1, 1, 5)].join("\n"), &[]);
    assert_eq!(run.statuses(), ["accepted", "rejected", "replayed"]);
    assert_eq!(run.answers()[1]["code"], "id_reused");
    assert_eq!(books.posted(&wallet(1)), "30005");
}

#[test]
fn a_group_is_answered_member_by_member_and_is_whole_or_absent() {
    let books = Books::with_wallet();
    let group = |id: u32, amount: u64| {
        format!(
            r#"{{"type":"group","id":"{}","commands":[{},{}]}}"#,
            command(id),
            top_up(id + 1, 1, 100),
            spend(id + 2, 1, amount)
        )
    };
    let empty = format!(r#"{{"type":"group","id":"{}","commands":[]}}"#, command(40));
    let run = books.submit([group(10, 50), group(20, 1_000_000), empty].join("\n"), &[]);
    let answers = run.answers();
    let summary: Vec<_> = answers
        .iter()
        .map(|answer| {
            (
                answer["line"].as_u64().unwrap(),
                answer["status"].as_str().unwrap(),
                answer.get("code").and_then(Value::as_str),
            )
        })
        .collect();
    assert_eq!(
        summary,
        [
            (1, "accepted", None),
            (1, "accepted", None),
            (2, "rejected", Some("group_failed")),
            (2, "rejected", Some("insufficient_funds")),
            (3, "rejected", Some("group_out_of_bounds")),
        ]
    );
    assert_eq!(answers[0]["group"], command(10));
    assert_eq!(answers[4]["id"], command(40));
    assert_eq!(books.posted(&wallet(1)), "30050");
}

#[test]
fn strict_stops_at_the_first_line_that_is_not_done() {
    for (bad, status) in [(spend(50, 1, 1_000_000), "rejected"), ("{".to_owned(), "malformed")] {
        let books = Books::with_wallet();
        let mut lines: Vec<String> = (1..20).map(|id| top_up(id, 1, 1)).collect();
        lines.insert(7, bad);
        let run = books.submit(lines.join("\n"), &["--strict"]);
        assert_eq!(run.code, CODE_CHECK);
        assert!(run.err.contains("stopped at the first line"), "{}", run.err);
        let statuses = run.statuses();
        assert_eq!(statuses.len(), 8);
        assert!(statuses[..7].iter().all(|status| status == "accepted"));
        assert_eq!(statuses[7], status);
        assert_eq!(books.posted(&wallet(1)), "30007", "everything before it is done, nothing after it");
    }
}

#[test]
fn strict_goes_on_over_what_was_done_before() {
    let books = Books::with_wallet();
    let lines: Vec<String> = (1..20).map(|id| top_up(id, 1, 1)).collect();
    assert_eq!(books.submit(lines[..10].join("\n"), &["--strict"]).code, CODE_OK);
    let run = books.submit(lines.join("\n"), &["--strict"]);
    assert_eq!(run.code, CODE_OK, "{}", run.err);
    assert_eq!(run.statuses().iter().filter(|status| *status == "replayed").count(), 10);
}

#[test]
fn receipts_carry_the_recorded_time_and_the_balances_after() {
    let books = Books::with_wallet();
    let run = books.submit(top_up(1, 1, 5), &["--receipts"]);
    let answer = run.answers().swap_remove(0);
    assert!(answer["recorded_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(answer["balances"][1]["account"], wallet(1));
    assert_eq!(answer["balances"][1]["net_after"], "30005");
}

#[test]
fn a_command_is_answered_while_the_input_stays_open() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let books = Books::with_wallet();
    let mut child = crate::support::ledger()
        .arg("submit")
        .arg(books.dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for id in 1..4 {
        writeln!(input, "{}", top_up(id, 1, 1)).unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert!(answer.contains("\"accepted\""), "{answer}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}
