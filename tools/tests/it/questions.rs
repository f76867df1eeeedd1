//! Questions and their answers in each form.

use serde_json::Value;

use crate::support::{Books, CODE_CHECK, CODE_OK, CODE_USAGE, command, open_account, spend, top_up, wallet};

fn some_days() -> Books {
    let books = Books { home: tempfile::tempdir().unwrap() };
    let init = books.run(&[
        "init",
        "@",
        "--clock",
        "commands",
        "--at",
        "2019-06-30T15:00:00Z",
        "--ledger-id",
        "01690f5b7c3e4a51b2f09d8e7c6b5a49",
    ]);
    assert_eq!(init.code, CODE_OK, "{}", init.err);
    let at = |line: String, time: &str| line.replacen("\"id\"", &format!("\"at\":\"{time}\",\"id\""), 1);
    let lines = [
        at(crate::support::open_store(1), "2019-07-01T00:00:00Z"),
        at(open_account(2, 1), "2019-07-01T00:00:01Z"),
        at(top_up(3, 1, 30_000), "2019-07-01T01:00:00Z"),
        at(spend(4, 1, 1_500), "2019-07-02T01:00:00Z"),
        at(spend(5, 1, 2_500), "2019-07-03T01:00:00Z").replacen("\"id\"", "\"effective\":\"2019-07-01\",\"id\"", 1),
        at(top_up(6, 1, 1_000), "2019-07-03T02:00:00Z"),
    ];
    let run = books.submit(lines.join("\n"), &[]);
    assert_eq!(run.code, CODE_OK, "{}{}", run.out, run.err);
    books
}

#[test]
fn a_balance_can_be_asked_as_of_a_date_and_as_known_at_a_moment() {
    let books = some_days();
    let posted = |options: &[&str]| {
        let wallet = wallet(1);
        let mut args = vec!["balance", "@", &wallet, "--format", "json"];
        args.extend(options);
        let run = books.run(&args);
        assert_eq!(run.code, CODE_OK, "{}", run.err);
        let value: Value = serde_json::from_str(&run.out).unwrap();
        value[0]["posted_net"].as_str().unwrap().to_owned()
    };
    assert_eq!(posted(&[]), "27000");
    assert_eq!(posted(&["--as-of", "2019-07-01"]), "27500");
    assert_eq!(posted(&["--as-of", "2019-07-02"]), "26000");
    assert_eq!(posted(&["--known-at", "2019-07-02T12:00:00Z"]), "28500");
    assert_eq!(posted(&["--as-of", "2019-07-01", "--known-at", "2019-07-02T12:00:00Z"]), "30000");
    assert_eq!(posted(&["--known-at", "21"]), "30000");
}

#[test]
fn a_statement_that_ends_before_it_begins_is_a_usage_error_in_every_form() {
    let books = some_days();
    for format in ["text", "csv", "json"] {
        let dates = ["--from", "2030-01-01", "--to", "2020-01-01"];
        let wallet = wallet(1);
        let args: Vec<&str> = ["statement", "@", &wallet, "--format", format].into_iter().chain(dates).collect();
        let run = books.run(&args);
        assert_eq!((run.code, &*run.out), (CODE_USAGE, ""), "{format}: {}", run.err);
        assert!(run.err.contains("ends before it begins"), "{}", run.err);
    }
}

#[test]
fn a_statement_runs_from_opening_to_closing_and_pages() {
    let books = some_days();
    let run = books.run(&["statement", "@", &wallet(1), "--format", "json"]);
    let whole: Value = serde_json::from_str(&run.out).unwrap();
    let nets: Vec<_> =
        whole["lines"].as_array().unwrap().iter().map(|line| line["net_after"].as_str().unwrap()).collect();
    assert_eq!(nets, ["30000", "27500", "26000", "27000"], "in the order of effective dates");
    let mut paged = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let wallet = wallet(1);
        let mut args = vec!["statement", "@", &wallet, "--format", "json", "--lines", "1"];
        if let Some(after) = &after {
            args.extend(["--after", after]);
        }
        let page: Value = serde_json::from_str(&books.run(&args).out).unwrap();
        paged.extend(page["lines"].as_array().unwrap().clone());
        match page.get("next") {
            Some(next) => after = Some(next.as_str().unwrap().to_owned()),
            None => break,
        }
    }
    assert_eq!(Value::Array(paged), whole["lines"]);
    let text = books.run(&["statement", "@", &wallet(1), "--from", "2019-07-02"]).out;
    assert!(text.contains("opening balance 27,500"), "{text}");
    assert!(text.contains("closing balance 27,000"), "{text}");
    assert!(text.contains("simulated time"), "{text}");
}

#[test]
fn the_trial_balance_balances_in_each_form() {
    let books = some_days();
    let text = books.run(&["trial-balance", "@"]);
    assert_eq!(text.code, CODE_OK);
    assert!(text.out.contains("wallets         liability   4,000  31,000   27,000  cr"), "{}", text.out);
    assert!(text.out.lines().all(|line| line == line.trim_end()));
    let csv = books.run(&["trial-balance", "@", "--format", "csv"]).out;
    assert_eq!(
        csv,
        "currency,exponent,account,code,kind,debit_minor,credit_minor,net_minor\n\
         JPY,0,,funding:bank,asset,31000,0,31000\n\
         JPY,0,,store-payables,liability,0,4000,4000\n\
         JPY,0,,wallets,liability,4000,31000,27000\n"
    );
    let json: Value =
        serde_json::from_str(&books.run(&["trial-balance", "@", "--format", "json", "--every-account"]).out).unwrap();
    assert_eq!(json["totals"][0]["debit"], json["totals"][0]["credit"]);
    assert_eq!(json["balances"], true);
    assert_eq!(json["rows"][2]["account"], wallet(1));
}

#[test]
fn an_account_shows_its_history_newest_first() {
    let books = some_days();
    let run = books.run(&["account", "@", &wallet(1), "--format", "json", "--history", "2"]);
    let value: Value = serde_json::from_str(&run.out).unwrap();
    let kinds: Vec<_> =
        value["history"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["topped_up", "spent"]);
    let text = books.run(&["account", "@", &wallet(1), "--history", "2"]).out;
    let older = text.lines().last().unwrap().strip_prefix("older: --before ").unwrap().to_owned();
    let rest = books.run(&["account", "@", &wallet(1), "--before", &older, "--format", "json"]);
    let value: Value = serde_json::from_str(&rest.out).unwrap();
    assert_eq!(value["history"].as_array().unwrap().len(), 3, "{}", rest.out);
    let csv = books.run(&["account", "@", "bank", "--format", "csv"]);
    assert_eq!(csv.out.lines().count(), 2);
}

#[test]
fn a_transaction_is_found_by_id_and_by_reference() {
    let books = some_days();
    let by_id = books.run(&["transaction", "@", &command(4)]);
    let by_reference = books.run(&["transaction", "@", "--reference", "till-4"]);
    assert_eq!(by_id.code, CODE_OK);
    assert_eq!(by_id.out, by_reference.out);
    assert!(by_id.out.contains("\"type\":\"spent\""));
    assert_eq!(books.run(&["transaction", "@", &command(99)]).code, CODE_CHECK);
    assert_eq!(books.run(&["transaction", "@"]).code, CODE_USAGE);
}

#[test]
fn events_can_be_cut_to_a_range_and_are_the_same_bytes_each_time() {
    let books = some_days();
    let all = books.run(&["events", "@"]).out;
    let again = some_days().run(&["events", "@", "--io", "buffered"]).out;
    let tail = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        tail(&all),
        tail(&again),
        "the same commands under simulated time give the same events; genesis has a salt"
    );
    let part = books.run(&["events", "@", "--from", "3", "--to", "5"]).out;
    assert_eq!(part.lines().collect::<Vec<_>>(), all.lines().skip(2).take(3).collect::<Vec<_>>());
    assert_eq!(books.run(&["events", "@", "--from", "1000"]).out, "");
    assert_eq!(books.run(&["events", "@", "--from", "x"]).code, CODE_USAGE);
}

#[test]
fn stats_and_verify_answer_in_each_form() {
    let books = some_days();
    for command in [vec!["stats", "@"], vec!["verify", "ledger", "@"]] {
        for format in ["text", "csv", "json"] {
            let mut args = command.clone();
            args.extend(["--format", format]);
            let run = books.run(&args);
            assert_eq!(run.code, CODE_OK, "{args:?}: {}", run.err);
            if format == "json" {
                let value: Value = serde_json::from_str(&run.out).unwrap();
                assert_eq!(value["last_sequence"], 24, "{value}");
            }
        }
    }
}

#[test]
fn an_account_that_is_not_there_is_said_to_be_missing() {
    let books = some_days();
    for args in [["balance", "@", "nobody"], ["statement", "@", "nobody"], ["account", "@", "nobody"]] {
        let run = books.run(&args);
        assert_eq!(run.code, CODE_USAGE);
        assert!(run.err.contains("there is no account nobody"), "{}", run.err);
    }
}

#[test]
fn a_cursor_of_another_statement_is_refused() {
    let books = some_days();
    let (wallet, other) = (wallet(1), some_days());
    let first: &[&str] = &["statement", "@", &wallet, "--from", "2019-07-01", "--format", "json", "--lines", "1"];
    let page: Value = serde_json::from_str(&books.run(first).out).unwrap();
    let cursor = page["next"].as_str().unwrap();
    let known = cursor.split('/').nth(2).unwrap();
    for same in [vec![], vec!["--known-at", known]] {
        let run = books.run(&[first, &["--after", cursor], &same].concat());
        assert_eq!(run.code, CODE_OK, "{}", run.err);
    }
    // The same id and the same events, so the same statement.
    assert_eq!(other.run(&[first, &["--after", cursor]].concat()).code, CODE_OK);
    let foreign = Books::with_wallet();
    let bank: &[&str] = &["statement", "@", "funding:bank", "--from", "2019-07-01"];
    for (books, args, said) in [
        (&foreign, first.to_vec(), "not from this statement"),
        (&books, bank.to_vec(), "not from this statement"),
        (&books, vec!["statement", "@", &wallet], "not from this statement"),
        (&books, [first, &["--to", "2019-07-02"]].concat(), "not from this statement"),
        (&books, [first, &["--known-at", "21"]].concat(), "--known-at says otherwise"),
    ] {
        let run = books.run(&[&args[..], &["--after", cursor]].concat());
        assert_eq!((run.code, &*run.out), (CODE_USAGE, ""), "{args:?}: {}", run.err);
        assert!(run.err.contains(said), "{args:?}: {}", run.err);
    }
}

#[test]
fn a_sequence_that_is_not_there_is_refused_and_a_time_not_reached_yet_says_how_far_the_answer_goes() {
    let books = some_days();
    let wallet = wallet(1);
    let questions: [&[&str]; 3] = [&["balance", "@", &wallet], &["statement", "@", &wallet], &["trial-balance", "@"]];
    for question in questions {
        for form in ["text", "json"] {
            let ask = |known: &str| books.run(&[question, &["--format", form, "--known-at", known]].concat());
            let absent = ask("999999");
            assert_eq!((absent.code, &*absent.out), (CODE_USAGE, ""), "{}", absent.err);
            assert!(absent.err.contains("the events end at 24"), "{}", absent.err);
            let future = ask("2030-01-01T00:00:00Z");
            assert_eq!(future.code, CODE_OK);
            assert!(future.err.contains("is not reached yet") && future.err.contains("sequence 24,"), "{}", future.err);
            let says = if form == "text" { "through sequence 24" } else { "\"through\":24" };
            assert!(future.out.contains(says), "{}", future.out);
            let past = ask("2019-07-02T12:00:00Z");
            assert_eq!((past.code, &*past.err), (CODE_OK, ""));
        }
    }
}
