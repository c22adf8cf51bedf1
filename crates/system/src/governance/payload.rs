//! What a proposal would do: its calls, their bounds, and what kind of proposal they make.

use super::{proposal::Kind, refused, storage::ADDRESS};
use crate::{Host, SystemError, host::keccak, params};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use althing_abi::{
    Governance::{CallsGovernance, GovernorInvalidProposalLength, TooLong},
    MAX_PROPOSAL_CALLS,
    Params::setCall,
    SystemContract,
};

/// Most bytes of the data of all its calls.
pub(super) const MAX_DATA_BYTES: usize = 64 * 1024;

/// Most bytes of its description.
pub(super) const MAX_DESCRIPTION_BYTES: usize = 16 * 1024;

/// The calls of a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) targets: Vec<Address>,
    pub(super) values: Vec<U256>,
    pub(super) calldatas: Vec<Bytes>,
}

impl Payload {
    /// The proposal's id, as OpenZeppelin computes it.
    pub(super) fn id(&self, host: &mut impl Host, description: B256) -> Result<U256, SystemError> {
        let parts = (self.targets.as_slice(), self.values.as_slice(), self.calldatas.as_slice(), description);
        Ok(keccak(host, &parts.abi_encode_params())?.into())
    }

    /// Refuses calls that are too many, too long, or none that a proposal may make; says what kind they make.
    pub(super) fn kind(&self, host: &mut impl Host) -> Result<Kind, SystemError> {
        let Self { targets, values, calldatas } = self;
        if targets.len() != values.len() || targets.len() != calldatas.len() {
            return Err(refused(GovernorInvalidProposalLength {
                targets: U256::from(targets.len()),
                calldatas: U256::from(calldatas.len()),
                values: U256::from(values.len()),
            }));
        }
        check_length("calls", targets.len(), MAX_PROPOSAL_CALLS)?;
        check_length("call data", calldatas.iter().map(|data| data.len()).sum(), MAX_DATA_BYTES)?;
        let mut kind = Kind::Text;
        for (index, ((target, value), data)) in targets.iter().zip(values).zip(calldatas).enumerate() {
            if *target == ADDRESS {
                return Err(refused(CallsGovernance { index: U256::from(index) }));
            }
            let is_policy = match *target == SystemContract::Params.address() && value.is_zero() {
                true => sets_parameter(host, data)?,
                false => data.is_empty(),
            };
            kind = match (kind, is_policy) {
                (Kind::Text | Kind::Policy, true) => Kind::Policy,
                _ => Kind::Technical,
            };
        }
        Ok(kind)
    }

    /// Coins that its calls send.
    pub(super) fn spends(&self) -> U256 {
        self.values.iter().fold(U256::ZERO, |sum, value| sum.saturating_add(*value))
    }
}

/// Whether a call of `Params` sets a parameter; refused when it would be refused in the end.
fn sets_parameter(host: &mut impl Host, data: &Bytes) -> Result<bool, SystemError> {
    let Ok(call) = setCall::abi_decode(data) else { return Ok(false) };
    params::check(host, &call.name, call.value)?;
    Ok(true)
}

/// Refuses more than there may be.
pub(super) fn check_length(what: &str, size: usize, most: usize) -> Result<(), SystemError> {
    let too_long = || refused(TooLong { what: what.into(), size: U256::from(size), most: U256::from(most) });
    if size <= most { Ok(()) } else { Err(too_long()) }
}

/// Hash of a description, at the EVM's price.
pub(super) fn description_hash(host: &mut impl Host, description: &str) -> Result<B256, SystemError> {
    keccak(host, description.as_bytes())
}
