//! The trusted dealer: makes the group key and puts each validator's share into its key folder.

use crate::{Exit, failure::Failure};
use althing_consensus::{Secrets, ceremony::deal_genesis};
use althing_node::vault::SecretFiles;
use althing_primitives::{ChainSpec, OperatorKey};
use std::sync::Arc;

/// Deals the key of `spec` to all its validators, whose opened key folders are given, and writes the public part
/// into the spec.
pub(crate) fn deal(spec: &mut ChainSpec, vaults: &[(OperatorKey, Arc<SecretFiles>)]) -> Result<(), Failure> {
    let failed = |reason: String| Failure::new(Exit::Failure, reason);
    for validator in &spec.validators {
        if !vaults.iter().any(|(operator, _)| *operator == validator.operator) {
            let reason =
                format!("no key folder given of validator {} ({})", validator.name, validator.operator);
            return Err(failed(reason));
        }
    }
    let dealt = deal_genesis(&spec.validators, rand::random()).map_err(|e| failed(e.to_string()))?;
    for (operator, share) in dealt.shares {
        let (_, secrets) = vaults
            .iter()
            .find(|(key, _)| *key == operator)
            .expect("every validator's folder was found above");
        Secrets::new(secrets.clone()).put_dealt_share(&share).map_err(|e| failed(e.to_string()))?;
    }
    spec.committee = dealt.committee;
    Ok(())
}
