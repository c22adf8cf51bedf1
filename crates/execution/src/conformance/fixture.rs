//! The JSON form of a GeneralStateTest, and the transactions that it stands for.

use alloy_eips::{
    eip2930::AccessList,
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use althing_primitives::{AccountRecord, StateKey, StateValue};
use althing_state::MemoryState;
use revm::{
    context::{BlockEnv, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, either::Either},
    primitives::{eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_CANCUN, keccak256},
};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub(crate) struct Fixture {
    pub(crate) env: Env,
    pub(crate) pre: BTreeMap<Address, Account>,
    pub(crate) transaction: TransactionParts,
    pub(crate) post: BTreeMap<String, Vec<Expected>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Env {
    current_coinbase: Address,
    current_gas_limit: U256,
    pub(crate) current_number: U256,
    current_timestamp: U256,
    #[serde(default)]
    current_base_fee: U256,
    current_random: Option<U256>,
    #[serde(default)]
    current_excess_blob_gas: U256,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    balance: U256,
    code: Bytes,
    nonce: U256,
    storage: BTreeMap<U256, U256>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransactionParts {
    data: Vec<Bytes>,
    gas_limit: Vec<String>,
    value: Vec<String>,
    gas_price: Option<U256>,
    max_fee_per_gas: Option<U256>,
    max_priority_fee_per_gas: Option<U256>,
    nonce: U256,
    to: String,
    sender: Address,
    access_lists: Option<Vec<Option<AccessList>>>,
    pub(crate) blob_versioned_hashes: Option<Vec<B256>>,
    authorization_list: Option<Vec<AuthorizationParts>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizationParts {
    chain_id: U256,
    address: Address,
    nonce: U256,
    v: U256,
    r: U256,
    s: U256,
}

impl AuthorizationParts {
    fn signed(&self) -> SignedAuthorization {
        let nonce = self.nonce.saturating_to();
        let authorization = Authorization { chain_id: self.chain_id, address: self.address, nonce };
        SignedAuthorization::new_unchecked(authorization, self.v.saturating_to(), self.r, self.s)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Expected {
    pub(crate) hash: B256,
    pub(crate) logs: B256,
    pub(crate) indexes: Indexes,
    pub(crate) expect_exception: Option<String>,
    /// Only in this project's own vectors.
    pub(crate) gas_used: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Indexes {
    pub(crate) data: usize,
    pub(crate) gas: usize,
    pub(crate) value: usize,
}

impl Fixture {
    /// Whether an account has storage but neither code nor nonce (EIP-7610), which genesis refuses and no
    /// transaction can bring about.
    pub(crate) fn has_storage_without_code(&self) -> bool {
        let odd = |account: &Account| {
            account.nonce.is_zero() && account.code.is_empty() && !account.storage.is_empty()
        };
        self.pre.values().any(odd)
    }

    pub(crate) fn state(&self) -> MemoryState {
        let mut state = MemoryState::default();
        for (address, account) in &self.pre {
            let code_hash = keccak256(&account.code);
            let nonce = account.nonce.saturating_to();
            let record = AccountRecord { nonce, balance: account.balance, code_hash };
            state.set(StateKey::Account(*address), Some(StateValue::Account(record)));
            if !account.code.is_empty() {
                state.set(StateKey::Code(code_hash), Some(StateValue::Code(account.code.clone())));
            }
            for (slot, value) in account.storage.iter().filter(|(_, value)| !value.is_zero()) {
                state.set(StateKey::Slot(*address, *slot), Some(StateValue::Slot(*value)));
            }
        }
        state
    }

    /// The transaction of a case; an error is a value that no encoded transaction can hold.
    pub(crate) fn transaction(&self, at: Indexes) -> Result<TxEnv, String> {
        let parts = &self.transaction;
        let pick = |list: &[String], index: usize| -> Result<U256, String> {
            let text = list.get(index).ok_or("index out of range")?;
            text.parse().map_err(|_| format!("`{text}` is not a 256-bit number"))
        };
        let narrow =
            |value: U256, what: &str| u128::try_from(value).map_err(|_| format!("{what} is too large"));
        let lists = parts.access_lists.as_ref();
        let access_list = lists.and_then(|lists| lists.get(at.data)).cloned().flatten();
        let tx_type = match (&access_list, parts.max_fee_per_gas) {
            _ if parts.authorization_list.is_some() => 4,
            (_, Some(_)) => 2,
            (Some(_), None) => 1,
            (None, None) => 0,
        };
        let price = parts.max_fee_per_gas.or(parts.gas_price).unwrap_or_default();
        let tip = parts.max_priority_fee_per_gas.map(|tip| narrow(tip, "priority fee")).transpose()?;
        let gas_limit =
            u64::try_from(pick(&parts.gas_limit, at.gas)?).map_err(|_| "gas limit is too large")?;
        Ok(TxEnv {
            tx_type,
            caller: parts.sender,
            gas_limit,
            gas_price: narrow(price, "gas price")?,
            gas_priority_fee: tip,
            kind: if parts.to.is_empty() {
                TxKind::Create
            } else {
                TxKind::Call(parts.to.parse().map_err(|_| "`to` is not an address")?)
            },
            value: pick(&parts.value, at.value)?,
            data: parts.data.get(at.data).ok_or("index out of range")?.clone(),
            nonce: u64::try_from(parts.nonce).map_err(|_| "nonce is too large")?,
            chain_id: Some(1),
            access_list: access_list.unwrap_or_default(),
            authorization_list: parts
                .authorization_list
                .iter()
                .flatten()
                .map(|authorization| Either::Left(authorization.signed()))
                .collect(),
            ..TxEnv::default()
        })
    }
}

impl Env {
    pub(crate) fn block_env(&self) -> BlockEnv {
        let excess = self.current_excess_blob_gas.saturating_to();
        BlockEnv {
            number: self.current_number,
            beneficiary: self.current_coinbase,
            timestamp: self.current_timestamp,
            gas_limit: self.current_gas_limit.saturating_to(),
            basefee: self.current_base_fee.saturating_to(),
            difficulty: U256::ZERO,
            prevrandao: Some(self.current_random.unwrap_or_default().into()),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(
                excess,
                BLOB_BASE_FEE_UPDATE_FRACTION_CANCUN,
            )),
            slot_num: 0,
        }
    }
}
