//! Evidence of a double proposal: two different headers of one (epoch, view), both signed by one operator.
//!
//! It proves itself: nothing but the chain's signing domain is needed to check it. It carries seals in brief, so that no
//! payload can make it too long to be reported.

use crate::{LightError, certificate::verify_brief};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use althing_primitives::{Block, Epoch, Header, OperatorKey, SealBrief, View};
use thiserror::Error;

/// Longest encoded evidence in bytes. That of two valid blocks has at most 2,800: headers of 700, seals in brief of 700.
pub const MAX_EVIDENCE_BYTES: usize = 4 * 1024;

/// A header as its proposer signed it.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Proposal {
    /// The header.
    pub header: Header,
    /// What its hash commits to of its seal.
    pub seal: SealBrief,
}

impl Proposal {
    /// What a block's proposer signed.
    pub fn of(block: &Block) -> Self {
        Self { header: block.header().clone(), seal: block.seal().brief() }
    }

    /// Whose turn it was.
    fn fault(&self) -> Fault {
        let seal = self.seal.fields();
        Fault { operator: seal.proposer, epoch: seal.epoch, view: seal.view }
    }
}

/// Who proposed twice, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The operator.
    pub operator: OperatorKey,
    /// Epoch of both proposals.
    pub epoch: Epoch,
    /// View of both proposals.
    pub view: View,
}

/// Two proposals that prove a fault, if [`DoubleProposal::verify`] says so.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct DoubleProposal {
    /// One of them.
    pub first: Proposal,
    /// The other.
    pub second: Proposal,
}

/// Why evidence proves nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EvidenceError {
    /// Longer than [`MAX_EVIDENCE_BYTES`].
    #[error("evidence of {0} bytes is longer than {MAX_EVIDENCE_BYTES}")]
    TooLong(usize),
    /// Not the RLP of two headers with their seals in brief.
    #[error("the evidence does not decode: {0}")]
    Malformed(#[from] alloy_rlp::Error),
    /// Both proposals say the same: the same block is no fault, however often it is signed.
    #[error("both proposals are the same")]
    SameProposal,
    /// The proposals are of different operators, epochs or views.
    #[error("the proposals are not of the same operator in the same view")]
    OtherTurn,
    /// A proposal is not signed by the operator that it names.
    #[error("a proposal is not signed: {0}")]
    Unsigned(#[from] LightError),
}

impl DoubleProposal {
    /// What two blocks prove.
    pub fn of(first: &Block, second: &Block) -> Self {
        Self { first: Proposal::of(first), second: Proposal::of(second) }
    }

    /// Encodes as RLP.
    pub fn encode(&self) -> Vec<u8> {
        alloy_rlp::encode(self)
    }

    /// Decodes evidence of at most [`MAX_EVIDENCE_BYTES`]. Any sender may be hostile.
    pub fn decode(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return Err(EvidenceError::TooLong(bytes.len()));
        }
        Ok(alloy_rlp::decode_exact(bytes)?)
    }

    /// Whose fault it proves on the chain with a signing domain. Costs two checks of a signature.
    pub fn verify(&self, namespace: &[u8]) -> Result<Fault, EvidenceError> {
        let Self { first, second } = self;
        let fault = first.fault();
        if second.fault() != fault {
            return Err(EvidenceError::OtherTurn);
        }
        // Without the signatures: a second signature of the same header is no second proposal.
        if first.seal.signing_hash(&first.header) == second.seal.signing_hash(&second.header) {
            return Err(EvidenceError::SameProposal);
        }
        for Proposal { header, seal } in [first, second] {
            verify_brief(namespace, header, seal)?;
        }
        Ok(fault)
    }
}

#[cfg(test)]
mod tests;
