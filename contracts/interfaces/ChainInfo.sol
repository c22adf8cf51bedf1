// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title ChainInfo
/// @notice What network this is, and who finalizes its blocks now. Read only; the node writes it at the start of a block.
interface ChainInfo {
    /// @notice Name of the network, from the chain spec.
    function chainName() external view returns (string memory);

    /// @notice keccak256 of the chain spec's compact JSON.
    function specHash() external view returns (bytes32);

    /// @notice Number of the present epoch; the first is 0.
    function epoch() external view returns (uint64);

    /// @notice Height of the first block of the present epoch.
    function epochStart() external view returns (uint64);

    /// @notice Number of the group key that signs the certificates of present blocks.
    function keyId() external view returns (uint64);

    /// @notice Group public key of the committee: a compressed BLS12-381 G2 point of 96 bytes.
    function committeeKey() external view returns (bytes memory);

    /// @notice Number of seats in the present committee.
    function seatCount() external view returns (uint64);
}
