//! How one field of a command comes out of a row, as the mapping's TOML says it.

use std::collections::BTreeMap;

use ledger::model::UtcOffset;
use toml::{Table, Value};

/// Where a field's value comes from.
#[derive(Debug)]
pub enum Spec {
    /// The same for all rows: text, `true`, `false` or a whole number, already as JSON.
    Constant(Vec<u8>),
    /// A column.
    Column(Box<Column>),
    /// The id that a row with these columns' values gets.
    IdOf {
        /// The columns.
        columns: Vec<String>,
        /// The mapping's name under which; this mapping's own when absent.
        name: Option<String>,
    },
    /// An object of fields.
    Object(Vec<(String, Spec)>),
    /// An array.
    Array(Vec<Spec>),
}

/// A value taken from a column.
#[derive(Debug, Default)]
pub struct Column {
    /// The column's name in the header.
    pub name: String,
    /// Whether the field is left out when the column is empty, instead of refusing the row.
    pub optional: bool,
    /// What each value stands for; other values are refused.
    pub values: Option<BTreeMap<String, String>>,
    /// Put before the value.
    pub prefix: String,
    /// The decimal mark of an amount in units of its currency.
    pub decimal: Option<char>,
    /// The mark between thousands of such an amount.
    pub thousands: Option<char>,
    /// Characters taken out of the value, such as currency signs.
    pub strip: String,
    /// The form of a date or time, in the letters of strptime.
    pub format: Option<String>,
    /// The offset from UTC of times that name none; the ledger's own when absent.
    pub utc_offset: Option<UtcOffset>,
}

impl Spec {
    /// Reads one value of the mapping; `path` names it in errors.
    pub fn read(value: Value, path: &str) -> Result<Self, String> {
        match value {
            Value::String(text) => {
                let mut json = Vec::new();
                ledger::json::write_string(&text, &mut json);
                Ok(Self::Constant(json))
            }
            Value::Boolean(flag) => Ok(Self::Constant(flag.to_string().into_bytes())),
            Value::Integer(number) => Ok(Self::Constant(number.to_string().into_bytes())),
            Value::Float(_) => Err(format!("{path}: floating-point numbers are never used; write amounts as text")),
            Value::Datetime(_) => Err(format!("{path}: write dates and times as text")),
            Value::Array(values) => values
                .into_iter()
                .enumerate()
                .map(|(place, value)| Self::read(value, &format!("{path}[{place}]")))
                .collect::<Result<_, _>>()
                .map(Self::Array),
            Value::Table(table) if table.contains_key("column") => read_column(table, path),
            Value::Table(table) if table.contains_key("id_of") => read_id_of(table, path),
            Value::Table(table) => fields(table, path).map(Self::Object),
        }
    }

    /// Calls `see` with every column named.
    pub fn columns(&self, see: &mut impl FnMut(&str)) {
        match self {
            Self::Constant(_) => {}
            Self::Column(column) => see(&column.name),
            Self::IdOf { columns, .. } => columns.iter().for_each(|column| see(column)),
            Self::Object(fields) => fields.iter().for_each(|(_, spec)| spec.columns(see)),
            Self::Array(specs) => specs.iter().for_each(|spec| spec.columns(see)),
        }
    }
}

/// Reads the fields of an object, in the order of the file.
pub fn fields(table: Table, path: &str) -> Result<Vec<(String, Spec)>, String> {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    table
        .into_iter()
        .map(|(key, value)| {
            let spec = Spec::read(value, &join(&key))?;
            Ok((key, spec))
        })
        .collect()
}

fn read_id_of(mut table: Table, path: &str) -> Result<Spec, String> {
    let columns = match table.remove("id_of") {
        Some(Value::String(column)) => vec![column],
        Some(Value::Array(values)) => strings(values, path)?,
        _ => return Err(format!("{path}.id_of: name a column, or several in brackets")),
    };
    let name = table.remove("name").map(|value| string(value, path, "name")).transpose()?;
    nothing_left(&table, path, "id_of, name")?;
    Ok(Spec::IdOf { columns, name })
}

fn read_column(mut table: Table, path: &str) -> Result<Spec, String> {
    let mut column = Column::default();
    let mut take = |key: &str| table.remove(key);
    if let Some(value) = take("column") {
        column.name = string(value, path, "column")?;
    }
    if let Some(value) = take("optional") {
        column.optional = value.as_bool().ok_or_else(|| format!("{path}.optional: true or false"))?;
    }
    if let Some(value) = take("values") {
        let Value::Table(values) = value else { return Err(format!("{path}.values: a table of texts")) };
        let read = |(key, value)| Ok((key, string(value, path, "values")?));
        column.values = Some(values.into_iter().map(read).collect::<Result<_, String>>()?);
    }
    if let Some(value) = take("prefix") {
        column.prefix = string(value, path, "prefix")?;
    }
    if let Some(value) = take("decimal") {
        column.decimal = Some(mark(value, path, "decimal")?);
    }
    if let Some(value) = take("thousands") {
        column.thousands = Some(mark(value, path, "thousands")?);
    }
    if let Some(value) = take("strip") {
        column.strip = string(value, path, "strip")?;
    }
    if let Some(value) = take("format") {
        column.format = Some(string(value, path, "format")?);
    }
    if let Some(value) = take("utc_offset") {
        let text = string(value, path, "utc_offset")?;
        column.utc_offset = Some(text.parse().map_err(|error| format!("{path}.utc_offset: {error}"))?);
    }
    nothing_left(&table, path, "column, optional, values, prefix, decimal, thousands, strip, format, utc_offset")?;
    if column.thousands.is_some() && column.decimal.is_none() {
        return Err(format!("{path}.thousands: needs decimal, even where the currency has no decimals"));
    }
    if column.thousands.is_some() && column.thousands == column.decimal {
        return Err(format!("{path}: decimal and thousands are the same mark"));
    }
    if column.decimal.is_some() && column.format.is_some() {
        return Err(format!("{path}: decimal is for amounts and format for dates and times, not both"));
    }
    Ok(Spec::Column(Box::new(column)))
}

fn string(value: Value, path: &str, key: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(format!("{path}.{key}: write text in quotes")),
    }
}

fn strings(values: Vec<Value>, path: &str) -> Result<Vec<String>, String> {
    values.into_iter().map(|value| string(value, path, "id_of")).collect()
}

fn mark(value: Value, path: &str, key: &str) -> Result<char, String> {
    let text = string(value, path, key)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(mark), None) if !mark.is_ascii_digit() && mark != '-' => Ok(mark),
        _ => Err(format!("{path}.{key}: one character that is no digit")),
    }
}

/// Refuses keys that nobody read.
pub fn nothing_left(table: &Table, path: &str, known: &str) -> Result<(), String> {
    match table.keys().next() {
        None => Ok(()),
        Some(key) if path.is_empty() => Err(format!("unknown key `{key}`: write one of {known}")),
        Some(key) => Err(format!("{path}: unknown key `{key}`: write one of {known}")),
    }
}
