//! What a command gives back: the same facts as JSON and as a table.

use althing_primitives::{Address, AddressExt};
use comfy_table::{Table, presets};
use serde_json::Value;

use crate::Exit;

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) json: Value,
    pub(crate) text: String,
    /// Not [`Exit::Ok`] when the command worked but what it looked at is not well.
    pub(crate) exit: Exit,
}

impl Report {
    pub(crate) const fn new(json: Value, text: String) -> Self {
        Self { json, text, exit: Exit::Ok }
    }

    /// Nothing to print: the command printed while it ran.
    pub(crate) const fn silent() -> Self {
        Self::new(Value::Null, String::new())
    }

    /// Rows of name and value; JSON is given apart.
    pub(crate) fn facts(json: Value, rows: &[(&str, String)]) -> Self {
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let line = |(name, value): &(&str, String)| format!("{name:width$}  {value}");
        Self::new(json, rows.iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// The text that goes to standard output; empty when there is nothing to say.
    pub(crate) fn render(&self, json: bool) -> String {
        match (json, &self.json) {
            (true, Value::Null) => String::new(),
            (true, value) => value.to_string(),
            (false, _) => self.text.trim_end().to_string(),
        }
    }
}

/// A table with a header.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// Both forms of an address, for people.
pub(crate) fn both_forms(address: Address) -> String {
    format!("{address} ({})", address.to_io())
}
