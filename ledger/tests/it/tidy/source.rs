//! What no file holds.

use super::rust;
use super::tree::{sources, texts};

/// The most lines of a file of Rust.
const LINES_MAX: usize = 500;

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path} has {lines} lines: split it by noun or by step"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn no_file_is_named_for_what_it_is_not() {
    for source in sources() {
        let vague = ["utils", "util", concat!("hel", "pers"), "common", "misc"];
        let name = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        let inside = |vague: &&str| name == *vague || source.path.contains(&format!("/{vague}/"));
        assert!(!vague.iter().any(inside), "{}: name it after what it holds", source.path);
    }
}

/// Words of the code that only tests may have, or nobody.
const NEVER: &[(&str, Where)] = &[
    (".unwrap()", Where::OutsideTests),
    (".unwrap_err()", Where::OutsideTests),
    ("panic!(", Where::OutsideTests),
    ("dbg!(", Where::Anywhere),
    ("todo!(", Where::Anywhere),
    ("unimplemented!(", Where::Anywhere),
    ("#[ignore]", Where::Anywhere),
    ("unsafe {", Where::Anywhere),
    ("unsafe fn", Where::Anywhere),
    ("unsafe impl", Where::Anywhere),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    OutsideTests,
    Anywhere,
}

fn lines_with(path: &str, code: &str, word: &str) -> Vec<String> {
    let found = code.lines().enumerate().filter(|(_, line)| line.contains(word));
    found.map(|(at, _)| format!("{path}:{}: {word}", at + 1)).collect()
}

#[test]
fn nothing_is_unwrapped_outside_tests_and_nothing_is_left_to_do() {
    let mut found = Vec::new();
    for source in sources() {
        for (word, place) in NEVER {
            let code = match place {
                Where::Anywhere => &source.code,
                // A measurement may give up where it stands; what people run may not.
                Where::OutsideTests if source.path.starts_with("benches/") && *word == "panic!(" => continue,
                Where::OutsideTests => &source.product,
            };
            found.extend(lines_with(&source.path, code, word));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Words that no text of the repository has, each in two parts so that this file has none of them either.
const FORBIDDEN: &[(&str, &str)] = &[
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X"),
    ("hel", "per"),
    ("ses", "sion"),
    ("work", "place"),
    ("place", "holder"),
    ("not built", " yet"),
    ("//! tempo", "rary"),
    ("//! st", "ub"),
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("../sha", "red"),
    ("crates", ".io"),
];

#[test]
fn no_text_has_words_that_do_not_belong_to_the_product() {
    let mut found = Vec::new();
    for text in texts().iter().filter(|text| !text.path.starts_with("LICENSE")) {
        for (first, second) in FORBIDDEN {
            let word = format!("{first}{second}");
            // Capitals are a word of their own: `todo` in a sentence is not the mark.
            let exact = word.chars().any(char::is_uppercase);
            let hits = |line: &str| {
                if exact { rust::names(line, &word) } else { line.to_lowercase().contains(&word) }
            };
            let lines = text.text.lines().enumerate().filter(|(_, line)| hits(line));
            found.extend(lines.map(|(at, line)| format!("{}:{}: {}", text.path, at + 1, line.trim())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
