// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Params
/// @notice Every number of the protocol that governance may change. A proposal changes them, from the beginning of an epoch
/// on that is announced before, and never for what has happened already.
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
    /// @notice A change that was decided and comes into force with an epoch.
    struct Change {
        string name;
        uint256 value;
        uint64 fromEpoch;
    }

    /// @notice One parameter's value.
    function valueOf(string memory name) external view returns (uint256);
    /// @notice Changes that are not in force yet.
    function changes() external view returns (Change[] memory);

    /// @notice Changes a parameter after `noticeEpochs`; for governance only. Replaces an earlier change that is not in force yet.
    function set(string memory name, uint256 value) external;

    /// @notice A change was decided.
    event ChangeDecided(string name, uint256 value, uint64 fromEpoch);
    /// @notice A parameter has another value from this epoch on.
    event Changed(string name, uint256 previous, uint256 value, uint64 epoch);

    /// @notice No parameter has this name.
    error UnknownParam(string name);
    /// @notice The value is not within the parameter's bounds.
    error OutOfBounds(string name, uint256 value, uint256 least, uint256 most);
    /// @notice The parameter is what it is for ever.
    error Unchangeable(string name);
}
