//! How receipts, logs, senders and changes are written into the file. Short: blooms are computed again when read,
//! and an account without code is stored without its code hash.

use alloy_consensus::{Eip658Value, Receipt as PlainReceipt, TxType};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Log, U256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use althing_primitives::{AccountRecord, Change, Receipt, StateKey, StateValue};

/// What is wrong with stored bytes.
pub type Damage = String;

const ACCOUNT: u8 = 1;
const ACCOUNT_WITH_CODE: u8 = 2;
const SLOT: u8 = 3;
const CODE: u8 = 4;

#[derive(RlpEncodable, RlpDecodable)]
struct StoredReceipt {
    kind: u8,
    success: bool,
    cumulative_gas: u64,
    logs: Vec<Log>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct StoredChange {
    key: Bytes,
    /// Empty for none: a stored value has at least its tag.
    before: Bytes,
    after: Bytes,
}

fn decode_all<T: Decodable>(mut bytes: &[u8], what: &str) -> Result<T, Damage> {
    let value = T::decode(&mut bytes).map_err(|e| format!("{what} do not decode: {e}"))?;
    if bytes.is_empty() { Ok(value) } else { Err(format!("{what} have trailing bytes")) }
}

/// Writes a block's receipts.
pub fn encode_receipts(receipts: &[Receipt]) -> Vec<u8> {
    let stored: Vec<_> = receipts
        .iter()
        .map(|receipt| StoredReceipt {
            kind: receipt.tx_type() as u8,
            success: receipt.status(),
            cumulative_gas: receipt.cumulative_gas_used(),
            logs: receipt.logs().to_vec(),
        })
        .collect();
    alloy_rlp::encode(&stored)
}

/// Reads what [`encode_receipts`] wrote.
pub fn decode_receipts(bytes: &[u8]) -> Result<Vec<Receipt>, Damage> {
    let stored: Vec<StoredReceipt> = decode_all(bytes, "receipts")?;
    let restore = |receipt: StoredReceipt| {
        let kind = TxType::try_from(receipt.kind).map_err(|e| format!("receipt: {e}"))?;
        let plain = PlainReceipt {
            status: Eip658Value::Eip658(receipt.success),
            cumulative_gas_used: receipt.cumulative_gas,
            logs: receipt.logs,
        };
        Ok(Receipt::from_typed(kind, plain))
    };
    stored.into_iter().map(restore).collect()
}

/// Writes a block's system logs.
pub fn encode_logs(logs: &[Log]) -> Vec<u8> {
    let mut out = Vec::new();
    alloy_rlp::encode_list(logs, &mut out);
    out
}

/// Reads what [`encode_logs`] wrote.
pub fn decode_logs(bytes: &[u8]) -> Result<Vec<Log>, Damage> {
    decode_all(bytes, "logs")
}

/// Writes the senders of a block's transactions.
pub fn encode_senders(senders: &[Address]) -> Vec<u8> {
    senders.iter().flat_map(|sender| sender.0.0).collect()
}

/// Reads what [`encode_senders`] wrote.
pub fn decode_senders(bytes: &[u8]) -> Result<Vec<Address>, Damage> {
    let (senders, rest) = bytes.as_chunks::<20>();
    if !rest.is_empty() {
        return Err("senders are cut off".into());
    }
    Ok(senders.iter().map(Address::from).collect())
}

pub(crate) fn encode_value(value: &StateValue) -> Vec<u8> {
    match value {
        StateValue::Account(account) => {
            let has_code = account.code_hash != KECCAK256_EMPTY;
            let mut out = vec![if has_code { ACCOUNT_WITH_CODE } else { ACCOUNT }];
            account.nonce.encode(&mut out);
            account.balance.encode(&mut out);
            if has_code {
                out.extend_from_slice(account.code_hash.as_slice());
            }
            out
        }
        StateValue::Slot(value) => {
            let mut out = vec![SLOT];
            out.extend_from_slice(&value.to_be_bytes_trimmed_vec());
            out
        }
        StateValue::Code(code) => [&[CODE], code.as_ref()].concat(),
    }
}

pub(crate) fn decode_value(bytes: &[u8]) -> Result<StateValue, Damage> {
    let (tag, mut rest) = bytes.split_first().ok_or("state value is empty")?;
    match *tag {
        ACCOUNT | ACCOUNT_WITH_CODE => {
            let damage = |e: alloy_rlp::Error| format!("account does not decode: {e}");
            let nonce = u64::decode(&mut rest).map_err(damage)?;
            let balance = U256::decode(&mut rest).map_err(damage)?;
            let code_hash = if *tag == ACCOUNT { KECCAK256_EMPTY } else { hash(&mut rest)? };
            if !rest.is_empty() {
                return Err("account has trailing bytes".into());
            }
            Ok(StateValue::Account(AccountRecord { nonce, balance, code_hash }))
        }
        SLOT => U256::try_from_be_slice(rest).map(StateValue::Slot).ok_or("slot is too long".into()),
        CODE => Ok(StateValue::Code(Bytes::copy_from_slice(rest))),
        other => Err(format!("state value has unknown tag {other}")),
    }
}

fn hash(rest: &mut &[u8]) -> Result<B256, Damage> {
    let (hash, tail) = rest.split_first_chunk::<32>().ok_or("code hash is cut off")?;
    *rest = tail;
    Ok(B256::from(hash))
}

fn encode_key(key: &StateKey) -> Bytes {
    match key {
        StateKey::Account(address) => Bytes::copy_from_slice(address.as_slice()),
        StateKey::Slot(address, slot) => [address.as_slice(), &slot.to_be_bytes::<32>()].concat().into(),
        StateKey::Code(hash) => Bytes::copy_from_slice(hash.as_slice()),
    }
}

fn decode_key(bytes: &[u8]) -> Result<StateKey, Damage> {
    match bytes.len() {
        20 => Ok(StateKey::Account(Address::from_slice(bytes))),
        52 => Ok(StateKey::Slot(Address::from_slice(&bytes[..20]), U256::from_be_slice(&bytes[20..]))),
        32 => Ok(StateKey::Code(B256::from_slice(bytes))),
        length => Err(format!("state key of {length} bytes")),
    }
}

/// Writes a block's changes of state.
pub fn encode_changes(changes: &[Change]) -> Vec<u8> {
    let side = |value: &Option<StateValue>| value.as_ref().map(encode_value).unwrap_or_default().into();
    let stored: Vec<_> = changes
        .iter()
        .map(|change| StoredChange {
            key: encode_key(&change.key),
            before: side(&change.before),
            after: side(&change.after),
        })
        .collect();
    alloy_rlp::encode(&stored)
}

/// Reads what [`encode_changes`] wrote.
pub fn decode_changes(bytes: &[u8]) -> Result<Vec<Change>, Damage> {
    let side = |bytes: Bytes| if bytes.is_empty() { Ok(None) } else { decode_value(&bytes).map(Some) };
    let stored: Vec<StoredChange> = decode_all(bytes, "changes")?;
    let restore = |change: StoredChange| {
        Ok(Change { key: decode_key(&change.key)?, before: side(change.before)?, after: side(change.after)? })
    };
    stored.into_iter().map(restore).collect()
}
