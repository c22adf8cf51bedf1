// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The code at the address of `Governance`. Nodes run it for `execute` and for coins that come without a call; all other
/// functions are native. Inside of `execute`, `begin` is native too: it checks that the proposal may be executed, and marks
/// it. When a call fails, the mark is undone with everything else.
contract Executor {
    error CallFailed(uint256 index, bytes reason);

    function execute(address[] calldata targets, uint256[] calldata values, bytes[] calldata calldatas, bytes32 descriptionHash)
        external
        payable
        returns (uint256 proposalId)
    {
        proposalId = Executor(payable(address(this))).begin(targets, values, calldatas, descriptionHash);
        for (uint256 index = 0; index < targets.length; ++index) {
            (bool done, bytes memory reason) = targets[index].call{value: values[index]}(calldatas[index]);
            if (!done) revert CallFailed(index, reason);
        }
    }

    /// Not `pure`: it would be called statically, and could not mark anything.
    function begin(address[] calldata, uint256[] calldata, bytes[] calldata, bytes32) external returns (uint256) {
        revert("This contract is native to Althing nodes: call it on a node, not in a local EVM");
    }

    receive() external payable {}

    fallback() external payable {
        revert("This contract is native to Althing nodes: call it on a node, not in a local EVM");
    }
}
