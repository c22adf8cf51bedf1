//! Reading system contracts without an EVM: what a node itself must know of the state.

use crate::{ExecutionError, bridge};
use althing_primitives::StateKey;
use althing_state::StateView;
use althing_system::{ReadHost, SystemError};

/// Runs `question` on a state.
pub async fn read<T: Send + 'static>(
    view: &impl StateView,
    question: impl FnOnce(&mut ReadHost<'_>) -> Result<T, SystemError> + Clone + Send + 'static,
) -> Result<T, ExecutionError> {
    bridge::run(view, move |port| {
        let mut lookup =
            |keys: Vec<StateKey>| port.read(keys).map_err(|error| SystemError::Fatal(error.to_string()));
        question(&mut ReadHost::new(&mut lookup)).map_err(|error| ExecutionError::Internal(error.to_string()))
    })
    .await
}
