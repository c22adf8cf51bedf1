//! Reading a chain through a node.

use crate::{ClientError, Rpc};
use alloy_primitives::{Address, B256, Bytes, U64, U128, U256};
use alloy_rpc_types_eth::{Block, Filter, Log, Transaction, TransactionReceipt, TransactionRequest};
use alloy_sol_types::SolCall;
use althing_abi::SystemContract;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Fees of a transaction in Rau per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Most that is paid, tip included.
    pub max_fee: u128,
    /// Paid to the proposer.
    pub tip: u128,
}

/// Transactions of an account, newest first.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// Transactions from or to the account, each with whether it succeeded.
    pub transactions: Vec<(Transaction, bool)>,
    /// Whether no older ones are left.
    pub is_last: bool,
}

/// The same as the node writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPage {
    txs: Vec<Transaction>,
    receipts: Vec<Status>,
    last_page: bool,
}

#[derive(Deserialize)]
struct Status {
    status: U64,
}

/// A node, asked in types.
#[derive(Clone, Debug)]
pub struct Client {
    rpc: Rpc,
}

impl Client {
    /// Prepares a client for a node's address; nothing is sent yet.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        Ok(Self { rpc: Rpc::new(url)? })
    }

    /// The endpoint, for methods that have no function here.
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    async fn get<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, ClientError> {
        self.rpc.call(method, params).await
    }

    /// Chain id of the network.
    pub async fn chain_id(&self) -> Result<u64, ClientError> {
        Ok(self.get::<U64>("eth_chainId", json!([])).await?.to())
    }

    /// Height of the latest block, which is final.
    pub async fn height(&self) -> Result<u64, ClientError> {
        Ok(self.get::<U64>("eth_blockNumber", json!([])).await?.to())
    }

    /// Number of connected peers.
    pub async fn peers(&self) -> Result<u64, ClientError> {
        Ok(self.get::<U64>("net_peerCount", json!([])).await?.to())
    }

    /// Name and version of the node's program.
    pub async fn version(&self) -> Result<String, ClientError> {
        self.get("web3_clientVersion", json!([])).await
    }

    /// Balance of an account in Rau.
    pub async fn balance(&self, address: Address) -> Result<U256, ClientError> {
        self.get("eth_getBalance", json!([address, "latest"])).await
    }

    /// Next nonce of an account, counting transactions that wait in the pool.
    pub async fn nonce(&self, address: Address) -> Result<u64, ClientError> {
        Ok(self.get::<U64>("eth_getTransactionCount", json!([address, "pending"])).await?.to())
    }

    /// Next nonce of an account by final blocks alone.
    pub async fn final_nonce(&self, address: Address) -> Result<u64, ClientError> {
        Ok(self.get::<U64>("eth_getTransactionCount", json!([address, "latest"])).await?.to())
    }

    /// Code of an account.
    pub async fn code(&self, address: Address) -> Result<Bytes, ClientError> {
        self.get("eth_getCode", json!([address, "latest"])).await
    }

    /// A block by height, without transactions' bodies.
    pub async fn block(&self, height: u64) -> Result<Option<Block>, ClientError> {
        self.get("eth_getBlockByNumber", json!([U64::from(height), false])).await
    }

    /// The latest block, without transactions' bodies.
    pub async fn latest(&self) -> Result<Option<Block>, ClientError> {
        self.get("eth_getBlockByNumber", json!(["latest", false])).await
    }

    /// A block by hash, without transactions' bodies.
    pub async fn block_by_hash(&self, hash: B256) -> Result<Option<Block>, ClientError> {
        self.get("eth_getBlockByHash", json!([hash, false])).await
    }

    /// A transaction.
    pub async fn transaction(&self, hash: B256) -> Result<Option<Transaction>, ClientError> {
        self.get("eth_getTransactionByHash", json!([hash])).await
    }

    /// The receipt of a transaction in a block.
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, ClientError> {
        self.get("eth_getTransactionReceipt", json!([hash])).await
    }

    /// Logs that match, in the order of the chain.
    pub async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ClientError> {
        self.get("eth_getLogs", json!([filter])).await
    }

    /// At most so many transactions of an account before a block (0: up to the latest), newest first; a block is never cut.
    pub async fn transactions_before(
        &self,
        account: Address,
        before: u64,
        most: u64,
    ) -> Result<AccountPage, ClientError> {
        let method = "ots_searchTransactionsBefore";
        let page: RawPage = self.get(method, json!([account, before, most])).await?;
        if page.txs.len() != page.receipts.len() {
            let reason = "transactions and receipts differ in number".into();
            return Err(ClientError::Answer { method: method.into(), reason });
        }
        let succeeded = page.receipts.into_iter().map(|receipt| !receipt.status.is_zero());
        Ok(AccountPage {
            transactions: page.txs.into_iter().zip(succeeded).collect(),
            is_last: page.last_page,
        })
    }

    /// What a transaction would return; a revert is an error with its reason.
    pub async fn call(&self, request: &TransactionRequest) -> Result<Bytes, ClientError> {
        self.get("eth_call", json!([request, "latest"])).await
    }

    /// Reads from a system contract.
    pub async fn read<C: SolCall>(
        &self,
        contract: SystemContract,
        question: C,
    ) -> Result<C::Return, ClientError> {
        self.read_of(contract, question, json!("latest")).await
    }

    /// Reads from a system contract as it was after a block, whose state the node must still have.
    pub async fn read_at<C: SolCall>(
        &self,
        contract: SystemContract,
        question: C,
        height: u64,
    ) -> Result<C::Return, ClientError> {
        self.read_of(contract, question, json!(U64::from(height))).await
    }

    async fn read_of<C: SolCall>(
        &self,
        contract: SystemContract,
        question: C,
        block: Value,
    ) -> Result<C::Return, ClientError> {
        let input = Bytes::from(question.abi_encode());
        let request = TransactionRequest::default().to(contract.address()).input(input.into());
        let output: Bytes = self.get("eth_call", json!([request, block])).await?;
        C::abi_decode_returns(&output)
            .map_err(|error| ClientError::Answer { method: C::SIGNATURE.into(), reason: error.to_string() })
    }

    /// Gas that a transaction would need.
    pub async fn estimate_gas(&self, request: &TransactionRequest) -> Result<u64, ClientError> {
        Ok(self.get::<U64>("eth_estimateGas", json!([request])).await?.to())
    }

    /// Fees that get a transaction into one of the next blocks: twice the base fee leaves room for six full ones.
    pub async fn fees(&self) -> Result<Fees, ClientError> {
        let tip: u128 = self.get::<U128>("eth_maxPriorityFeePerGas", json!([])).await?.to();
        let block = self.latest().await?;
        let base = block.and_then(|block| block.header.base_fee_per_gas).unwrap_or_default();
        Ok(Fees { max_fee: u128::from(base).saturating_mul(2).saturating_add(tip), tip })
    }

    /// Hands a signed transaction to the node.
    pub async fn send_raw(&self, raw: &Bytes) -> Result<B256, ClientError> {
        self.get("eth_sendRawTransaction", json!([raw])).await
    }
}
