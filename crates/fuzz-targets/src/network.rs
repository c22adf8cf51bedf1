//! What other nodes send besides consensus: gossip, and pages of blocks to a follower.

use crate::transactions;
use althing_node::{GossipMessage, MAX_GOSSIP_TRANSACTIONS, read_page};

/// Blocks that the follower asked for.
const PAGE: u64 = 64;

pub(crate) fn gossip(data: &[u8]) -> bool {
    let Some(message) = GossipMessage::decode(data) else { return false };
    assert_eq!(message.encode(), data, "a message has one encoding");
    if let GossipMessage::Transactions(transactions) = message {
        assert!(transactions.len() <= MAX_GOSSIP_TRANSACTIONS);
        for raw in &transactions {
            transactions::transaction(raw);
        }
    }
    true
}

pub(crate) fn feed(data: &[u8]) -> bool {
    let Some(Ok(page)) = std::str::from_utf8(data).ok().map(|text| read_page(text, PAGE)) else {
        return false;
    };
    assert!(page.len() as u64 <= PAGE);
    for (block, certificate) in page {
        crate::blocks::block(&block.encode());
        if let Some(certificate) = certificate {
            crate::blocks::certificate(&certificate);
        }
    }
    true
}
