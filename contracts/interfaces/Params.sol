// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Params
/// @notice Every number of the protocol that governance may change. Read only: a proposal changes them.
interface Params {
    struct Param {
        string name;
        string unit;
        uint256 value;
        uint256 least;
        uint256 most;
    }

    /// @notice All parameters, in fixed order.
    function all() external view returns (Param[] memory);
    /// @notice One parameter's value.
    function valueOf(string memory name) external view returns (uint256);

    /// @notice No parameter has this name.
    error UnknownParam(string name);
}
