// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// What an upgradeable proxy forwards to, in its first version.
contract BoxV1 {
    uint256 public kept;

    function keep(uint256 number) external {
        kept = number;
    }

    function release() external pure returns (uint256) {
        return 1;
    }
}

/// The same after an upgrade.
contract BoxV2 {
    uint256 public kept;

    function release() external pure returns (uint256) {
        return 2;
    }
}
