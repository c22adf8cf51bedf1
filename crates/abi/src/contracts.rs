//! Interfaces of all system contracts, from their Solidity sources beside this file.
//!
//! The sources are the one definition: Rust types, JSON ABIs and published interfaces derive from them.

#![allow(missing_docs, reason = "the documentation is the NatSpec of the Solidity sources")]
#![allow(clippy::too_many_arguments, reason = "events have the fields that OpenZeppelin gave them")]

use alloy_sol_types::sol;

sol!(
    #[sol(abi, all_derives)]
    "src/ChainInfo.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/SystemErrors.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Params.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Staking.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Election.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Conduct.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Governance.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Upgrades.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Poll.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/RollDPoS.sol"
);

sol!(
    #[sol(abi, all_derives)]
    "src/Rewards.sol"
);
