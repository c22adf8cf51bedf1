//! Finality certificates: one threshold signature of the committee over a block's hash and round.

use alloy_primitives::{B256, keccak256};
use althing_primitives::{Epoch, Header, Height, Seal, SealBrief};
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::simplex;
use commonware_cryptography::{
    Verifier as _,
    bls12381::primitives::variant::{MinSig, Variant as VariantTrait},
    ed25519,
    keccak256::Digest as KeccakDigest,
};
use commonware_parallel::Sequential;
use rand::{SeedableRng as _, rngs::StdRng};
use std::sync::Arc;
use thiserror::Error;

/// Operator identity.
pub type PublicKey = ed25519::PublicKey;
/// Hash of a block's header.
pub type BlockDigest = KeccakDigest;
/// Where signatures live: signatures in G1 (48 bytes), keys in G2 (96 bytes).
pub type Variant = MinSig;
/// The signature scheme of certificates.
pub type Scheme = simplex::scheme::bls12381_threshold::vrf::Scheme<PublicKey, Variant>;
/// Certificate of finality.
pub type Finalization = simplex::types::Finalization<Scheme, BlockDigest>;

/// Domain of a proposer's header signature.
const PROPOSER_NAMESPACE_SUFFIX: &[u8] = b"/PROPOSER";

/// Why something was not proven.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LightError {
    /// The group key is not a point of the curve.
    #[error("the group key is not a BLS12-381 G2 point of 96 bytes")]
    GroupKey,
    /// The certificate's bytes do not decode.
    #[error("the certificate does not decode: {0}")]
    Encoding(String),
    /// The signature is not the committee's.
    #[error("the certificate is not signed by this chain's group key of that epoch")]
    Signature,
    /// The certificate is for another block.
    #[error("the certificate is for block {certified}, not for {expected}")]
    OtherBlock {
        /// Hash in the certificate.
        certified: B256,
        /// Hash of the header.
        expected: B256,
    },
    /// The certificate is of another epoch than its block.
    #[error("the certificate is of epoch {certified}, its block of epoch {expected}")]
    OtherEpoch {
        /// Epoch in the certificate.
        certified: Epoch,
        /// Epoch of the block.
        expected: Epoch,
    },
    /// The block's height does not belong to its epoch.
    #[error("block {height} is not of epoch {epoch}, as its seal says")]
    Height {
        /// Height of the block.
        height: Height,
        /// Epoch in its seal.
        epoch: Epoch,
    },
    /// A key is named whose announcement is not known.
    #[error(
        "the block names group key {id}, the newest known is {newest}: ask for the announcements of later ones"
    )]
    UnknownKey {
        /// Id in the seal.
        id: u64,
        /// Id of the newest known key.
        newest: u64,
    },
    /// A key is named that signs other epochs.
    #[error("the block names group key {id}, but blocks of its epoch {epoch} are signed by key {right}")]
    OtherKey {
        /// Id in the seal.
        id: u64,
        /// Epoch in the seal.
        epoch: Epoch,
        /// Id of the epoch's key.
        right: u64,
    },
    /// The seal is not the one that the header commits to.
    #[error("the header does not commit to the seal")]
    Seal,
    /// The proposer's signature is wrong.
    #[error("the header is not signed by the proposer that the seal names")]
    Proposer,
}

/// What a certificate proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certified {
    /// Hash of the final block.
    pub hash: B256,
    /// Epoch in which it was finalized.
    pub epoch: u64,
    /// View in which it was finalized.
    pub view: u64,
}

/// Checks certificates of one group key. [`crate::KeyChain`] knows which key signs which epochs.
#[derive(Clone, Debug)]
pub struct Verifier {
    scheme: Arc<Scheme>,
}

impl Verifier {
    /// From the chain's signing domain and encoded group key.
    pub fn from_key(namespace: &[u8], group_key: &[u8]) -> Result<Self, LightError> {
        let key = <Variant as VariantTrait>::Public::decode(Copying(group_key))
            .map_err(|_| LightError::GroupKey)?;
        Ok(Self { scheme: Arc::new(Scheme::certificate_verifier(namespace, key)) })
    }

    /// The scheme that verifies certificates of every epoch of this key.
    pub fn scheme(&self) -> &Arc<Scheme> {
        &self.scheme
    }

    /// Decodes a certificate and checks its signature. Costs about 1 ms.
    pub fn verify(&self, certificate: &[u8]) -> Result<Certified, LightError> {
        let finalization = Finalization::decode(Copying(certificate))
            .map_err(|error| LightError::Encoding(error.to_string()))?;
        // The two signatures of a certificate are checked as one batch with blinding factors. They derive from
        // the certificate itself, so nobody can choose signatures for known factors and the result is
        // the same everywhere.
        let mut factors = StdRng::from_seed(keccak256(certificate).0);
        if !finalization.verify(&mut factors, &*self.scheme, &Sequential) {
            return Err(LightError::Signature);
        }
        Ok(Certified {
            hash: B256::from(finalization.proposal.payload.0),
            epoch: finalization.proposal.round.epoch().get(),
            view: finalization.proposal.round.view().get(),
        })
    }

    /// Checks that a certificate proves this very header final.
    pub fn verify_header(&self, header: &Header, certificate: &[u8]) -> Result<Certified, LightError> {
        let certified = self.verify(certificate)?;
        let expected = header.hash_slow();
        if certified.hash != expected {
            return Err(LightError::OtherBlock { certified: certified.hash, expected });
        }
        Ok(certified)
    }
}

/// Signing domain of proposers on a chain.
pub fn proposer_namespace(namespace: &[u8]) -> Vec<u8> {
    [namespace, PROPOSER_NAMESPACE_SUFFIX].concat()
}

/// Checks that the operator whom the seal names signed the header. `namespace` is the chain's signing domain.
pub fn verify_proposer(namespace: &[u8], header: &Header, seal: &Seal) -> Result<(), LightError> {
    verify_brief(namespace, header, &seal.brief())
}

/// [`verify_proposer`] with what hashes see of the seal.
pub(crate) fn verify_brief(namespace: &[u8], header: &Header, brief: &SealBrief) -> Result<(), LightError> {
    let seal = brief.fields();
    if header.extra_data.as_ref() != brief.hash().as_slice() {
        return Err(LightError::Seal);
    }
    let key = PublicKey::decode(Copying(seal.proposer.as_slice())).map_err(|_| LightError::Proposer)?;
    let signature = ed25519::Signature::decode(Copying(&seal.signature)).map_err(|_| LightError::Proposer)?;
    let message = brief.signing_hash(header);
    if key.verify(&proposer_namespace(namespace), message.as_slice(), &signature) {
        Ok(())
    } else {
        Err(LightError::Proposer)
    }
}

#[cfg(test)]
pub(crate) mod tests;
