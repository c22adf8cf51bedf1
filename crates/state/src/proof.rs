//! Proofs that accounts and slots have the values they have, against the roots that a block commits to.
//!
//! The databases prove what is there, not what is absent: their keys have no order in which a proof could show a gap.
//! `althing-light` verifies. Only the state that the databases hold can be proven: that of the last applied block.

use crate::{
    Databases, StateError, StateKey, StateValue,
    databases::{database_error, db_key, decode_account},
};
use althing_primitives::{B256, Bytes, StateCommitment, U256};
use commonware_codec::Encode as _;
use commonware_runtime::Spawner;
use commonware_storage::Context;

/// A value with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The value.
    pub value: StateValue,
    /// The proof, as `althing-light` reads it.
    pub proof: Bytes,
}

/// Proves accounts and slots. An absent key is `None`, and not proven to be absent. The whole answer is `None` when the
/// databases hold another state than that of `commitment`.
pub async fn prove<E: Context + Spawner>(
    databases: &Databases<E>,
    commitment: &StateCommitment,
    keys: &[StateKey],
) -> Result<Option<Vec<Option<Proven>>>, StateError> {
    let mut answer = Vec::with_capacity(keys.len());
    for key in keys {
        let hashed = db_key(key);
        // One database and one key at a time: a guard that is held long keeps the next block waiting. Roots are compared
        // under the same guard, so the proofs belong together even if the state advances between two of them.
        let proven = match key {
            StateKey::Account(_) => {
                let database = databases.0.read().await;
                if B256::from(database.root().0) != commitment.accounts.root {
                    return Ok(None);
                }
                match database.get(&hashed).await.map_err(database_error)? {
                    Some(value) => {
                        let proof = database.key_value_proof(hashed).await.map_err(database_error)?;
                        let value = StateValue::Account(decode_account(&value));
                        Some(Proven { value, proof: proof.encode().to_vec().into() })
                    }
                    None => None,
                }
            }
            StateKey::Slot(..) => {
                let database = databases.1.read().await;
                if B256::from(database.root().0) != commitment.slots.root {
                    return Ok(None);
                }
                match database.get(&hashed).await.map_err(database_error)? {
                    Some(value) => {
                        let proof = database.key_value_proof(hashed).await.map_err(database_error)?;
                        let value = StateValue::Slot(U256::from_be_slice(&value));
                        Some(Proven { value, proof: proof.encode().to_vec().into() })
                    }
                    None => None,
                }
            }
            StateKey::Code(_) => {
                let reason = "code needs no proof of its own: its account holds its hash";
                return Err(StateError::Database(reason.into()));
            }
        };
        answer.push(proven);
    }
    Ok(Some(answer))
}

#[cfg(test)]
mod tests;
