//! Ballots that somebody else brings: signed as typed data (EIP-712), each once.

use super::{
    refused,
    storage::{self as at, ADDRESS},
    vote::Cast,
};
use crate::{Host, SystemError, chain_info};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Signature, U256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};
use althing_abi::Governance::{GovernorInvalidSignature, eip712DomainReturn};

/// Name of the signing domain.
pub(super) const NAME: &str = "Althing";
/// Version of the signing domain.
pub(super) const VERSION: &str = "1";

/// Gas of recovering a signer, as the precompile prices it, and of hashing what it signed.
const RECOVERY_GAS: u64 = 3_000;

sol! {
    struct Ballot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
    }

    struct ExtendedBallot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
        string reason;
        bytes params;
    }
}

fn domain(host: &mut impl Host) -> Result<Eip712Domain, SystemError> {
    let chain_id = chain_info::chain_id(host)?;
    Ok(eip712_domain! { name: NAME, version: VERSION, chain_id: chain_id, verifying_contract: ADDRESS, })
}

/// The domain, as EIP-5267 shows it.
pub(super) fn shown(host: &mut impl Host) -> Result<eip712DomainReturn, SystemError> {
    Ok(eip712DomainReturn {
        // Name, version, chain id and contract.
        fields: FixedBytes([0x0f]),
        name: NAME.into(),
        version: VERSION.into(),
        chainId: U256::from(chain_info::chain_id(host)?),
        verifyingContract: ADDRESS,
        salt: B256::ZERO,
        extensions: Vec::new(),
    })
}

/// What of a ballot is signed besides the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    Plain,
    Extended,
}

/// Checks that a voter signed a ballot, and takes note of it.
pub(super) fn check(
    host: &mut impl Host,
    voter: Address,
    cast: &Cast,
    form: Signed,
    signature: &Bytes,
) -> Result<(), SystemError> {
    host.charge(RECOVERY_GAS)?;
    let domain = domain(host)?;
    let nonces = at::NONCE.at(host, voter)?;
    let nonce = nonces.get(host)?;
    let (proposal, support) = (cast.id, cast.choice);
    let hash = match form {
        Signed::Plain => {
            let ballot = Ballot { proposalId: proposal, support, voter, nonce: U256::from(nonce) };
            ballot.eip712_signing_hash(&domain)
        }
        Signed::Extended => {
            let (reason, params) = (cast.reason.clone(), cast.params.clone());
            let ballot = ExtendedBallot {
                proposalId: proposal,
                support,
                voter,
                nonce: U256::from(nonce),
                reason,
                params,
            };
            ballot.eip712_signing_hash(&domain)
        }
    };
    let signer = Signature::from_raw(signature).ok().filter(|found| found.normalize_s().is_none());
    let signer = signer.and_then(|found| found.recover_address_from_prehash(&hash).ok());
    if signer != Some(voter) {
        return Err(refused(GovernorInvalidSignature { voter }));
    }
    nonces.set(host, nonce.saturating_add(1))
}
