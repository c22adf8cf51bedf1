//! Writes a configuration as TOML in which every key carries its documentation.

use super::{NodeConfig, sections};
use std::fmt::Write;

/// Documentation of one section: lines about it, and lines about each key.
#[derive(Debug)]
pub(super) struct Section {
    /// About the section.
    pub(super) about: &'static [&'static str],
    /// Keys in order, with their lines.
    pub(super) keys: &'static [(&'static str, &'static [&'static str])],
}

/// All sections in the order in which people read them.
pub(super) const SECTIONS: [(&str, Section); 8] = [
    ("node", sections::Node::DOCS),
    ("p2p", sections::P2p::DOCS),
    ("rpc", sections::Rpc::DOCS),
    ("metrics", sections::Metrics::DOCS),
    ("txpool", sections::Txpool::DOCS),
    ("state", sections::State::DOCS),
    ("log", sections::Log::DOCS),
    ("follow", sections::Follow::DOCS),
];

const HEADER: &str = "\
# Configuration of an Althing node.
#
# Every key is here with its documentation; a key that is left out has its default. A key that is not known is
# an error. Any key can be set by a variable as well: ALTHING_RPC__LISTEN=0.0.0.0:8545 sets `listen` in [rpc].
";

/// Writes the file.
pub(super) fn write(config: &NodeConfig) -> String {
    let values = toml::Table::try_from(config).expect("a configuration has only string keys");
    let mut out = HEADER.to_string();
    for (name, section) in &SECTIONS {
        out.push('\n');
        comment(&mut out, section.about);
        line(&mut out, format_args!("[{name}]"));
        let table = values[*name].as_table().expect("a section is a table");
        for (key, doc) in section.keys {
            out.push('\n');
            comment(&mut out, doc);
            line(&mut out, format_args!("{key} = {}", inline(&table[*key])));
        }
    }
    out
}

fn comment(out: &mut String, doc: &[&str]) {
    for text in doc {
        line(out, format_args!("#{text}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes all text");
}

/// A value on one line; `toml` itself would open a sub-table for a table.
fn inline(value: &toml::Value) -> String {
    match value {
        toml::Value::Table(table) => {
            let pairs: Vec<_> = table.iter().map(|(k, v)| format!("{k} = {}", inline(v))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}
