//! The page about the language against the language.

use ledger::model::{OperationKind, Signal};
use ledger::selector::{AGGREGATES_MAX, DEPTH_MAX, Field, Rule, Selector, TEXT_BYTES_MAX, Version};

use super::story::Names;

const PAGE: &str = include_str!("../../../../docs/selectors.md");

/// The fenced blocks of that language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    PAGE.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn every_example_on_the_page_reads_and_is_written_as_it_stands() {
    let (selectors, rules) = (blocks("selector"), blocks("rule"));
    assert!(selectors.len() >= 5 && rules.len() >= 3, "the examples are no longer found");
    for text in selectors {
        let selector = Selector::parse(text, Version::V1).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(selector.to_string(), text);
        selector.compile(&Names).unwrap_or_else(|error| panic!("{error}"));
    }
    for text in rules {
        let rule = Rule::parse(text, Version::V1).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(rule.to_string(), text);
        rule.compile(&Names).unwrap_or_else(|error| panic!("{error}"));
    }
    let mistake = Selector::parse("operation = spend and store = tobaco", Version::V1).unwrap().compile(&Names);
    assert!(blocks("text").contains(&mistake.unwrap_err().to_string().as_str()));
}

#[test]
fn the_page_names_every_field_operation_and_signal_and_the_bounds() {
    let fields = Field::ALL.iter().map(|field| field.name().to_owned());
    let kinds = OperationKind::ALL.iter().map(|kind| kind.name().to_owned());
    let signals = Signal::WELL_KNOWN.iter().map(ToString::to_string);
    for name in fields.chain(kinds).chain(signals) {
        assert!(PAGE.contains(&format!("`{name}`")), "docs/selectors.md does not name {name}");
    }
    let bounds = [
        format!("has at most {TEXT_BYTES_MAX} bytes"),
        format!("at most {DEPTH_MAX} deep"),
        format!("at most {AGGREGATES_MAX} aggregates"),
    ];
    for bound in bounds {
        assert!(PAGE.contains(&bound), "docs/selectors.md does not say: {bound}");
    }
}
