//! `ledger halt`: imposed, listed, lifted by two persons, and looked at before.

use serde_json::Value;

use crate::support::{Books, CODE_CHECK, CODE_OK, CODE_USAGE, Run, command, open_account, spend, top_up};

const CARDS: &str = "operation = top_up and funding = funding:bank";

fn actor(id: u32, principal: &str) -> String {
    format!(
        r#"{{"type":"register_actor","id":"{}","principal":"{principal}","kind":"person","authenticated_by":"os_user"}}"#,
        command(id)
    )
}

fn done(run: &Run) {
    assert_eq!(run.code, CODE_OK, "{}{}", run.out, run.err);
}

fn some_money() -> Books {
    let books = Books { home: tempfile::tempdir().unwrap() };
    done(&books.run(&["init", "@"]));
    let lines = [
        crate::support::open_store(1),
        actor(2, "mori"),
        actor(3, "sato"),
        open_account(4, 1),
        open_account(5, 2),
        top_up(6, 1, 30_000),
        top_up(7, 2, 1_000),
        spend(8, 1, 2_500),
    ];
    done(&books.submit(lines.join("\n"), &[]));
    books
}

fn status(run: &Run) -> String {
    let value: Value = serde_json::from_str(run.out.lines().next().unwrap()).unwrap();
    value["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_halt_is_imposed_listed_and_lifted_in_stages_by_two_persons() {
    let books = some_money();
    let halt = command(50);
    done(&books.run(&[
        "halt",
        "impose",
        "@",
        "--where",
        CARDS,
        "--reason",
        "stolen logins",
        "--actor",
        "mori",
        "--id",
        &halt,
    ]));
    assert_eq!(status(&books.submit(top_up(10, 1, 5_000), &[])), "declined");
    assert_eq!(status(&books.submit(spend(11, 1, 100), &[])), "accepted");
    let listed = books.run(&["halt", "list", "@", "--format", "json"]);
    done(&listed);
    let value: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!((value[0]["id"].as_str(), value[0]["in_force"].as_bool()), (Some(&*halt), Some(true)));
    assert_eq!(value[0]["selector"].as_str(), Some(CARDS));
    let imposed = value[0]["sequence"].as_u64().unwrap();

    let alone = books.run(&["halt", "lift", "@", &halt, "--actor", "mori", "--approved-by", "mori"]);
    assert_eq!(alone.code, CODE_CHECK);
    assert!(alone.err.contains("second_person_missing"), "{}", alone.err);
    let both = ["halt", "lift", "@", &halt, "--actor", "mori", "--approved-by", "sato"];
    done(&books.run(&[&both[..], &["--except", "amount <= 500 JPY"]].concat()));
    assert_eq!(status(&books.submit(top_up(12, 1, 500), &[])), "accepted");
    assert_eq!(status(&books.submit(top_up(13, 1, 501), &[])), "declined");
    done(&books.run(&both));
    assert_eq!(status(&books.submit(top_up(14, 1, 501), &[])), "accepted");
    assert_eq!(books.run(&["halt", "list", "@"]).out, "no halt stands\n");
    let then = books.run(&["halt", "list", "@", "--known-at", &imposed.to_string(), "--format", "csv"]);
    done(&then);
    assert!(then.out.lines().nth(1).unwrap().starts_with(&halt), "{}", then.out);
    assert!(books.run(&both).err.contains("halt_over"));
}

#[test]
fn a_selector_that_cannot_be_read_is_refused_with_its_place() {
    let books = some_money();
    let wrong = "operation = topup";
    let imposed = books.run(&["halt", "impose", "@", "--where", wrong, "--reason", "a mistake"]);
    assert_eq!(imposed.code, CODE_CHECK);
    assert!(imposed.err.contains("line 1, column 13"), "{}", imposed.err);
    let preview = books.run(&["halt", "preview", "@", "--where", wrong]);
    assert_eq!(preview.code, CODE_USAGE);
    assert!(preview.err.contains("line 1, column 13"), "{}", preview.err);
}

#[test]
fn a_preview_counts_what_would_have_been_stopped() {
    let books = some_money();
    let answer = |extra: &[&str]| -> Value {
        let run = books.run(&[&["halt", "preview", "@", "--where", CARDS, "--format", "json"][..], extra].concat());
        done(&run);
        serde_json::from_str(&run.out).unwrap()
    };
    let all = answer(&[]);
    assert_eq!((all["operations"].as_u64(), all["accounts"].as_u64()), (Some(2), Some(2)));
    assert_eq!(all["kinds"][0]["operation"].as_str(), Some("top_up"));
    assert_eq!((all["sums"][0]["amount"].as_str(), all["first_order"].as_bool()), (Some("31000"), Some(true)));
    assert_eq!(answer(&["--to", "2019-07-01T00:00:00Z"])["operations"].as_u64(), Some(0));
    let text = books.run(&["halt", "preview", "@", "--where", CARDS]);
    assert!(text.out.contains("31,000") && text.out.contains("first-order"), "{}", text.out);
    // What a halt refused did not happen.
    done(&books.run(&["halt", "impose", "@", "--where", CARDS, "--reason", "drill"]));
    assert_eq!(status(&books.submit(top_up(10, 1, 5_000), &[])), "declined");
    assert_eq!(answer(&[])["operations"].as_u64(), Some(2));
}

#[test]
fn the_time_is_asked_for_where_commands_carry_it_and_only_there() {
    let books = some_money();
    let impose = ["halt", "impose", "@", "--where", "all", "--reason", "drill"];
    let given = books.run(&[&impose[..], &["--at", "2019-07-01T00:00:00Z"]].concat());
    assert_eq!(given.code, CODE_USAGE);
    assert!(given.err.contains("leave out --at"), "{}", given.err);

    let simulated = Books { home: tempfile::tempdir().unwrap() };
    done(&simulated.run(&["init", "@", "--clock", "commands", "--at", "2019-06-30T15:00:00Z"]));
    let missing = simulated.run(&impose);
    assert_eq!(missing.code, CODE_USAGE);
    assert!(missing.err.contains("--at TIME"), "{}", missing.err);
    let at = ["--at", "2019-07-01T00:00:00Z", "--until", "2019-07-02T00:00:00Z"];
    done(&simulated.run(&[&impose[..], &at].concat()));
    assert!(simulated.run(&["halt", "list", "@"]).out.contains("in force"));
    let later = simulated.run(&["halt", "list", "@", "--known-at", "2019-07-02T00:00:00Z"]);
    assert_eq!(later.out, "no halt stands\n");
}
