//! Finding transactions: by hash, by sender and nonce, by an account that takes part, by the contract they
//! created. Takes part: sends it, receives it, or is created by it; what happens inside is not indexed.

use crate::error::IndexError;
use crate::index::Index;
use alloy_primitives::{Address, B256};
use althing_primitives::Height;

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionLocation {
    /// Height of its block.
    pub height: Height,
    /// Position in the block.
    pub position: usize,
}

/// A page of an account's transactions, newest first. Holds whole blocks: at least as many as asked for,
/// unless there are no more, and the rest of the last block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityPage {
    /// The transactions.
    pub transactions: Vec<TransactionLocation>,
    /// Whether there is nothing newer.
    pub newest: bool,
    /// Whether there is nothing older.
    pub oldest: bool,
}

/// How a contract came to be, when a transaction created it directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creation {
    /// The transaction.
    pub transaction: TransactionLocation,
    /// Its sender.
    pub creator: Address,
}

impl Index {
    /// Where the transaction with a hash is. A block's system transaction is after its last.
    pub fn transaction(&self, hash: &B256) -> Result<Option<TransactionLocation>, IndexError> {
        self.look_up()?.transaction(hash)
    }

    /// Where the transaction of a sender with a nonce is.
    pub fn transaction_by_nonce(
        &self,
        sender: &Address,
        nonce: u64,
    ) -> Result<Option<TransactionLocation>, IndexError> {
        self.look_up()?.nonce(sender, nonce)
    }

    /// The creation of a contract; none when a contract created it, or it is in genesis.
    pub fn creation(&self, contract: &Address) -> Result<Option<Creation>, IndexError> {
        let creation = self.look_up()?.creation(contract)?;
        Ok(creation.map(|(transaction, creator)| Creation { transaction, creator }))
    }

    /// An account's transactions in blocks below `before` (all when none), newest first.
    pub fn activity_before(
        &self,
        address: &Address,
        before: Option<Height>,
        page: usize,
    ) -> Result<ActivityPage, IndexError> {
        let view = self.look_up()?;
        let (transactions, oldest) = match before.unwrap_or(Height::MAX).checked_sub(1) {
            Some(to) => whole_blocks(view.activity(address, 0..=to).rev(), page)?,
            None => (Vec::new(), true),
        };
        let newer = before.and_then(|before| view.activity(address, before..=Height::MAX).next());
        Ok(ActivityPage { transactions, newest: newer.transpose()?.is_none(), oldest })
    }

    /// An account's transactions in the blocks next above `after`, newest first.
    pub fn activity_after(
        &self,
        address: &Address,
        after: Height,
        page: usize,
    ) -> Result<ActivityPage, IndexError> {
        let view = self.look_up()?;
        let (mut transactions, newest) = match after.checked_add(1) {
            Some(from) => whole_blocks(view.activity(address, from..=Height::MAX), page)?,
            None => (Vec::new(), true),
        };
        transactions.reverse();
        let older = view.activity(address, 0..=after).next();
        Ok(ActivityPage { transactions, newest, oldest: older.transpose()?.is_none() })
    }
}

/// Reads whole blocks until there are at least `page` transactions; tells whether that was all.
fn whole_blocks(
    places: impl Iterator<Item = Result<TransactionLocation, IndexError>>,
    page: usize,
) -> Result<(Vec<TransactionLocation>, bool), IndexError> {
    let mut found: Vec<TransactionLocation> = Vec::new();
    for next in places {
        let next = next?;
        if found.len() >= page && found.last().is_none_or(|last| last.height != next.height) {
            return Ok((found, false));
        }
        found.push(next);
    }
    Ok((found, true))
}
