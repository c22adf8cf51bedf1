//! Any sequence of stakes, claims, plans and epochs: no coin appears, vanishes or is paid twice, and every bucket gets what
//! a simple recount gives it.

use super::*;
use crate::rewards::{Vote, lots::Lots, storage as at};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Act {
    Stake(u8, u8, u64, u32, bool),
    Deposit(u8, u64, u64),
    Restake(u8, u64, u32, bool),
    Change(u8, u64, u8),
    Transfer(u8, u64, u8),
    Unstake(u8, u64),
    Withdraw(u8, u64),
    Merge(u8, u64, u64),
    Slash(u8, u64),
    Plan(u8, u16, u16),
    Claim(u8, u64),
    ClaimFor(u8, u8, u64),
    ClaimAll(u8),
    Settle(u64),
    Compounding(u8, u64, bool),
    Compound(u64),
    Fund(u64),
    Days(u8),
    Blocks(u8),
    Epochs(u8),
}

/// Accounts that act: the owners of three candidates, and three voters.
const PEOPLE: std::ops::RangeInclusive<u8> = 1..=6;

fn act() -> impl Strategy<Value = Act> {
    let who = || PEOPLE;
    let bucket = || 0..16u64;
    let name = || 1..=3u8;
    let share = || prop_oneof![Just(0u16), Just(10_000), 1..10_000u16];
    prop_oneof![
        6 => (who(), name(), 100..3_000_000u64, 0..3u32, any::<bool>()).prop_map(|(a, b, c, d, e)| Act::Stake(a, b, c, d, e)),
        3 => (who(), bucket(), 1..1_000_000u64).prop_map(|(a, b, c)| Act::Deposit(a, b, c)),
        3 => (who(), bucket(), 0..5u32, any::<bool>()).prop_map(|(a, b, c, d)| Act::Restake(a, b, c, d)),
        3 => (who(), bucket(), name()).prop_map(|(a, b, c)| Act::Change(a, b, c)),
        3 => (who(), bucket(), who()).prop_map(|(a, b, c)| Act::Transfer(a, b, c)),
        4 => (who(), bucket()).prop_map(|(a, b)| Act::Unstake(a, b)),
        2 => (who(), bucket()).prop_map(|(a, b)| Act::Withdraw(a, b)),
        3 => (who(), bucket(), bucket()).prop_map(|(a, b, c)| Act::Merge(a, b, c)),
        3 => (name(), 1..300_000u64).prop_map(|(a, b)| Act::Slash(a, b)),
        3 => (name(), share(), share()).prop_map(|(a, b, c)| Act::Plan(a, b, c)),
        2 => (who(), 0..100_000u64).prop_map(|(a, b)| Act::Claim(a, b)),
        2 => (who(), who(), 0..1_000u64).prop_map(|(a, b, c)| Act::ClaimFor(a, b, c)),
        2 => who().prop_map(Act::ClaimAll),
        2 => bucket().prop_map(Act::Settle),
        2 => (who(), bucket(), any::<bool>()).prop_map(|(a, b, c)| Act::Compounding(a, b, c)),
        3 => bucket().prop_map(Act::Compound),
        1 => (0..2_000u64).prop_map(Act::Fund),
        2 => (1..5u8).prop_map(Act::Days),
        5 => (1..40u8).prop_map(Act::Blocks),
        5 => (1..4u8).prop_map(Act::Epochs),
    ]
}

/// Fractional bits of the recount.
const BITS: u32 = 64;

/// The recount: for each epoch to come, the votes that each bucket had when its ranking was fixed and has had ever since.
#[derive(Debug, Default)]
struct Recount {
    ranked: BTreeMap<u64, BTreeMap<u64, Vote>>,
    /// What is due, by bucket and owner, with [`BITS`] fractional bits.
    due: BTreeMap<(u64, Address), U256>,
    epochs: u64,
}

fn votes(world: &mut World) -> BTreeMap<u64, Vote> {
    let count = world.staking(1, staking_abi::bucketsCountCall {}).total;
    let all = (0..count).map(|index| (index, staking::vote_of(&mut world.host, index)));
    all.filter_map(|(index, vote)| Some((index, vote.ok()?))).collect()
}

impl Recount {
    /// After every call: votes that left do not come back.
    fn observe(&mut self, world: &mut World) {
        let present = votes(world);
        for ranked in self.ranked.values_mut() {
            for (index, vote) in ranked {
                let now = present.get(index).filter(|now| now.candidate == vote.candidate);
                vote.votes = vote.votes.min(now.map_or(0, |now| now.votes));
            }
        }
    }

    /// Makes a block, noting the ranking that it fixes and the rewards that it brings.
    fn next_block(&mut self, world: &mut World) {
        let (epoch, height) = (world.epoch(), world.host.block.number);
        let calendar = world.spec.calendar();
        if height == calendar.ranking_block(epoch) {
            self.ranked.insert(epoch + 3, votes(world));
        }
        if height != calendar.last_block(epoch) {
            return world.next_block();
        }
        let present = votes(world);
        world.host.logs.retain(|log| log.topics()[0] != abi::Rewarded::SIGNATURE_HASH);
        world.next_block();
        self.epochs += 1;
        let ranked = self.ranked.remove(&epoch).unwrap_or_default();
        for candidate in 1..=3u8 {
            let logs = world.host.logs_of::<abi::Rewarded>(SystemContract::Rewards);
            let mut of_voters =
                logs.iter().filter(|log| log.kind == 3 && log.candidate == account(candidate));
            let Some(shared) = of_voters.next().map(|log| log.amount) else { continue };
            assert!(of_voters.next().is_none(), "voters of {candidate} got their part twice");
            let own = || ranked.values().filter(|vote| vote.candidate == u64::from(candidate));
            let all: U256 = own().map(|vote| U256::from(vote.votes)).sum();
            for vote in own().filter(|vote| vote.votes > 0) {
                let due = (shared << BITS) * U256::from(vote.votes) / all;
                *self.due.entry((vote.bucket, present[&vote.bucket].owner)).or_default() += due;
            }
        }
    }

    /// Everything that must hold at any time.
    fn check(&self, world: &mut World) {
        let present = votes(world);
        let count = world.staking(1, staking_abi::bucketsCountCall {}).total;
        let pool = at::POOL.get(&mut world.host).map(U256::from).unwrap();
        let mut claims = U256::ZERO;
        for number in PEOPLE {
            claims += world.unclaimed(number);
        }
        assert!(claims <= pool, "voters may claim {claims} of {pool}");
        assert!(pool <= world.host.coins(ADDRESS));
        assert!(pool - claims <= U256::from((self.epochs + 1) * count), "dust");
        let epoch = world.epoch();
        for candidate in 1..=3 {
            let mut total = Side::candidate(&mut world.host, candidate).unwrap().now.lots;
            total.roll(epoch);
            let mut sum = Lots { rolled: epoch, ..Default::default() };
            for vote in present.values().filter(|vote| vote.candidate == candidate) {
                let mut lots = Side::bucket(&mut world.host, vote.bucket).unwrap().now.lots;
                lots.roll(epoch);
                let later = lots.later();
                assert_eq!(lots.earning + later.iter().map(|(_, votes)| votes).sum::<u128>(), vote.votes);
                sum.earning += lots.earning;
                later.into_iter().for_each(|(start, votes)| sum.raise(start, votes));
            }
            assert_eq!(total, sum, "votes of candidate {candidate} in epoch {epoch}");
        }
        let mut earned: BTreeMap<(u64, Address), U256> = BTreeMap::new();
        for log in world.host.logs_of::<abi::Settled>(SystemContract::Rewards) {
            *earned.entry((log.bucketIndex, log.owner)).or_default() += log.amount;
        }
        for vote in present.values() {
            let credited = Side::bucket(&mut world.host, vote.bucket).unwrap().now.coins;
            let unsettled = world.pending(vote.bucket) - U256::from(credited);
            *earned.entry((vote.bucket, vote.owner)).or_default() += unsettled;
        }
        let keys: BTreeSet<_> = earned.keys().chain(self.due.keys()).copied().collect();
        for key in keys {
            let found = earned.get(&key).copied().unwrap_or_default();
            let due: U256 = self.due.get(&key).copied().unwrap_or_default() >> BITS;
            // The recount cuts too, by less than a Rau in all.
            assert!(found <= due + U256::ONE, "{key:?} earned {found} of {due}");
            assert!(found + U256::from(self.epochs + 1) >= due, "{key:?} earned {found} of {due}");
        }
    }

    /// Does it if the contracts let it; a refusal must be a typed one.
    fn act(&mut self, world: &mut World, act: &Act) {
        let data = Vec::new;
        use SystemContract::{Rewards, Staking};
        use staking_abi as s;
        let name = |number: u8| format!("c{number}");
        let result = match *act {
            Act::Stake(who, cand, amount, duration, auto) => {
                let amount = coins(amount).min(world.host.coins(account(who)));
                let (cand, data) = (name(cand), data());
                let call = s::createStakeCall { candName: cand, amount, duration, autoStake: auto, data };
                world.try_call(Staking, who, call).map(drop)
            }
            Act::Deposit(who, bucket, amount) => {
                let amount = coins(amount).min(world.host.coins(account(who)));
                let call = s::depositToStakeCall { bucketIndex: bucket, amount, data: data() };
                world.try_call(Staking, who, call).map(drop)
            }
            Act::Restake(who, bucket, duration, auto) => {
                let call = s::restakeCall { bucketIndex: bucket, duration, autoStake: auto, data: data() };
                world.try_call(Staking, who, call).map(drop)
            }
            Act::Change(who, bucket, cand) => {
                let call = s::changeCandidateCall { candName: name(cand), bucketIndex: bucket, data: data() };
                world.try_call(Staking, who, call).map(drop)
            }
            Act::Transfer(who, bucket, to) => {
                let call =
                    s::transferStakeCall { voterAddress: account(to), bucketIndex: bucket, data: data() };
                world.try_call(Staking, who, call).map(drop)
            }
            Act::Unstake(who, bucket) => {
                world.try_call(Staking, who, s::unstakeCall { bucketIndex: bucket, data: data() }).map(drop)
            }
            Act::Withdraw(who, bucket) => {
                let call = s::withdrawStakeCall { bucketIndex: bucket, data: data() };
                world.try_call(Staking, who, call).map(drop)
            }
            Act::Merge(who, into, from) => {
                world.try_call(Staking, who, s::mergeStakeCall { into, from: vec![from] }).map(drop)
            }
            Act::Slash(cand, amount) => {
                world.host.call = CallInfo::default();
                let amount = u128::from(amount) * RAU_PER_COIN;
                staking::slash(&mut world.host, cand.into(), amount, ADDRESS, 0).map(drop)
            }
            Act::Plan(who, block, epoch) => {
                let call = abi::setPlanCall { blockShare: block, epochShare: epoch, bonusShare: epoch };
                world.try_call(Rewards, who, call).map(drop)
            }
            Act::Claim(who, amount) => {
                let call = abi::claimCall { amount: coins(amount), data: data() };
                world.try_call(Rewards, who, call).map(drop)
            }
            Act::ClaimFor(who, owner, amount) => {
                let (amount, account) = (coins(amount), account(owner).to_string());
                world.try_call(Rewards, who, abi::claimForCall { amount, account, data: data() }).map(drop)
            }
            Act::ClaimAll(who) => world.try_call(Rewards, who, abi::claimAllCall {}).map(drop),
            Act::Settle(bucket) => {
                world.try_call(Rewards, 9, abi::settleCall { bucketIndexes: vec![bucket, bucket] }).map(drop)
            }
            Act::Compounding(who, bucket, on) => {
                world.try_call(Rewards, who, abi::setAutoCompoundCall { bucketIndex: bucket, on }).map(drop)
            }
            Act::Compound(bucket) => {
                world.try_call(Rewards, 9, abi::compoundCall { bucketIndexes: vec![bucket] }).map(drop)
            }
            Act::Fund(left) => {
                self.drain(world, coins(left));
                Ok(())
            }
            Act::Days(days) => {
                world.ahead += u64::from(days) * 60;
                Ok(())
            }
            Act::Blocks(blocks) => {
                (0..blocks).for_each(|_| self.next_block(world));
                Ok(())
            }
            Act::Epochs(epochs) => {
                let blocks = u64::from(epochs) * world.spec.epoch_blocks;
                (0..blocks).for_each(|_| self.next_block(world));
                Ok(())
            }
        };
        if let Err(error) = result {
            assert!(matches!(&error, SystemError::Revert(reason) if reason.len() >= 4), "{act:?}: {error}");
        }
        self.observe(world);
    }

    /// Leaves so much in the fund, as if the rest had been paid.
    fn drain(&self, world: &mut World, left: U256) {
        let pool = at::POOL.get(&mut world.host).map(U256::from).unwrap();
        let before = world.host.coins(ADDRESS);
        world.host.balances.insert(ADDRESS, pool + left);
        world.supply = world.supply + pool + left - before;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_sequence_pays_each_voter_its_due_once_and_keeps_the_supply(acts in prop::collection::vec(act(), 1..60)) {
        let votes = |number: u8| vec![vote(number, 1), vote(4, 1), vote(5, 2)];
        let mut world = World::new(spec((1..=3).map(|number| candidate(number, votes(number))).collect()));
        let mut recount = Recount::default();
        for (number, share) in [(1, 10_000), (2, 3_333), (3, 0)] {
            recount.act(&mut world, &Act::Plan(number, share, share));
        }
        recount.act(&mut world, &Act::Epochs(3));
        for act in acts {
            recount.act(&mut world, &act);
            recount.check(&mut world);
        }
        recount.act(&mut world, &Act::Epochs(5));
        recount.check(&mut world);
        // Everybody takes everything; what remains in the pool is dust.
        for number in PEOPLE {
            while world.unclaimed(number) > U256::ZERO {
                world.call(number, abi::claimAllCall {});
            }
        }
        recount.check(&mut world);
    }
}
