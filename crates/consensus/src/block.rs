//! A block as consensus carries it: the block, its bytes, and the consensus facts parsed from its seal once.

use crate::{
    BlockDigest, Context, Directory, MAX_PARTICIPANTS, Payload, PublicKey, Variant, max_sharing_mode,
};
use althing_primitives::{Block, MAX_BLOCK_BYTES};
use bytes::{BufMut, Bytes};
use commonware_codec::{
    Buf, Copying, Decode as _, DecodeExt as _, Encode as _, EncodeSize, Error as CodecError, RangeCfg, Read,
    Write,
};
use commonware_consensus::{
    Block as ConsensusBlockTrait, BoundedBlock, CertifiableBlock, Heightable,
    types::{Epoch, Height, Round, View},
};
use commonware_cryptography::Digestible;
use commonware_glue::dkg::ReshareBlock;
use std::{fmt, sync::Arc};
use thiserror::Error;

/// Bytes of the length that precedes a block on the wire.
const LENGTH_BYTES: usize = 5;

/// Why a block cannot take part in consensus.
#[derive(Debug, Error)]
pub enum BlockError {
    /// The bytes are not a block.
    #[error(transparent)]
    Block(#[from] althing_primitives::BlockError),
    /// The proposer in the seal is not an Ed25519 public key.
    #[error("the seal's proposer is not an Ed25519 public key")]
    Proposer,
    /// The resharing payload does not decode.
    #[error("the seal's resharing payload does not decode: {0}")]
    Resharing(CodecError),
}

struct Inner {
    block: Block,
    encoded: Bytes,
    leader: PublicKey,
    payload: Option<Payload>,
}

/// A block with its encoding, cheap to clone.
#[derive(Clone)]
pub struct ConsensusBlock(Arc<Inner>);

impl fmt::Debug for ConsensusBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConsensusBlock").field(&self.0.block).finish()
    }
}

impl PartialEq for ConsensusBlock {
    fn eq(&self, other: &Self) -> bool {
        self.0.block.hash() == other.0.block.hash()
    }
}

impl Eq for ConsensusBlock {}

impl ConsensusBlock {
    /// Parses the consensus facts of a block.
    pub fn new(block: Block) -> Result<Self, BlockError> {
        let encoded = Bytes::from(block.encode());
        Self::with_encoding(block, encoded)
    }

    fn with_encoding(block: Block, encoded: Bytes) -> Result<Self, BlockError> {
        let leader =
            PublicKey::decode(Copying(block.seal().proposer.as_slice())).map_err(|_| BlockError::Proposer)?;
        let payload = decode_payload(&block.seal().resharing).map_err(BlockError::Resharing)?;
        Ok(Self(Arc::new(Inner { block, encoded, leader, payload })))
    }

    /// The block.
    pub fn block(&self) -> &Block {
        &self.0.block
    }

    /// The round in which the block was proposed.
    pub fn round(&self) -> Round {
        Round::new(Epoch::new(self.0.block.seal().epoch), View::new(self.0.block.seal().view))
    }

    /// The member that proposed it.
    pub fn leader(&self) -> &PublicKey {
        &self.0.leader
    }
}

/// Encodes a resharing payload for a seal.
pub fn encode_payload(payload: Option<&Payload>) -> alloy_primitives::Bytes {
    payload.map(|payload| payload.encode().to_vec().into()).unwrap_or_default()
}

/// Decodes a seal's resharing payload; none when it is empty.
pub fn decode_payload(bytes: &[u8]) -> Result<Option<Payload>, CodecError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    Payload::decode_cfg(Copying(bytes), &(MAX_PARTICIPANTS, max_sharing_mode())).map(Some)
}

impl Write for ConsensusBlock {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.encoded.write(buf);
    }
}

impl EncodeSize for ConsensusBlock {
    fn encode_size(&self) -> usize {
        self.0.encoded.encode_size()
    }
}

impl Read for ConsensusBlock {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        let encoded = Bytes::read_cfg(buf, &RangeCfg::from(0..=MAX_BLOCK_BYTES))?;
        let block = Block::decode(&encoded).map_err(|error| CodecError::Wrapped("block", Box::new(error)))?;
        Self::with_encoding(block, encoded).map_err(|error| CodecError::Wrapped("seal", Box::new(error)))
    }
}

impl BoundedBlock for ConsensusBlock {
    fn max_encode_size((): &()) -> usize {
        MAX_BLOCK_BYTES + LENGTH_BYTES
    }
}

impl Digestible for ConsensusBlock {
    type Digest = BlockDigest;

    fn digest(&self) -> BlockDigest {
        BlockDigest::from(self.0.block.hash().0)
    }
}

impl Heightable for ConsensusBlock {
    fn height(&self) -> Height {
        Height::new(self.0.block.height())
    }
}

impl ConsensusBlockTrait for ConsensusBlock {
    fn parent(&self) -> BlockDigest {
        BlockDigest::from(self.0.block.header().parent_hash.0)
    }
}

impl CertifiableBlock for ConsensusBlock {
    type Context = Context;

    fn context(&self) -> Context {
        Context {
            round: self.round(),
            leader: self.0.leader.clone(),
            parent: (View::new(self.0.block.seal().parent_view), self.parent()),
        }
    }
}

impl ReshareBlock for ConsensusBlock {
    type Variant = Variant;
    type PublicKey = PublicKey;
    type Directory = Directory;

    fn payload(&self) -> Option<Payload> {
        self.0.payload.clone()
    }
}
