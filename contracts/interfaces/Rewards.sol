// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title Rewards
/// @notice The reward fund: what it pays to candidates at the end of every epoch, and how candidates share it with their
/// voters. The contract's balance is the fund, which may be paid out, and the voters' pool, which belongs to voters already.
/// Whatever raises the balance (fees, slashes, deposits) is the fund's. The first part has the selectors and topics that
/// IoTeX's tools know; parameters named `data` are accepted for those tools and have no effect. Amounts are in Rau.
interface Rewards {
    // ---------------------------------------------------------------- what IoTeX's tools know

    /// @notice Fund and voters' pool together.
    function totalBalance() external view returns (uint256);
    /// @notice The fund: what future rewards are paid from.
    function availableBalance() external view returns (uint256);
    /// @notice What `account` could claim now as a voter: credited coins, and those of its first 1,000 buckets.
    function unclaimedBalance(address account) external view returns (uint256);
    /// @notice Pays exactly `amount` of the caller's rewards; its first 100 buckets are settled before.
    function claim(uint256 amount, uint8[] memory data) external;
    /// @notice Pays exactly `amount` of an owner's rewards to that owner; anybody may. `account` is 0x… or io1…. Buckets that
    /// compound are left alone.
    function claimFor(uint256 amount, string memory account, uint8[] memory data) external;
    /// @notice Moves `amount` of the caller's coins into the fund.
    function deposit(uint256 amount, uint8[] memory data) external;
    /// @notice Always refused: the protocol grants rewards by itself.
    function grantReward(int8 rewardType, uint64 height) external;

    /// @notice Coins went into the fund (`kind` 8) or out of the pool to a voter (`kind` 9).
    event Transfer(address indexed from, address indexed to, uint8 kind, uint256 amount);

    // ---------------------------------------------------------------- Althing's own

    /// @notice What a candidate gives its voters of each kind of reward, in basis points.
    struct Plan {
        uint16 blockShare;
        uint16 epochShare;
        uint16 bonusShare;
    }

    /// @notice The plan in force, and the one that is announced, if `announced`: it is in force from `fromEpoch` on.
    struct Plans {
        Plan present;
        bool announced;
        Plan next;
        uint64 fromEpoch;
    }

    /// @notice Votes that begin to earn at the end of an epoch.
    struct StartingVotes {
        uint64 epoch;
        uint256 votes;
    }

    /// @notice Who shares in what a candidate gives: votes that earn now, and those that begin to. `perVote` is what one vote
    /// would have earned since genesis, times 2^112; `shared` is what voters got since genesis.
    struct Shares {
        uint256 earning;
        StartingVotes[] starting;
        uint256 perVote;
        uint256 shared;
    }

    /// @notice The rewards of an epoch as paid. `due` is what would have been paid out of a fund that is not `short`;
    /// `toVoters` is contained in the first three. `fundAfter` is the fund after it.
    struct EpochRewards {
        uint64 epoch;
        uint256 blockRewards;
        uint256 epochRewards;
        uint256 bonuses;
        uint256 toVoters;
        uint256 due;
        bool short;
        uint256 fundAfter;
    }

    /// @notice Announces the plan of the caller's candidate; it is in force `planNoticeEpochs` later and replaces any other
    /// announcement.
    function setPlan(uint16 blockShare, uint16 epochShare, uint16 bonusShare) external;
    /// @notice Plans of a candidate, by its id.
    function planOf(address candidate) external view returns (Plans memory);
    /// @notice Votes of a candidate that share in its rewards, by its id.
    function shares(address candidate) external view returns (Shares memory);
    /// @notice The rewards of an epoch; the last 256 are kept.
    function epochRewards(uint64 epoch) external view returns (EpochRewards memory);
    /// @notice What a bucket has earned and was not paid or compounded yet.
    function pending(uint64 bucketIndex) external view returns (uint256);
    /// @notice Credits up to 100 buckets with what they have earned; anybody may. Nothing is paid.
    function settle(uint64[] memory bucketIndexes) external;
    /// @notice Pays all of the caller's rewards; its first 100 buckets are settled before.
    function claimAll() external returns (uint256 amount);
    /// @notice Lets anybody put the rewards of the caller's bucket into the bucket.
    function setAutoCompound(uint64 bucketIndex, bool on) external;
    /// @notice Whether anybody may do that.
    function compounds(uint64 bucketIndex) external view returns (bool);
    /// @notice Puts the rewards of up to 100 buckets that compound into them; anybody may.
    function compound(uint64[] memory bucketIndexes) external;

    /// @notice A part of an epoch's rewards. `kind`: 0 block reward, 1 epoch reward, 2 foundation bonus, paid to the candidate's
    /// reward account `to`; 3 the voters' part of all kinds, put into their pool. `candidate` is zero for a bootstrap delegate.
    event Rewarded(uint64 indexed epoch, address indexed candidate, uint8 indexed kind, address to, uint256 amount);
    /// @notice The fund held less than an epoch's rewards; block rewards came first, the rest was cut in proportion.
    event FundShort(uint64 indexed epoch, uint256 due, uint256 fund);
    /// @notice A candidate announced a plan.
    event PlanAnnounced(address indexed candidate, uint16 blockShare, uint16 epochShare, uint16 bonusShare, uint64 fromEpoch);
    /// @notice A bucket was credited with what it has earned.
    event Settled(uint64 indexed bucketIndex, address indexed owner, uint256 amount);
    /// @notice A bucket's rewards were put into it.
    event Compounded(uint64 indexed bucketIndex, address indexed owner, uint256 amount);
    /// @notice The owner of a bucket switched compounding on or off.
    event AutoCompoundSet(uint64 indexed bucketIndex, bool on);

    /// @notice Rewards are granted by the protocol at the end of each epoch.
    error GrantedByProtocol();
    /// @notice A share has at most 10,000 basis points.
    error ShareTooLarge(uint16 share);
    /// @notice The account has no rewards to claim.
    error NothingToClaim(address account);
    /// @notice The account has fewer rewards. With more than 100 buckets, `settle` the others and claim again.
    error TooFewRewards(address account, uint256 amount, uint256 available);
    /// @notice The text is no address.
    error BadAddress(string account);
    /// @notice The bucket does not compound: its owner must switch it on.
    error DoesNotCompound(uint64 bucketIndex);
    /// @notice No rewards are known of this epoch: it is not over, or more than 256 epochs ago.
    error UnknownEpoch(uint64 epoch);
    /// @notice More items than one call may name.
    error TooMany(uint256 count, uint256 most);
    /// @notice No such bucket exists, or no more.
    error UnknownBucket(uint64 bucketIndex);
    /// @notice Only the bucket's owner may do this.
    error NotBucketOwner(uint64 bucketIndex, address owner);
    /// @notice No candidate has this id.
    error UnknownCandidateAddress(address account);
    /// @notice The caller owns no candidate.
    error NotCandidateOwner(address caller);
    /// @notice Only a bucket that auto-stakes takes deposits.
    error BucketDoesNotAutoStake(uint64 bucketIndex);
    /// @notice An unstaked bucket takes no deposits.
    error BucketIsUnstaked(uint64 bucketIndex);
}
