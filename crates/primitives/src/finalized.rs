//! A block that the network has finalized, with everything that executing it gave.

use crate::{Block, Change, Receipt};
use alloy_primitives::{Address, B256, Bytes, Log, keccak256};

/// Domain of the system transaction's hash.
const SYSTEM_ACTS: &[u8] = b"ALTHING_SYSTEM_ACTS_V1";

/// What the chain hands to the indexer and to subscribers. Never undone.
#[derive(Clone, Debug)]
pub struct FinalizedBlock {
    /// The block.
    pub block: Block,
    /// Sender of each transaction.
    pub senders: Vec<Address>,
    /// Receipt of each transaction, with logs.
    pub receipts: Vec<Receipt>,
    /// Logs of the protocol's own acts, in order. Neither receipts nor header commit to them: they follow from
    /// executing the block.
    pub system_logs: Vec<Log>,
    /// Every changed state key, sorted by key.
    pub changes: Vec<Change>,
    /// Encoded finalization certificate of this very block; none when a later block's certificate covers it.
    pub certificate: Option<Bytes>,
}

impl FinalizedBlock {
    /// Hash under which clients find the system logs, as if a transaction after the block's last had left them; none
    /// when there are no such logs.
    pub fn system_transaction(&self) -> Option<B256> {
        (!self.system_logs.is_empty()).then(|| system_transaction(self.block.hash()))
    }

    /// Every transaction's hash and logs, in order; the system transaction's last.
    pub fn logs(&self) -> impl Iterator<Item = (B256, &[Log])> {
        let included = self.block.transactions().iter().zip(&self.receipts);
        let included = included.map(|(transaction, receipt)| (*transaction.tx_hash(), receipt.logs()));
        included.chain(self.system_transaction().map(|hash| (hash, self.system_logs.as_slice())))
    }
}

fn system_transaction(block: B256) -> B256 {
    keccak256([SYSTEM_ACTS, block.as_slice()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn the_system_transaction_of_a_block_has_the_specified_hash() {
        let expected = b256!("5ef7de17d9bcd056fe1303625d267ae9cb5dc0643961604ef4b6ef769fab17ed");
        assert_eq!(system_transaction(B256::repeat_byte(0x11)), expected);
    }
}
