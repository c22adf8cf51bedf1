// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Governance
/// @notice Proposals: anybody submits one with a bond, holders of votes support it, then all vote, and what passes can be
/// executed by anybody, in the name of this contract. Its balance is the treasury, which only proposals spend; bonds lie in
/// another account. The first two parts are OpenZeppelin's `IGovernor` and `IVotes`. Times are Unix seconds; votes are the
/// weighted votes of stakes, in Rau.
///
/// A proposal without calls is a text; one that only sets parameters and pays out of the treasury is a policy; any other is
/// technical and needs a larger majority.
///
/// States of `state`: 0 gathers support, 1 is voted on, 2 cancelled, 3 defeated or vetoed as spam, 4 adopted (a text),
/// 5 passed and waits to be executed, 6 expired, 7 executed.
interface Governance {
    // ---------------------------------------------------------------- OpenZeppelin's IGovernor, and GovernorStorage in part

    /// @notice "Althing".
    function name() external view returns (string memory);
    /// @notice "1".
    function version() external view returns (string memory);
    /// @notice How votes are counted: yes, no and abstain; abstentions count for the quorum.
    function COUNTING_MODE() external view returns (string memory);
    /// @notice The contract whose votes count: this one.
    function token() external view returns (address);
    /// @notice A proposal's id: the hash of what it consists of.
    function hashProposal(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external view returns (uint256);
    /// @notice The same.
    function getProposalId(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external view returns (uint256);
    /// @notice Where a proposal stands: the table above.
    function state(uint256 proposalId) external view returns (uint8);
    /// @notice Votes that a proposer needs: none; it leaves a bond.
    function proposalThreshold() external view returns (uint256);
    /// @notice Time at which votes count; until the vote has begun, the last time at which it can begin.
    function proposalSnapshot(uint256 proposalId) external view returns (uint256);
    /// @notice Last time at which votes are taken; until the vote has begun, the last time that this can be.
    function proposalDeadline(uint256 proposalId) external view returns (uint256);
    /// @notice Who submitted it.
    function proposalProposer(uint256 proposalId) external view returns (address);
    /// @notice First time at which it can be executed; 0 while it has not passed.
    function proposalEta(uint256 proposalId) external view returns (uint256);
    /// @notice Whether somebody must queue it: never, it waits by itself.
    function proposalNeedsQueuing(uint256 proposalId) external view returns (bool);
    /// @notice Seconds for which a new proposal gathers support.
    function votingDelay() external view returns (uint256);
    /// @notice Seconds for which a new proposal is voted on.
    function votingPeriod() external view returns (uint256);
    /// @notice Votes that must take part in a vote that begins at a time.
    function quorum(uint256 timepoint) external view returns (uint256);
    /// @notice An account's votes at a time that is over.
    function getVotes(address account, uint256 timepoint) external view returns (uint256);
    /// @notice The same; `params` have no effect.
    function getVotesWithParams(address account, uint256 timepoint, bytes memory params) external view returns (uint256);
    /// @notice Whether an account has voted.
    function hasVoted(uint256 proposalId, address account) external view returns (bool);
    /// @notice No, yes and abstentions.
    function proposalVotes(uint256 proposalId) external view returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);

    /// @notice Submits a proposal; takes the bond from the caller's coins. The description's first line is the title. One
    /// that ends with `#proposer=0x…` can be submitted by that account only.
    function propose(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, string memory description) external returns (uint256 proposalId);
    /// @notice Always refused: what has passed waits by itself.
    function queue(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external returns (uint256 proposalId);
    /// @notice Executes what has passed, when its time has come: all of its calls, or none.
    function execute(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external payable returns (uint256 proposalId);
    /// @notice Withdraws the caller's proposal before the vote, and gives back the bond.
    function cancel(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external returns (uint256 proposalId);
    /// @notice The same by id.
    function cancel(uint256 proposalId) external;
    /// @notice Votes: 0 no, 1 yes, 2 abstain. May be changed until the end. Returns the votes that count.
    function castVote(uint256 proposalId, uint8 support) external returns (uint256 weight);
    /// @notice The same, with a reason in the log.
    function castVoteWithReason(uint256 proposalId, uint8 support, string memory reason) external returns (uint256 weight);
    /// @notice The same; `params` go to the log.
    function castVoteWithReasonAndParams(uint256 proposalId, uint8 support, string memory reason, bytes memory params) external returns (uint256 weight);
    /// @notice Votes for an account that signed its ballot (EIP-712).
    function castVoteBySig(uint256 proposalId, uint8 support, address voter, bytes memory signature) external returns (uint256 weight);
    /// @notice The same, with a reason and params, which are signed too.
    function castVoteWithReasonAndParamsBySig(uint256 proposalId, uint8 support, address voter, string memory reason, bytes memory params, bytes memory signature) external returns (uint256 weight);
    /// @notice Ballots that an account signed and that were taken.
    function nonces(address owner) external view returns (uint256);
    /// @notice The domain of signed ballots (EIP-5267).
    function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);
    /// @notice Which interfaces it has (ERC-165).
    function supportsInterface(bytes4 interfaceId) external view returns (bool);

    event ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, uint256 voteStart, uint256 voteEnd, string description);
    event ProposalCanceled(uint256 proposalId);
    event ProposalExecuted(uint256 proposalId);
    event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason);
    event VoteCastWithParams(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason, bytes params);

    error GovernorNonexistentProposal(uint256 proposalId);
    error GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates);
    error GovernorInvalidProposalLength(uint256 targets, uint256 calldatas, uint256 values);
    error GovernorRestrictedProposer(address proposer);
    error GovernorUnableToCancel(uint256 proposalId, address account);
    error GovernorQueueNotImplemented();
    error GovernorInvalidVoteType();
    error GovernorInvalidSignature(address voter);

    // ---------------------------------------------------------------- OpenZeppelin's IVotes and IERC6372

    /// @notice The present time.
    function clock() external view returns (uint48);
    /// @notice "mode=timestamp".
    function CLOCK_MODE() external view returns (string memory);
    /// @notice An account's present votes.
    function getVotes(address account) external view returns (uint256);
    /// @notice An account's votes at a time that is over.
    function getPastVotes(address account, uint256 timepoint) external view returns (uint256);
    /// @notice All votes at a time that is over.
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256);
    /// @notice Who votes for an account: itself.
    function delegates(address account) external view returns (address);
    /// @notice Always refused: stakes vote for themselves.
    function delegate(address delegatee) external;
    /// @notice Always refused.
    function delegateBySig(address delegatee, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s) external;

    event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes);

    error ERC5805FutureLookup(uint256 timepoint, uint48 clock);

    // ---------------------------------------------------------------- Althing's own

    /// @notice A proposal. `kind`: 0 text, 1 policy, 2 technical. `stage`: 0 gathers support, 1 is voted on, 2 waits for its
    /// time, 3 can be executed, 4 executed, 5 adopted (a text), 6 cancelled, 7 expired without support, 8 vetoed as spam,
    /// 9 defeated, 10 lapsed (not executed in time). Times are 0 while they are not known. `bond` is what is still held.
    struct Proposal {
        uint64 number;
        uint256 id;
        address proposer;
        uint8 kind;
        uint8 stage;
        uint64 submittedAt;
        uint64 supportUntil;
        uint64 openedAt;
        uint64 voteUntil;
        uint64 executableFrom;
        uint64 executableUntil;
        uint64 submittedHeight;
        uint64 openedHeight;
        uint256 support;
        uint256 spam;
        uint256 supportNeeded;
        uint256 yes;
        uint256 no;
        uint256 abstain;
        uint256 quorum;
        uint64 majorityBps;
        uint256 bond;
        bytes32 descriptionHash;
    }

    /// @notice What an account did with a proposal. `pledge`: 0 nothing, 1 supports, 2 calls it spam; `vote`: 0 no, 1 yes,
    /// 2 abstains, of which `votes` count, if `voted`.
    struct Ballot {
        uint8 pledge;
        uint256 pledged;
        bool voted;
        uint8 vote;
        uint256 votes;
    }

    /// @notice Number of proposals; the first has number 1.
    function proposalCount() external view returns (uint256);
    /// @notice Number of the proposal with an id.
    function numberOf(uint256 proposalId) external view returns (uint64);
    /// @notice A proposal.
    function proposal(uint64 number) external view returns (Proposal memory);
    /// @notice A page of proposals, at most 100, oldest first.
    function proposals(uint64 offset, uint64 limit) external view returns (Proposal[] memory);
    /// @notice What an account did with a proposal.
    function ballotOf(uint64 number, address account) external view returns (Ballot memory);
    /// @notice Coins that proposals may spend.
    function treasury() external view returns (uint256);
    /// @notice Coins that are held as bonds.
    function bonds() external view returns (uint256);

    /// @notice Pledges the caller's votes for a proposal to be voted on. With enough of them the vote begins at once, and the
    /// bond goes back.
    function support(uint64 number) external;
    /// @notice Pledges the caller's votes for a proposal to be spam. When it expires with enough of them, the bond is burned.
    function markSpam(uint64 number) external;
    /// @notice Gives the bond of an expired proposal back to its proposer, or burns that of spam. Anybody may.
    function settleBond(uint64 number) external;
    /// @notice The first step of `execute`, for this contract itself only.
    function begin(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external returns (uint256 proposalId);

    /// @notice A proposal was submitted.
    event Submitted(uint64 indexed number, uint256 indexed proposalId, address indexed proposer, uint8 kind, uint256 bond, uint64 supportUntil);
    /// @notice An account pledged votes (`kind` 1 support, 2 spam).
    event Pledged(uint64 indexed number, address indexed account, uint8 kind, uint256 votes);
    /// @notice A vote began. Votes of `snapshot` count.
    event VoteOpened(uint64 indexed number, uint256 indexed proposalId, uint64 snapshot, uint64 voteUntil);
    /// @notice A bond went back to the proposer, or to nobody.
    event BondSettled(uint64 indexed number, address indexed to, uint256 amount);

    /// @notice No proposal has this number.
    error UnknownProposal(uint64 number);
    /// @notice The same proposal was submitted before.
    error ProposalExists(uint256 proposalId);
    /// @notice The description is empty.
    error EmptyDescription();
    /// @notice There is more of something than a proposal may have.
    error TooLong(string what, uint256 size, uint256 most);
    /// @notice Proposals cannot call this contract.
    error CallsGovernance(uint256 index);
    /// @notice The proposal is in another stage.
    error WrongStage(uint64 number, uint8 stage);
    /// @notice The caller pledged its votes before.
    error PledgedBefore(uint64 number, address account);
    /// @notice The account had no votes when they were counted.
    error NoVotes(address account, uint64 timepoint);
    /// @notice The proposal's time has not come.
    error TooEarly(uint64 number, uint64 executableFrom);
    /// @notice The proposal spends more than the treasury has.
    error TreasuryShort(uint256 needed, uint256 treasury);
    /// @notice There is no bond to settle.
    error NoBond(uint64 number);
    /// @notice Only this contract itself calls this function.
    error OnlyItself(address caller);
    /// @notice Stakes cannot give their votes away.
    error VotesStay();
    /// @notice Of `Params`, when a proposal would set a parameter: see there.
    error UnknownParam(string name);
    error OutOfBounds(string name, uint256 value, uint256 least, uint256 most);
    error Unchangeable(string name);
    /// @notice A call of the proposal failed, so that nothing of it happened.
    error CallFailed(uint256 index, bytes reason);
}
