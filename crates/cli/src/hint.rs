//! What to do when a contract refuses: a sentence for each typed error that a person can do something about.

use crate::gov::{moment, stage_name};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolInterface;
use althing_abi::{
    Governance::GovernanceErrors as Gov,
    Params::{OutOfBounds, ParamsErrors as Params, UnknownParam},
};

/// What to do about a revert with this data; nothing when there is no more to say than the error itself.
pub(crate) fn what_to_do(data: &[u8]) -> Option<String> {
    match Params::abi_decode(data) {
        Ok(error) => Some(params(error)),
        Err(_) => governance(Gov::abi_decode(data).ok()?),
    }
}

fn params(error: Params) -> String {
    match error {
        Params::UnknownParam(UnknownParam { name }) => {
            format!("there is no parameter `{name}`: `althing gov params` lists them")
        }
        Params::OutOfBounds(OutOfBounds { name, least, most, .. }) => {
            format!("`{name}` must be from {least} to {most}; `althing gov params` shows bounds and units")
        }
        Params::Unchangeable(error) => format!("`{}` stays what the chain spec says", error.name),
    }
}

fn governance(error: Gov) -> Option<String> {
    let hint: String = match error {
        Gov::UnknownProposal(_) | Gov::GovernorNonexistentProposal(_) => {
            "there is no such proposal: `althing gov list` shows those that there are".into()
        }
        Gov::WrongStage(error) => stage_hint(error.number, error.stage),
        Gov::GovernorUnexpectedProposalState(error) => state_hint(error.expectedStates),
        Gov::TooEarly(error) => {
            format!("its time lock ends at {}: try again then", moment(error.executableFrom))
        }
        Gov::PledgedBefore(_) => "this account pledged its votes before; a pledge stays".into(),
        Gov::NoVotes(error) => format!(
            "only stakes that were there at {} count; an account votes with all of its own",
            moment(error.timepoint)
        ),
        Gov::ProposalExists(_) => "the same was submitted before: vote on that, or write another text".into(),
        Gov::TooLong(error) => format!("shorten the {}: at most {} are taken", error.what, error.most),
        Gov::EmptyDescription(_) => "give a --title or a --text that is not blank".into(),
        Gov::CallsGovernance(_) => {
            "a proposal cannot call the governance contract: leave that call out".into()
        }
        Gov::GovernorUnableToCancel(_) => "only who submitted it can withdraw it: sign with that key".into(),
        Gov::GovernorRestrictedProposer(_) => {
            "its text ends with #proposer=…, and another account signs: sign with that one".into()
        }
        Gov::TreasuryShort(_) => {
            "anybody can send coins to the treasury (`althing gov treasury`) before it is executed".into()
        }
        Gov::NoBond(_) => "no bond is held, or it is not time: bonds of expired proposals are settled".into(),
        Gov::CallFailed(error) => format!(
            "call {} failed: {}; `althing gov simulate` shows all of them",
            error.index,
            althing_client::revert_reason(&error.reason)
        ),
        _ => return None,
    };
    Some(hint)
}

/// What an act waits for, by the state of OpenZeppelin's governors that it needs.
fn state_hint(expected: B256) -> String {
    let when = match U256::from_be_bytes(expected.0) {
        state if state.bit(0) => "it can be withdrawn only while it gathers support",
        state if state.bit(1) => "votes are taken only while it is voted on",
        _ => "it can be executed only after it has passed, when its time has come, and once",
    };
    format!("{when}: `althing gov show` says where it stands")
}

fn stage_hint(number: u64, stage: u8) -> String {
    format!(
        "proposal {number} is {}: `althing gov show {number}` says what can be done now",
        stage_name(stage)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;
    use alloy_sol_types::{Revert, SolError};
    use althing_abi::{Governance as abi, Params as params};

    #[test]
    fn what_people_can_do_something_about_has_a_hint() {
        let long = abi::TooLong { what: "description".into(), size: U256::from(9), most: U256::from(7) };
        let bounds = params::OutOfBounds {
            name: "voteDays".into(),
            value: U256::ZERO,
            least: U256::from(1),
            most: U256::from(365),
        };
        let nested = params::Unchangeable { name: "daySeconds".into() }.abi_encode();
        let failed = abi::CallFailed { index: U256::from(2), reason: nested.into() };
        let state = |bit: usize| {
            let (id, expected) = (U256::from(7), B256::from(U256::from(1) << bit));
            abi::GovernorUnexpectedProposalState { proposalId: id, current: 1, expectedStates: expected }
        };
        for (data, expected) in [
            (state(0).abi_encode(), "withdrawn only while it gathers support"),
            (state(1).abi_encode(), "votes are taken only while"),
            (state(5).abi_encode(), "executed only after it has passed"),
            (abi::UnknownProposal { number: 9 }.abi_encode(), "gov list"),
            (abi::WrongStage { number: 3, stage: 1 }.abi_encode(), "proposal 3 is voted on"),
            (abi::TooEarly { number: 3, executableFrom: 86_400 }.abi_encode(), "1970-01-02 00:00:00"),
            (abi::NoVotes { account: Address::ZERO, timepoint: 59 }.abi_encode(), "1970-01-01 00:00:59"),
            (long.abi_encode(), "at most 7"),
            (bounds.abi_encode(), "from 1 to 365"),
            (failed.abi_encode(), "call 2 failed: Unchangeable(name `daySeconds`)"),
        ] {
            let hint = what_to_do(&data).unwrap();
            assert!(hint.contains(expected), "{hint}");
        }
        assert_eq!(what_to_do(&Revert::from("no").abi_encode()), None);
        assert_eq!(what_to_do(&[]), None);
    }
}
