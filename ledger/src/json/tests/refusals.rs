//! Malformed lines: each is answered with the field, the reason and, where the text itself is wrong, the byte.

use crate::json::{LINE_BYTES_MAX, parse_submission};

const ID: &str = r#""id":"01690f5b-7c3e-4a51-b2f0-9d8e7c6b5a49""#;

/// What follows `type` and `id`, and the beginning of the answer.
#[rustfmt::skip]
const TABLE: &[(&str, &str)] = &[
    // Amounts.
    (r#""type":"spend",@,"account":"a","amount":1500,"currency":"JPY""#, "amount: is a number: write a string of minor units"),
    (r#""type":"spend",@,"account":"a","amount":-1,"currency":"JPY""#, "amount: is a number"),
    (r#""type":"spend",@,"account":"a","amount":15.5,"currency":"JPY""#, "amount: is a floating-point number, or out of range: write a string"),
    (r#""type":"spend",@,"account":"a","amount":1e400,"currency":"JPY""#, "amount: is not JSON: number out of range"),
    (r#""type":"spend",@,"account":"a","amount":99999999999999999999999,"currency":"JPY""#, "amount: is a floating-point number, or out of range"),
    (r#""type":"spend",@,"account":"a","amount":NaN,"currency":"JPY""#, "amount: is not JSON: expected value"),
    (r#""type":"spend",@,"account":"a","amount":"15.00","currency":"EUR""#, "amount: is `15.00`: write minor units, digits only"),
    (r#""type":"spend",@,"account":"a","amount":"1e3","currency":"JPY""#, "amount: is `1e3`: write minor units, digits only"),
    (r#""type":"spend",@,"account":"a","amount":"-5","currency":"JPY""#, "amount: is `-5`: write minor units, digits only"),
    (r#""type":"spend",@,"account":"a","amount":"+5","currency":"JPY""#, "amount: is `+5`: write minor units, digits only"),
    (r#""type":"spend",@,"account":"a","amount":" 5","currency":"JPY""#, "amount: is ` 5`: write minor units, digits only"),
    (r#""type":"spend",@,"account":"a","amount":"1,500","currency":"JPY""#, "amount: is `1,500`: write minor units, digits only"),
    (r#""type":"spend",@,"account":"a","amount":"007","currency":"JPY""#, "amount: is `007`: write it without leading zeros"),
    (r#""type":"spend",@,"account":"a","amount":"","currency":"JPY""#, "amount: is empty"),
    (r#""type":"spend",@,"account":"a","amount":"18446744073709551616","currency":"JPY""#, "amount: is `18446744073709551616`: out of range"),
    (r#""type":"spend",@,"account":"a","amount":true,"currency":"JPY""#, "amount: is a boolean"),
    (r#""type":"spend",@,"account":"a","amount":["1"],"currency":"JPY""#, "amount: is an array"),
    (r#""type":"spend",@,"account":"a","amount":{"minor":1},"currency":"JPY""#, "amount: is an object"),
    (r#""type":"spend",@,"account":"a","amount":null,"currency":"JPY""#, "amount: is null: leave the field out instead"),
    (r#""type":"open_account",@,"account":"01690f5b7c3e4a51b2f09d8e7c6b5a49","kind":"asset","currency":"JPY","overdraft":"some""#, "overdraft: is `some`: write minor units"),
    // Fields.
    (r#""type":"spend",@,"account":"a","amout":"1","currency":"JPY""#, "unknown field `amout`"),
    (r#""type":"spend",@,"account":"a","amount":"1","currency":"JPY","amount":"2""#, "amount: stands twice"),
    (r#""type":"spend",@,"account":"a","amount":"1","currency":"JPY","funding":"bank""#, "funding: does not belong to a spend, which takes type, id"),
    (r#""type":"spend",@,"account":"a","currency":"JPY""#, "amount: is missing: a spend needs type, id, account, amount, currency"),
    (r#""type":"spend","account":"a","amount":"1","currency":"JPY""#, "id: is missing"),
    (r#"@,"account":"a""#, "type: is missing"),
    (r#""type":"pay",@"#, "type: is `pay`: write one of define_currency, register_actor,"),
    (r#""type":"Spend",@"#, "type: is `Spend`: write one of"),
    (r#""type":7,@"#, "type: is a number"),
    (r#""type":"void_hold","id":"7","hold":"01690f5b7c3e4a51b2f09d8e7c6b5a49""#, "id: is `7`: not an id: write 32 hexadecimal digits"),
    (r#""type":"void_hold",@,"hold":null"#, "hold: is null"),
    (r#""type":"close_account",@,"account":"Wallets""#, "account: is `Wallets`: no account id, and as a code it holds a character"),
    (r#""type":"close_account",@,"account":"""#, "account: is ``: no account id, and as a code it is empty"),
    (r#""type":"open_account",@,"account":"wallets","kind":"liability","currency":"JPY""#, "account: is the code `wallets`: a new account is named by a new id"),
    (r#""type":"open_account",@,"account":"01690f5b7c3e4a51b2f09d8e7c6b5a49","kind":"wallet","currency":"JPY""#, "kind: is `wallet`: write one of asset, liability"),
    (r#""type":"open_account",@,"account":"01690f5b7c3e4a51b2f09d8e7c6b5a49","kind":"asset","currency":"JPY","code":"01690f5b7c3e4a51b2f09d8e7c6b5a49""#, "code: reads as an id"),
    (r#""type":"register_actor",@,"principal":"mori","kind":"human","authenticated_by":"token""#, "kind: is `human`: write one of person, service, system"),
    (r#""type":"register_actor",@,"principal":"mori","kind":"person","authenticated_by":"card""#, "authenticated_by: is `card`: write one of host, os_user, token, mtls"),
    (r#""type":"define_currency",@,"code":"yen","exponent":0"#, "code: holds a character that is not allowed here: A-Z and 0-9"),
    (r#""type":"define_currency",@,"code":"JPY","exponent":256"#, "exponent: is out of range"),
    (r#""type":"define_currency",@,"code":"JPY","exponent":-1"#, "exponent: invalid type: integer `-1`, expected a whole number of 0 to 8"),
    (r#""type":"define_currency",@,"code":"JPY","exponent":"0""#, "exponent: invalid type: string \"0\", expected a whole number of 0 to 8"),
    (r#""type":"settle_hold",@,"hold":"01690f5b7c3e4a51b2f09d8e7c6b5a49","more_to_come":"yes""#, "more_to_come: invalid type: string \"yes\", expected true or false"),
    // Times.
    (r#""type":"spend",@,"at":"2019-07-03 09:15","account":"a","amount":"1","currency":"JPY""#, "at: is `2019-07-03 09:15`: not a time"),
    (r#""type":"spend",@,"at":1562112900,"account":"a","amount":"1","currency":"JPY""#, "at: is a number: write a time of RFC 3339"),
    (r#""type":"spend",@,"effective":"2019-02-30","account":"a","amount":"1","currency":"JPY""#, "effective: is `2019-02-30`: not a date"),
    // Context.
    (r#""type":"spend",@,"context":{"channel":"phone"}"#, "context.channel: is `phone`: write one of app, web, store"),
    (r#""type":"spend",@,"context":{"country":"cn"}"#, "context.country: holds a character that is not allowed here: two capital letters"),
    (r#""type":"spend",@,"context":{"category":5993}"#, "context.category: is a number: write four digits as a string"),
    (r#""type":"spend",@,"context":{"category":"99"}"#, "context.category: holds a character that is not allowed here: four digits"),
    (r#""type":"spend",@,"context":{"shop":"1"}"#, "context: unknown field `shop`: write one of channel, country"),
    (r#""type":"spend",@,"context":{"store":"a","store":"b"}"#, "context.store: stands twice"),
    (r#""type":"spend",@,"context":[]"#, "context: invalid type: sequence, expected an object such as"),
    (r#""type":"spend",@,"context":{"reference":"123456789012345678901234567890123456"}"#, "context.reference: is longer than 35 bytes"),
    (r#""type":"spend",@,"context":{"tags":{"a":"1","a":"2"}}"#, "context.tags: `a` stands twice"),
    (r#""type":"spend",@,"context":{"tags":{"a":1}}"#, "context.tags: is a number: write a string"),
    (r#""type":"spend",@,"context":{"tags":{"a":"","b":"","c":"","d":"","e":"","f":"","g":"","h":"","i":"","j":""}}"#, "context.tags: are more than 8"),
    // Legs and groups.
    (r#""type":"post_journal_entry",@,"legs":[{"account":"a","side":"left","amount":"1","currency":"JPY"}]"#, "legs[0].side: is `left`: write one of debit, credit"),
    (r#""type":"post_journal_entry",@,"legs":[{"account":"a","side":"debit","amount":"1","currency":"JPY"},{"account":"b","side":"credit","currency":"JPY"}]"#, "legs[1].amount: is missing"),
    (r#""type":"post_journal_entry",@,"legs":{}"#, "legs: invalid type: map, expected an array of legs"),
    (r#""type":"group",@,"commands":[{"type":"void_hold",@,"hold":"01690f5b7c3e4a51b2f09d8e7c6b5a49"},{"type":"void_hold",@}]"#, "commands[1].hold: is missing"),
    (r#""type":"group",@,"commands":[{"type":"spend",@,"context":{"country":"?"}}]"#, "commands[0].context.country: holds a character"),
    (r#""type":"group",@,"commands":[{"type":"group",@,"commands":[]}]"#, "commands[0].commands: a group inside a group"),
    (r#""type":"group",@,"commands":[{"type":"group",@}]"#, "commands[0].type: a group inside a group"),
    (r#""type":"group",@,"commands":[7]"#, "commands[0]: invalid type: integer `7`, expected a command"),
    (r#""type":"group",@"#, "commands: is missing"),
    (r#""type":"group",@,"commands":[],"at":"2019-07-03T09:15:00Z""#, "at: does not belong to a group, which takes type, id, commands"),
];

#[test]
fn each_malformed_line_is_answered_with_its_field_and_reason() {
    for (body, expected) in TABLE {
        let line = format!("{{{}}}", body.replace('@', ID));
        let error = parse_submission(line.as_bytes()).expect_err(&line);
        assert!(error.to_string().starts_with(expected), "{line}\n  gave      {error}\n  expected  {expected}");
    }
}

#[test]
fn text_that_is_not_json_is_answered_with_the_byte() {
    #[rustfmt::skip]
    let table: &[(&[u8], Option<usize>, &str)] = &[
        (b"", Some(1), "is not JSON: it ends too early"),
        (b"{\"type\":\"sp", Some(11), "type: is not JSON: it ends too early"),
        (b"{\"type\":\"void_hold\"", Some(19), "is not JSON: it ends too early"),
        (b"{\"type\":\"void_hold\",}", Some(21), "is not JSON: trailing comma"),
        (b"{} {}", Some(4), "is not JSON: trailing characters"),
        (b"[]", Some(2), "invalid type: sequence, expected a command"),
        (b"null", Some(4), "invalid type: null, expected a command"),
        (b"{\"a\x01b\":1}", Some(4), "is not JSON: control character"),
        (b"{\"id\":\"\xff\"}", Some(8), "is not UTF-8"),
        (b"\xef\xbb\xbf{}", Some(1), "starts with a byte order mark"),
        (b"{\"id\":\"\\ud800\"}", Some(14), "id: is not JSON: unexpected end of hex escape"),
    ];
    for (line, byte, expected) in table {
        let error = parse_submission(line).expect_err("malformed");
        assert!(error.to_string().starts_with(expected), "{}: {error}", String::from_utf8_lossy(line));
        assert_eq!(error.byte, *byte, "{}: {error}", String::from_utf8_lossy(line));
    }
}

#[test]
fn a_line_over_a_mebibyte_is_refused() {
    let error = parse_submission(&vec![b' '; LINE_BYTES_MAX + 1]).expect_err("too long");
    assert_eq!(error.to_string(), "is 1048577 bytes long: a line holds at most 1048576");
}

#[test]
fn deep_nesting_is_refused_without_deep_recursion() {
    let line = format!("{{\"type\":{}", "[".repeat(100_000));
    assert!(parse_submission(line.as_bytes()).is_err());
    let line = format!("{{\"context\":{{\"tags\":{}", "{\"a\":".repeat(100_000));
    assert!(parse_submission(line.as_bytes()).is_err());
}

#[test]
fn the_id_is_known_as_soon_as_it_was_read() {
    let line = format!("{{{ID},\"type\":\"pay\"}}");
    let error = parse_submission(line.as_bytes()).expect_err("no such type");
    assert_eq!(error.id, Some(crate::model::CommandId(0x0169_0f5b_7c3e_4a51_b2f0_9d8e_7c6b_5a49)));
    let error = parse_submission(b"{\"type\":\"pay\"}").expect_err("no such type");
    assert_eq!(error.id, None);
}

#[test]
fn what_a_message_quotes_is_short_and_free_of_control_characters() {
    let line = format!("{{\"\\u001b[31m{}\":1}}", "x".repeat(500));
    let error = parse_submission(line.as_bytes()).expect_err("unknown").to_string();
    assert!(error.starts_with("unknown field `\\u{1b}[31mxxx"), "{error}");
    assert!(error.len() < 120, "{error}");
}
