// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Conduct
/// @notice How members of committees did their duty, and what it costs them not to. Turns are counted by the protocol from
/// final blocks; at the end of an epoch unproductive candidates go on probation and pay for missed blocks out of their
/// self-stake. Anybody may report an operator that signed two blocks for one view. Stakes of voters are never touched.
///
/// Reasons in `Staking.SelfStakeSlashed`: 1 missed blocks, 2 double proposal.
interface Conduct {
    /// @notice A member's turns in an epoch: of `produced + missed` views that it led, `basisPoints` hundredths of a percent
    /// led to a block; 10,000 when it led none. `candidate` is zero for a bootstrap delegate of the chain spec.
    struct Productivity {
        bytes32 operatorKey;
        address candidate;
        string name;
        uint64 produced;
        uint64 missed;
        uint64 basisPoints;
    }

    /// @notice What is held against a candidate. It is on probation in epochs below `probationUntil`, and in jail until the
    /// Unix time `jailedUntil`. `missed`, `doubleProposals` and `slashed` (Rau) are totals of its life.
    struct Record {
        address candidate;
        string name;
        uint64 probationUntil;
        uint64 jailedUntil;
        uint64 missed;
        uint64 doubleProposals;
        uint256 slashed;
    }

    /// @notice The turns of an epoch's committee: so far in the present epoch, in full for the 252 before.
    function productivity(uint64 epoch) external view returns (Productivity[] memory);
    /// @notice What is held against a candidate, by its id.
    function conductOf(address candidate) external view returns (Record memory);
    /// @notice Number of candidates that anything was ever held against.
    function recordsCount() external view returns (uint64);
    /// @notice A page of them, at most 100, in order of their first fault.
    function records(uint32 offset, uint32 limit) external view returns (Record[] memory);
    /// @notice Those of the same page that are on probation now.
    function probationList(uint32 offset, uint32 limit) external view returns (Record[] memory);
    /// @notice Whether a double proposal was punished.
    function punished(uint64 epoch, uint64 viewNumber, bytes32 operatorKey) external view returns (bool);

    /// @notice Reports a double proposal of the present epoch or the one before. `evidence` is the RLP list of two proposals,
    /// each a list of a header and its seal in brief. The caller gets a part of what the candidate loses.
    function reportDoubleProposal(bytes memory evidence) external;

    /// @notice Lets a candidate out of jail; for governance only.
    function release(address candidate) external;

    /// @notice A candidate's member used less of its turns than it must.
    event Unproductive(uint64 indexed epoch, address indexed candidate, uint64 produced, uint64 missed);
    /// @notice Fewer of a candidate's votes count in rankings before an epoch.
    event OnProbation(address indexed candidate, uint64 untilEpoch);
    /// @notice An operator signed two blocks for one view. `candidate` is zero for a bootstrap delegate, which has nothing to lose.
    event DoubleProposal(uint64 indexed epoch, bytes32 indexed operatorKey, address indexed candidate, uint64 viewNumber, address reporter, uint256 slashed);
    /// @notice A candidate is not elected until a time.
    event Jailed(address indexed candidate, uint64 until);
    /// @notice A candidate may be elected again before its time.
    event Released(address indexed candidate);

    /// @notice The epoch has no committee yet, or it is too long ago.
    error UnknownEpoch(uint64 epoch);
    /// @notice No candidate has this id.
    error UnknownCandidate(address candidate);
    /// @notice The bytes are not two headers with their seals in brief, or too many.
    error MalformedEvidence();
    /// @notice Both proposals are the same.
    error SameProposal();
    /// @notice The proposals are not of one operator in one view.
    error DifferentTurns();
    /// @notice A proposal is not signed by the operator that it names, for this network.
    error BadSignature();
    /// @notice The proposals are of an epoch before the oldest whose members still answer.
    error TooOld(uint64 epoch, uint64 oldest);
    /// @notice The operator was no member of the epoch's committee.
    error NotMember(uint64 epoch, bytes32 operatorKey);
    /// @notice This double proposal was punished before, or its candidate is in jail for another.
    error AlreadyPunished(uint64 epoch, uint64 viewNumber, bytes32 operatorKey);
    /// @notice The candidate is not in jail.
    error NotInJail(address candidate);
}
