// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Upgrades
/// @notice Changes of the protocol's rules. A proposal names a release, its hash and a hardfork; the proposers of blocks say
/// which hardforks their nodes know; when enough seats of a committee know it, it is in force from two epochs later on. Nodes
/// without it stop before, and go on when they run the release.
interface Upgrades {
    /// @notice An upgrade that is not in force yet. `epoch` is the first in which it may be; once `decided`, the one in which
    /// it is. `ready` of `seats` of the present committee know it.
    struct Upgrade {
        string release;
        bytes32 artifactHash;
        uint64 hardfork;
        uint64 epoch;
        bool decided;
        uint64 ready;
        uint64 seats;
    }

    /// @notice The hardfork in force: 0 from the first block on.
    function hardfork() external view returns (uint64);
    /// @notice Whether there is an upgrade that is not in force yet, and which.
    function pending() external view returns (bool exists, Upgrade memory upgrade);
    /// @notice The newest hardfork that an operator's node knew when it last proposed a block.
    function knownTo(bytes32 operatorKey) external view returns (uint64);

    /// @notice Announces an upgrade; for governance only.
    function schedule(string memory release, bytes32 artifactHash, uint64 hardfork_, uint64 epoch) external;
    /// @notice Withdraws an upgrade that is not decided; for governance only.
    function withdraw() external;

    /// @notice An upgrade was announced.
    event Scheduled(uint64 indexed hardfork, uint64 epoch, string release, bytes32 artifactHash);
    /// @notice Enough seats know it: it is in force from an epoch on.
    event Decided(uint64 indexed hardfork, uint64 epoch, uint64 ready, uint64 seats);
    /// @notice It is in force from this epoch on.
    event Activated(uint64 indexed hardfork, uint64 epoch);
    /// @notice It was withdrawn, or too few knew it for too long.
    event Dropped(uint64 indexed hardfork);

    /// @notice Another upgrade is not in force yet.
    error UpgradePending(uint64 hardfork);
    /// @notice There is no upgrade that could be withdrawn.
    error NothingPending();
    /// @notice The hardfork is not newer than the present one.
    error NotNewer(uint64 hardfork, uint64 present);
    /// @notice Nodes need notice: the epoch is before the first one possible.
    error TooSoon(uint64 epoch, uint64 least);
    /// @notice The release's name is empty or longer than 64 bytes.
    error BadRelease();
}
