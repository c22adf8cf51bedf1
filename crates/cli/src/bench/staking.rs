//! Staking operations as a load: every account has a bucket before the clock starts, and works on it.

use super::market::{from_each, owner, send};
use crate::failure::Failure;
use crate::{Exit, terminal::Progress};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use althing_abi::{Staking as abi, SystemContract};
use althing_client::{Client, TransactionReceipt, Wallet};
use althing_primitives::RAU_PER_COIN;
use std::sync::Arc;

/// Gas that an operation may use: about half more than it needs when it is the first of its kind.
const DEPOSIT_GAS: u64 = 250_000;
const RESTAKE_GAS: u64 = 250_000;
const CHANGE_GAS: u64 = 400_000;
/// The same of a stake, which needs most.
pub(super) const STAKE_GAS: u64 = 650_000;
/// Operations in a cycle of [`Stakes::operation`], of which one is a new stake.
const CYCLE: usize = 4;
/// Coins of a new bucket: the least that a devnet takes.
const STAKE_COINS: u128 = 100;
/// Duration of all buckets. They renew by themselves, else nothing could be added to them.
const DAYS: u32 = 7;

/// Buckets of the accounts, and the candidates that they vote for in turn.
#[derive(Clone, Debug)]
pub(super) struct Stakes {
    /// In the order of the accounts.
    buckets: Arc<[u64]>,
    names: [String; 2],
}

impl Stakes {
    /// Finds or registers two candidates, and stakes a bucket from every account.
    pub(super) async fn prepare(
        client: &Client,
        wallets: &[Wallet],
        progress: &Progress,
    ) -> Result<Self, Failure> {
        progress.step(format!("staking for {} accounts", wallets.len()));
        let names = [candidate(client, 0).await?, candidate(client, 1).await?];
        let data = stake(&names[0]);
        let calls = vec![(U256::from(STAKE_COINS * RAU_PER_COIN), data); wallets.len()];
        let receipts = from_each(client, wallets, contract(), STAKE_GAS, &calls).await?;
        let buckets = receipts.iter().map(bucket_of).collect::<Result<_, _>>()?;
        Ok(Self { buckets, names })
    }

    /// Coins that an account needs for so many operations beside fees, in Rau.
    pub(super) fn budget(operations: u32) -> U256 {
        // Its first bucket, and rounding up.
        let cycles = u128::from(operations) / CYCLE as u128 + 2;
        U256::from(cycles) * U256::from((STAKE_COINS + 1) * RAU_PER_COIN)
    }

    /// Value, gas limit and data of an operation of the account at `turn`: a deposit, a new stake, a restake, another
    /// candidate, and again. `step` counts up by one from the account's `first` one.
    pub(super) fn operation(&self, turn: usize, first: usize, step: usize) -> (U256, u64, Bytes) {
        let bucket = self.buckets[turn % self.buckets.len()];
        let data = Vec::new();
        match step % CYCLE {
            0 => {
                let call = abi::depositCall { bucketIndex: bucket };
                (U256::from(RAU_PER_COIN), DEPOSIT_GAS, call.abi_encode().into())
            }
            1 => (U256::from(STAKE_COINS * RAU_PER_COIN), STAKE_GAS, stake(&self.names[0])),
            2 => {
                let call = abi::restakeCall { bucketIndex: bucket, duration: DAYS, autoStake: true, data };
                (U256::ZERO, RESTAKE_GAS, call.abi_encode().into())
            }
            _ => {
                // So many changes came before; a change to the same candidate would be refused.
                let before = step / CYCLE - first / CYCLE;
                let name = self.names[(before + 1) % 2].clone();
                let call = abi::changeCandidateCall { candName: name, bucketIndex: bucket, data };
                (U256::ZERO, CHANGE_GAS, call.abi_encode().into())
            }
        }
    }
}

fn contract() -> Address {
    SystemContract::Staking.address()
}

fn stake(name: &str) -> Bytes {
    abi::stakeCall { candName: name.into(), duration: DAYS, autoStake: true }.abi_encode().into()
}

/// The name of the candidate at `index`; registers one when there are fewer.
async fn candidate(client: &Client, index: u32) -> Result<String, Failure> {
    let question = abi::candidatesCall { offset: index, limit: 1 };
    if let Some(found) = client.read(SystemContract::Staking, question).await?.into_iter().next() {
        return Ok(found.name);
    }
    let owner = owner(client, index as usize);
    let name = format!("bench{index}");
    let call = abi::candidateRegisterCall {
        name: name.clone(),
        operatorAddress: owner.address(),
        rewardAddress: owner.address(),
        ownerAddress: owner.address(),
        amount: U256::ZERO,
        duration: 0,
        autoStake: false,
        data: Vec::new(),
    };
    send(&owner, contract(), call.abi_encode().into()).await?;
    Ok(name)
}

/// The bucket that a stake made.
fn bucket_of(receipt: &TransactionReceipt) -> Result<u64, Failure> {
    let staked = receipt.inner.logs().iter().find_map(|log| abi::Staked::decode_log(&log.inner).ok());
    staked.map(|event| event.bucketIndex).ok_or_else(|| {
        let hash = receipt.transaction_hash;
        Failure::new(Exit::Failure, format!("transaction {hash}, which prepares the load, made no bucket"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stakes() -> Stakes {
        Stakes { buckets: [40, 41].into(), names: ["alice".into(), "bob".into()] }
    }

    #[test]
    fn a_bucket_never_changes_to_the_candidate_that_it_votes_for() {
        for first in 0..9 {
            let mut now = "alice".to_string();
            for step in first..first + 40 {
                let (_, _, data) = stakes().operation(1, first, step);
                if let Ok(call) = abi::changeCandidateCall::abi_decode(&data) {
                    assert_eq!(call.bucketIndex, 41);
                    assert_ne!(call.candName, now, "first {first}, step {step}");
                    now = call.candName;
                }
            }
        }
    }

    #[test]
    fn the_budget_pays_for_every_operation() {
        for (first, operations) in [(0, 1), (1, 1), (1, 2), (3, 50), (0, 51)] {
            let steps = first..first + operations;
            let spent = steps.map(|step| stakes().operation(0, first, step).0).sum::<U256>();
            let budget = Stakes::budget(operations as u32);
            assert!(spent + U256::from(STAKE_COINS * RAU_PER_COIN) <= budget, "{first} {operations}");
        }
    }
}
