//! Proofs of accounts and storage slots, in the bytes that `althing-light` verifies.

use crate::config::MAX_PROOF_SLOTS;
use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Heavy, Param, Registry, may, need};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_serde::JsonStorageKey;
use althing_primitives::{StateKey, StateValue};
use serde::Serialize;

const PROOF: &[Param] = &[need("address", "Address"), may("slots", "Array"), may("block", "Block")];

pub(super) fn register(r: &mut Registry) {
    let about = "Proof of an account and of storage slots in the state after the latest block: that block's header and \
                 seal, and a proof for each value. Null instead of a proof means absent, which cannot be proven. Older \
                 states cannot be proven. althing_getCertificate proves the header final.";
    r.add(Heavy, "althing_getProof", PROOF, "Object", about, proof);
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProofJson {
    address: Address,
    number: U64,
    hash: B256,
    /// RLP of the block's header; its keccak256 is `hash`, and its `extraData` the hash of `seal` in brief.
    header: Bytes,
    /// RLP of the block's seal, which has the roots that the proofs lead to.
    seal: Bytes,
    account: Option<AccountJson>,
    slots: Vec<SlotJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountJson {
    nonce: U64,
    balance: U256,
    code_hash: B256,
    proof: Bytes,
}

#[derive(Serialize)]
struct SlotJson {
    slot: U256,
    value: U256,
    proof: Option<Bytes>,
}

async fn proof(mut call: Call) -> Result<ProofJson, Fault> {
    let address: Address = call.args.required(0)?;
    let slots: Vec<JsonStorageKey> = call.args.optional(1)?.unwrap_or_default();
    let block = call.args.block(2)?;
    if slots.len() > MAX_PROOF_SLOTS {
        return Err(Fault::Limit(format!("{} slots are asked for, at most {MAX_PROOF_SLOTS}", slots.len())));
    }
    let height = match block {
        BlockId::Number(BlockNumberOrTag::Number(_) | BlockNumberOrTag::Earliest) | BlockId::Hash(_) => {
            Some(call.state_height(block).await?)
        }
        BlockId::Number(_) => None,
    };
    let slots: Vec<U256> = slots.iter().map(|slot| U256::from_be_bytes(slot.as_b256().0)).collect();
    let keys = std::iter::once(StateKey::Account(address))
        .chain(slots.iter().map(|slot| StateKey::Slot(address, *slot)))
        .collect();
    let proven = call.api.prove(keys, height).await?;
    let block = &proven.block.block;
    let mut values = proven.values.into_iter();
    let account = values.next().flatten().and_then(|proven| match proven.value {
        StateValue::Account(account) => Some(AccountJson {
            nonce: U64::from(account.nonce),
            balance: account.balance,
            code_hash: account.code_hash,
            proof: proven.proof,
        }),
        _ => None,
    });
    let entry = |(slot, proven): (U256, Option<crate::api::ProvenValue>)| match proven {
        Some(crate::api::ProvenValue { value: StateValue::Slot(value), proof }) => {
            SlotJson { slot, value, proof: Some(proof) }
        }
        _ => SlotJson { slot, value: U256::ZERO, proof: None },
    };
    Ok(ProofJson {
        address,
        number: U64::from(block.height()),
        hash: block.hash(),
        header: alloy_rlp::encode(block.header()).into(),
        seal: alloy_rlp::encode(block.seal()).into(),
        account,
        slots: slots.into_iter().zip(values).map(entry).collect(),
    })
}
