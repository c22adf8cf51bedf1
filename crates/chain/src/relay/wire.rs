//! Messages between relays. Any sender may be hostile: nothing is allocated that the bytes of a message do not pay for.

use alloy_primitives::B64;
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use althing_consensus::ConsensusBlock;
use althing_primitives::{
    B256, Block, BlockError, Header, MAX_BLOCK_TRANSACTIONS, Seal, Transaction, decode_transactions,
    encode_transactions,
};
use commonware_codec::{Copying, DecodeExt as _, Error as CodecError, Write as _};
use commonware_consensus::BoundedBlock as _;
use thiserror::Error;

/// The first eight bytes of a transaction's hash. Who sends transactions can make two that share them, with 2^32 trials:
/// that costs the block a second question, and nobody the truth.
pub type ShortId = B64;

/// A block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Compact {
    /// The header; its hash is the block's.
    pub header: Header,
    /// The seal that the header commits to.
    pub seal: Seal,
    /// Which transactions, in order.
    pub ids: Vec<ShortId>,
}

impl Compact {
    /// A block without its transactions.
    pub fn of(block: &Block) -> Self {
        let ids = block.transactions().iter().map(|transaction| short_id(transaction.tx_hash())).collect();
        Self { header: block.header().clone(), seal: block.seal().clone(), ids }
    }
}

pub(super) fn short_id(hash: &B256) -> ShortId {
    ShortId::from_slice(&hash[..ShortId::len_bytes()])
}

/// What relays tell each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A block without its transactions.
    Compact(Box<Compact>),
    /// A block.
    Whole(ConsensusBlock),
    /// Asks for transactions of a block that came as compact.
    AskParts {
        /// Hash of the block.
        block: B256,
        /// Places of the transactions in the block, ascending.
        indices: Vec<u16>,
    },
    /// Asks for all of a block; the answer is [`Self::Whole`].
    AskWhole {
        /// Hash of the block.
        block: B256,
    },
    /// Transactions that were asked for.
    Parts {
        /// Hash of the block.
        block: B256,
        /// The transactions in the order in which they were asked for.
        transactions: Vec<Transaction>,
    },
}

/// Why bytes are not a message.
#[derive(Debug, Error)]
pub enum MessageError {
    /// Nothing, or of a kind that is not known.
    #[error("a message of no known kind")]
    Kind,
    /// Not the expected RLP.
    #[error("the message is not valid RLP: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// A whole block that is none.
    #[error("the block is malformed: {0}")]
    Block(#[from] CodecError),
    /// Transactions that do not decode.
    #[error("the transactions are malformed: {0}")]
    Transactions(#[from] BlockError),
    /// More transactions than a block has.
    #[error("{0} transactions are more than a block has")]
    TooMany(usize),
    /// The header of a compact block does not commit to its seal.
    #[error("the header does not commit to the seal")]
    Seal,
    /// Places of transactions that do not ascend.
    #[error("places of transactions do not ascend")]
    Order,
}

const COMPACT: u8 = 0;
const WHOLE: u8 = 1;
const ASK_PARTS: u8 = 2;
const ASK_WHOLE: u8 = 3;
const PARTS: u8 = 4;

/// Bytes of a message's kind.
const KIND_BYTES: usize = 1;

/// Bytes of the largest message: a whole block. A compact block is smaller than the block, and an answer has a hash where
/// the block has a header.
pub(crate) fn max_message_size() -> usize {
    KIND_BYTES + ConsensusBlock::max_encode_size(&())
}

// Places fit into the type that they are sent as.
const _: () = assert!(MAX_BLOCK_TRANSACTIONS <= u16::MAX as usize);

impl Message {
    /// A byte for the kind, then RLP; a whole block as consensus encodes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Compact(compact) => {
                out.push(COMPACT);
                compact.encode(&mut out);
            }
            Self::Whole(block) => {
                out.push(WHOLE);
                block.write(&mut out);
            }
            Self::AskParts { block, indices } => {
                out.push(ASK_PARTS);
                block.encode(&mut out);
                indices.encode(&mut out);
            }
            Self::AskWhole { block } => {
                out.push(ASK_WHOLE);
                block.encode(&mut out);
            }
            Self::Parts { block, transactions } => {
                out.push(PARTS);
                block.encode(&mut out);
                out.extend_from_slice(&encode_transactions(transactions));
            }
        }
        out
    }

    /// Decodes what a peer sent.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let (kind, mut rest) = bytes.split_first().ok_or(MessageError::Kind)?;
        let rest = &mut rest;
        let message = match *kind {
            COMPACT => Self::Compact(Box::new(decode_compact(rest)?)),
            WHOLE => Self::Whole(ConsensusBlock::decode(Copying(std::mem::take(rest)))?),
            ASK_PARTS => Self::AskParts { block: B256::decode(rest)?, indices: decode_indices(rest)? },
            ASK_WHOLE => Self::AskWhole { block: B256::decode(rest)? },
            PARTS => Self::Parts { block: B256::decode(rest)?, transactions: decode_transactions(rest)? },
            _ => return Err(MessageError::Kind),
        };
        if !rest.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength.into());
        }
        Ok(message)
    }
}

fn decode_compact(bytes: &mut &[u8]) -> Result<Compact, MessageError> {
    let compact = Compact::decode(bytes)?;
    check_count(compact.ids.len())?;
    if compact.header.extra_data.as_ref() != compact.seal.hash().as_slice() {
        return Err(MessageError::Seal);
    }
    Ok(compact)
}

fn decode_indices(bytes: &mut &[u8]) -> Result<Vec<u16>, MessageError> {
    let indices = Vec::<u16>::decode(bytes)?;
    check_count(indices.len())?;
    if !indices.is_sorted_by(|one, next| one < next) {
        return Err(MessageError::Order);
    }
    Ok(indices)
}

fn check_count(transactions: usize) -> Result<(), MessageError> {
    if transactions > MAX_BLOCK_TRANSACTIONS {
        return Err(MessageError::TooMany(transactions));
    }
    Ok(())
}
