// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Poll
/// @notice Who was elected, as IoTeX's tools ask for it: the same selectors and tuples, answered from `Election`. Epochs are this
/// network's, from 0 on; without an epoch the present one is meant. `height` is the height of the state that answers.
interface Poll {
    /// @notice `id` is zero for a bootstrap delegate of the chain spec. `votes` are those that count in the ranking.
    struct Candidate {
        address id;
        string name;
        address operatorAddress;
        address rewardAddress;
        bytes blsPubKey;
        uint256 votes;
    }

    struct ProbationInfo {
        address candidate;
        address operatorAddress;
        uint32 count;
    }

    /// @notice Of the votes of those in the list, `intensityRate` percent do not count.
    struct ProbationList {
        ProbationInfo[] probationInfo;
        uint32 intensityRate;
    }

    /// @notice The ranking for an epoch, best first: at most 100.
    function CandidatesByEpoch() external view returns (Candidate[] memory candidates, uint256 height);
    function CandidatesByEpoch(uint256 epoch) external view returns (Candidate[] memory candidates, uint256 height);
    /// @notice The delegates, whom the epoch's committee was drawn from.
    function BlockProducersByEpoch() external view returns (Candidate[] memory candidates, uint256 height);
    function BlockProducersByEpoch(uint256 epoch) external view returns (Candidate[] memory candidates, uint256 height);
    /// @notice The committee that serves in an epoch: present or past.
    function ActiveBlockProducersByEpoch() external view returns (Candidate[] memory candidates, uint256 height);
    function ActiveBlockProducersByEpoch(uint256 epoch) external view returns (Candidate[] memory candidates, uint256 height);
    /// @notice Those who were on probation in the ranking for an epoch. `count` is always 1.
    function ProbationListByEpoch() external view returns (ProbationList memory list, uint256 height);
    function ProbationListByEpoch(uint256 epoch) external view returns (ProbationList memory list, uint256 height);

    /// @notice The epoch has no election yet, or it is too long ago.
    error UnknownEpoch(uint256 epoch);
}
