//! Files of other moments or other copies of a ledger: found, named, and never a wrong balance.

use std::fs;
use std::path::Path;

use crate::support::{Books, CODE_CHECK, CODE_OK, Run, top_up, wallet};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap(), to.join(entry.as_ref().unwrap().file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Puts `folder` of another copy in the place of the ledger's own.
fn put_back(books: &Books, other: &Path, folder: &str) {
    fs::remove_dir_all(books.dir().join(folder)).unwrap();
    copy(&other.join(folder), &books.dir().join(folder));
}

fn top_ups(books: &Books, ids: std::ops::Range<u32>, amount: u64) {
    let lines: Vec<String> = ids.map(|id| top_up(id, 1, amount)).collect();
    let run = books.submit(lines.join("\n"), &[]);
    assert_eq!(run.code, CODE_OK, "{}", run.err);
}

fn refused(run: &Run, word: &str) {
    assert_eq!(run.code, CODE_CHECK, "{}{}", run.out, run.err);
    assert!(run.err.contains(word) || run.out.contains(word), "{}{}", run.out, run.err);
}

#[test]
fn a_journal_that_was_rolled_back_is_refused_by_questions_writers_and_the_verification() {
    let books = Books::with_wallet();
    top_ups(&books, 1..20, 5);
    let old = books.path("old");
    copy(&books.dir(), &old);
    top_ups(&books, 20..40, 5);
    put_back(&books, &old, "journal");
    let account = wallet(1);
    refused(&books.run(&["balance", "@", &account]), "rollback");
    refused(&books.run(&["events", "@"]), "rollback");
    refused(&books.submit(top_up(50, 1, 1), &[]), "rollback");
    refused(&books.run(&["verify", "ledger", "@"]), "contradiction");
}

#[test]
fn the_journal_of_a_copy_that_went_another_way_is_refused_by_questions_writers_and_the_verification() {
    let books = Books::with_wallet();
    top_ups(&books, 1..10, 5);
    let other = Books::new();
    fs::remove_dir_all(other.dir()).unwrap();
    copy(&books.dir(), &other.dir());
    top_ups(&books, 10..30, 5);
    top_ups(&other, 10..30, 7);
    put_back(&books, &other.dir(), "journal");
    let account = wallet(1);
    refused(&books.run(&["balance", "@", &account]), "another history");
    refused(&books.submit(top_up(50, 1, 1), &[]), "another history");
    refused(&books.run(&["verify", "ledger", "@"]), "contradiction");
}

#[test]
fn an_index_that_has_seen_more_than_the_journal_holds_keeps_the_writer_out() {
    let books = Books::with_wallet();
    top_ups(&books, 1..10, 5);
    let old = books.path("old");
    copy(&books.dir(), &old);
    top_ups(&books, 10..200, 5);
    assert!(books.dir().join("index/clean.mark").exists());
    put_back(&books, &old, "journal");
    fs::remove_dir_all(books.dir().join("checkpoint")).unwrap();
    refused(&books.submit(top_up(500, 1, 1), &[]), "index/clean.mark");
}
