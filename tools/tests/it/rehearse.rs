//! `ledger rehearse`: the same commands give the same events, whether it plays them or `ledger submit` does.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{CODE_OK, CODE_USAGE, ledger};

fn run(code: i32, args: &[&str]) -> Output {
    let output = ledger().args(args).output().expect("the command starts");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}

#[test]
fn submitting_the_written_commands_gives_the_events_that_the_rehearsal_keeps() {
    let home = tempfile::tempdir().unwrap();
    let size = ["--accounts", "300", "--events", "3000", "--seed", "5", "--io", "buffered"];
    let (kept, lines, submitted) = (home.path().join("july"), home.path().join("july.jsonl"), home.path().join("own"));
    run(CODE_OK, &[&["rehearse", "--keep", text(&kept)], &size[..]].concat());
    run(CODE_OK, &[&["rehearse", "--commands", text(&lines)], &size[..]].concat());
    let at = ["--clock", "commands", "--at", "2019-06-30T15:00:00Z", "--io", "buffered"];
    run(CODE_OK, &[&["init", text(&submitted)], &at[..]].concat());
    run(CODE_OK, &["submit", text(&submitted), "--file", text(&lines), "--io", "buffered"]);
    // The first event names the ledger, which is another one.
    let events = |dir: &Path| run(CODE_OK, &["events", text(dir), "--from", "2", "--io", "buffered"]).stdout;
    let (one, other) = (events(&kept.join("wallet.ledger")), events(&submitted));
    assert!(one.len() > 100_000);
    assert!(one == other, "the events differ");
    let truths = [kept.join("truth.json"), home.path().join("july.truth.json")].map(|path| fs::read(path).unwrap());
    assert_eq!(truths[0], truths[1]);
}

#[test]
fn a_rehearsal_says_what_it_proved_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let output = ledger()
        .args(["rehearse", "--accounts", "200", "--events", "1500", "--io", "buffered"])
        .env("TMPDIR", home.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    for words in ["Every answer was the one that was due", "the books are the same", "Trial balance", "largest spends"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(output.stderr.is_empty(), "progress is for terminals only");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn nothing_that_exists_is_written_over_and_bad_sizes_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("there.jsonl");
    fs::write(&file, "mine").unwrap();
    run(4, &["rehearse", "--accounts", "200", "--events", "1500", "--commands", text(&file)]);
    run(CODE_USAGE, &["rehearse", "--accounts", "200", "--events", "1500", "--keep", text(home.path())]);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let refused = run(CODE_USAGE, &["rehearse", "--accounts", "200", "--events", "100"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("at least 800 events"), "{said}");
}
