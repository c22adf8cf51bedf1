//! Log lines on standard error: text for people, JSON for machines. Standard output stays free for data.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use thiserror::Error;
use tracing_subscriber::{EnvFilter, fmt};

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
    let filter = log
        .level
        .parse::<EnvFilter>()
        .map_err(|e| LogError::Level { level: log.level.clone(), reason: e.to_string() })?;
    let terminal = std::io::stderr().is_terminal();
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let result = match is_json(log.format, terminal) {
        true => lines.json().flatten_event(true).with_current_span(false).try_init(),
        false => {
            let colors = terminal && std::env::var_os("NO_COLOR").is_none();
            lines.with_ansi(colors).try_init()
        }
    };
    result.map_err(|e| LogError::Twice(e.to_string()))
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

    #[test]
    fn a_level_that_does_not_parse_is_named() {
        let log = Log { level: "info,=,".into(), ..Log::default() };
        assert!(init(&log).unwrap_err().to_string().contains("info,=,"));
    }
}
