// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Election
/// @notice Who produces blocks, and why: rankings, seeds, draws and committees by epoch. Read only; the protocol writes
/// it. In epoch N - 3 the ranking for epoch N is fixed, a view announced whose beacon is the seed, and the committee drawn;
/// in epoch N - 1 its members get their key shares. The last 256 epochs are kept; an archive node knows older ones.
interface Election {
    /// @notice A place in the ranking. `votes` are those that count: fewer than all on probation.
    struct Ranked {
        address candidate;
        string name;
        uint256 votes;
        bool onProbation;
    }

    /// @notice Somebody who may be drawn. `candidate` is zero for a bootstrap delegate of the chain spec.
    struct Delegate {
        bytes32 operatorKey;
        address candidate;
        string name;
        uint256 votes;
        string endpoint;
    }

    /// @notice An election. `seedView` is the view of epoch `epoch - 3` whose beacon is the seed, `seedHeight` the block
    /// that carries the beacon in its seal; 0 with `fallbackSeed`, when no block did in time. `drawn` are places in
    /// `delegates`, in order of the draw.
    struct Draw {
        uint64 epoch;
        uint64 rankingHeight;
        uint64 seedView;
        uint64 seedHeight;
        bytes32 seed;
        bool fallbackSeed;
        bool complete;
        uint64 openSeats;
        Delegate[] delegates;
        uint64[] drawn;
    }

    /// @notice A member of a committee. `reward` is the account that gets the tips of its blocks.
    struct Member {
        bytes32 operatorKey;
        address candidate;
        string name;
        address reward;
        string endpoint;
    }

    /// @notice A committee as it serves: members in order of their operator keys, and the order in which they lead views
    /// (view v is led by `leaders[(v - 1) % leaders.length]`). `kept` says that the key shares did not reach the drawn
    /// committee in time, so the one before serves on.
    struct Committee {
        uint64 epoch;
        bool kept;
        Member[] members;
        uint64[] leaders;
    }

    /// @notice The ranking for an epoch, best first: at most 100 places.
    function ranking(uint64 epoch) external view returns (Ranked[] memory);
    /// @notice The election of an epoch's committee.
    function draw(uint64 epoch) external view returns (Draw memory);
    /// @notice The committee that serves in an epoch: present or past.
    function committee(uint64 epoch) external view returns (Committee memory);
    /// @notice Seats of the delegates that elected candidates may have in an epoch.
    function openSeats(uint64 epoch) external view returns (uint64);

    /// @notice The ranking for an epoch is fixed. The beacon of `seedView` of the present epoch will be its seed.
    event RankingFixed(uint64 indexed epoch, uint64 candidates, uint64 seedView);
    /// @notice The seed of an epoch is known.
    event SeedFixed(uint64 indexed epoch, bytes32 seed, bool fallbackSeed);
    /// @notice The committee of an epoch is drawn: its operator keys in order of the draw.
    event CommitteeDrawn(uint64 indexed epoch, bytes32[] operatorKeys);
    /// @notice A committee serves from the next block on.
    event CommitteeServes(uint64 indexed epoch, bool kept);

    /// @notice The epoch has no election yet, or it is too long ago.
    error UnknownEpoch(uint64 epoch);
}
