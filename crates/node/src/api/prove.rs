//! Proofs of the present state, against the block that it belongs to.

use super::{Node, state_error};
use althing_primitives::{Height, StateKey};
use althing_rpc::api::{NodeError, ProvenValue, StateProof};
use althing_state::StateError;
use std::time::Duration;

/// How often a proof is tried: the state may be a block ahead of what is told as the latest, for a moment.
const ATTEMPTS: usize = 40;
/// Between two tries. All of them take about a block's time.
const PAUSE: Duration = Duration::from_millis(25);

impl Node {
    pub(super) async fn prove_values(
        &self,
        keys: Vec<StateKey>,
        height: Option<Height>,
    ) -> Result<StateProof, NodeError> {
        for _ in 0..ATTEMPTS {
            let block = self.archive.head();
            let latest = block.block.height();
            if let Some(height) = height.filter(|height| *height != latest) {
                return Err(match height < latest {
                    // Old states are known as values, without the tree of hashes that a proof is made of.
                    true => NodeError::Invalid(format!(
                        "block {height} is not the latest ({latest}): only the state after the latest block can be proven"
                    )),
                    false => state_error(StateError::Future { height, latest }),
                });
            }
            let proven = self.state.prove(&block.block.seal().state, &keys).await.map_err(state_error)?;
            if let Some(values) = proven {
                let value =
                    |proven: althing_state::Proven| ProvenValue { value: proven.value, proof: proven.proof };
                return Ok(StateProof {
                    values: values.into_iter().map(|proven| proven.map(value)).collect(),
                    block,
                });
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(NodeError::Limit(
            "the state advances faster than a proof is made: ask again, for fewer slots".into(),
        ))
    }
}
