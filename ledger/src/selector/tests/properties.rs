//! What holds of every text, condition and rule.

use proptest::prelude::*;
use proptest::sample::select;

use super::generate::{ACCOUNTS, Table, condition, operation, rule};
use super::naive;
use crate::selector::{Accumulators, DEPTH_MAX, Operation, Rule, Selector, TEXT_BYTES_MAX, Version, cohort};

fn selector(text: &str) -> Selector {
    Selector::parse(text, Version::V1).unwrap_or_else(|error| panic!("{error}"))
}

/// Words of the language in any order.
fn soup() -> impl Strategy<Value = String> {
    let words = vec![
        "accounts",
        "where",
        ";",
        "loss",
        "=",
        "!=",
        "<",
        ">=",
        "(",
        ")",
        ",",
        "and",
        "or",
        "not",
        "in",
        "is",
        "all",
        "absent",
        "present",
        "signal",
        "new_device",
        "within",
        "24",
        "h",
        "10min",
        "count",
        "sum",
        "max",
        "exists",
        "distinct",
        "declined",
        "span",
        "from",
        "to",
        "2019-07-04T06:00:00Z",
        "operation",
        "top_up",
        "amount",
        "5",
        "JPY",
        "store",
        "shop-1",
        "account",
        "cohort",
        "99",
        "ü",
        "\"",
        "\n",
    ];
    prop::collection::vec(select(words), 0..40).prop_map(|words| words.join(" "))
}

fn read_and_written(text: &str) -> Result<(), TestCaseError> {
    match Selector::parse(text, Version::V1) {
        Ok(selector) => {
            let _ = selector.compile(&Table);
            prop_assert_eq!(Selector::parse(&selector.to_string(), Version::V1), Ok(selector));
        }
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.offset()), "{}", error);
            prop_assert_eq!(error.to_string().lines().count(), 3, "{}", error);
        }
    }
    match Rule::parse(text, Version::V1) {
        Ok(rule) => {
            let _ = rule.compile(&Table);
            prop_assert_eq!(Rule::parse(&rule.to_string(), Version::V1), Ok(rule));
        }
        Err(error) => prop_assert!(text.is_char_boundary(error.offset()), "{}", error),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(text in ".{0,300}") {
        read_and_written(&text)?;
    }

    #[test]
    fn any_words_of_the_language_are_read_or_refused_at_a_place_inside_them(text in soup()) {
        read_and_written(&text)?;
    }

    #[test]
    fn a_cut_text_is_read_or_refused(condition in condition(), cut in any::<prop::sample::Index>()) {
        let text = condition.to_string();
        read_and_written(&text[..cut.index(text.len() + 1)])?;
    }

    #[test]
    fn a_selector_is_written_as_it_reads(condition in condition()) {
        let text = condition.to_string();
        prop_assume!(text.len() <= TEXT_BYTES_MAX);
        let read = selector(&text);
        prop_assert_eq!(&read.condition, &condition);
        prop_assert_eq!(read.to_string(), text);
    }

    #[test]
    fn a_rule_is_written_as_it_reads(rule in rule()) {
        let (accounts, span, loss) = rule;
        let mut rule = Rule::parse("accounts where count(all) = 0; loss = all", Version::V1).unwrap();
        (rule.accounts, rule.span, rule.loss) = (accounts, span, loss);
        let text = rule.to_string();
        prop_assume!(text.len() <= TEXT_BYTES_MAX);
        let read = Rule::parse(&text, Version::V1).unwrap_or_else(|error| panic!("{error}"));
        prop_assert_eq!(&read, &rule);
        prop_assert_eq!(read.to_string(), text);
    }

    #[test]
    fn a_matcher_says_what_the_condition_means(
        condition in condition(),
        operations in prop::collection::vec(operation(), 1..20),
    ) {
        let text = condition.to_string();
        prop_assume!(text.len() <= TEXT_BYTES_MAX);
        let matcher = selector(&text).compile(&Table).unwrap();
        for drawn in &operations {
            let view = drawn.view();
            prop_assert_eq!(matcher.matches(&view), naive::holds(&condition, &view), "{} {:?}", text, view);
        }
    }

    #[test]
    fn a_rule_finds_the_accounts_that_it_means_in_whatever_order_it_sees_them(
        rule in rule(),
        history in prop::collection::vec(operation(), 1..40),
    ) {
        let mut parsed = Rule::parse("accounts where count(all) = 0; loss = all", Version::V1).unwrap();
        (parsed.accounts, parsed.span, parsed.loss) = rule.clone();
        let compiled = parsed.compile(&Table).unwrap();
        let history: Vec<Operation<'_>> = history.iter().map(super::generate::Drawn::view).collect();
        let mut known = Accumulators::default();
        for operation in &history {
 compiled.observe(&mut known, operation);
 }
        let found = compiled.verdict(&known);
        prop_assert_eq!(&found, &naive::findings(&rule, &history), "{}", parsed);
        let mut backwards = Accumulators::default();
        for operation in history.iter().rev() {
 compiled.observe(&mut backwards, operation);
 }
        prop_assert_eq!(compiled.verdict(&backwards), found);
    }
}

#[test]
fn conditions_stand_inside_one_another_to_a_depth_and_no_further() {
    let nested = |depth: usize| format!("{}all{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(selector(&nested(DEPTH_MAX)).to_string(), "all");
    let error = Selector::parse(&nested(DEPTH_MAX + 1), Version::V1).unwrap_err();
    assert_eq!(error.offset(), DEPTH_MAX + 1);
    assert!(Selector::parse(&"not ".repeat(900), Version::V1).is_err());
    let rule = format!("accounts where {}; loss = all", nested(60).replace("all", "count(not not not all) > 1"));
    assert!(Rule::parse(&rule, Version::V1).is_ok());
}

#[test]
fn a_text_is_no_longer_than_its_bound() {
    let long = |bytes: usize| format!("all{}", " ".repeat(bytes - 3));
    assert!(Selector::parse(&long(TEXT_BYTES_MAX), Version::V1).is_ok());
    let error = Selector::parse(&long(TEXT_BYTES_MAX + 1), Version::V1).unwrap_err();
    assert_eq!(error.offset(), TEXT_BYTES_MAX);
    let umlauts = "ü".repeat(TEXT_BYTES_MAX);
    assert!(Selector::parse(&umlauts, Version::V1).is_err());
}

#[test]
fn a_long_selector_keeps_its_ways_short_of_the_marks_for_their_ends() {
    let parts: Vec<String> = (0..200).map(|count| format!("amount = {count} JPY")).collect();
    let matcher = selector(&parts.join(" or ")).compile(&Table).unwrap();
    assert_eq!(matcher.steps.len(), 400);
}

#[test]
fn cohorts_never_change_and_part_the_accounts_evenly() {
    let of = |number: u32| cohort(crate::model::AccountId::derived("cohort", &number.to_be_bytes()));
    assert_eq!(ACCOUNTS.map(cohort), [24, 72, 40, 81]);
    let mut counts = [0u32; 100];
    for number in 0..20_000 {
        counts[usize::from(of(number))] += 1;
    }
    assert!(counts.iter().all(|count| (140..260).contains(count)), "{counts:?}");
}

#[test]
fn an_error_shows_the_line_and_marks_the_place() {
    let error = Selector::parse("operation = spend\n  and store = tobacco\n  or ü", Version::V1).unwrap_err();
    assert_eq!((error.line(), error.column(), error.offset(), error.found()), (3, 6, 45, "ü"));
    let parsed = selector("operation = spend\n  and store = tobacco");
    let expected = "line 2, column 15: found `tobacco`, expected the code of a store of this ledger\n    and store = tobacco\n                ^";
    assert_eq!(parsed.compile(&Table).unwrap_err().to_string(), expected);
    let far = format!("{}amount > 5 XPT", "all and ".repeat(100));
    let shown = selector(&far).compile(&Table).unwrap_err().to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[1].find("XPT"), lines[2].find('^'), "{shown}");
}
