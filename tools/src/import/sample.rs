//! A mapping tried on rows that could be, before there are any: what no row can make right is an error of the mapping.

use ledger::json::{JsonError, parse_submission, write_string};

use super::mapping::CommandSpec;
use super::spec::{Column, Spec};
use super::time;

/// Stands for every id.
const ID: &str = "a0000000-0000-4000-8000-000000000001";

/// Whether rows can become commands of this kind.
///
/// # Errors
/// The field, and why no row makes it right.
pub fn check(command: &CommandSpec) -> Result<(), String> {
    let kind = command.fields.iter().find(|(key, _)| key == "type");
    let Some((_, Spec::Constant(kind))) = kind else { return Ok(()) };
    let kind: String = serde_json::from_slice(kind).unwrap_or_default();
    let mut rounds = 1;
    let mut round = 0;
    while round < rounds {
        let mut line = format!("{{\"id\":\"{ID}\",").into_bytes();
        Sample { kind: &kind, round, rounds: &mut rounds }.fields(&command.fields, &mut line)?;
        line.push(b'}');
        parse_submission(&line).map_err(|error| JsonError { byte: None, ..error }.to_string())?;
        round += 1;
    }
    Ok(())
}

/// One row that could be. Each value that a column may stand for comes in a round of its own.
struct Sample<'a> {
    kind: &'a str,
    round: usize,
    rounds: &'a mut usize,
}

impl Sample<'_> {
    fn fields(&mut self, fields: &[(String, Spec)], line: &mut Vec<u8>) -> Result<(), String> {
        for (place, (key, spec)) in fields.iter().enumerate() {
            if place > 0 {
                line.push(b',');
            }
            write_string(key, line);
            line.push(b':');
            self.value(key, spec, fields, line)?;
        }
        Ok(())
    }

    fn value(&mut self, key: &str, spec: &Spec, around: &[(String, Spec)], line: &mut Vec<u8>) -> Result<(), String> {
        match spec {
            Spec::Constant(json) => line.extend_from_slice(json),
            Spec::IdOf { .. } => write_string(ID, line),
            Spec::Column(column) => {
                let told = |reason: String| format!("{key}: {reason}");
                if column.decimal.is_some() && !around.iter().any(|(key, _)| key == "currency") {
                    return Err(told("decimal needs the field currency beside the amount".to_owned()));
                }
                if let Some(format) = &column.format {
                    let is_date = key == "effective";
                    time::check(format, is_date).map_err(told)?;
                }
                write_string(&self.text(key, column), line);
            }
            Spec::Object(fields) => {
                line.push(b'{');
                self.fields(fields, line)?;
                line.push(b'}');
            }
            Spec::Array(specs) => {
                line.push(b'[');
                for (place, spec) in specs.iter().enumerate() {
                    if place > 0 {
                        line.push(b',');
                    }
                    self.value(key, spec, around, line)?;
                }
                line.push(b']');
            }
        }
        Ok(())
    }

    /// What a column may give for a field.
    fn text(&mut self, key: &str, column: &Column) -> String {
        let prefix = &column.prefix;
        if let Some(values) = &column.values {
            *self.rounds = values.len().max(*self.rounds);
            let value = values.values().nth(self.round % values.len().max(1));
            return format!("{prefix}{}", value.map_or("", String::as_str));
        }
        match (self.kind, key) {
            // The beginning of an id says nothing of the code that it is not.
            (_, "account" | "funding" | "debit" | "credit" | "payable") if names_a_code(prefix) => format!("{prefix}a"),
            (
                _,
                "account" | "funding" | "debit" | "credit" | "payable" | "spend" | "hold" | "transaction" | "cause"
                | "device" | "card" | "freeze" | "halt" | "incident",
            ) => ID.to_owned(),
            ("define_currency", "code") | (_, "currency") => "JPY".to_owned(),
            (_, "code" | "under" | "store") if names_a_code(prefix) => format!("{prefix}a"),
            (_, "amount") => "1".to_owned(),
            (_, "effective") => "2019-07-01".to_owned(),
            (_, "at" | "expires_at" | "reading" | "starts_at" | "ends_at") => "2019-07-01T00:00:00Z".to_owned(),
            ("register_actor", "kind") => "person".to_owned(),
            (_, "kind") => "asset".to_owned(),
            (_, "authenticated_by") => "host".to_owned(),
            (_, "overdraft") => "never".to_owned(),
            (_, "directions") => "both".to_owned(),
            ("freeze_account" | "freeze_amount", "reason") => "suspected_fraud".to_owned(),
            (_, "selector" | "except") => "operation = spend".to_owned(),
            (_, "side") => "debit".to_owned(),
            (_, "operation") => "transfer".to_owned(),
            (_, "signal") => "new_device".to_owned(),
            (_, "channel") => "app".to_owned(),
            (_, "country") => "JP".to_owned(),
            (_, "category") => "5993".to_owned(),
            _ => "a".to_owned(),
        }
    }
}

/// Whether something that is no beginning of an id is put in front.
fn names_a_code(prefix: &str) -> bool {
    prefix.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'-')
}

#[cfg(test)]
mod tests {
    use ledger::json::{command_fields, command_types};

    use super::super::mapping::Mapping;

    #[test]
    fn every_field_of_every_command_may_come_from_a_column_but_numbers_and_flags() {
        for kind in command_types().filter(|kind| *kind != "group") {
            let mut lines = vec![format!("name = \"m\"\n[[command]]\ntype = \"{kind}\"")];
            for field in command_fields(kind).unwrap().allowed {
                let column = "{ column = \"x\" }";
                match field {
                    // Exceptions are a list of their own form, the same in every row.
                    "type" | "id" | "exceptions" => {}
                    "exponent" => lines.push("exponent = 2".to_owned()),
                    "more_to_come" => lines.push("more_to_come = true".to_owned()),
                    "legs" => {
                        let leg = ["account", "side", "amount", "currency"].map(|key| format!("{key} = {column}"));
                        lines.push(format!("legs = [{{ {} }}]", leg.join(", ")));
                    }
                    "context" => {
                        let names = [
                            "channel",
                            "country",
                            "category",
                            "store",
                            "device",
                            "card",
                            "reference",
                            "description",
                            "voucher",
                        ];
                        let fields: Vec<_> = names.iter().map(|name| format!("{name} = {column}")).collect();
                        let tags = format!("tags = {{ any = {column} }}");
                        lines.push(format!("context = {{ {}, {tags} }}", fields.join(", ")));
                    }
                    other => lines.push(format!("{other} = {column}")),
                }
            }
            let text = lines.join("\n");
            if let Err(reason) = Mapping::parse(&text) {
                panic!("{reason}\n{text}");
            }
        }
    }

    #[test]
    fn what_no_row_can_make_right_is_an_error_of_the_mapping() {
        let spend = |account: &str, amount: &str, more: &str| {
            format!(
                "name = \"m\"\n[[command]]\ntype = \"spend\"\naccount = {account}\namount = {amount}\ncurrency = \"JPY\"\n{more}"
            )
        };
        let (account, amount) = ("{ column = \"x\" }", "{ column = \"y\", decimal = \".\" }");
        assert!(Mapping::parse(&spend(account, amount, "")).is_ok());
        assert!(Mapping::parse(&spend("{ column = \"x\", prefix = \"A0000000-\" }", amount, "")).is_ok());
        for (text, expected) in [
            (spend(account, "5", ""), "command[0]: amount: is a number: write a string"),
            (spend(account, "\"1.5\"", ""), "command[0]: amount: is `1.5`"),
            (spend("\"Bank EUR\"", amount, ""), "command[0]: account: "),
            (spend("{ column = \"x\", prefix = \"Bank \" }", amount, ""), "command[0]: account: "),
            (
                spend("{ column = \"x\", values = { \"a\" = \"bank\", \"b\" = \"Bank EUR\" } }", amount, ""),
                "command[0]: account: ",
            ),
            (spend(account, amount, "context = { colour = \"red\" }"), "command[0]: context: unknown field `colour`"),
            (spend(account, amount, "context = { channel = \"post\" }"), "command[0]: context.channel: "),
            (
                spend(account, amount, "effective = { column = \"d\", format = \"%q\" }"),
                "command[0]: effective: format `%q`: ",
            ),
            (
                spend(account, amount, "effective = { column = \"d\", format = \"%H:%M\" }"),
                "command[0]: effective: format `%H:%M`: ",
            ),
            (spend(account, amount, "effective = \"yesterday\""), "command[0]: effective: "),
            (
                "name = \"m\"\n[[command]]\ntype = \"refund_spend\"\nspend = { column = \"x\" }\namount = { column = \"y\", decimal = \".\" }"
                    .to_owned(),
                "command[0]: amount: decimal needs the field currency",
            ),
        ] {
            let reason = Mapping::parse(&text).unwrap_err();
            assert!(reason.starts_with(expected), "{text}\n  gave      {reason}\n  expected  {expected}");
        }
    }
}
