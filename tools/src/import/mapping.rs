//! The mapping file: which columns become which fields of which command.

use std::path::Path;

use ledger::json::{command_fields, command_types};
use toml::{Table, Value};

use super::spec::{Spec, fields, nothing_left};
use crate::failure::Failure;

/// The longest mapping that is read, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// A mapping, checked as far as it can be without a file of rows.
#[derive(Debug)]
pub struct Mapping {
    /// Part of every derived id.
    pub name: String,
    /// Between columns.
    pub delimiter: u8,
    /// Around values that hold delimiters or line ends; none when quotes are letters like any other.
    pub quote: Option<u8>,
    /// Where ids come from.
    pub id: IdFrom,
    /// What rows become; the first one whose condition holds.
    pub commands: Vec<CommandSpec>,
}

/// Where the id of a row's command comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum IdFrom {
    /// A column that holds ids.
    Column(String),
    /// The values of these columns, hashed with the mapping's name.
    Columns(Vec<String>),
    /// The row's number, hashed with the mapping's name and the batch's.
    Row,
}

/// One kind of row.
#[derive(Debug)]
pub struct CommandSpec {
    /// Which rows; all when absent.
    pub when: Option<When>,
    /// The type and all other fields but the id.
    pub fields: Vec<(String, Spec)>,
}

/// A condition on a column.
#[derive(Debug)]
pub struct When {
    /// The column.
    pub column: String,
    /// It has one of these values.
    pub is: Vec<String>,
}

impl Mapping {
    /// Reads and checks a mapping.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let length = std::fs::metadata(path).map_err(Failure::io(format!("open {shown}")))?.len();
        if length > BYTES_MAX {
            return Err(Failure::Usage(format!("{shown} is no mapping: it is longer than {BYTES_MAX} bytes")));
        }
        let bytes = std::fs::read(path).map_err(Failure::io(format!("read {shown}")))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            Failure::Usage(format!("{shown} is not UTF-8: byte {}", error.utf8_error().valid_up_to() + 1))
        })?;
        Self::parse(&text).map_err(|reason| Failure::Usage(format!("{shown}: {reason}")))
    }

    /// Reads a mapping from its text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut table: Table =
            text.parse().map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
        let name = match table.remove("name") {
            Some(Value::String(name)) if !name.is_empty() => name,
            _ => {
                return Err("name is missing: a text that all files of this kind share, part of derived ids".to_owned());
            }
        };
        let delimiter = one_byte(&mut table, "delimiter", b',')?;
        let quote = match table.get("quote") {
            Some(Value::String(text)) if text.is_empty() => {
                table.remove("quote");
                None
            }
            _ => Some(one_byte(&mut table, "quote", b'"')?),
        };
        if Some(delimiter) == quote || [b'\r', b'\n'].iter().any(|end| *end == delimiter || Some(*end) == quote) {
            return Err("delimiter and quote: two different characters, and neither a line's end".to_owned());
        }
        let id = read_id(table.remove("id"))?;
        let Some(Value::Array(commands)) = table.remove("command") else {
            return Err("command is missing: write at least one [[command]] with a type".to_owned());
        };
        let commands = commands.into_iter().enumerate().map(read_command).collect::<Result<Vec<_>, _>>()?;
        nothing_left(&table, "", "name, delimiter, quote, id, command")?;
        Ok(Self { name, delimiter, quote, id, commands })
    }
}

fn one_byte(table: &mut Table, key: &str, default: u8) -> Result<u8, String> {
    match table.remove(key) {
        None => Ok(default),
        Some(Value::String(text)) => match text.as_bytes() {
            [byte] if byte.is_ascii() => Ok(*byte),
            _ => Err(format!("{key}: one ASCII character, such as \",\" or \"\\t\"")),
        },
        Some(_) => Err(format!("{key}: one ASCII character in quotes")),
    }
}

fn read_id(value: Option<Value>) -> Result<IdFrom, String> {
    let wrong = || "id: write [id] with column = \"…\", or columns = [\"…\"], or row = true".to_owned();
    let mut table = match value {
        None => return Ok(IdFrom::Row),
        Some(Value::Table(table)) => table,
        Some(_) => return Err(wrong()),
    };
    let id = match (table.remove("column"), table.remove("columns"), table.remove("row")) {
        (Some(Value::String(column)), None, None) => IdFrom::Column(column),
        (None, Some(Value::Array(columns)), None) if !columns.is_empty() => {
            let text = |value| if let Value::String(text) = value { Ok(text) } else { Err(wrong()) };
            IdFrom::Columns(columns.into_iter().map(text).collect::<Result<_, _>>()?)
        }
        (None, None, Some(Value::Boolean(true))) => IdFrom::Row,
        _ => return Err(wrong()),
    };
    nothing_left(&table, "id", "column, columns, row")?;
    Ok(id)
}

fn read_command((place, value): (usize, Value)) -> Result<CommandSpec, String> {
    let path = format!("command[{place}]");
    let Value::Table(mut table) = value else { return Err(format!("{path}: write [[command]]")) };
    let when = table.remove("when").map(|value| read_when(value, &path)).transpose()?;
    if table.contains_key("id") {
        return Err(format!("{path}.id: where ids come from is said in [id], for all rows"));
    }
    let Some(Value::String(kind)) = table.get("type").cloned() else {
        return Err(format!("{path}.type: write one of {}", types()));
    };
    let Some(known) = command_fields(&kind).filter(|_| kind != "group") else {
        return Err(format!("{path}.type: `{kind}` is not a command that a row can be: write one of {}", types()));
    };
    for field in table.keys() {
        if !known.allowed.contains(&field.as_str()) {
            return Err(format!("{path}.{field}: a {kind} has no such field, but {}", known.allowed.join(", ")));
        }
    }
    for field in known.required {
        if field != "id" && !table.contains_key(field) {
            return Err(format!("{path}: a {kind} needs {field}"));
        }
    }
    Ok(CommandSpec { when, fields: fields(table, &path)? })
}

fn types() -> String {
    command_types().filter(|kind| *kind != "group").collect::<Vec<_>>().join(", ")
}

fn read_when(value: Value, path: &str) -> Result<When, String> {
    let wrong = || format!("{path}.when: write {{ column = \"…\", is = \"…\" }} or is = [\"…\", \"…\"]");
    let Value::Table(mut table) = value else { return Err(wrong()) };
    let Some(Value::String(column)) = table.remove("column") else { return Err(wrong()) };
    let is = match table.remove("is") {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(values)) => values
            .into_iter()
            .map(|value| if let Value::String(text) = value { Ok(text) } else { Err(wrong()) })
            .collect::<Result<_, _>>()?,
        _ => return Err(wrong()),
    };
    nothing_left(&table, &format!("{path}.when"), "column, is")?;
    Ok(When { column, is })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/import.md");

    #[test]
    fn every_mapping_on_the_page_is_read() {
        let mappings: Vec<_> =
            PAGE.split("```toml mapping").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(mappings.len() >= 2);
        for text in mappings {
            if let Err(reason) = Mapping::parse(text) {
                panic!("{reason}\n{text}");
            }
        }
    }

    #[test]
    fn a_mapping_that_cannot_work_is_refused_with_its_place() {
        let spend = "[[command]]\ntype = \"spend\"\naccount = \"a\"\namount = { column = \"x\" }\ncurrency = \"JPY\"\n";
        for (text, expected) in [
            ("", "name is missing"),
            ("name = \"m\"", "command is missing"),
            ("name = \"m\"\ncolour = 1\n[[command]]\ntype=\"void_hold\"\nhold=\"x\"", "unknown key `colour`"),
            ("name = \"m\"\n[[command]]\ntype = \"pay\"", "command[0].type: `pay` is not a command"),
            ("name = \"m\"\n[[command]]\ntype = \"group\"", "command[0].type: `group` is not a command"),
            ("name = \"m\"\n[[command]]\ntype = \"spend\"", "command[0]: a spend needs account"),
            (&format!("name = \"m\"\n{spend}funding = \"bank\""), "command[0].funding: a spend has no such field"),
            (&format!("name = \"m\"\n{spend}id = \"x\""), "command[0].id: where ids come from"),
            (&format!("name = \"m\"\n{spend}actor = 1.5"), "command[0].actor: floating-point numbers"),
            (
                &format!("name = \"m\"\n{spend}actor = {{ column = \"x\", opt = true }}"),
                "command[0].actor: unknown key `opt`",
            ),
            (&format!("name = \"m\"\n{spend}when = \"x\""), "command[0].when: write"),
            (&format!("name = \"m\"\n[id]\ncolumns = []\n{spend}"), "id: write [id]"),
            (&format!("name = \"m\"\ndelimiter = \"ab\"\n{spend}"), "delimiter: one ASCII character"),
            (&format!("name = \"m\"\ndelimiter = '\"'\n{spend}"), "delimiter and quote: two different"),
            (&format!("name = \"m\"\nquote = \"\\n\"\n{spend}"), "delimiter and quote: two different"),
            ("name = ", "TOML parse error at line 1"),
        ] {
            let reason = Mapping::parse(text).unwrap_err();
            assert!(reason.starts_with(expected), "{text}\n  gave      {reason}\n  expected  {expected}");
        }
    }
}
