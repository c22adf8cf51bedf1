//! Every number of the protocol that governance may change: one table with names, units, presets and bounds.
//!
//! A chain spec gives each its first value; the `Params` contract holds the present ones. Nothing else in the protocol
//! defines such a number.

use crate::{MAX_TRANSACTION_GAS, RAU_PER_COIN};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;

const COIN: u128 = RAU_PER_COIN;

/// More coins than this no parameter may name: ten times the largest supply in sight.
const MAX_COINS: u128 = 100_000_000_000 * COIN;

/// The lowest base fee is never more than this, in Rau per gas: a transfer costs at most 0.021 coins because of it.
const MAX_MIN_BASE_FEE: u128 = 1_000_000_000_000;

/// Least gas limit of a block: the largest transaction fits, and some small ones beside it.
const MIN_BLOCK_GAS: u128 = 20_000_000;
const _: () = assert!(MIN_BLOCK_GAS > MAX_TRANSACTION_GAS as u128, "every transaction fits into a block");

/// Basis points in a whole.
pub const WHOLE_BPS: u16 = 10_000;

/// What a parameter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 10^-18 coins.
    Rau,
    /// Seconds.
    Seconds,
    /// Days of the network, each of [`Param::DaySeconds`].
    Days,
    /// Epochs.
    Epochs,
    /// Hundredths of a percent.
    BasisPoints,
    /// 10^-18 coins for each unit of gas.
    RauPerGas,
    /// Units of gas.
    Gas,
    /// Things.
    Count,
}

impl Unit {
    /// The unit's name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rau => "Rau",
            Self::Seconds => "s",
            Self::Days => "days",
            Self::Epochs => "epochs",
            Self::BasisPoints => "bps",
            Self::RauPerGas => "Rau/gas",
            Self::Gas => "gas",
            Self::Count => "",
        }
    }
}

/// A row of [`PARAMS`].
#[derive(Debug)]
pub struct ParamEntry {
    /// Which.
    pub param: Param,
    /// Its name in chain specs, proposals and commands.
    pub name: &'static str,
    /// What it is, in a sentence or two.
    pub doc: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Value of the preset `mainnet`.
    pub mainnet: u128,
    /// Value of the preset `devnet`.
    pub devnet: u128,
    /// Least value that governance may set.
    pub least: u128,
    /// Greatest value that governance may set.
    pub most: u128,
}

macro_rules! params {
    ($($(#[doc = $doc:literal])+ $param:ident $name:literal $unit:ident: $mainnet:expr, $devnet:expr, $least:expr => $most:expr;)+) => {
        /// A parameter. Its number is its place in [`PARAMS`] and its storage slot: append only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Param {
            $($(#[doc = $doc])+ $param,)+
        }

        /// All parameters.
        pub const PARAMS: &[ParamEntry] = &[$(ParamEntry {
            param: Param::$param,
            name: $name,
            doc: concat!($($doc),+).trim_ascii_start(),
            unit: Unit::$unit,
            mainnet: $mainnet,
            devnet: $devnet,
            least: $least,
            most: $most,
        },)+];
    };
}

params! {
    /// Seconds that a "day" of stakes and waiting times has: a real day, or less where people want to see things happen.
    DaySeconds "daySeconds" Seconds: 86_400, 60, 1 => 86_400;
    /// Least stake of a bucket.
    MinBucket "minBucket" Rau: 100 * COIN, 100 * COIN, 1 => MAX_COINS;
    /// Longest stake.
    MaxStakeDays "maxStakeDays" Days: 1_050, 1_050, 1 => 3_650;
    /// Days from unstaking to withdrawal.
    WithdrawDays "withdrawDays" Days: 3, 3, 0 => 100;
    /// Fee of registering a candidate; it goes to the reward fund.
    RegistrationFee "registrationFee" Rau: 100 * COIN, 100 * COIN, 0 => MAX_COINS;
    /// Self-stake that makes a candidate active.
    MinSelfStake "minSelfStake" Rau: 1_200_000 * COIN, 1_200_000 * COIN, 1 => MAX_COINS;
    /// Self-stake below which an active candidate is not elected.
    MinActiveSelfStake "minActiveSelfStake" Rau: 1_000_000 * COIN, 1_000_000 * COIN, 1 => MAX_COINS;
    /// Weighted votes below which a candidate is not elected.
    MinVotes "minVotes" Rau: 2_000_000 * COIN, 2_000_000 * COIN, 0 => MAX_COINS;
    /// Days from the intent to revoke an endorsement to its revocation.
    EndorsementDays "endorsementDays" Days: 1, 3, 1 => 100;
    /// Epochs between two candidates that leave.
    ExitIntervalEpochs "exitIntervalEpochs" Epochs: 24, 1, 1 => 1_000;
    /// Epochs from a candidate's turn in the exit queue to its leave. At least five, so that it has served in
    /// every committee that it was drawn for.
    ExitEpochs "exitEpochs" Epochs: 24, 5, 5 => 1_000;
    /// Delegates: seats of the pool that a committee is drawn from.
    DelegateSeats "delegateSeats" Count: 36, 36, 1 => 100;
    /// Seats of a committee.
    CommitteeSeats "committeeSeats" Count: 24, 24, 1 => 64;
    /// Epochs for which a candidate that missed too many of its turns stays on probation.
    ProbationEpochs "probationEpochs" Epochs: 6, 6, 0 => 1_000;
    /// Part of its votes that counts in the ranking of a candidate on probation.
    ProbationVotes "probationVotes" BasisPoints: 1_000, 1_000, 0 => 10_000;
    /// Part of its turns that a member must have used; with fewer its candidate is on probation.
    ProductivityBps "productivityBps" BasisPoints: 8_500, 8_500, 0 => 10_000;
    /// What each missed block costs out of the self-stake: about what a block earns.
    MissedBlockSlash "missedBlockSlash" Rau: 1_600_000_000_000_000_000, COIN, 0 => 1_000 * COIN;
    /// Part of the self-stake that a double proposal costs.
    EvidenceSlashBps "evidenceSlashBps" BasisPoints: 500, 500, 0 => 10_000;
    /// Part of that which goes to the reporter; the rest goes to the reward fund.
    ReporterBps "reporterBps" BasisPoints: 1_000, 1_000, 0 => 10_000;
    /// Days for which a candidate that proposed twice is in jail: not elected.
    JailDays "jailDays" Days: 30, 30, 0 => 3_650;
    /// Block rewards of a day of the network, spread evenly over its blocks.
    BlockRewardPerDay "blockRewardPerDay" Rau: 138_240 * COIN, 138_240 * COIN, 0 => MAX_COINS;
    /// Epoch rewards of a day of the network, spread evenly over its epochs.
    EpochRewardPerDay "epochRewardPerDay" Rau: 450_000 * COIN, 450_000 * COIN, 0 => MAX_COINS;
    /// Foundation bonus of each of the best candidates in an epoch.
    FoundationBonus "foundationBonus" Rau: 0, 0, 0 => MAX_COINS;
    /// First epoch without a foundation bonus.
    FoundationBonusUntil "foundationBonusUntil" Epochs: 0, 0, 0 => u64::MAX as u128;
    /// Epochs from the announcement of a candidate's reward plan until it is in force.
    PlanNoticeEpochs "planNoticeEpochs" Epochs: 168, 2, 0 => 10_000;
    /// Bond of a proposal.
    ProposalBond "proposalBond" Rau: 1_000 * COIN, 1_000 * COIN, 0 => MAX_COINS;
    /// Days for which a proposal gathers support.
    SupportDays "supportDays" Days: 14, 14, 1 => 365;
    /// Part of all votes that must support a proposal, or call it spam.
    SupportBps "supportBps" BasisPoints: 100, 100, 1 => 5_000;
    /// Days for which a proposal is voted on.
    VoteDays "voteDays" Days: 7, 7, 1 => 365;
    /// Part of all votes that must take part in a vote.
    QuorumBps "quorumBps" BasisPoints: 2_000, 2_000, 100 => 9_000;
    /// A text or a policy passes when more than this part of yes and no is yes.
    PolicyMajorityBps "policyMajorityBps" BasisPoints: 5_000, 5_000, 5_000 => 9_000;
    /// The same of a technical proposal.
    TechnicalMajorityBps "technicalMajorityBps" BasisPoints: 6_666, 6_666, 5_000 => 9_000;
    /// A proposal is spam when more than this part of those who pledged say so.
    SpamMajorityBps "spamMajorityBps" BasisPoints: 6_666, 6_666, 5_000 => 9_900;
    /// Days from the end of a vote until its proposal can be executed.
    TimeLockDays "timeLockDays" Days: 2, 2, 0 => 365;
    /// Days for which it can be executed.
    ExecutionDays "executionDays" Days: 14, 14, 1 => 365;
    /// Epochs from the decision to change a parameter to the change, besides the rest of the present one.
    NoticeEpochs "noticeEpochs" Epochs: 24, 1, 0 => 10_000;
    /// Part of a committee's seats that must know a hardfork before it comes into force.
    UpgradeReadyBps "upgradeReadyBps" BasisPoints: 8_000, 8_000, 6_700 => 10_000;
    /// Epochs for which an upgrade waits for them beyond its own.
    UpgradePatienceEpochs "upgradePatienceEpochs" Epochs: 720, 100, 0 => 10_000;
    /// Part of the base fee that is burned; the reward fund gets the rest.
    BaseFeeBurnBps "baseFeeBurnBps" BasisPoints: 5_000, 5_000, 0 => 10_000;
    /// Lowest base fee.
    MinBaseFee "minBaseFee" RauPerGas: 7, 7, 0 => MAX_MIN_BASE_FEE;
    /// Most gas of a block's transactions together.
    BlockGasLimit "blockGasLimit" Gas: 48_000_000, 60_000_000, MIN_BLOCK_GAS => 2_000_000_000;
}

/// Why a value was refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ParamError {
    /// No parameter has this name.
    #[error("there is no parameter `{0}`")]
    Unknown(String),
    /// Left out of a chain spec.
    #[error("parameter `{0}` is missing")]
    Missing(&'static str),
    /// Outside the bounds.
    #[error("parameter `{name}` is {value}; it must be from {least} to {most}")]
    Bounds {
        /// Which.
        name: &'static str,
        /// What was given.
        value: u128,
        /// Least value.
        least: u128,
        /// Greatest value.
        most: u128,
    },
}

impl Param {
    /// The parameter's row.
    pub fn entry(self) -> &'static ParamEntry {
        &PARAMS[self as usize]
    }

    /// Whether it stays what the chain spec says: stakes and waiting times that run are counted in it.
    pub fn is_fixed(self) -> bool {
        self == Self::DaySeconds
    }

    /// The parameter with a name.
    pub fn named(name: &str) -> Option<Self> {
        PARAMS.iter().find(|entry| entry.name == name).map(|entry| entry.param)
    }
}

/// A value for every parameter.
#[derive(Clone, PartialEq, Eq)]
pub struct Params([u128; PARAMS.len()]);

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(PARAMS.iter().map(|entry| (entry.name, self.get(entry.param)))).finish()
    }
}

impl Params {
    /// The preset `mainnet`.
    pub fn mainnet() -> Self {
        Self(std::array::from_fn(|index| PARAMS[index].mainnet))
    }

    /// The preset `devnet`.
    pub fn devnet() -> Self {
        Self(std::array::from_fn(|index| PARAMS[index].devnet))
    }

    /// A parameter's value.
    pub fn get(&self, param: Param) -> u128 {
        self.0[param as usize]
    }

    /// Sets a parameter's value within its bounds.
    pub fn set(&mut self, param: Param, value: u128) -> Result<(), ParamError> {
        let ParamEntry { name, least, most, .. } = *param.entry();
        if !(least..=most).contains(&value) {
            return Err(ParamError::Bounds { name, value, least, most });
        }
        self.0[param as usize] = value;
        Ok(())
    }

    fn from_named(named: &BTreeMap<String, Decimal>) -> Result<Self, ParamError> {
        if let Some(unknown) = named.keys().find(|name| Param::named(name).is_none()) {
            return Err(ParamError::Unknown(unknown.clone()));
        }
        let mut params = Self::mainnet();
        for entry in PARAMS {
            let value = named.get(entry.name).ok_or(ParamError::Missing(entry.name))?;
            params.set(entry.param, value.0)?;
        }
        Ok(params)
    }
}

/// A number of 128 bits as JSON carries it safely: decimal digits in a string.
#[derive(Clone, Copy)]
struct Decimal(u128);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

impl Serialize for Params {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(PARAMS.iter().map(|entry| (entry.name, Decimal(self.get(entry.param)))))
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_named(&BTreeMap::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_number_and_its_presets_are_within_bounds() {
        for (index, entry) in PARAMS.iter().enumerate() {
            assert_eq!(entry.param as usize, index, "{}", entry.name);
            assert_eq!(Param::named(entry.name), Some(entry.param));
            for value in [entry.mainnet, entry.devnet] {
                assert_eq!(Params::mainnet().set(entry.param, value), Ok(()));
            }
        }
    }

    #[test]
    fn params_survive_json_and_refuse_what_is_missing_unknown_or_out_of_bounds() {
        let text = serde_json::to_string(&Params::devnet()).unwrap();
        assert_eq!(serde_json::from_str::<Params>(&text).unwrap(), Params::devnet());
        let cases = [
            (text.replacen("daySeconds", "dayHours", 1), "no parameter `dayHours`"),
            (text.replacen("\"daySeconds\":\"60\",", "", 1), "`daySeconds` is missing"),
            (text.replacen("\"60\"", "\"0\"", 1), "must be from 1 to 86400"),
            (text.replacen("\"60\"", "\"x\"", 1), "invalid digit"),
        ];
        for (text, reason) in cases {
            let error = serde_json::from_str::<Params>(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
