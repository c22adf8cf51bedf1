// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Staking
/// @notice Buckets of stake that vote for candidates, and the candidates themselves. The first part has the selectors,
/// tuples and events that IoTeX's staking tools know; the second is Althing's own. Amounts are in Rau, times in Unix seconds,
/// durations in days of the network (a parameter: a real day, or shorter on a devnet). Parameters named `data` or `payload` are
/// accepted for those tools and have no effect.
interface Staking {
    // ---------------------------------------------------------------- shared types

    struct Bucket {
        uint64 index;
        address candidateAddress;
        uint256 stakedAmount;
        uint32 stakedDuration;
        int64 createTime;
        int64 stakeStartTime;
        int64 unstakeStartTime;
        bool autoStake;
        address owner;
    }

    struct CompositeBucket {
        uint64 index;
        address candidateAddress;
        uint256 stakedAmount;
        uint32 stakedDuration;
        int64 createTime;
        int64 stakeStartTime;
        int64 unstakeStartTime;
        bool autoStake;
        address owner;
        address contractAddress;
        uint64 stakedDurationBlockNumber;
        uint64 createBlockHeight;
        uint64 stakeStartBlockHeight;
        uint64 unstakeStartBlockHeight;
    }

    struct CompositeBucketV3 {
        uint64 index;
        address candidateAddress;
        uint256 stakedAmount;
        uint32 stakedDuration;
        int64 createTime;
        int64 stakeStartTime;
        int64 unstakeStartTime;
        bool autoStake;
        address owner;
        address contractAddress;
        uint64 stakedDurationBlockNumber;
        uint64 createBlockHeight;
        uint64 stakeStartBlockHeight;
        uint64 unstakeStartBlockHeight;
        uint64 endorsementExpireBlockHeight;
    }

    struct Candidate {
        address ownerAddress;
        address operatorAddress;
        address rewardAddress;
        string name;
        uint256 totalWeightedVotes;
        uint64 selfStakeBucketIdx;
        uint256 selfStakingTokens;
    }

    struct CandidateV3 {
        address ownerAddress;
        address operatorAddress;
        address rewardAddress;
        string name;
        uint256 totalWeightedVotes;
        uint64 selfStakeBucketIdx;
        uint256 selfStakingTokens;
        address id;
    }

    struct CandidateV4 {
        address ownerAddress;
        address operatorAddress;
        address rewardAddress;
        string name;
        uint256 totalWeightedVotes;
        uint64 selfStakeBucketIdx;
        uint256 selfStakingTokens;
        address id;
        bytes blsPubKey;
    }

    struct BucketType {
        uint256 amount;
        uint32 duration;
    }

    // ---------------------------------------------------------------- writes that IoTeX's tools know

    /// @notice Stakes `amount` of the caller's coins for `duration` days and votes for a candidate.
    function createStake(string memory candName, uint256 amount, uint32 duration, bool autoStake, uint8[] memory data) external;
    /// @notice Adds `amount` of the caller's coins to an auto-staked bucket; anybody may.
    function depositToStake(uint64 bucketIndex, uint256 amount, uint8[] memory data) external;
    /// @notice Lets the caller's bucket vote for another candidate.
    function changeCandidate(string memory candName, uint64 bucketIndex, uint8[] memory data) external;
    /// @notice Takes a bucket's votes back; its coins can be withdrawn after the waiting time.
    function unstake(uint64 bucketIndex, uint8[] memory data) external;
    /// @notice Pays out an unstaked bucket after the waiting time.
    function withdrawStake(uint64 bucketIndex, uint8[] memory data) external;
    /// @notice Changes a bucket's duration and auto-stake; the duration starts anew.
    function restake(uint64 bucketIndex, uint32 duration, bool autoStake, uint8[] memory data) external;
    /// @notice Gives a bucket to another owner.
    function transferStake(address voterAddress, uint64 bucketIndex, uint8[] memory data) external;
    /// @notice Always refused: this network has one generation of buckets.
    function migrateStake(uint64 bucketIndex) external;
    /// @notice Makes a bucket the caller's self-stake.
    function candidateActivate(uint64 bucketIndex) external;
    /// @notice Registers a candidate; `amount` is the self-stake, or 0 to activate later. The fee comes from the caller's balance too.
    function candidateRegister(string memory name, address operatorAddress, address rewardAddress, address ownerAddress, uint256 amount, uint32 duration, bool autoStake, uint8[] memory data) external;
    /// @notice The same with the self-stake sent along. The BLS key is kept and shown; consensus makes its own keys.
    function candidateRegisterWithBLS(string memory name, address operatorAddress, address rewardAddress, address ownerAddress, uint32 duration, bool autoStake, bytes memory blsPubKey, uint8[] memory data) external payable;
    /// @notice Changes the caller's candidate.
    function candidateUpdate(string memory name, address operatorAddress, address rewardAddress) external;
    /// @notice The same with the BLS key that is kept and shown.
    function candidateUpdateWithBLS(string memory name, address operatorAddress, address rewardAddress, bytes memory blsPubKey) external;
    /// @notice `true` endorses, `false` begins or completes the revocation.
    function candidateEndorsement(uint64 bucketIndex, bool endorse) external;
    /// @notice Lets the candidate that the caller's bucket votes for use it as self-stake.
    function endorseCandidate(uint64 bucketIndex) external;
    /// @notice Begins to take an endorsement back. The candidate is not elected with it from now on.
    function intentToRevokeEndorsement(uint64 bucketIndex) external;
    /// @notice Takes an endorsement back after the waiting time.
    function revokeEndorsement(uint64 bucketIndex) external;
    /// @notice Offers the caller's candidate to a new owner, who must call `acceptCandidateOwnership`.
    function candidateTransferOwnership(address newOwner, uint8[] memory payload) external;
    /// @notice Joins the exit queue. The candidate is not elected from now on; its self-stake stays until it has left.
    function requestCandidateDeactivation() external;
    /// @notice Always refused: a request cannot be taken back.
    function cancelCandidateDeactivation() external;
    /// @notice Leaves: frees the self-stake when the scheduled epoch has come.
    function confirmCandidateDeactivation() external;

    // ---------------------------------------------------------------- events that IoTeX's tools know

    event CandidateRegistered(address indexed candidate, address indexed ownerAddress, address operatorAddress, string name, address rewardAddress, bytes blsPubKey);
    event CandidateUpdated(address indexed candidate, address indexed ownerAddress, address operatorAddress, string name, address rewardAddress, bytes blsPubKey);
    event Staked(address indexed voter, address indexed candidate, uint64 bucketIndex, uint256 amount, uint32 duration, bool autoStake);
    event CandidateActivated(address indexed candidate, uint64 bucketIndex);
    event CandidateDeactivationRequested(address indexed candidate);
    event CandidateDeactivationScheduled(address indexed candidate, uint64 blockNumber);
    event CandidateDeactivated(address indexed candidate);

    // ---------------------------------------------------------------- reads that IoTeX's tools know

    function buckets(uint32 offset, uint32 limit) external view returns (Bucket[] memory);
    function bucketsByCandidate(string memory candName, uint32 offset, uint32 limit) external view returns (Bucket[] memory);
    function bucketsByVoter(address voter, uint32 offset, uint32 limit) external view returns (Bucket[] memory);
    function bucketsByIndexes(uint64[] memory index) external view returns (Bucket[] memory);
    function bucketsCount() external view returns (uint64 total, uint64 active);
    function totalStakingAmount() external view returns (uint256);
    function candidates(uint32 offset, uint32 limit) external view returns (Candidate[] memory);
    function candidateByName(string memory candName) external view returns (Candidate memory);
    function candidateByAddress(address ownerAddress) external view returns (Candidate memory);
    function compositeBuckets(uint32 offset, uint32 limit) external view returns (CompositeBucket[] memory);
    function compositeBucketsByCandidate(string memory candName, uint32 offset, uint32 limit) external view returns (CompositeBucket[] memory);
    function compositeBucketsByVoter(address voter, uint32 offset, uint32 limit) external view returns (CompositeBucket[] memory);
    function compositeBucketsByIndexes(uint64[] memory index) external view returns (CompositeBucket[] memory);
    function compositeBucketsCount() external view returns (uint64 total, uint64 active);
    function compositeTotalStakingAmount() external view returns (uint256);
    function contractStakeBucketTypes(address contractAddress) external view returns (BucketType[] memory);
    function compositeBucketsV3(uint32 offset, uint32 limit) external view returns (CompositeBucketV3[] memory);
    function compositeBucketsByCandidateV3(string memory candName, uint32 offset, uint32 limit) external view returns (CompositeBucketV3[] memory);
    function compositeBucketsByVoterV3(address voter, uint32 offset, uint32 limit) external view returns (CompositeBucketV3[] memory);
    function compositeBucketsByIndexesV3(uint64[] memory index) external view returns (CompositeBucketV3[] memory);
    function candidatesV3(uint32 offset, uint32 limit) external view returns (CandidateV3[] memory);
    function candidateByNameV3(string memory candName) external view returns (CandidateV3 memory);
    function candidateByAddressV3(address ownerAddress) external view returns (CandidateV3 memory);
    function candidateByIDV3(address id) external view returns (CandidateV3 memory);
    function candidatesV4(uint32 offset, uint32 limit) external view returns (CandidateV4[] memory);
    function candidateByNameV4(string memory candName) external view returns (CandidateV4 memory);
    function candidateByAddressV4(address ownerAddress) external view returns (CandidateV4 memory);
    function candidateByIDV4(address id) external view returns (CandidateV4 memory);
    function candidateDeactivation(address id) external view returns (bool requested, uint64 blockNumber);

    // ---------------------------------------------------------------- Althing's own

    /// @notice Everything about a candidate.
    struct CandidateInfo {
        address id;
        string name;
        address owner;
        address pendingOwner;
        address reward;
        bytes32 operatorKey;
        string endpoint;
        string website;
        string contact;
        bytes32 planHash;
        uint256 votes;
        uint256 selfStake;
        bool hasSelfStake;
        uint64 selfStakeBucket;
        uint64 registeredAt;
        bool leaving;
        bool leaveScheduled;
        uint64 leaveEpoch;
        uint64 jailedUntil;
        uint64 bucketCount;
    }

    /// @notice Registers a candidate; the coins sent are the fee and the self-stake (nothing beyond the fee: activate later).
    /// `operatorProof` is the operator key's signature over the owner's address: `althing delegate register` makes it.
    function registerCandidate(string memory name, bytes32 operatorKey, bytes memory operatorProof, string memory endpoint, address reward, address owner, uint32 duration, bool autoStake) external payable;
    /// @notice Changes the Ed25519 key of the caller's candidate's node; committees that are drawn already keep the old one.
    function setOperatorKey(bytes32 operatorKey, bytes memory operatorProof) external;
    /// @notice Changes what people and other nodes read about the caller's candidate. `endpoint` is the node's `ip:port`.
    function setProfile(string memory endpoint, string memory website, string memory contact, bytes32 planHash) external;
    /// @notice Completes a transfer that the candidate's owner offered to the caller.
    function acceptCandidateOwnership(address id) external;
    /// @notice Stakes the coins sent along.
    function stake(string memory candName, uint32 duration, bool autoStake) external payable returns (uint64 bucketIndex);
    /// @notice Adds the coins sent along to an auto-staked bucket; anybody may.
    function deposit(uint64 bucketIndex) external payable;
    /// @notice Moves the coins of other buckets of the caller into one that votes for the same candidate, for at least as long.
    function mergeStake(uint64 into, uint64[] memory from) external;
    function candidateInfo(address id) external view returns (CandidateInfo memory);
    /// @notice Weighted votes of a bucket now; 0 when it is unstaked.
    function votesOfBucket(uint64 bucketIndex) external view returns (uint256);
    /// @notice Sum of the weighted votes of all buckets.
    function totalVotes() external view returns (uint256);
    /// @notice Number of registered candidates.
    function candidatesCount() external view returns (uint64);
    /// @notice Votes that an amount would have.
    function votesFor(uint256 amount, uint32 duration, bool autoStake, bool selfStake) external view returns (uint256);

    event Deposited(uint64 indexed bucketIndex, address indexed payer, uint256 amount);
    event CandidateChanged(uint64 indexed bucketIndex, address indexed from, address indexed to);
    event Unstaked(uint64 indexed bucketIndex, address indexed owner, uint256 amount, uint64 withdrawableAt);
    event Withdrawn(uint64 indexed bucketIndex, address indexed owner, uint256 amount);
    event Restaked(uint64 indexed bucketIndex, uint32 duration, bool autoStake);
    event BucketTransferred(uint64 indexed bucketIndex, address indexed from, address indexed to);
    event BucketMerged(uint64 indexed into, uint64 indexed from, uint256 amount);
    event OperatorKeyChanged(address indexed candidate, bytes32 operatorKey);
    event ProfileChanged(address indexed candidate, string endpoint, string website, string contact, bytes32 planHash);
    event OwnershipOffered(address indexed candidate, address indexed newOwner);
    event OwnershipTransferred(address indexed candidate, address indexed from, address indexed to);
    event Endorsed(uint64 indexed bucketIndex, address indexed candidate);
    event EndorsementEnding(uint64 indexed bucketIndex, uint64 revocableAt);
    event EndorsementRevoked(uint64 indexed bucketIndex);
    event RegistrationFeePaid(address indexed candidate, uint256 amount);
    event SelfStakeCleared(address indexed candidate, uint64 bucketIndex);
    event SelfStakeSlashed(address indexed candidate, uint64 bucketIndex, uint256 amount, uint8 reason);

    /// @notice No such bucket exists, or no more.
    error UnknownBucket(uint64 bucketIndex);
    /// @notice No candidate has this name.
    error UnknownCandidate(string name);
    /// @notice No candidate has this id or owner.
    error UnknownCandidateAddress(address account);
    /// @notice Only the bucket's owner may do this.
    error NotBucketOwner(uint64 bucketIndex, address owner);
    /// @notice The caller owns no candidate.
    error NotCandidateOwner(address caller);
    /// @notice Less than a bucket must hold.
    error AmountTooSmall(uint256 amount, uint256 least);
    /// @notice More coins than any network has.
    error AmountTooLarge(uint256 amount);
    /// @notice Longer than a stake may be.
    error DurationTooLong(uint32 duration, uint32 most);
    /// @notice The bucket is unstaked already.
    error BucketIsUnstaked(uint64 bucketIndex);
    /// @notice The bucket must be unstaked first.
    error BucketIsStaked(uint64 bucketIndex);
    /// @notice The bucket renews itself: switch its auto-stake off first.
    error BucketAutoStakes(uint64 bucketIndex);
    /// @notice Only an auto-staked bucket takes deposits.
    error BucketDoesNotAutoStake(uint64 bucketIndex);
    /// @notice The bucket's duration, or a waiting time, ends later.
    error TooEarly(uint64 bucketIndex, uint64 earliest);
    /// @notice The duration may not become shorter now.
    error CannotShorten(uint64 bucketIndex, uint32 duration, uint32 least);
    /// @notice The bucket is a candidate's self-stake.
    error BucketIsSelfStake(uint64 bucketIndex);
    /// @notice The bucket is endorsed: revoke the endorsement first.
    error BucketIsEndorsed(uint64 bucketIndex);
    /// @notice The bucket is not endorsed, or its endorsement ends.
    error BucketIsNotEndorsed(uint64 bucketIndex);
    /// @notice The bucket votes for this candidate already.
    error SameCandidate(uint64 bucketIndex);
    /// @notice The bucket votes for another candidate.
    error OtherCandidate(uint64 bucketIndex);
    /// @notice The buckets cannot become one: owner, candidate, auto-stake or duration stand against it.
    error CannotMerge(uint64 into, uint64 from);
    /// @notice More items than one call may name.
    error TooMany(uint256 count, uint256 most);
    /// @notice Names have 1 to 12 lower-case letters and digits.
    error BadName(string name);
    /// @notice A text is longer than it may be, or the endpoint is not `ip:port`.
    error BadText(string field);
    /// @notice Another candidate has this name.
    error NameTaken(string name);
    /// @notice The account owns a candidate already.
    error OwnerTaken(address owner);
    /// @notice Another candidate has this operator.
    error OperatorTaken(address operator);
    /// @notice The operator key did not sign the owner's address.
    error BadOperatorProof();
    /// @notice The candidate has an operator key: change it by `setOperatorKey`.
    error OperatorHasKey(address operator);
    /// @notice Nobody offered this candidate to the caller.
    error NotOffered(address id);
    /// @notice The candidate has a self-stake already.
    error HasSelfStake(uint64 bucketIndex);
    /// @notice The candidate has no self-stake.
    error NoSelfStake();
    /// @notice The candidate leaves already.
    error Leaving();
    /// @notice The candidate did not ask to leave.
    error NotLeaving();
    /// @notice The candidate's turn to leave has not come.
    error LeavesLater(uint64 epoch);
    /// @notice A request to leave cannot be taken back: register anew after leaving.
    error CannotCancel();
    /// @notice There is no newer kind of bucket to migrate to.
    error NothingToMigrate();
    /// @notice As many candidates as the protocol can rank are active.
    error TooManyActive(uint64 most);
}
