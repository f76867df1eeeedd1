//! The table of texts: how each is written, which operations of the story it matches, which accounts it finds, or what is wrong.

use std::fmt::Write as _;

use ledger::selector::{Accumulators, LanguageError, Rule, Selector, Version};

use super::story::{Names, Story, wallet_name};

fn wrong(error: &LanguageError) -> String {
    let found = if error.found().is_empty() { "the end".to_owned() } else { format!("`{}`", error.found()) };
    format!("error: column {}: found {found}, expected {}\n", error.column(), error.expected())
}

fn selector(text: &str, story: &Story) -> Result<String, LanguageError> {
    let selector = Selector::parse(text, Version::V1)?;
    let matcher = selector.compile(&Names)?;
    let names: Vec<&str> =
        story.views().filter(|(_, operation)| matcher.matches(operation)).map(|(name, _)| name).collect();
    let names = if names.is_empty() { "nothing".to_owned() } else { names.join(" ") };
    Ok(format!("written: {selector}\nmatches: {names}\n"))
}

fn rule(text: &str, story: &Story) -> Result<String, LanguageError> {
    let rule = Rule::parse(text, Version::V1)?;
    let compiled = rule.compile(&Names)?;
    let mut known = Accumulators::default();
    for (_, operation) in story.views() {
        compiled.observe(&mut known, &operation);
    }
    let mut found = String::new();
    for finding in compiled.verdict(&known) {
        let name = wallet_name(finding.account);
        if finding.loss.is_empty() {
            write!(found, " {name} loses nothing").unwrap();
        } else {
            write!(found, " {name} loses {} in", finding.loss_minor()).unwrap();
        }
        let operation = |place: u64| story.views().nth(place as usize - 1).unwrap().0;
        for loss in &finding.loss {
            write!(found, " {}", operation(loss.sequence.0)).unwrap();
        }
        found.push(';');
    }
    let found = if found.is_empty() { " nobody" } else { found.trim_end_matches(';') };
    Ok(format!("written: {rule}\nfinds:{found}\n"))
}

#[test]
fn every_text_of_the_golden_table_is_written_matches_finds_and_fails_as_it_says() {
    let table = include_str!("golden.txt");
    let story = Story::new();
    let mut made = String::new();
    let mut texts = 0;
    for line in table.lines() {
        let (key, text) = line.split_once(": ").unwrap_or((line, ""));
        let result = match key {
            "selector" => selector(text, &story),
            "rule" => rule(text, &story),
            "written" | "matches" | "finds" | "error" => continue,
            _ => {
                writeln!(made, "{line}").unwrap();
                continue;
            }
        };
        texts += 1;
        writeln!(made, "{line}").unwrap();
        made.push_str(&result.unwrap_or_else(|error| wrong(&error)));
    }
    assert!(texts > 60, "the texts are no longer found");
    let differs = made.lines().zip(table.lines()).find(|(made, table)| made != table);
    assert!(made == table, "first difference (made, table): {differs:#?}\nthe whole table as made:\n{made}");
}
