//! A node with one account that pays: nonces, fees, a pool that can be lost, blocks, and a client that dies at a chosen request.

use alloy_consensus::{
    Transaction as _, TxEnvelope,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What the node has.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) balances: BTreeMap<Address, U256>,
    /// Transactions in blocks, one a block.
    pub(super) blocks: Vec<(TxEnvelope, Address)>,
    pool: BTreeMap<u64, TxEnvelope>,
    /// Whatever was ever sent: the pools of other nodes.
    elsewhere: Vec<TxEnvelope>,
    pub(super) base_fee: u64,
    /// Requests until the client dies; `after`: when the request was done, and before its answer.
    pub(super) dies_in: Option<(u64, bool)>,
    /// How often the client has looked for new blocks, which is when there are some.
    looks: u64,
}

impl Chain {
    /// Makes blocks of what can be included: mostly of the node's own pool, at times by a node that still has what this one lost
    /// or replaced.
    fn mine(&mut self) {
        loop {
            let nonce = self.blocks.len() as u64;
            let found = match (self.looks + nonce) % 3 {
                0 => self.elsewhere.iter().find(|tx| (**tx).nonce() == nonce),
                _ => self.pool.get(&nonce),
            };
            let Some(tx) = found.cloned() else { return };
            let from = tx.recover_signer().unwrap();
            let cost = tx.value() + U256::from(tx.gas_limit()) * U256::from(self.base_fee);
            if tx.max_fee_per_gas() < u128::from(self.base_fee) || self.balances[&from] < cost {
                return;
            }
            *self.balances.get_mut(&from).unwrap() -= cost;
            *self.balances.entry(tx.to().unwrap()).or_default() += tx.value();
            self.pool.remove(&nonce);
            self.blocks.push((tx, from));
        }
    }

    /// The node forgets its pool; others do not.
    pub(super) fn lose_pool(&mut self) {
        self.pool.clear();
    }

    /// What is in no block and not in the node's pool has grown too old everywhere.
    pub(super) fn expire_elsewhere(&mut self) {
        self.elsewhere
            .retain(|tx| self.pool.get(&tx.nonce()).is_some_and(|own| own.tx_hash() == tx.tx_hash()));
    }

    fn take(&mut self, raw: &str) -> Result<Value, &'static str> {
        let raw: Bytes = raw.parse().unwrap();
        let tx = TxEnvelope::decode_2718(&mut raw.as_ref()).unwrap();
        if tx.nonce() < self.blocks.len() as u64 {
            return Err("nonce too low: next nonce");
        }
        if let Some(there) = self.pool.get(&tx.nonce()) {
            if there.tx_hash() == tx.tx_hash() {
                return Err("already known");
            }
            if tx.max_fee_per_gas() * 10 < there.max_fee_per_gas() * 11 {
                return Err("replacement transaction underpriced");
            }
        }
        let hash = *tx.tx_hash();
        self.elsewhere.push(tx.clone());
        self.pool.insert(tx.nonce(), tx);
        Ok(json!(hash))
    }

    fn answer(&mut self, method: &str, params: &Value) -> Result<Value, &'static str> {
        if method == "eth_getTransactionCount" {
            self.looks += 1;
            self.mine();
        }
        let zero = B256::ZERO;
        Ok(match method {
            "eth_chainId" => json!("0xe3473"),
            "eth_maxPriorityFeePerGas" => json!("0x1"),
            "eth_estimateGas" => json!("0x5208"),
            "eth_getBalance" => {
                json!(self.balances[&params[0].as_str().unwrap().parse::<Address>().unwrap()])
            }
            "eth_getTransactionCount" => {
                let last = self.pool.keys().last().map_or(0, |nonce| *nonce as usize + 1);
                let pending = if params[1] == "pending" { last } else { 0 };
                json!(format!("{:#x}", pending.max(self.blocks.len())))
            }
            "eth_getBlockByNumber" => json!({
                "number": "0x1", "hash": zero, "parentHash": zero, "sha3Uncles": zero, "miner": Address::ZERO,
                "stateRoot": zero, "transactionsRoot": zero, "receiptsRoot": zero, "logsBloom": format!("0x{}", "00".repeat(256)),
                "difficulty": "0x0", "gasLimit": "0x3938700", "gasUsed": "0x0", "timestamp": "0x1", "extraData": "0x",
                "mixHash": zero, "nonce": "0x0000000000000000", "baseFeePerGas": format!("{:#x}", self.base_fee), "size": "0x1",
                "transactions": [], "uncles": [],
            }),
            "eth_sendRawTransaction" => self.take(params[0].as_str().unwrap())?,
            "eth_getTransactionReceipt" => {
                let hash: B256 = params[0].as_str().unwrap().parse().unwrap();
                let place = self.blocks.iter().position(|(tx, _)| *tx.tx_hash() == hash);
                place.map_or(Value::Null, |place| json!({
                    "transactionHash": hash, "transactionIndex": "0x0", "blockHash": zero, "blockNumber": format!("{place:#x}"),
                    "from": Address::ZERO, "to": Address::ZERO, "cumulativeGasUsed": "0x5208", "gasUsed": "0x5208",
                    "effectiveGasPrice": "0x1", "logs": [], "logsBloom": format!("0x{}", "00".repeat(256)), "type": "0x2",
                    "status": "0x1", "contractAddress": null,
                }))
            }
            "ots_searchTransactionsBefore" => {
                let transaction =
                    |(place, (tx, from)): (usize, &(TxEnvelope, Address))| alloy_rpc_types_eth::Transaction {
                        inner: Recovered::new_unchecked(tx.clone(), *from),
                        block_hash: Some(zero),
                        block_number: Some(place as u64 + 1),
                        transaction_index: Some(0),
                        effective_gas_price: None,
                        block_timestamp: None,
                    };
                let txs: Vec<_> = self.blocks.iter().enumerate().map(transaction).collect();
                let receipts: Vec<_> = txs.iter().map(|_| json!({ "status": "0x1" })).collect();
                json!({ "txs": txs, "receipts": receipts, "firstPage": true, "lastPage": true })
            }
            _ => return Err("method not found"),
        })
    }
}

/// The chain behind JSON-RPC, and the client's death.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) chain: Arc<Mutex<Chain>>,
    pub(super) death: Arc<Notify>,
}

impl Node {
    /// Serves the node; gives its address.
    pub(super) async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(respond)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }
}

async fn respond(State(node): State<Node>, Json(request): Json<Value>) -> Json<Value> {
    let method = request["method"].as_str().unwrap();
    let answer = {
        let mut chain = node.chain.lock().unwrap();
        let dies = match &mut chain.dies_in {
            Some((left, after)) if *left == 0 => Some(*after),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        match dies {
            Some(false) => None,
            Some(true) => {
                drop(chain.answer(method, &request["params"]));
                None
            }
            None => Some(chain.answer(method, &request["params"])),
        }
    };
    let Some(answer) = answer else {
        node.death.notify_one();
        return std::future::pending().await;
    };
    Json(match answer {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }),
        Err(message) => {
            json!({ "jsonrpc": "2.0", "id": request["id"], "error": { "code": -32000, "message": message } })
        }
    })
}
