//! Malformed input of any kind: answered with place and reason, and nothing of it half done.

use serde_json::Value;

use crate::support::{Books, CODE_CHECK, CODE_OK, command, spend, top_up, wallet};

/// A good line, a bad one, a good one; the good ones are done, the bad one is answered.
fn between_two_good_ones(bad: &[u8]) -> (Books, Value) {
    let books = Books::with_wallet();
    let before = books.events().len();
    let mut input = top_up(1, 1, 100).into_bytes();
    input.push(b'\n');
    input.extend_from_slice(bad);
    input.push(b'\n');
    input.extend_from_slice(spend(2, 1, 50).as_bytes());
    let run = books.submit(&input, &[]);
    assert_eq!(run.code, CODE_CHECK, "{}", run.err);
    assert_eq!(run.statuses(), ["accepted", "malformed", "accepted"], "{}", run.out);
    assert!(run.err.contains("1 line was malformed"), "{}", run.err);
    assert_eq!(books.events().len(), before + 2);
    assert_eq!(books.posted(&wallet(1)), "30050");
    let answer = run.answers().swap_remove(1);
    assert_eq!(answer["line"], 2);
    assert_eq!(answer["code"], "malformed");
    assert!(answer.get("sequence").is_none());
    (books, answer)
}

fn message(answer: &Value) -> &str {
    answer["message"].as_str().unwrap()
}

#[test]
fn truncated_json_is_answered_with_the_byte_where_it_ends() {
    let line = spend(9, 1, 50);
    let (_, answer) = between_two_good_ones(&line.as_bytes()[..60]);
    assert!(message(&answer).contains("is not JSON: it ends too early"), "{answer}");
    assert!(message(&answer).contains("(byte 6"), "{answer}");
    assert_eq!(answer["id"], command(9));
}

#[test]
fn numbers_floats_and_amounts_out_of_range_are_answered_with_the_field() {
    for (amount, reason) in [
        ("1500", "amount: is a number: write a string of minor units"),
        ("15.5", "amount: is a floating-point number"),
        ("\"15.5\"", "amount: is `15.5`: write minor units, digits only"),
        ("1e999", "number out of range"),
        ("\"18446744073709551616\"", "out of range: at most 18446744073709551615"),
        ("\"-1\"", "digits only: no sign"),
        ("NaN", "is not JSON"),
        ("null", "is null: leave the field out instead"),
    ] {
        let line = spend(9, 1, 777).replace("\"777\"", amount);
        let books = Books::with_wallet();
        let run = books.submit(&line, &[]);
        assert_eq!(run.code, CODE_CHECK);
        let answers = run.answers();
        assert_eq!(answers.len(), 1);
        assert!(message(&answers[0]).contains(reason), "{amount}: {}", run.out);
        assert_eq!(books.posted(&wallet(1)), "30000");
    }
}

#[test]
fn unknown_fields_and_duplicate_keys_are_answered() {
    let (_, answer) = between_two_good_ones(spend(9, 1, 5).replace("\"amount\"", "\"amuont\"").as_bytes());
    assert!(message(&answer).starts_with("unknown field `amuont`"), "{answer}");
    let twice = spend(9, 1, 5).replace("\"currency\":\"JPY\"", "\"currency\":\"JPY\",\"currency\":\"JPY\"");
    let (_, answer) = between_two_good_ones(twice.as_bytes());
    assert!(message(&answer).starts_with("currency: stands twice"), "{answer}");
}

#[test]
fn invalid_utf8_is_answered_with_the_byte() {
    let mut line = spend(9, 1, 5).into_bytes();
    line[20] = 0xff;
    let (_, answer) = between_two_good_ones(&line);
    assert_eq!(message(&answer), "is not UTF-8: write every text in that encoding (byte 21)");
}

#[test]
fn a_line_of_ten_megabytes_is_answered_and_the_next_line_is_read() {
    let (_, answer) = between_two_good_ones(&vec![b'x'; 10_000_000]);
    assert_eq!(message(&answer), "is 10000000 bytes long: a line holds at most 1048576");
}

#[test]
fn a_line_of_ten_megabytes_takes_no_memory_to_speak_of() {
    // 40 lines of 10 MB through a pipe, with an address space that could not hold a tenth of them.
    let books = Books::with_wallet();
    let script = format!(
        "for i in 1 2 3 4 5 6 7 8; do head -c 50000000 /dev/zero | tr '\\0' x; echo; done | \
         (ulimit -v 2000000; exec {} submit {})",
        env!("CARGO_BIN_EXE_ledger"),
        books.dir().display()
    );
    let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert_eq!(output.status.code(), Some(CODE_CHECK), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = crate::support::lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(answers.len(), 8);
    assert_eq!(answers[7]["message"], "is 50000000 bytes long: a line holds at most 1048576");
}

#[test]
fn a_wrong_currency_is_a_rejection_not_a_malformed_line() {
    let books = Books::with_wallet();
    let lines = [
        spend(9, 1, 5).replace("\"JPY\"", "\"EUR\""),
        "{\"type\":\"define_currency\",\"id\":\"01690f5b7c3e4a51b2f09d8e7c6b5a49\",\"code\":\"EUR\",\"exponent\":2}"
            .to_owned(),
        spend(9, 1, 5).replace("\"JPY\"", "\"EUR\""),
        spend(9, 1, 5).replace("\"JPY\"", "\"yen\""),
    ]
    .join("\n");
    let run = books.submit(&lines, &[]);
    let codes: Vec<_> = run.answers().iter().map(|answer| answer.get("code").cloned().unwrap_or_default()).collect();
    assert_eq!(
        codes,
        ["currency_unknown", "", "currency_mismatch", "malformed"].map(|code| if code.is_empty() {
            Value::Null
        } else {
            code.into()
        })
    );
    assert_eq!(run.code, CODE_CHECK);
}

#[test]
fn a_group_with_one_malformed_member_does_nothing_at_all() {
    let bad = format!(
        r#"{{"type":"group","id":"{}","commands":[{},{}]}}"#,
        command(20),
        top_up(21, 1, 1000),
        spend(22, 1, 5).replace("\"5\"", "5")
    );
    let (_, answer) = between_two_good_ones(bad.as_bytes());
    assert!(message(&answer).starts_with("commands[1].amount: is a number"), "{answer}");
    assert_eq!(answer["id"], command(20));
}

#[test]
fn control_bytes_are_never_echoed() {
    let line = "{\"type\":\"\u{1b}]0;owned\u{7}\",\"id\":\"x\"}\n{\"\u{9b}31m\":1}";
    let run = Books::with_wallet().submit(line, &[]);
    assert!(
        run.out.bytes().chain(run.err.bytes()).all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)),
        "{}",
        run.out
    );
}

#[test]
fn empty_lines_and_a_missing_last_line_end_are_nothing_special() {
    let books = Books::with_wallet();
    let run = books.submit(format!("\n  \r\n{}\r\n\n{}", top_up(1, 1, 1), top_up(2, 1, 1)), &[]);
    assert_eq!(run.code, CODE_OK, "{}", run.err);
    let numbers: Vec<_> = run.answers().iter().map(|answer| answer["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [3, 5]);
}
