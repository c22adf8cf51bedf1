//! A block: Ethereum header, seal, transactions. Its hash is the keccak256 of the header's RLP, as on Ethereum.

use crate::{Header, Height, Seal, Transaction};
use alloy_consensus::proofs::calculate_transaction_root;
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Decodable, Encodable, Header as RlpHeader};
use std::sync::Arc;
use thiserror::Error;

/// Largest encoded block in bytes; a larger one is refused before it is decoded.
pub const MAX_BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// Most transactions in a block (a transfer costs 21,000 gas, so gas binds first under all presets).
pub const MAX_BLOCK_TRANSACTIONS: usize = 20_000;

/// Most gas that a transaction may ask for (EIP-7825).
pub const MAX_TRANSACTION_GAS: u64 = 16_777_216;

/// Why bytes are not a block.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BlockError {
    /// Longer than [`MAX_BLOCK_BYTES`].
    #[error("block of {0} bytes is larger than {MAX_BLOCK_BYTES}")]
    TooLarge(usize),
    /// Not the expected RLP.
    #[error("block is not valid RLP: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// A transaction that does not decode, or of a type that the chain refuses.
    #[error("transaction {index} of the block is invalid: {reason}")]
    Transaction {
        /// Position in the block.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// `extraData` is not the seal's hash.
    #[error("header does not commit to the seal")]
    SealMismatch,
    /// `transactionsRoot` is not the root of the transactions.
    #[error("header does not commit to the transactions")]
    TransactionsMismatch,
}

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    hash: B256,
    header: Header,
    seal: Seal,
    transactions: Vec<Transaction>,
}

/// An immutable block, cheap to clone, whose header commits to its seal and transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block(Arc<Inner>);

impl Block {
    /// Assembles a block; sets the header's commitments to the seal and to the transactions.
    pub fn new(mut header: Header, seal: Seal, transactions: Vec<Transaction>) -> Self {
        header.extra_data = seal.hash().into();
        header.transactions_root = calculate_transaction_root(&transactions);
        let hash = header.hash_slow();
        Self(Arc::new(Inner { hash, header, seal, transactions }))
    }

    /// Hash of the header.
    pub fn hash(&self) -> B256 {
        self.0.hash
    }

    /// Height of the block.
    pub fn height(&self) -> Height {
        self.0.header.number
    }

    /// The Ethereum header.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// The consensus metadata.
    pub fn seal(&self) -> &Seal {
        &self.0.seal
    }

    /// The transactions in order of execution.
    pub fn transactions(&self) -> &[Transaction] {
        &self.0.transactions
    }

    /// Puts a block together from parts that came by different ways, and checks all that [`Self::decode`] checks.
    pub fn from_parts(
        header: Header,
        seal: Seal,
        transactions: Vec<Transaction>,
    ) -> Result<Self, BlockError> {
        check_count(transactions.len())?;
        let length = encoded_length(&header, &seal, &transactions);
        if length > MAX_BLOCK_BYTES {
            return Err(BlockError::TooLarge(length));
        }
        Self::checked(header, seal, transactions)
    }

    /// A block of a size that is allowed, if its header commits to the rest.
    fn checked(header: Header, seal: Seal, transactions: Vec<Transaction>) -> Result<Self, BlockError> {
        if let Some(index) = transactions.iter().position(Transaction::is_eip4844) {
            let reason = "blob transactions are not accepted on this chain".into();
            return Err(BlockError::Transaction { index, reason });
        }
        if header.extra_data.as_ref() != seal.hash().as_slice() {
            return Err(BlockError::SealMismatch);
        }
        if header.transactions_root != calculate_transaction_root(&transactions) {
            return Err(BlockError::TransactionsMismatch);
        }
        let hash = header.hash_slow();
        Ok(Self(Arc::new(Inner { hash, header, seal, transactions })))
    }

    /// Encodes as an RLP list of header, seal and transactions (each an EIP-2718 byte string).
    pub fn encode(&self) -> Vec<u8> {
        let transactions = encode_transactions(&self.0.transactions);
        let length = self.0.header.length() + self.0.seal.length() + transactions.len();
        let mut out = Vec::with_capacity(length + 4);
        RlpHeader { list: true, payload_length: length }.encode(&mut out);
        self.0.header.encode(&mut out);
        self.0.seal.encode(&mut out);
        out.extend_from_slice(&transactions);
        out
    }

    /// Decodes a block and checks that its header commits to all of it. Any sender may be hostile.
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        if bytes.len() > MAX_BLOCK_BYTES {
            return Err(BlockError::TooLarge(bytes.len()));
        }
        let mut rest = bytes;
        let mut payload = RlpHeader::decode_bytes(&mut rest, true)?;
        if !rest.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength.into());
        }
        let header = Header::decode(&mut payload)?;
        let seal = Seal::decode(&mut payload)?;
        let transactions = decode_transactions(&mut payload)?;
        if !payload.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength.into());
        }
        Self::checked(header, seal, transactions)
    }
}

/// Length of a block's encoding, without making it: parts may be much larger than a block.
fn encoded_length(header: &Header, seal: &Seal, transactions: &[Transaction]) -> usize {
    let with_prefix = |length: usize| length.saturating_add(alloy_rlp::length_of_length(length));
    let transactions = transactions.iter().map(|transaction| with_prefix(transaction.encode_2718_len()));
    let transactions = transactions.fold(0, usize::saturating_add);
    with_prefix(with_prefix(transactions).saturating_add(header.length()).saturating_add(seal.length()))
}

/// Encodes transactions as in a block: an RLP list of EIP-2718 byte strings.
pub fn encode_transactions<'a>(transactions: impl IntoIterator<Item = &'a Transaction>) -> Vec<u8> {
    let transactions: Vec<Bytes> = transactions.into_iter().map(|t| t.encoded_2718().into()).collect();
    alloy_rlp::encode(transactions)
}

/// Decodes what [`encode_transactions`] made, at most as many as a block can have, and moves `bytes` beyond it.
pub fn decode_transactions(bytes: &mut &[u8]) -> Result<Vec<Transaction>, BlockError> {
    let mut list = RlpHeader::decode_bytes(bytes, true)?;
    let mut transactions = Vec::new();
    while !list.is_empty() {
        let index = transactions.len();
        check_count(index + 1)?;
        let raw = RlpHeader::decode_bytes(&mut list, false)?;
        let transaction = Transaction::decode_2718_exact(raw)
            .map_err(|e| BlockError::Transaction { index, reason: e.to_string() })?;
        transactions.push(transaction);
    }
    Ok(transactions)
}

fn check_count(transactions: usize) -> Result<(), BlockError> {
    if transactions > MAX_BLOCK_TRANSACTIONS {
        let reason = format!("the block has more than {MAX_BLOCK_TRANSACTIONS}");
        return Err(BlockError::Transaction { index: MAX_BLOCK_TRANSACTIONS, reason });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal;
    use alloy_consensus::{Signed, TxEip1559};
    use alloy_primitives::{Address, Signature, U256};

    fn block() -> Block {
        let tx = TxEip1559 { chain_id: 930_931, to: Address::repeat_byte(7).into(), ..Default::default() };
        let tx = Signed::new_unhashed(tx, Signature::new(U256::from(1), U256::from(2), false));
        let seal = Seal {
            version: seal::VERSION,
            epoch: 3,
            view: 9,
            beacon: vec![1; 48].into(),
            ..Default::default()
        };
        Block::new(Header { number: 5, timestamp: 77, ..Default::default() }, seal, vec![tx.into()])
    }

    #[test]
    fn a_block_survives_its_encoding() {
        let block = block();
        let decoded = Block::decode(&block.encode()).unwrap();
        assert_eq!(decoded, block);
        assert_eq!(decoded.hash(), block.header().hash_slow());
    }

    #[test]
    fn a_block_whose_parts_do_not_belong_together_is_refused() {
        let good = block();
        let inner = |header: Header, seal: Seal, transactions| {
            Block(Arc::new(Inner { hash: B256::ZERO, header, seal, transactions })).encode()
        };
        let other_seal = Seal { view: 10, ..good.seal().clone() };
        let bytes = inner(good.header().clone(), other_seal, good.transactions().to_vec());
        assert_eq!(Block::decode(&bytes), Err(BlockError::SealMismatch));
        let bytes = inner(good.header().clone(), good.seal().clone(), vec![]);
        assert_eq!(Block::decode(&bytes), Err(BlockError::TransactionsMismatch));
    }

    #[test]
    fn parts_are_a_block_only_when_the_header_commits_to_them() {
        let good = block();
        let from = |header: &Header, seal: &Seal, transactions: &[Transaction]| {
            Block::from_parts(header.clone(), seal.clone(), transactions.to_vec())
        };
        let (header, seal, transactions) = (good.header(), good.seal(), good.transactions());
        assert_eq!(from(header, seal, transactions), Ok(good.clone()));
        assert_eq!(encoded_length(header, seal, transactions), good.encode().len());
        assert_eq!(from(header, seal, &[]), Err(BlockError::TransactionsMismatch));
        let other_seal = Seal { view: 10, ..seal.clone() };
        assert_eq!(from(header, &other_seal, transactions), Err(BlockError::SealMismatch));
    }

    #[test]
    fn parts_larger_than_a_block_are_refused_before_anything_is_made_of_them() {
        let good = block();
        let input = vec![1; MAX_BLOCK_BYTES / 2].into();
        let tx = TxEip1559 { input, to: Address::ZERO.into(), ..Default::default() };
        let tx: Transaction = Signed::new_unhashed(tx, Signature::new(U256::ONE, U256::ONE, false)).into();
        let large = Block::new(good.header().clone(), good.seal().clone(), vec![tx.clone(), tx]);
        let length = large.encode().len();
        let parts = (large.header().clone(), large.seal().clone(), large.transactions().to_vec());
        assert_eq!(Block::from_parts(parts.0, parts.1, parts.2), Err(BlockError::TooLarge(length)));
    }

    #[test]
    fn truncated_or_padded_bytes_are_refused_without_panic() {
        let bytes = block().encode();
        for cut in 0..bytes.len() {
            assert!(Block::decode(&bytes[..cut]).is_err(), "{cut}");
        }
        let mut padded = bytes;
        padded.push(0);
        assert!(Block::decode(&padded).is_err());
        assert_eq!(
            Block::decode(&vec![0; MAX_BLOCK_BYTES + 1]),
            Err(BlockError::TooLarge(MAX_BLOCK_BYTES + 1))
        );
    }

    #[test]
    fn the_signing_hash_does_not_depend_on_the_signature_but_on_all_else() {
        let block = block();
        let signed = Seal { signature: vec![5; 64].into(), ..block.seal().clone() };
        let hash = block.seal().signing_hash(block.header());
        assert_eq!(signed.signing_hash(block.header()), hash);
        let other = Seal { view: 1, ..signed };
        assert_ne!(other.signing_hash(block.header()), hash);
        assert_ne!(block.seal().signing_hash(&Header { gas_used: 1, ..block.header().clone() }), hash);
    }
}
