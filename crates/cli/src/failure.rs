//! How commands fail: a sentence, a hint, and an exit code that scripts can rely on.

use crate::hint::what_to_do;
use althing_client::ClientError;
use althing_node::{config::ConfigError, vault::VaultError};
use althing_primitives::{AddressError, ChainSpecError};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Exit codes. They are part of the interface: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Failed in a way that has no code of its own.
    Failure = 1,
    /// Wrong arguments.
    Usage = 2,
    /// What was asked for does not exist.
    NotFound = 3,
    /// A key or password is missing or wrong.
    Key = 4,
    /// The node cannot be reached or refused.
    Network = 5,
    /// A contract reverted.
    Reverted = 6,
    /// It took too long.
    Timeout = 7,
    /// A proof is wrong.
    Verification = 8,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A failed operation on a file or folder.
    pub(crate) fn io(action: &str, path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::new(Exit::Failure, format!("cannot {action} {}: {error}", path.display()))
    }

    /// The text that goes to standard error.
    pub(crate) fn render(&self, json: bool) -> String {
        if !json {
            return format!("error: {}", self.message);
        }
        let name = format!("{:?}", self.exit).to_lowercase();
        let error = json!({"code": self.exit as u8, "name": name, "message": self.message});
        json!({ "error": error }).to_string()
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::Url { .. } => Exit::Usage,
            ClientError::Reverted { .. } => Exit::Reverted,
            ClientError::Timeout { .. } => Exit::Timeout,
            ClientError::Sign(_) => Exit::Key,
            ClientError::Transport { .. } | ClientError::Rpc { .. } | ClientError::Answer { .. } => {
                Exit::Network
            }
        };
        let hint = match &error {
            ClientError::Reverted { data, .. } => what_to_do(data),
            _ => None,
        };
        let message = error.to_string();
        Self::new(exit, hint.map_or(message.clone(), |hint| format!("{message}\n{hint}")))
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let exit = match &error {
            VaultError::Missing(_) | VaultError::Password(_) | VaultError::Damaged { .. } => Exit::Key,
            _ => Exit::Failure,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let exit = if matches!(error, ConfigError::Password(_)) { Exit::Key } else { Exit::Failure };
        Self::new(exit, error.to_string())
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ChainSpecError> for Failure {
    fn from(error: ChainSpecError) -> Self {
        Self::new(Exit::Failure, error.to_string())
    }
}
