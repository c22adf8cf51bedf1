//! `Staking` on a host in memory, through its Solidity face.

mod candidates;
mod lifecycle;
mod properties;
mod selectors;

use super::storage::ADDRESS;
use crate::{
    BlockInputs, CallInfo, MapHost, SystemError, begin_block, end_epoch, genesis,
    testing::{account, coins},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError};
use althing_abi::{GOVERNANCE, Params as params_abi, Staking as abi, SystemContract};
use althing_primitives::{ChainSpec, Param};
use commonware_codec::Encode as _;
use commonware_cryptography::{Signer as _, ed25519::PrivateKey};

/// A network with rich accounts.
#[derive(Clone, Debug)]
struct World {
    host: MapHost,
    spec: ChainSpec,
}

/// What each account has in the beginning.
const RICH: u64 = 100_000_000;

impl World {
    fn new() -> Self {
        let spec = ChainSpec::devnet(Vec::new(), 0);
        let mut host = MapHost::default();
        genesis(&mut host, &spec).unwrap();
        host.block.timestamp = 1_000_000;
        for number in 1..=20 {
            host.balances.insert(account(number), coins(RICH));
        }
        Self { host, spec }
    }

    /// Calls; a failed call leaves nothing behind, as in the EVM.
    fn try_call<C: SolCall>(
        &mut self,
        caller: Address,
        value: U256,
        question: C,
    ) -> Result<C::Return, SystemError> {
        self.host.transact(SystemContract::Staking, caller, value, question)
    }

    fn call<C: SolCall>(&mut self, caller: Address, question: C) -> C::Return {
        self.try_call(caller, U256::ZERO, question).unwrap()
    }

    fn pay<C: SolCall>(&mut self, caller: Address, value: U256, question: C) -> C::Return {
        self.try_call(caller, value, question).unwrap()
    }

    fn refused<C: SolCall>(&mut self, caller: Address, question: C, error: impl SolError) {
        self.host.refuses(SystemContract::Staking, caller, question, error);
    }

    fn pass_days(&mut self, days: u64) {
        self.host.block.timestamp += days * self.spec.params.get(Param::DaySeconds) as u64;
    }

    /// Ends epochs until `epoch` is the present one.
    fn enter_epoch(&mut self, epoch: u64) {
        self.host.call = CallInfo::default();
        let mut present = crate::chain_info::epoch(&mut self.host).unwrap();
        while present < epoch {
            self.host.block.number = (present + 1) * self.spec.epoch_blocks - 1;
            end_epoch(&mut self.host, &BlockInputs { epoch: present, ..Default::default() }).unwrap();
            present += 1;
            let epoch_start = present * self.spec.epoch_blocks;
            begin_block(&mut self.host, &BlockInputs { epoch: present, epoch_start, ..Default::default() })
                .unwrap();
        }
    }

    /// Governance sets a parameter; the epochs of notice pass.
    fn set_param(&mut self, name: &str, value: u64) {
        let question = params_abi::setCall { name: name.into(), value: U256::from(value) };
        self.host.transact(SystemContract::Params, GOVERNANCE, U256::ZERO, question).unwrap();
        let present = crate::chain_info::epoch(&mut self.host).unwrap();
        self.enter_epoch(present + 2);
    }

    /// Registers `owner`'s candidate with an operator key made of its number; gives its id.
    fn register(&mut self, owner: u8, name: &str, self_stake: u64) -> Address {
        let (key, proof) = self.operator(u64::from(owner), account(owner));
        let question = abi::registerCandidateCall {
            name: name.into(),
            operatorKey: key,
            operatorProof: proof,
            endpoint: format!("10.0.0.{owner}:4000"),
            reward: account(owner),
            owner: account(owner),
            duration: 91,
            autoStake: true,
        };
        self.pay(account(owner), coins(self_stake) + coins(100), question);
        account(owner)
    }

    /// An operator key and its proof for an owner.
    fn operator(&self, seed: u64, owner: Address) -> (B256, Bytes) {
        let secret = PrivateKey::from_seed(seed);
        let message = althing_light::operator_message(self.spec.hash(), owner);
        let proof = secret.sign(althing_light::OPERATOR_NAMESPACE, &message).encode().to_vec();
        (B256::from_slice(secret.public_key().as_ref()), proof.into())
    }

    fn stake(&mut self, owner: u8, name: &str, amount: u64, days: u32, auto: bool) -> u64 {
        let question = abi::stakeCall { candName: name.into(), duration: days, autoStake: auto };
        self.pay(account(owner), coins(amount), question)
    }

    fn bucket(&mut self, index: u64) -> Option<abi::Bucket> {
        let question = abi::bucketsByIndexesCall { index: vec![index] };
        self.call(account(1), question).pop()
    }

    fn info(&mut self, id: Address) -> abi::CandidateInfo {
        self.call(account(1), abi::candidateInfoCall { id })
    }

    /// Everything that must hold after any sequence of calls.
    fn check(&mut self) {
        let all = self.call(account(1), abi::bucketsCall { offset: 0, limit: u32::MAX });
        let count = self.call(account(1), abi::bucketsCountCall {});
        assert_eq!(all.len() as u64, count.active);
        let staked: U256 = all.iter().map(|bucket| bucket.stakedAmount).sum();
        assert_eq!(self.host.coins(ADDRESS), staked, "coins held and coins in buckets");
        assert_eq!(self.call(account(1), abi::totalStakingAmountCall {}), staked);
        let supply: U256 = self.host.balances.values().copied().sum();
        assert_eq!(supply, coins(RICH) * U256::from(20), "coins appeared or vanished");

        let candidates = self.call(account(1), abi::candidatesV3Call { offset: 0, limit: u32::MAX });
        let mut total = U256::ZERO;
        for candidate in &candidates {
            let name = candidate.name.clone();
            let own = self
                .call(account(1), abi::bucketsByCandidateCall { candName: name, offset: 0, limit: u32::MAX });
            let expected: Vec<_> =
                all.iter().filter(|bucket| bucket.candidateAddress == candidate.id).collect();
            assert_eq!(sorted(own.iter()), sorted(expected.into_iter()), "buckets of {}", candidate.name);
            let mut votes = U256::ZERO;
            for bucket in &own {
                votes += self.call(account(1), abi::votesOfBucketCall { bucketIndex: bucket.index });
            }
            assert_eq!(candidate.totalWeightedVotes, votes, "votes of {}", candidate.name);
            total += votes;
            let bound = own.iter().find(|bucket| bucket.index == candidate.selfStakeBucketIdx);
            let self_stake = bound.map(|bucket| bucket.stakedAmount).unwrap_or_default();
            assert_eq!(candidate.selfStakingTokens, self_stake, "self-stake of {}", candidate.name);
        }
        assert_eq!(self.call(account(1), abi::totalVotesCall {}), total);
        for number in 1..=20 {
            let question = abi::bucketsByVoterCall { voter: account(number), offset: 0, limit: u32::MAX };
            let own = self.call(account(1), question);
            let expected = all.iter().filter(|bucket| bucket.owner == account(number));
            assert_eq!(sorted(own.iter()), sorted(expected), "buckets of account {number}");
        }
    }
}

fn sorted<'a>(buckets: impl Iterator<Item = &'a abi::Bucket>) -> Vec<u64> {
    let mut indexes: Vec<_> = buckets.map(|bucket| bucket.index).collect();
    indexes.sort_unstable();
    indexes
}
