//! What a shell sees: exit codes, pipes, help, colours, locks, damage.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::support::{
    Books, CODE_CHECK, CODE_DAMAGE, CODE_FULL, CODE_LOCKED, CODE_OK, CODE_USAGE, command, ledger, spend, top_up, wallet,
};

#[test]
fn usage_errors_exit_with_2_and_say_what_to_do() {
    let books = Books::new();
    for (args, expected) in [
        (vec!["init", "@"], "is not empty"),
        (vec!["init", "@x", "--at", "2019-07-01T00:00:00Z"], "--at needs --clock commands"),
        (vec!["init", "@x", "--clock", "commands", "--at", "1969-12-31T23:59:59Z"], "begins between 1970-01-01"),
        (vec!["init", "@x", "--clock", "commands", "--at", "9998-12-31T23:00:00Z"], "and 9998-12-31"),
        (vec!["init", "@x", "--segment-bytes", "100"], "4096"),
        (vec!["init", "@x", "--utc-offset", "9"], "not an offset from UTC"),
        (vec!["events", "@nothing"], "make one with `ledger init"),
        (vec!["events", "@wallet.ledger/ledger.toml"], "is a file"),
        (vec!["submit", "@nothing"], "make one with `ledger init"),
        (vec!["balance", "@", "--as-of", "yesterday"], "not a date"),
        (vec!["balance", "@", "--known-at", "yesterday"], "neither a sequence nor a time"),
        (vec!["pay"], "unrecognized subcommand"),
    ] {
        let run = books.run(&args);
        assert_eq!(run.code, CODE_USAGE, "{args:?}: {}", run.err);
        assert!(run.err.contains(expected), "{args:?}: {}", run.err);
        assert_eq!(run.out, "");
    }
    assert!(!books.path("x").exists(), "nothing is half done");
}

#[test]
fn a_missing_input_file_is_an_input_error() {
    let run = Books::new().run(&["submit", "@", "--file", "@nothing.jsonl"]);
    assert_eq!(run.code, 4, "{}", run.err);
    assert!(run.err.contains("nothing.jsonl"), "{}", run.err);
}

#[test]
fn every_subcommand_shows_examples() {
    for words in [
        "",
        "init",
        "submit",
        "events",
        "balance",
        "statement",
        "trial-balance",
        "account",
        "transaction",
        "verify ledger",
        "import csv",
        "stats",
    ] {
        let output = ledger().args(words.split_whitespace()).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && help.contains("Examples:\n  ledger "), "{words}: {help}");
    }
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_success() {
    let books = Books::with_wallet();
    let lines: Vec<String> = (1..3000).map(|id| top_up(id, 1, 1)).collect();
    books.write("commands.jsonl", lines.join("\n"));
    for command in ["events", "submit"] {
        let mut shell = std::process::Command::new("sh");
        let file = if command == "submit" {
            format!("--file {}", books.path("commands.jsonl").display())
        } else {
            String::new()
        };
        let (binary, dir) = (env!("CARGO_BIN_EXE_ledger"), books.dir());
        let script = format!("({binary} {command} {} {file}; echo $? >&2) | head -n 1 >/dev/null", dir.display());
        let output = shell.arg("-c").arg(script).output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "0\n", "{command}");
    }
}

#[test]
fn an_output_that_is_full_exits_with_6() {
    let books = Books::with_wallet();
    for command in ["events", "trial-balance", "stats"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = ledger().arg(command).arg(books.dir()).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(6), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the output"));
    }
}

#[test]
fn colours_stay_away_from_pipes_and_from_no_color() {
    let books = Books::with_wallet();
    books.submit(spend(1, 1, 10), &[]);
    let piped = books.run(&["trial-balance", "@"]).out;
    assert!(!piped.contains('\u{1b}'), "{piped:?}");
    let forced = |no_color: bool| {
        let mut command = ledger();
        command.arg("trial-balance").arg(books.dir()).env("CLICOLOR_FORCE", "1");
        if no_color {
            command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1");
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(forced(false).contains('\u{1b}'));
    assert!(!forced(true).contains('\u{1b}'));
}

#[test]
fn a_second_writer_is_refused_with_the_holder_and_readers_are_welcome() {
    let books = Books::with_wallet();
    let mut holder =
        ledger().arg("submit").arg(books.dir()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Answered, so it holds the lock by now.
    let mut input = holder.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, format!("{}\n", top_up(1, 1, 5)).as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(holder.stdout.take().unwrap()), &mut answer).unwrap();
    let run = books.submit(top_up(2, 1, 5), &[]);
    assert_eq!(run.code, CODE_LOCKED, "{}", run.err);
    assert!(run.err.contains(&format!("process {}", holder.id())), "{}", run.err);
    assert_eq!(run.out, "");
    assert_eq!(books.posted(&wallet(1)), "30005");
    drop(input);
    assert!(holder.wait().unwrap().success());
    assert_eq!(books.submit(top_up(2, 1, 5), &[]).code, CODE_OK);
}

#[test]
fn damage_exits_with_3_and_names_the_place() {
    let books = Books::with_wallet();
    let lines: Vec<String> = (1..400).map(|id| top_up(id, 1, 1)).collect();
    assert_eq!(books.submit(lines.join("\n"), &[]).code, CODE_OK);
    let segment = books.dir().join("journal/0000000001.seg");
    let mut bytes = fs::read(&segment).unwrap();
    let place = 9000;
    bytes[place] ^= 0x40;
    fs::write(&segment, bytes).unwrap();
    let verify = books.run(&["verify", "ledger", "@"]);
    assert_eq!(verify.code, CODE_DAMAGE, "{}{}", verify.out, verify.err);
    assert!(verify.out.contains("0000000001.seg"), "{}", verify.out);
    let json = books.run(&["verify", "ledger", "@", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["findings"][0]["severity"], "damage");
}

#[test]
fn an_edited_configuration_exits_with_1_for_questions_and_commands_alike() {
    let books = Books::with_wallet();
    let path = books.dir().join("ledger.toml");
    let text = fs::read_to_string(&path).unwrap();
    let id = text.split('"').nth(1).unwrap();
    for (from, to) in [("+09:00", "+00:00"), ("\"system\"", "\"commands\""), (id, &command(7))] {
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        for run in [books.run(&["trial-balance", "@"]), books.submit(top_up(1, 1, 5), &[])] {
            assert_eq!(run.code, CODE_CHECK, "{to}: {}", run.err);
            assert!(run.err.contains("contradiction"), "{to}: {}", run.err);
            assert_eq!(run.out, "");
        }
    }
}

#[test]
fn what_a_clock_does_not_read_is_refused_and_the_lines_behind_it_are_done() {
    let books = Books::with_wallet();
    let accept =
        r#"{"type":"accept_clock","id":"c0000000-0000-4000-8000-0000000000cc","reading":"1970-01-01T00:00:00Z"}"#;
    let run = books.submit([accept.to_owned(), top_up(1, 1, 5)].join("\n"), &[]);
    assert_eq!(run.code, CODE_OK, "{}", run.err);
    assert_eq!(run.statuses(), ["rejected", "accepted"]);
    assert_eq!(run.answers()[0]["code"], "clock_reads_otherwise");
    let strict = books.submit([accept.to_owned(), top_up(2, 1, 5)].join("\n"), &["--strict"]);
    assert_eq!((strict.code, strict.statuses()), (CODE_CHECK, vec!["rejected".to_owned()]));
}

#[test]
fn what_is_made_is_for_its_owner_alone() {
    let books = Books::with_wallet();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&books.dir()), 0o700);
    assert_eq!(mode(&books.dir().join("journal/0000000001.seg")), 0o600);
}

#[test]
fn beside_a_stalled_writer_a_question_says_where_its_answers_end() {
    use std::io::{BufRead, BufReader, Write};
    let books = Books::with_wallet();
    let mut child =
        ledger().arg("submit").arg(books.dir()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let signal = |signal: &str| {
        assert!(std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    };
    // The mark that confirms a write comes within 20 ms, so the writer may be too fast for a while.
    let stalled = (1..200).any(|id| {
        writeln!(input, "{}", top_up(id, 1, 1)).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        signal("-STOP");
        let sequence = answer.split("\"sequence\":").nth(1).unwrap().trim_end_matches(['}', '\n']);
        let run = books.run(&["transaction", "@", &crate::support::command(id)]);
        let events = books.run(&["events", "@", "--from", sequence]);
        signal("-CONT");
        if run.code == CODE_OK {
            return false;
        }
        assert!(run.err.contains("answers end at sequence"), "{}", run.err);
        assert!(run.err.contains("no such command is among the events up to"), "{}", run.err);
        assert_eq!((events.code, &*events.out), (CODE_OK, ""));
        assert!(events.err.contains("answers end at sequence"), "{}", events.err);
        true
    });
    assert!(stalled, "the writer was never stopped in time");
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_long_journal_is_written_and_read_with_few_open_files() {
    use std::io::{BufRead, BufReader, Write};
    let books = Books { home: tempfile::tempdir().unwrap() };
    assert_eq!(books.run(&["init", "@", "--segment-bytes", "4096"]).code, CODE_OK);
    let few = |words: &[&str]| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -n 48; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ledger")]);
        command
            .args(words)
            .current_dir(&books.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut child = few(&["submit", "wallet.ledger"]);
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    writeln!(input, "{}", crate::support::open_account(1, 1)).unwrap();
    for id in 2..80 {
        // One at a time, since each write of so small a ledger takes a segment.
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.contains("\"accepted\""), "{answer}");
        writeln!(input, "{}", top_up(id, 1, 1)).unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let segments = fs::read_dir(books.dir().join("journal")).unwrap();
    let is_segment = |name: &fs::DirEntry| name.file_name().to_string_lossy().ends_with(".seg");
    assert!(segments.filter(|name| is_segment(name.as_ref().unwrap())).count() > 60);
    let (first, wallet) = (crate::support::command(2), wallet(1));
    for words in [
        &["events", "wallet.ledger"][..],
        &["statement", "wallet.ledger", &wallet],
        &["transaction", "wallet.ledger", &first],
        &["balance", "wallet.ledger", &wallet, "--as-of", "2019-07-01"],
        &["verify", "ledger", "wallet.ledger"],
        &["submit", "wallet.ledger"],
    ] {
        let output = few(words).wait_with_output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_bound_on_the_size_of_files_is_an_error_and_not_the_end_without_a_word() {
    let books = Books::with_wallet();
    books.write("c.jsonl", top_up(1, 1, 1));
    let limited = |words: &str| {
        let script = format!("ulimit -f 40; exec {} {words}", env!("CARGO_BIN_EXE_ledger"));
        let output = std::process::Command::new("sh").arg("-c").arg(script).current_dir(&books.home).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, message) = limited("submit wallet.ledger --file c.jsonl");
    assert_eq!(code, Some(CODE_FULL), "{message}");
    assert!(message.contains("File too large") && message.contains("`ulimit -f`"), "{message}");
    let again = books.run(&["submit", "@", "--file", "@c.jsonl"]);
    assert_eq!(again.code, CODE_OK, "{}", again.err);
    let (code, message) = limited("init other.ledger --segment-bytes 65536");
    assert_eq!(code, Some(CODE_FULL), "{message}");
    let lines: Vec<String> = (2..400).map(|id| top_up(id, 1, 1)).collect();
    assert_eq!(books.submit(lines.join("\n"), &[]).code, CODE_OK);
    let (code, message) = limited("events wallet.ledger > events.jsonl");
    assert_eq!(code, Some(CODE_FULL), "{message}");
    assert!(message.contains("cannot write the output: File too large"), "{message}");
}
