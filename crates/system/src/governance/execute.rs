//! Whether a proposal may be executed now. The calls themselves are made by EVM code.

use super::{
    emit,
    payload::Payload,
    proposal::{End, Proposal, Stage},
    refused,
    storage::ADDRESS,
    treasury,
};
use crate::{Host, SystemError};
use alloy_primitives::{B256, U256};
use althing_abi::Governance::{OnlyItself, ProposalExecuted, TooEarly, TreasuryShort};

/// Marks a proposal as executed; the caller makes its calls, and undoes all of it when one fails.
pub(super) fn begin(host: &mut impl Host, payload: &Payload, description: B256) -> Result<U256, SystemError> {
    let caller = host.call().caller;
    if caller != ADDRESS {
        return Err(refused(OnlyItself { caller }));
    }
    let id = payload.id(host, description)?;
    let mut proposal = Proposal::by_id(host, id)?;
    if proposal.stage(host.block().timestamp) == Stage::Waiting {
        let (number, from) = (proposal.number, proposal.executable_from());
        return Err(refused(TooEarly { number, executableFrom: from }));
    }
    proposal.check_stage(host, Stage::Executable)?;
    let (needed, treasury) = (payload.spends(), treasury(host)?);
    if needed > treasury {
        return Err(refused(TreasuryShort { needed, treasury }));
    }
    proposal.end = End::Executed;
    proposal.store(host)?;
    emit(host, &ProposalExecuted { proposalId: id })?;
    Ok(id)
}
