//! The node that is followed, over WebSocket.

use crate::api::Upstream;
use alloy_eips::eip2718::Decodable2718 as _;
use alloy_primitives::{B256, U64};
use althing_primitives::{Block, Bytes, Height, OperationsRequest, Receipt};
use althing_rpc::api::SubmitError;
use althing_state::FetchError;
use async_trait::async_trait;
use jsonrpsee::{
    core::client::{ClientT, Error, Subscription, SubscriptionClientT},
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use parking_lot::RwLock;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Largest answer in bytes: a page of blocks as hexadecimal text.
const MAX_ANSWER: u32 = 64 * 1024 * 1024;

/// A connection to the followed node.
#[derive(Clone)]
pub(super) struct Connection(Arc<WsClient>);

#[derive(Deserialize)]
struct CertifiedBlock {
    block: Bytes,
    certificate: Option<Bytes>,
}

/// Reads an answer to `althing_getBlocks` with at most `count` blocks. Whoever sent it may be hostile.
pub fn read_page(answer: &str, count: u64) -> Result<Vec<(Block, Option<Bytes>)>, String> {
    let page: Vec<CertifiedBlock> = serde_json::from_str(answer).map_err(|error| error.to_string())?;
    if page.len() as u64 > count {
        return Err(format!("it gave {} blocks where {count} were asked for", page.len()));
    }
    page.into_iter()
        .map(|item| {
            let block = Block::decode(&item.block).map_err(|error| error.to_string())?;
            Ok((block, item.certificate))
        })
        .collect()
}

#[derive(Deserialize)]
struct TargetJson {
    block: Bytes,
    certificate: Bytes,
    receipts: Vec<Bytes>,
}

/// A block whose state can be fetched; nothing of it is verified yet.
pub(super) struct StateTarget {
    pub(super) block: Block,
    pub(super) receipts: Vec<Receipt>,
    pub(super) certificate: Bytes,
}

impl Connection {
    /// Connects; `http` and `https` addresses are taken as their WebSocket equals.
    pub(super) async fn open(url: &str) -> Result<Self, String> {
        let url = match url.strip_prefix("http") {
            Some(rest) => format!("ws{rest}"),
            None => url.to_string(),
        };
        let client = WsClientBuilder::default()
            .request_timeout(TIMEOUT)
            .connection_timeout(TIMEOUT)
            .max_response_size(MAX_ANSWER)
            .build(url)
            .await;
        client.map(|client| Self(Arc::new(client))).map_err(|error| error.to_string())
    }

    /// Consecutive blocks from a height on, with their certificates; empty when there are none yet.
    pub(super) async fn blocks(
        &self,
        from: Height,
        count: u64,
    ) -> Result<Vec<(Block, Option<Bytes>)>, String> {
        let params = rpc_params![U64::from(from), U64::from(count)];
        let answer: Box<RawValue> =
            self.0.request("althing_getBlocks", params).await.map_err(|error| error.to_string())?;
        read_page(answer.get(), count)
    }

    /// Its newest certified block, with receipts; none when it has only the first block.
    pub(super) async fn state_target(&self) -> Result<Option<StateTarget>, String> {
        let target: Option<TargetJson> = self
            .0
            .request("althing_getStateTarget", rpc_params![])
            .await
            .map_err(|error| error.to_string())?;
        let Some(target) = target else { return Ok(None) };
        let block = Block::decode(&target.block).map_err(|error| error.to_string())?;
        let receipts = target.receipts.iter().map(|bytes| Receipt::decode_2718_exact(bytes));
        let receipts = receipts.collect::<Result<_, _>>().map_err(|error| format!("receipts: {error}"))?;
        Ok(Some(StateTarget { block, receipts, certificate: target.certificate }))
    }

    /// Operations of a state database with their proof, as it encodes them.
    pub(super) async fn operations(&self, request: OperationsRequest) -> Result<Bytes, FetchError> {
        let OperationsRequest { database, size, start, count } = request;
        let count = count.map(|count| U64::from(count.get()));
        let params = rpc_params![database, U64::from(size), U64::from(start), count];
        self.0.request("althing_getStateOperations", params).await.map_err(|error| match error {
            Error::ParseError(error) => FetchError::Malformed(error.to_string()),
            error => FetchError::Unanswered(error.to_string()),
        })
    }

    /// Height of its head.
    pub(super) async fn height(&self) -> Result<Height, String> {
        let height: U64 =
            self.0.request("eth_blockNumber", rpc_params![]).await.map_err(|error| error.to_string())?;
        Ok(height.to())
    }

    /// Tells of its new heads.
    pub(super) async fn heads(&self) -> Result<Subscription<serde_json::Value>, String> {
        let subscribed = self.0.subscribe("eth_subscribe", rpc_params!["newHeads"], "eth_unsubscribe").await;
        subscribed.map_err(|error| error.to_string())
    }
}

/// The present connection, as requests of clients use it.
#[derive(Default)]
pub(super) struct Link {
    connection: RwLock<Option<Connection>>,
    highest: AtomicU64,
}

impl Link {
    pub(super) fn set(&self, connection: &Connection) {
        *self.connection.write() = Some(connection.clone());
    }

    pub(super) fn clear(&self) {
        *self.connection.write() = None;
    }

    /// Notes a height that the followed node has.
    pub(super) fn seen(&self, height: Height) {
        self.highest.fetch_max(height, Ordering::Relaxed);
    }
}

#[async_trait]
impl Upstream for Link {
    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let connection = self.connection.read().clone();
        let Some(connection) = connection else {
            let reason = "this follower is not connected to any node; try again in a moment";
            return Err(SubmitError::Invalid(reason.into()));
        };
        match connection.0.request("eth_sendRawTransaction", rpc_params![raw]).await {
            Ok(hash) => Ok(hash),
            Err(Error::Call(refused)) => Err(SubmitError::Invalid(refused.message().to_string())),
            Err(error) => Err(SubmitError::Invalid(format!("the followed node does not answer: {error}"))),
        }
    }

    fn highest(&self) -> Height {
        self.highest.load(Ordering::Relaxed)
    }

    fn is_connected(&self) -> bool {
        self.connection.read().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_more_blocks_than_asked_for_or_of_other_things_is_refused() {
        let block = Block::new(Default::default(), Default::default(), vec![]);
        let item = format!(r#"{{"block":"{}","certificate":null}}"#, Bytes::from(block.encode()));
        let two = format!("[{item},{item}]");
        assert_eq!(read_page(&two, 2).unwrap(), [(block.clone(), None), (block, None)]);
        assert!(read_page(&two, 1).unwrap_err().contains("2 blocks where 1"));
        for answer in ["", "{}", "[1]", r#"[{"block":"0x"}]"#] {
            assert!(read_page(answer, 2).is_err(), "{answer}");
        }
    }
}
