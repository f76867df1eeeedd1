//! That the documentation speaks of things that exist.

use std::collections::{BTreeMap, BTreeSet};

use super::rust;
use super::tree::{Text, read, root, sources, texts};

fn pages() -> Vec<Text> {
    texts().into_iter().filter(|text| text.path.ends_with(".md")).collect()
}

/// The lines inside the fenced blocks of a page whose language is `language`.
fn fenced<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let (mut inside, mut lines) = (false, Vec::new());
    for line in page.lines() {
        match line.trim_start().strip_prefix("```") {
            Some(info) => inside = !inside && info.split_whitespace().next() == Some(language),
            None if inside => lines.push(line),
            None => {}
        }
    }
    lines
}

/// What stands between single backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn readme_commands() -> Vec<String> {
    let readme = read("README.md");
    fenced(&readme, "sh").iter().map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned()).collect()
}

#[test]
fn the_readme_and_ci_run_the_same_commands() {
    let ci = read(".ci/run");
    let commands = readme_commands();
    let the_one = |beginning: &str| {
        let found: BTreeSet<&String> = commands.iter().filter(|command| command.starts_with(beginning)).collect();
        assert_eq!(found.len(), 1, "the README names one command that begins with {beginning}: {found:?}");
        found.into_iter().next().unwrap().clone()
    };
    let test = the_one("cargo test ");
    assert!(ci.lines().any(|line| line.trim() == format!("run {test}")), ".ci/run does not call `{test}`");
    let main = "cargo run --release --locked --bin ledger -- rehearse";
    assert!(commands.iter().any(|command| command == main), "the README does not run the main job by `{main}`");
    assert!(ci.lines().any(|line| line.trim().starts_with(&format!("run {main} "))), ".ci/run does not call `{main}`");
}

/// The subcommands that the command line declares.
fn subcommands(args: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["help".to_owned()]);
    for name in ["Command", "VerifyWhat", "ImportWhat"] {
        let body =
            args.split_once(&format!("pub enum {name} {{")).and_then(|(_, rest)| rest.split_once("\n}")).unwrap().0;
        for line in body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     ")) {
            let word: String = line.trim_start().chars().take_while(|char| char.is_alphanumeric()).collect();
            let kebab = word.char_indices().map(|(at, char)| {
                let dash = if at > 0 && char.is_uppercase() { "-" } else { "" };
                format!("{dash}{}", char.to_lowercase())
            });
            names.insert(kebab.collect::<String>());
        }
    }
    names
}

#[test]
fn every_command_in_the_documentation_exists() {
    let args: String = sources()
        .into_iter()
        .filter(|source| source.path.starts_with("tools/src/"))
        .map(|source| source.text)
        .collect();
    let subcommands = subcommands(&read("tools/src/args.rs"));
    assert!(["init", "trial-balance", "csv"].iter().all(|name| subcommands.contains(*name)), "{subcommands:?}");
    let mut checked = 0;
    for page in pages() {
        let blocks = fenced(&page.text, "sh");
        let inline = page.text.lines().flat_map(quoted);
        for command in blocks.into_iter().chain(inline).map(str::trim) {
            let of_ledger = command.strip_prefix("ledger ").or_else(|| {
                command
                    .starts_with("cargo run ")
                    .then(|| command.split_once("--bin ledger -- "))
                    .flatten()
                    .map(|(_, rest)| rest)
            });
            let Some(rest) = of_ledger else { continue };
            let words: Vec<&str> = rest.split_whitespace().collect();
            // `ledger SUBCOMMAND …` as a manner of speaking.
            let Some(first) =
                words.first().filter(|word| word.chars().all(char::is_lowercase) || subcommands.contains(**word))
            else {
                continue;
            };
            assert!(subcommands.contains(*first), "{}: `{command}`: no such subcommand", page.path);
            for option in words.iter().filter_map(|word| word.strip_prefix("--")) {
                let field = option.trim_matches(|char: char| !char.is_alphanumeric()).replace('-', "_");
                let renamed = args.contains(&format!("long = \"{field}\""));
                let known = renamed || args.contains(&format!("pub {field}: ")) || field.is_empty();
                assert!(known, "{}: `{command}`: no option --{option}", page.path);
            }
            checked += 1;
        }
    }
    assert!(checked > 10, "the commands are no longer found");
}

/// Whether a word in backticks reads as a test's name, which is a sentence of more than `words` words.
fn is_test_name(word: &str, words: usize) -> bool {
    word.matches('_').count() >= words
        && word.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
}

#[test]
fn every_test_that_a_page_names_exists() {
    let sources = sources();
    let tests: BTreeSet<&str> = sources.iter().flat_map(|source| rust::test_functions(&source.code)).collect();
    let mut missing = Vec::new();
    for page in pages() {
        let named: BTreeSet<&str> = page.text.lines().flat_map(quoted).filter(|word| is_test_name(word, 4)).collect();
        missing.extend(named.difference(&tests).map(|name| format!("{}: {name}", page.path)));
    }
    assert!(missing.is_empty(), "pages name tests that do not exist:\n{}", missing.join("\n"));
}

#[test]
fn every_hazard_names_tests_that_show_what_holds() {
    let sources = sources();
    let tests: BTreeSet<&str> = sources.iter().flat_map(|source| rust::test_functions(&source.code)).collect();
    let page = read("docs/hazards.md");
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| ---") && !line.ends_with("| shown by |");
    let rows: Vec<&str> = page.lines().filter(is_row).collect();
    assert!(rows.len() > 40, "the rows are no longer found");
    for row in rows {
        let last = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap_or_default();
        let named: Vec<&str> = quoted(last).collect();
        assert!(!named.is_empty(), "docs/hazards.md: no test shows: {row}");
        for name in named {
            assert!(tests.contains(name), "docs/hazards.md: there is no test {name}");
        }
    }
}

#[test]
fn decisions_are_numbered_without_gaps_and_listed() {
    let mut numbers = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("docs/decisions")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (number, title) = name.split_once('-').unwrap_or_else(|| panic!("{name}: NNNN-title.md"));
        assert!(number.len() == 4 && title.ends_with(".md"), "{name}: NNNN-title.md");
        let text = read(&format!("docs/decisions/{name}"));
        let heading = text.lines().next().unwrap_or_default();
        assert!(heading.starts_with(&format!("# {number} ")), "{name}: its first line names its number: {heading}");
        let twice = numbers.insert(number.parse::<usize>().unwrap(), name.clone());
        assert!(twice.is_none(), "{name}: the number is taken by {twice:?}");
    }
    let due: Vec<usize> = (1..=numbers.len()).collect();
    assert_eq!(numbers.keys().copied().collect::<Vec<_>>(), due, "decisions have gaps");
}

#[test]
fn every_link_leads_somewhere() {
    let mut checked = 0;
    let mut dead = Vec::new();
    for page in pages() {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (_, rest) in page.text.match_indices("](").map(|(at, _)| page.text.split_at(at + 2)) {
            let target = rest.split(')').next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || target.contains("://") {
                continue;
            }
            checked += 1;
            if !root().join(folder).join(path).exists() {
                dead.push(format!("{}: {target}", page.path));
            }
        }
    }
    // Comments in the code send their reader to pages too.
    for source in sources() {
        for (at, _) in source.text.match_indices("`docs/") {
            let path = source.text[at + 1..].split('`').next().unwrap_or_default();
            if path.ends_with(".md") && !root().join(path).exists() {
                dead.push(format!("{}: {path}", source.path));
            }
        }
    }
    assert!(checked > 20, "the links are no longer found");
    assert!(dead.is_empty(), "links to nowhere:\n{}", dead.join("\n"));
}

#[test]
fn exit_codes_are_the_same_on_every_page_that_lists_them() {
    // `| 0 | …` in docs/operations.md against the line of help.
    let page = read("docs/operations.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")?.0.parse::<u8>().ok());
    let codes: Vec<u8> = rows.collect();
    let args = read("tools/src/args.rs");
    let help = args.lines().find_map(|line| line.split_once("Exit codes: ")).unwrap().1;
    let told = help.split(';').filter_map(|part| part.split_whitespace().next()?.parse::<u8>().ok());
    assert_eq!(codes, told.collect::<Vec<_>>());
}

/// `@NAME@`, which stands for a figure that somebody meant to fill in.
fn marks(line: &str) -> impl Iterator<Item = &str> {
    line.split('@').skip(1).filter(|word| !word.is_empty() && word.chars().all(|char| char.is_ascii_uppercase()))
}

#[test]
fn no_page_waits_for_a_figure() {
    assert_eq!(marks("@FOLD@ µs, b@example").collect::<Vec<_>>(), ["FOLD"]);
    for page in pages() {
        let found: Vec<&str> = page.text.lines().flat_map(marks).collect();
        assert!(found.is_empty(), "{}: fill in {found:?}", page.path);
    }
}
