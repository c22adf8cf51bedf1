//! Log lines on standard error: text for people, JSON for machines. Standard output stays free for data.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use thiserror::Error;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, ParseError, filter_fn},
    fmt::{
        self, MakeWriter,
        format::{DefaultFields, Format},
    },
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Libraries that warn of what is ordinary here: a database that is new or was not pruned yet, a client that hung up.
/// A level that names them goes before.
const QUIET: &str = "commonware_storage::qmdb=error,jsonrpsee-server=error";

/// Why logging cannot start.
#[derive(Debug, Error)]
pub enum LogError {
    /// The level does not parse.
    #[error("log level `{level}`: {reason}; e.g. \"info\" or \"info,althing_rpc=debug\"")]
    Level {
        /// The level as it was given.
        level: String,
        /// What is wrong.
        reason: String,
    },
    /// Somebody else set up logging in this process.
    #[error("logging was set up already: {0}")]
    Twice(String),
}

/// Starts logging for the whole process. Call once, from the binary.
pub fn init(log: &Log) -> Result<(), LogError> {
    let filter = filter(&log.level)?;
    let terminal = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr);
    let result = match is_json(log.format, terminal) {
        true => {
            let lines = lines.json().flatten_event(true).with_current_span(false);
            tracing_subscriber::registry().with(lines.with_filter(filter)).try_init()
        }
        false => {
            let colors = terminal && std::env::var_os("NO_COLOR").is_none();
            tracing_subscriber::registry().with(text(lines, colors, filter)).try_init()
        }
    };
    result.map_err(|e| LogError::Twice(e.to_string()))
}

/// Lines for people: without spans, which tell where a library was and make lines longer than a terminal is wide.
fn text<W>(
    lines: fmt::Layer<Registry, DefaultFields, Format, W>,
    colors: bool,
    filter: EnvFilter,
) -> impl Layer<Registry>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    lines.with_ansi(colors).with_filter(filter.and(filter_fn(|about| about.is_event())))
}

fn filter(level: &str) -> Result<EnvFilter, LogError> {
    let wrong = |reason: String| LogError::Level { level: level.into(), reason };
    level.parse::<EnvFilter>().map_err(|e| wrong(e.to_string()))?;
    format!("{QUIET},{level}").parse().map_err(|e: ParseError| wrong(e.to_string()))
}

fn is_json(format: LogFormat, terminal: bool) -> bool {
    match format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_text_on_a_terminal_and_json_otherwise() {
        for (format, terminal, json) in [
            (LogFormat::Auto, true, false),
            (LogFormat::Auto, false, true),
            (LogFormat::Text, false, false),
            (LogFormat::Json, true, true),
        ] {
            assert_eq!(is_json(format, terminal), json, "{format:?} {terminal}");
        }
    }

    /// What reaches a writer of text at a level, of a warning of a library, one of ours, and one within a span.
    fn text_at(level: &str) -> String {
        #[derive(Clone, Default)]
        struct Sink(std::sync::Arc<parking_lot::Mutex<Vec<u8>>>);
        impl std::io::Write for Sink {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let sink = Sink::default();
        let writer = sink.clone();
        let lines = text(fmt::layer().with_writer(move || writer.clone()), false, filter(level).unwrap());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            tracing::warn!(target: "commonware_storage::qmdb::current::db", "of the library");
            tracing::warn!("of ours");
            tracing::info_span!("somewhere", deep = 1).in_scope(|| tracing::warn!("in a span"));
        });
        let bytes = sink.0.lock().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn text_has_no_ordinary_warnings_of_libraries_and_no_spans() {
        let plain = text_at("info");
        assert!(plain.contains("of ours") && plain.contains("in a span"), "{plain}");
        assert!(!plain.contains("of the library") && !plain.contains("somewhere"), "{plain}");
        assert!(text_at("info,commonware_storage::qmdb=warn").contains("of the library"));
    }

    #[test]
    fn a_level_that_does_not_parse_is_named() {
        let log = Log { level: "info,=,".into(), ..Log::default() };
        assert!(init(&log).unwrap_err().to_string().contains("info,=,"));
    }
}
