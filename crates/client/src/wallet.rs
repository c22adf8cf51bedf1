//! Signing and sending with one key.

use crate::{Client, ClientError, PrivateKeySigner};
use alloy_consensus::SignableTransaction;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind};
use alloy_rpc_types_eth::{TransactionReceipt, TransactionRequest};
use alloy_signer::SignerSync;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Time between two looks for a receipt.
pub const RECEIPT_POLL: Duration = Duration::from_millis(100);

/// A key and a node.
#[derive(Clone, Debug)]
pub struct Wallet {
    client: Client,
    signer: PrivateKeySigner,
}

impl Wallet {
    /// Joins a key and a node.
    pub const fn new(client: Client, signer: PrivateKeySigner) -> Self {
        Self { client, signer }
    }

    /// The key's account.
    pub const fn address(&self) -> Address {
        self.signer.address()
    }

    /// The node.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Fills what a request leaves open: sender, chain id, nonce, fees, gas.
    pub async fn fill(&self, mut request: TransactionRequest) -> Result<TransactionRequest, ClientError> {
        request.from = Some(self.address());
        request.to.get_or_insert(TxKind::Create);
        if request.chain_id.is_none() {
            request.chain_id = Some(self.client.chain_id().await?);
        }
        if request.nonce.is_none() {
            request.nonce = Some(self.client.nonce(self.address()).await?);
        }
        if request.gas_price.is_none()
            && (request.max_fee_per_gas.is_none() || request.max_priority_fee_per_gas.is_none())
        {
            let fees = self.client.fees().await?;
            let tip = *request.max_priority_fee_per_gas.get_or_insert(fees.tip);
            request.max_fee_per_gas.get_or_insert(fees.max_fee.max(tip));
        }
        if request.gas.is_none() {
            request.gas = Some(self.client.estimate_gas(&request).await?);
        }
        Ok(request)
    }

    /// Signs a request that has all fields; returns its bytes and hash.
    pub fn sign(&self, request: TransactionRequest) -> Result<(Bytes, B256), ClientError> {
        let refused = |reason: String| ClientError::Sign(reason);
        let typed = request.build_typed_tx().map_err(|_| refused("a field is missing".into()))?;
        let signature =
            self.signer.sign_hash_sync(&typed.signature_hash()).map_err(|e| refused(e.to_string()))?;
        let envelope = typed.into_envelope(signature);
        Ok((envelope.encoded_2718().into(), *envelope.tx_hash()))
    }

    /// Fills, signs and sends.
    pub async fn send(&self, request: TransactionRequest) -> Result<B256, ClientError> {
        let (raw, _) = self.sign(self.fill(request).await?)?;
        self.client.send_raw(&raw).await
    }

    /// Waits until a transaction is in a block, which is then final.
    pub async fn wait(&self, hash: B256, patience: Duration) -> Result<TransactionReceipt, ClientError> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(receipt) = self.client.receipt(hash).await? {
                return Ok(receipt);
            }
            if Instant::now() >= deadline {
                return Err(ClientError::Timeout { hash, seconds: patience.as_secs() });
            }
            sleep(RECEIPT_POLL).await;
        }
    }

    /// Sends and waits. The receipt may be of a transaction that failed: see [`is_success`].
    pub async fn send_and_wait(
        &self,
        request: TransactionRequest,
        patience: Duration,
    ) -> Result<TransactionReceipt, ClientError> {
        let hash = self.send(request).await?;
        self.wait(hash, patience).await
    }
}

/// Whether a transaction did what it should.
pub fn is_success(receipt: &TransactionReceipt) -> bool {
    receipt.status()
}
