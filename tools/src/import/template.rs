//! A mapping fitted to a file's columns: rows become commands by way of their JSON form, so that an imported command is
//! checked like any other.

use std::collections::BTreeMap;

use ledger::command::Submission;
use ledger::json::{parse_submission, write_string};
use ledger::model::{CommandId, UtcOffset};

use super::Exponents;
use super::amount::to_minor;
use super::ids::{of_row, of_values};
use super::mapping::{CommandSpec, IdFrom, Mapping};
use super::rows::Row;
use super::spec::{Column, Spec};
use super::time::{date, moment};
use crate::output::shown;

/// What rows are turned into, and with which names.
#[derive(Debug)]
pub struct Template {
    mapping: Mapping,
    batch: String,
    /// Column names to places.
    places: BTreeMap<String, usize>,
    columns: usize,
}

/// What a ledger adds to the meaning of a row.
#[derive(Debug)]
pub struct Place {
    /// Currencies and their exponents.
    pub exponents: Exponents,
    /// The offset of times that name none.
    pub utc_offset: UtcOffset,
}

impl Template {
    /// Fits a mapping to a header.
    ///
    /// # Errors
    /// When columns are missing; all of them are named.
    pub fn new(mapping: Mapping, header: &[String], batch: String) -> Result<Self, String> {
        let places: BTreeMap<String, usize> = header.iter().cloned().zip(0..).collect();
        let mut missing = Vec::new();
        let mut see = |column: &str| {
            if !places.contains_key(column) && !missing.iter().any(|known| known == column) {
                missing.push(column.to_owned());
            }
        };
        match &mapping.id {
            IdFrom::Column(column) => see(column),
            IdFrom::Columns(columns) => columns.iter().for_each(|column| see(column)),
            IdFrom::Row => {}
        }
        for command in &mapping.commands {
            if let Some(when) = &command.when {
                see(&when.column);
            }
            command.fields.iter().for_each(|(_, spec)| spec.columns(&mut see));
        }
        if missing.is_empty() {
            return Ok(Self { mapping, batch, columns: header.len(), places });
        }
        let quote =
            |names: &[String]| names.iter().map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ");
        let s = if missing.len() == 1 { "column is" } else { "columns are" };
        Err(format!("the {s} missing: {}; the file has {}", quote(&missing), quote(header)))
    }

    /// The command that a row stands for.
    ///
    /// # Errors
    /// Why it stands for none: field or column, and reason.
    pub fn command(&self, row: &Row, place: &Place) -> Result<Submission, String> {
        if row.record.len() != self.columns {
            return Err(format!(
                "the row has {} values where the header has {} columns",
                row.record.len(),
                self.columns
            ));
        }
        let spec = self.spec(row)?;
        let mut line = b"{\"id\":\"".to_vec();
        line.extend_from_slice(self.id(row)?.to_string().as_bytes());
        line.push(b'"');
        let filled = Filling { template: self, row, place };
        filled.fields(&spec.fields, true, &mut line)?;
        line.push(b'}');
        parse_submission(&line).map_err(|error| {
            // The byte is one of the line made here, which nobody else has seen.
            ledger::json::JsonError { byte: None, ..error }.to_string()
        })
    }

    fn spec(&self, row: &Row) -> Result<&CommandSpec, String> {
        for spec in &self.mapping.commands {
            let Some(when) = &spec.when else { return Ok(spec) };
            let value = self.value(row, &when.column)?;
            if when.is.iter().any(|is| is == value) {
                return Ok(spec);
            }
        }
        Err("no [[command]] of the mapping is for such a row".to_owned())
    }

    fn id(&self, row: &Row) -> Result<CommandId, String> {
        match &self.mapping.id {
            IdFrom::Row => Ok(of_row(&self.mapping.name, &self.batch, row.number)),
            IdFrom::Columns(columns) => self.id_of(&self.mapping.name, columns, row),
            IdFrom::Column(column) => {
                self.value(row, column)?.parse().map_err(|error| format!("column `{column}`: {error}"))
            }
        }
    }

    fn id_of(&self, name: &str, columns: &[String], row: &Row) -> Result<CommandId, String> {
        let values = columns.iter().map(|column| self.value(row, column)).collect::<Result<Vec<_>, _>>()?;
        if values.iter().all(|value| value.is_empty()) {
            return Err(format!("the columns of the id are empty: {}", columns.join(", ")));
        }
        Ok(of_values(name, values.into_iter().map(str::as_bytes)))
    }

    /// A column's value without the white space around it.
    fn value<'r>(&self, row: &'r Row, column: &str) -> Result<&'r str, String> {
        let bytes = self.places.get(column).and_then(|place| row.record.get(*place)).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|error| format!("column `{column}`: not UTF-8 at its byte {}", error.valid_up_to() + 1))?;
        Ok(text.trim())
    }
}

/// One row on its way into JSON.
struct Filling<'a> {
    template: &'a Template,
    row: &'a Row,
    place: &'a Place,
}

impl Filling<'_> {
    /// Writes the fields that have a value; whether there was any.
    fn fields(&self, fields: &[(String, Spec)], mut comma: bool, line: &mut Vec<u8>) -> Result<bool, String> {
        let mut any = false;
        for (key, spec) in fields {
            let before = line.len();
            if comma {
                line.push(b',');
            }
            write_string(key, line);
            line.push(b':');
            if self.value(key, spec, fields, line)? {
                comma = true;
                any = true;
            } else {
                line.truncate(before);
            }
        }
        Ok(any)
    }

    /// Writes one value; false when it is absent.
    fn value(&self, key: &str, spec: &Spec, around: &[(String, Spec)], line: &mut Vec<u8>) -> Result<bool, String> {
        match spec {
            Spec::Constant(json) => line.extend_from_slice(json),
            Spec::Column(column) => match self.column(key, column, around)? {
                None => return Ok(false),
                Some(text) => write_string(&text, line),
            },
            Spec::IdOf { columns, name } => {
                let name = name.as_ref().unwrap_or(&self.template.mapping.name);
                let id = self.template.id_of(name, columns, self.row).map_err(|reason| format!("{key}: {reason}"))?;
                write_string(&id.to_string(), line);
            }
            Spec::Object(fields) => {
                line.push(b'{');
                if !self.fields(fields, false, line)? {
                    return Ok(false);
                }
                line.push(b'}');
            }
            Spec::Array(specs) => {
                line.push(b'[');
                let mut first = true;
                for spec in specs {
                    let before = line.len();
                    if !first {
                        line.push(b',');
                    }
                    if self.value(key, spec, around, line)? {
                        first = false;
                    } else {
                        line.truncate(before);
                    }
                }
                line.push(b']');
            }
        }
        Ok(true)
    }

    /// A column's value as the field wants it; none when it is empty and may be.
    fn column(&self, key: &str, column: &Column, around: &[(String, Spec)]) -> Result<Option<String>, String> {
        let name = &column.name;
        let value = self.template.value(self.row, name)?;
        let stripped: String;
        let value = if column.strip.is_empty() {
            value
        } else {
            stripped = value.chars().filter(|character| !column.strip.contains(*character)).collect();
            stripped.trim()
        };
        if value.is_empty() {
            return if column.optional { Ok(None) } else { Err(format!("{key}: column `{name}` is empty")) };
        }
        let told = |reason: String| format!("{key}: column `{name}`: {reason}");
        let text = match (&column.values, column.decimal, &column.format) {
            (Some(values), ..) => match values.get(value) {
                Some(stands_for) => stands_for.clone(),
                None => return Err(told(format!("the mapping does not say what `{}` stands for", shown(value)))),
            },
            (None, Some(decimal), _) => {
                let exponent = self.exponent(around).map_err(told)?;
                to_minor(value, column, decimal, exponent).map_err(told)?
            }
            (None, None, Some(format)) if key == "effective" => date(value, format).map_err(told)?,
            (None, None, Some(format)) => {
                moment(value, format, column.utc_offset.unwrap_or(self.place.utc_offset)).map_err(told)?
            }
            (None, None, None) => value.to_owned(),
        };
        Ok(Some(if column.prefix.is_empty() { text } else { format!("{}{text}", column.prefix) }))
    }

    /// The exponent of the currency beside an amount.
    fn exponent(&self, around: &[(String, Spec)]) -> Result<u8, String> {
        let Some((_, spec)) = around.iter().find(|(key, _)| key == "currency") else {
            return Err("decimal needs the field currency beside the amount".to_owned());
        };
        let mut json = Vec::new();
        self.value("currency", spec, around, &mut json)?;
        let code: String = serde_json::from_slice(&json).unwrap_or_default();
        self.place
            .exponents
            .get(&code)
            .copied()
            .ok_or_else(|| format!("the currency {} is not defined in the ledger", shown(&code)))
    }
}
