// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title RollDPoS
/// @notice Epochs and their heights, as IoTeX's tools ask for them: the same selectors and tuples. Epochs are this network's, from
/// 0 on, and have no parts: one sub-epoch, number 0. `height` is the height of the state that answers.
interface RollDPoS {
    /// @notice Members of the committee that serves now.
    function NumDelegates() external view returns (uint256 value, uint256 height);
    /// @notice Seats of the delegates whom committees are drawn from.
    function NumCandidateDelegates() external view returns (uint256 value, uint256 height);
    /// @notice Parts of an epoch: always 1.
    function NumSubEpochs(uint256 blockHeight) external view returns (uint256 value, uint256 height);
    /// @notice Epoch of a height.
    function EpochNumber(uint256 blockHeight) external view returns (uint256 value, uint256 height);
    /// @notice Height of an epoch's first block.
    function EpochHeight(uint256 epochNumber) external view returns (uint256 value, uint256 height);
    /// @notice Height of an epoch's last block.
    function EpochLastHeight(uint256 epochNumber) external view returns (uint256 value, uint256 height);
    /// @notice Part of its epoch that a height is in: always 0.
    function SubEpochNumber(uint256 blockHeight) external view returns (uint256 value, uint256 height);

    /// @notice No chain gets there: the number is 2^64 or more.
    error NumberTooLarge(uint256 number);
}
