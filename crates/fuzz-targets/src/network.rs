//! What other nodes send besides votes: gossip, blocks without their transactions, and pages of blocks to a follower.

use crate::transactions;
use althing_chain::{CompactBlock, RelayMessage};
use althing_node::{GossipMessage, MAX_GOSSIP_TRANSACTIONS, read_page};
use althing_primitives::{Block, MAX_BLOCK_TRANSACTIONS};

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

pub(crate) fn relay(data: &[u8]) -> bool {
    let Ok(message) = RelayMessage::decode(data) else { return false };
    assert_eq!(message.encode(), data, "a message has one encoding");
    match message {
        RelayMessage::Compact(compact) => {
            let CompactBlock { header, seal, ids } = *compact;
            assert!(ids.len() <= MAX_BLOCK_TRANSACTIONS);
            let hash = header.hash_slow();
            if let Ok(block) = Block::from_parts(header, seal, Vec::new()) {
                assert_eq!(block.hash(), hash);
            }
        }
        RelayMessage::Whole(block) => {
            let CompactBlock { header, seal, ids } = CompactBlock::of(block.block());
            let transactions = block.block().transactions().to_vec();
            assert_eq!(ids.len(), transactions.len());
            let rebuilt = Block::from_parts(header, seal, transactions);
            assert_eq!(rebuilt.as_ref(), Ok(block.block()), "a block is the sum of its parts");
        }
        RelayMessage::AskParts { indices, .. } => assert!(indices.len() <= MAX_BLOCK_TRANSACTIONS),
        RelayMessage::AskWhole { .. } => {}
        RelayMessage::Parts { transactions, .. } => assert!(transactions.len() <= MAX_BLOCK_TRANSACTIONS),
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
