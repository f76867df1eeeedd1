//! `import csv`: columns to commands, rejects with reasons, and nothing done twice.

use crate::support::{Books, CODE_CHECK, CODE_OK, CODE_USAGE, wallet};

const MAPPING: &str = r#"
name = "acquirer-daily"
[id]
columns = ["payment"]
[[command]]
when = { column = "kind", is = "charge" }
type = "top_up"
account = { column = "wallet" }
funding = { column = "brand", values = { "CC" = "funding:credit-card", "BK" = "funding:bank" } }
amount = { column = "amount", decimal = ".", thousands = ",", strip = "¥" }
currency = "JPY"
[command.context]
channel = "batch"
reference = { column = "payment" }
description = { column = "memo", optional = true }
[[command]]
when = { column = "kind", is = "payment" }
type = "spend"
account = { column = "wallet" }
amount = { column = "amount", decimal = ".", thousands = ",", strip = "¥" }
currency = "JPY"
context = { store = "shibuya-1" }
[[command]]
when = { column = "kind", is = "refund" }
type = "refund_spend"
spend = { id_of = "memo" }
"#;

fn file() -> String {
    let w = wallet(1);
    format!(
        "payment,kind,wallet,brand,amount,memo\n\
         P-1,charge,{w},CC,\"¥1,500\",first\n\
         P-2,charge,{w},BK,200.0,\n\
         P-3,payment,{w},,700,\n\
         P-4,refund,{w},,,P-3\n"
    )
}

fn books(mapping: &str, csv: impl AsRef<[u8]>) -> Books {
    let books = Books::with_wallet();
    books.write("m.toml", mapping);
    books.write("f.csv", csv);
    books
}

const IMPORT: &[&str] = &["import", "csv", "@", "@f.csv", "--mapping", "@m.toml"];

#[test]
fn rows_become_commands_and_importing_twice_changes_nothing() {
    let books = books(MAPPING, file());
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_OK, "{}{}", run.out, run.err);
    assert_eq!(
        run.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        ["rows JPY", "accepted 4 2,400", "replayed 0 0", "refused 0 0", "─────────────────────", "total 4 2,400"]
    );
    assert_eq!(books.posted(&wallet(1)), "31700");
    assert!(!books.path("f.csv.rejects.csv").exists());
    let events = books.run(&["events", "@"]).out;
    let again = books.run(IMPORT);
    assert_eq!(again.code, CODE_OK);
    assert!(again.out.contains("replayed     4"), "{}", again.out);
    assert_eq!(books.run(&["events", "@"]).out, events);
}

#[test]
fn a_dry_run_checks_everything_and_does_nothing() {
    let books = books(MAPPING, file());
    let before = books.events().len();
    let run = books.run(&[IMPORT, &["--dry-run"]].concat());
    assert_eq!(run.code, CODE_OK, "{}", run.err);
    assert!(run.out.contains("would be sent     4"), "{}", run.out);
    assert_eq!(books.events().len(), before);
}

#[test]
fn missing_columns_are_all_named_before_anything_is_done() {
    let books = books(MAPPING, file().replace("kind,wallet", "art,konto"));
    let before = books.events().len();
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_USAGE);
    assert!(
        run.err.contains("the columns are missing: `kind`, `wallet`; the file has `payment`, `art`"),
        "{}",
        run.err
    );
    assert_eq!(books.events().len(), before);
}

#[test]
fn a_mapping_that_cannot_work_is_refused_before_anything_is_done() {
    for (from, to, expected) in [
        ("type = \"spend\"", "type = \"pay\"", "command[1].type: `pay` is not a command"),
        ("optional = true", "optionl = true", "unknown key `optionl`"),
        ("name = \"acquirer-daily\"", "", "name is missing"),
        (
            "context = { store = \"shibuya-1\" }",
            "context = { shop = \"shibuya-1\" }",
            "command[1]: context: unknown field `shop`",
        ),
        ("currency = \"JPY\"\n[command.context]", "[command.context]", "command[0]: a top_up needs currency"),
    ] {
        let books = books(&MAPPING.replacen(from, to, 1), file());
        let run = books.run(IMPORT);
        assert_eq!(run.code, CODE_USAGE, "{}", run.err);
        assert!(run.err.contains(expected) && run.err.contains("m.toml"), "{}", run.err);
    }
}

#[test]
fn rows_that_cannot_be_done_go_to_the_rejects_with_row_line_and_reason() {
    let w = wallet(1);
    let csv = format!(
        "payment,kind,wallet,brand,amount,memo\n\
         P-1,charge,{w},CC,100,\"two\nlines\"\n\
         P-2,charge,{w},XX,100,\n\
         P-3,charge,{w},CC,1.5,\n\
         P-4,charge,{w},CC,-100,\n\
         P-5,charge,{w},CC\n\
         P-6,gift,{w},CC,100,\n\
         P-7,payment,{w},,900000000,\n\
         P-8,charge,nobody,CC,100,\n\
         P-9,charge,,CC,100,=cmd()\n\
         P-10,charge,{w},CC,100,\n"
    );
    let books = books(MAPPING, csv);
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_CHECK);
    assert!(run.err.contains("9 rows were refused"), "{}", run.err);
    assert_eq!(books.posted(&wallet(1)), "30100", "{}", run.out);
    let rejects = std::fs::read_to_string(books.path("f.csv.rejects.csv")).unwrap();
    for expected in [
        "row,line,code,reason,payment,kind,wallet,brand,amount,memo\n",
        "1,2,text_invalid,description holds a control character,P-1,",
        "2,4,malformed,funding: column `brand`: the mapping does not say what `XX` stands for,P-2,",
        "3,5,malformed,amount: column `amount`: `1.5` has more than the currency's 0 decimals,P-3,",
        "4,6,malformed,amount: column `amount`: `-100` is negative",
        "5,7,malformed,the row has 4 values where the header has 6 columns,P-5,",
        "6,8,malformed,no [[command]] of the mapping is for such a row,P-6,",
        "7,9,insufficient_funds,",
        "8,10,account_unknown,there is no account nobody,P-8,",
        "9,11,malformed,account: column `wallet` is empty,P-9,",
    ] {
        assert!(rejects.contains(expected), "{expected}\n{rejects}");
    }
    // An existing file of rejects is kept unless told otherwise.
    let again = books.run(IMPORT);
    assert_eq!(again.code, CODE_USAGE, "{}", again.err);
    assert!(again.err.contains("--force"), "{}", again.err);
    let forced = books.run(&[IMPORT, &["--force"]].concat());
    assert_eq!(forced.code, CODE_CHECK);
    assert!(forced.out.contains("replayed     1"), "{}", forced.out);
}

#[test]
fn the_rejects_never_replace_what_is_imported() {
    let books = books(MAPPING, file().replace("P-1,charge", "P-1,gift"));
    std::fs::hard_link(books.path("f.csv"), books.path("link.csv")).unwrap();
    let before = (std::fs::read(books.path("f.csv")).unwrap(), books.events().len());
    for rejects in ["@f.csv", "@m.toml", "@link.csv"] {
        let run = books.run(&[IMPORT, &["--rejects", rejects, "--force"]].concat());
        assert_eq!(run.code, CODE_USAGE, "{}", run.err);
        assert!(run.err.contains("is what this import reads"), "{}", run.err);
        assert_eq!((std::fs::read(books.path("f.csv")).unwrap(), books.events().len()), before);
    }
}

#[test]
fn a_file_that_is_no_csv_in_utf8_is_answered() {
    let mut bytes = file().into_bytes();
    let place = bytes.windows(5).position(|window| window == b"first").unwrap();
    bytes[place] = 0x8f;
    let books = books(MAPPING, bytes);
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_CHECK);
    let rejects = std::fs::read(books.path("f.csv.rejects.csv")).unwrap();
    assert!(String::from_utf8_lossy(&rejects).contains("column `memo`: not UTF-8 at its byte 1"));

    let books = self::books(MAPPING, b"pay\xffment,kind\n");
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_USAGE);
    assert!(run.err.contains("iconv"), "{}", run.err);

    let mut open_quote = file();
    open_quote.push_str("P-9,charge,\"");
    open_quote.push_str(&"x".repeat(3_000_000));
    let books = self::books(MAPPING, open_quote);
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_CHECK);
    assert!(run.err.contains("line 6, column 12: a row is longer than 1 MiB"), "{}", run.err);
    assert!(run.out.contains("accepted     4"), "{}", run.out);
    assert_eq!(books.posted(&wallet(1)), "31700");

    let books = self::books(MAPPING, "");
    assert_eq!(books.run(IMPORT).code, CODE_USAGE);
}

#[test]
fn rows_without_ids_are_told_apart_by_file_and_row() {
    let mapping = r#"
name = "cash"
[[command]]
type = "top_up"
account = { column = "wallet" }
funding = "funding:cash-register"
amount = { column = "amount" }
currency = "JPY"
"#;
    let w = wallet(1);
    let books = books(mapping, format!("wallet,amount\n{w},100\n{w},100\n"));
    for expected in ["30200", "30200"] {
        assert_eq!(books.run(IMPORT).code, CODE_OK);
        assert_eq!(books.posted(&w), expected);
    }
    let other = books.run(&[IMPORT, &["--batch", "tomorrow"]].concat());
    assert_eq!(other.code, CODE_OK, "{}", other.err);
    assert_eq!(books.posted(&w), "30400");
}

/// A mapping that does not look at the column `note`.
const NOTED: &str = r#"
name = "noted"
[id]
columns = ["payment"]
[[command]]
type = "top_up"
account = { column = "wallet" }
funding = "funding:bank"
amount = { column = "amount" }
currency = "JPY"
"#;

fn noted(notes: &[&str]) -> String {
    let rows = notes.iter().enumerate().map(|(place, note)| format!("P-{place},{},1,{note}\n", wallet(1)));
    std::iter::once("payment,wallet,amount,note\n".to_owned()).chain(rows).collect()
}

#[test]
fn a_quote_that_is_never_closed_swallows_no_row_even_in_a_column_that_nobody_maps() {
    for (note, place) in [
        ("\"oops", "line 3, column 44: a quote opens here and is never closed"),
        ("a\"b", "line 3, column 45: a quote stands in a value that does not begin with one"),
        ("\"a\"b", "line 3, column 46: a closing quote stands in the middle of a value"),
    ] {
        let mut notes = vec!["fine", note];
        notes.extend(["fine"; 17]);
        let books = books(NOTED, noted(&notes));
        for options in [&["--dry-run"][..], &[]] {
            let run = books.run(&[IMPORT, options].concat());
            assert_eq!(run.code, CODE_CHECK, "{}", run.err);
            assert!(run.err.contains(place), "{}", run.err);
            assert!(run.err.contains("stops in front of row 2"), "{}", run.err);
            let total = run.out.lines().last().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(total, "total 1 1", "{}", run.out);
        }
        assert_eq!(books.posted(&wallet(1)), "30001", "what stands in front is done, nothing of the rest");
    }
    let books = books(NOTED, "payment,\"wallet,amount,note\n");
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_USAGE, "{}", run.err);
    assert!(run.err.contains("line 1, column 9: a quote opens here and is never closed"), "{}", run.err);
}

#[test]
fn a_file_whose_quotes_are_letters_says_so_in_its_mapping() {
    let books = books(&format!("quote = \"\"\n{NOTED}"), noted(&["5\" pipe", "\"oops"]));
    let run = books.run(IMPORT);
    assert_eq!(run.code, CODE_OK, "{}", run.err);
    assert_eq!(books.posted(&wallet(1)), "30002");
}

#[test]
fn rows_of_any_text_are_accepted_refused_or_behind_the_place_that_is_told() {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    let books = Books::with_wallet();
    books.write("m.toml", NOTED);
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let notes = prop::collection::vec("[ab,\"]{0,3}|\"([ab,\n]|\"\"){0,4}\"", 1..12);
    runner
        .run(&notes, |notes| {
            let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
            let text = noted(&notes);
            books.write("f.csv", &text);
            // A line ends a row where the quotes in front of it are in pairs.
            let mut quotes = 0usize;
            let mut ends = |character: char| {
                quotes += usize::from(character == '"');
                character == '\n' && quotes.is_multiple_of(2)
            };
            let rows = text.chars().filter(|character| ends(*character)).count() - 1;
            let run = books.run(&[IMPORT, &["--force"]].concat());
            let total = run.out.lines().last().unwrap_or_default();
            let counted: usize = total.split_whitespace().nth(1).unwrap().parse().unwrap();
            if run.err.contains(", column ") {
                prop_assert_eq!(run.code, CODE_CHECK);
                let stopped = format!("stops in front of row {}:", counted + 1);
                prop_assert!(run.err.contains(&stopped), "{}\n{}", stopped, run.err);
            } else {
                prop_assert_eq!(counted, rows, "{}{}", run.out, run.err);
            }
            Ok(())
        })
        .unwrap();
}
