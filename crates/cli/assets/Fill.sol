// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// What `althing bench load --workload accounts` deploys. After a change: node tests/compat/assets.mjs --write

/// Makes accounts, so that a state can be made as large as a network's that is used by many.
contract Fill {
    error NotPaid();
    error Failed();

    /// Pays one Rau each to so many accounts, the first of which has this number. Account n is the hash of n.
    function fill(uint256 first, uint256 count) external payable {
        if (msg.value != count) revert NotPaid();
        for (uint256 n = first; n < first + count; n++) {
            (bool paid,) = address(uint160(uint256(keccak256(abi.encode(n))))).call{value: 1}("");
            if (!paid) revert Failed();
        }
    }
}
