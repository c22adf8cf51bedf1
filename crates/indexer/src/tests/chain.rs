//! A made-up chain: blocks with transactions, receipts, logs and changes that fit together and depend on
//! nothing but a seed. Few accounts, contracts and topics, so that lookups meet many of each.

use alloy_consensus::{Eip658Value, Receipt as PlainReceipt, SignableTransaction, TxEip1559, TxType};
use alloy_primitives::{Address, B256, Bytes, Log, Signature, TxKind, U256, keccak256};
use althing_primitives::{
    AccountRecord, Block, Change, FinalizedBlock, Header, Receipt, Seal, StateKey, StateValue, Transaction,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers from a seed.
pub(crate) struct Numbers(B256);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(keccak256(seed.to_be_bytes()))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = keccak256(self.0);
        u64::from_be_bytes(self.0[..8].try_into().unwrap()) % bound
    }
}

pub(crate) fn account(n: u64) -> Address {
    Address::left_padding_from(&(n + 1).to_be_bytes())
}

pub(crate) fn topic(n: u64) -> B256 {
    B256::left_padding_from(&(n + 1).to_be_bytes())
}

pub(crate) struct Chain {
    numbers: Numbers,
    next: u64,
    parent: B256,
    nonces: BTreeMap<Address, u64>,
    /// World state after the last block.
    pub(crate) state: BTreeMap<StateKey, StateValue>,
}

impl Chain {
    pub(crate) fn new(seed: u64, first: u64) -> Self {
        let (numbers, parent) = (Numbers::new(seed), B256::ZERO);
        Self { numbers, next: first, parent, nonces: BTreeMap::new(), state: BTreeMap::new() }
    }

    fn transaction(&mut self) -> (Transaction, Address) {
        let sender = account(self.numbers.below(4));
        let nonce = self.nonces.entry(sender).or_default();
        let to = match self.numbers.below(4) {
            0 => TxKind::Create,
            n => TxKind::Call(account(n)),
        };
        let tx = TxEip1559 { chain_id: 1, nonce: *nonce, to, ..Default::default() };
        *nonce += 1;
        let signature = Signature::new(U256::from_be_slice(sender.as_slice()), U256::ONE, false);
        (tx.into_signed(signature).into(), sender)
    }

    fn receipt(&mut self) -> Receipt {
        let logs = (0..self.numbers.below(4)).map(|_| self.log()).collect();
        let plain = PlainReceipt {
            status: Eip658Value::Eip658(self.numbers.below(5) > 0),
            cumulative_gas_used: self.numbers.below(1_000_000),
            logs,
        };
        Receipt::from_typed(TxType::Eip1559, plain)
    }

    fn log(&mut self) -> Log {
        let topics = (0..self.numbers.below(5)).map(|_| topic(self.numbers.below(3))).collect();
        let data = vec![7; self.numbers.below(40) as usize];
        Log::new_unchecked(account(self.numbers.below(3)), topics, data.into())
    }

    fn changes(&mut self) -> Vec<Change> {
        let mut after = BTreeMap::new();
        for _ in 0..self.numbers.below(6) {
            let (key, value) = self.change();
            after.insert(key, value);
        }
        let changes: Vec<Change> = after
            .into_iter()
            .map(|(key, after)| Change { key, before: self.state.get(&key).cloned(), after })
            .filter(|change| change.before != change.after)
            .collect();
        for Change { key, after, .. } in &changes {
            match after {
                Some(value) => self.state.insert(*key, value.clone()),
                None => self.state.remove(key),
            };
        }
        changes
    }

    fn change(&mut self) -> (StateKey, Option<StateValue>) {
        let numbers = &mut self.numbers;
        let gone = numbers.below(5) == 0;
        let (key, value) = match numbers.below(3) {
            0 => {
                let code_hash = [alloy_primitives::KECCAK256_EMPTY, topic(1)][numbers.below(2) as usize];
                let (nonce, balance) = (numbers.below(9), U256::from(numbers.below(1 << 40)));
                let record = AccountRecord { nonce, balance, code_hash };
                (StateKey::Account(account(numbers.below(5))), StateValue::Account(record))
            }
            1 => {
                let key = StateKey::Slot(account(numbers.below(2)), U256::from(numbers.below(3)));
                (key, StateValue::Slot(U256::from(1 + numbers.below(600)) << 8))
            }
            _ => {
                let code = Bytes::from(vec![1; numbers.below(50) as usize]);
                // Code that is an account's address: its hash is the account's hashed key.
                let hash = keccak256(account(numbers.below(2)));
                (StateKey::Code(hash), StateValue::Code(code))
            }
        };
        (key, (!gone).then_some(value))
    }
}

impl Iterator for Chain {
    type Item = Arc<FinalizedBlock>;

    fn next(&mut self) -> Option<Arc<FinalizedBlock>> {
        let count = self.numbers.below(6);
        let (transactions, senders): (Vec<_>, Vec<_>) = (0..count).map(|_| self.transaction()).unzip();
        let receipts = (0..count).map(|_| self.receipt()).collect();
        let some = self.numbers.below(3) == 0;
        let system_logs = (0..if some { 1 + self.numbers.below(3) } else { 0 }).map(|_| self.log()).collect();
        let header = Header { number: self.next, parent_hash: self.parent, ..Default::default() };
        let block = Block::new(header, Seal::default(), transactions);
        (self.next, self.parent) = (self.next + 1, block.hash());
        let certified = self.numbers.below(3) > 0;
        let certificate = certified.then(|| Bytes::copy_from_slice(block.hash().as_slice()));
        let changes = self.changes();
        Some(Arc::new(FinalizedBlock { block, senders, receipts, system_logs, changes, certificate }))
    }
}
