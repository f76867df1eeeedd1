//! The page that describes the JSON forms, held against the code.

use crate::json::tests::sample::{Few, events};
use crate::json::{parse_submission, write_event, write_submission};

const PAGE: &str = include_str!("../../../../docs/commands.md");

/// The lines of JSON inside fenced blocks of that kind.
fn examples(kind: &str) -> Vec<&'static str> {
    let fence = format!("```json {kind}");
    PAGE.split(fence.as_str())
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .flat_map(str::lines)
        .filter(|line| line.starts_with('{'))
        .collect()
}

#[test]
fn every_command_on_the_page_is_accepted_by_the_reader_and_written_as_it_stands() {
    let lines = examples("command");
    for line in &lines {
        let submission = parse_submission(line.as_bytes()).unwrap_or_else(|error| panic!("{line}\n{error}"));
        let mut again = Vec::new();
        write_submission(&submission, &mut again);
        assert_eq!(String::from_utf8(again).unwrap(), *line);
    }
    for kind in super::super::field::Kind::ALL {
        let start = format!("{{\"type\":\"{}\",", kind.name());
        assert!(lines.iter().any(|line| line.starts_with(&start)), "no example of {}", kind.name());
    }
}

#[test]
fn every_malformed_line_on_the_page_is_refused() {
    for line in examples("malformed") {
        assert!(parse_submission(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn the_page_shows_an_event_of_each_type_as_it_is_written() {
    let shown = examples("event");
    let names = Few::new();
    let mut written = Vec::new();
    for event in events() {
        let mut line = Vec::new();
        write_event(&event, &names, &mut line).expect("all names are known");
        let line = String::from_utf8(line).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
        written.push(line);
    }
    let missing: Vec<_> = written.iter().filter(|line| !shown.contains(&line.as_str())).cloned().collect();
    assert!(missing.is_empty(), "not on the page:\n{}", missing.join("\n"));
    assert_eq!(shown.len(), written.len(), "the page shows an event that no sample makes");
}

#[test]
fn an_event_that_names_what_is_not_known_is_an_error() {
    let mut event = events().swap_remove(6);
    event.header.actor = crate::model::ActorNumber(9);
    let error = write_event(&event, &Few::new(), &mut Vec::new()).expect_err("no such actor");
    assert_eq!(error.to_string(), "the event names actor number 9, which is not known here");
}
