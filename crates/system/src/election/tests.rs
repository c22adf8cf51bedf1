//! Elections on a host in memory: calendar, ranking, draw, service.

use super::*;
use crate::{
    CallInfo, MapHost, NextCommittee, begin_block, call, end_block, end_epoch, genesis, testing::coins,
};
use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolError};
use althing_abi::{
    ChainInfo as chain_abi, Election as abi, REWARD_FUND, Staking as staking_abi, SystemContract,
};
use althing_light::DrawSeed;
use althing_primitives::{
    ChainSpec, GenesisCandidate, GenesisVote, Param, RAU_PER_COIN, SeatPhase, Validator,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn validator(number: u8) -> Validator {
    Validator {
        name: format!("robot{number}"),
        operator: B256::repeat_byte(200 + number),
        reward: Address::repeat_byte(200 + number),
        p2p: format!("10.0.1.{number}:4000"),
    }
}

/// A candidate with so many million coins of votes from others.
fn candidate(number: u8, millions: u64) -> GenesisCandidate {
    let vote = GenesisVote {
        voter: Address::repeat_byte(150),
        amount: coins(millions * 1_000_000),
        days: 0,
        auto_stake: false,
    };
    GenesisCandidate {
        name: format!("c{number}"),
        owner: Address::repeat_byte(number),
        operator: B256::repeat_byte(number),
        reward: Address::repeat_byte(100 + number),
        p2p: format!("10.0.0.{number}:4000"),
        self_stake: coins(1_200_000),
        votes: vec![vote],
    }
}

fn spec(candidates: Vec<GenesisCandidate>, seats: u64, committee: u64) -> ChainSpec {
    let mut spec = ChainSpec::devnet((0..4).map(validator).collect(), 0);
    spec.candidates = candidates;
    spec.seat_phases = vec![SeatPhase { from_epoch: 0, seats }];
    spec.params.set(Param::DelegateSeats, seats.into()).unwrap();
    spec.params.set(Param::CommitteeSeats, committee.into()).unwrap();
    spec
}

struct World {
    host: MapHost,
    spec: ChainSpec,
    height: u64,
}

impl World {
    fn new(spec: ChainSpec) -> Self {
        let mut host = MapHost::default();
        genesis(&mut host, &spec).unwrap();
        Self { host, spec, height: 0 }
    }

    /// Makes blocks up to a height. At the end of an epoch the drawn committee takes over, or the present one stays.
    fn run_to(&mut self, height: u64, is_kept: bool) {
        while self.height < height {
            self.height += 1;
            let calendar = self.spec.calendar();
            let epoch = calendar.epoch_of(self.height);
            self.host.block.number = self.height;
            self.host.call = CallInfo::default();
            let view = self.height - calendar.first_block(epoch) + 1;
            let mut inputs = BlockInputs { epoch, view, ..BlockInputs::default() };
            begin_block(&mut self.host, &inputs).unwrap();
            end_block(&mut self.host, &inputs).unwrap();
            if self.height == calendar.last_block(epoch) {
                let members = if is_kept { self.members(epoch) } else { self.drawn(epoch + 1) };
                inputs.next_committee = Some(NextCommittee { members, is_kept });
                end_epoch(&mut self.host, &inputs).unwrap();
            }
        }
    }

    fn ask<C: SolCall>(&mut self, contract: SystemContract, question: C) -> Result<C::Return, SystemError> {
        let bytes = call(&mut self.host, contract, &question.abi_encode())?;
        Ok(C::abi_decode_returns(&bytes).unwrap())
    }

    fn draw(&mut self, epoch: u64) -> abi::Draw {
        self.ask(SystemContract::Election, abi::drawCall { epoch }).unwrap()
    }

    fn committee(&mut self, epoch: u64) -> abi::Committee {
        self.ask(SystemContract::Election, abi::committeeCall { epoch }).unwrap()
    }

    fn members(&mut self, epoch: u64) -> Vec<B256> {
        self.committee(epoch).members.iter().map(|member| member.operatorKey).collect()
    }

    /// The drawn operators in order of their keys.
    fn drawn(&mut self, epoch: u64) -> Vec<B256> {
        let drawn = drawn(&mut self.host, epoch).unwrap().unwrap().members;
        let operators: BTreeSet<_> = drawn.into_iter().map(|(operator, _)| operator).collect();
        operators.into_iter().collect()
    }

    fn ranked_names(&mut self, epoch: u64) -> Vec<String> {
        let rows = self.ask(SystemContract::Election, abi::rankingCall { epoch }).unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }
}

#[test]
fn the_bootstrap_delegates_serve_until_the_first_election_takes_effect() {
    let mut world = World::new(spec((1..=8).map(|n| candidate(n, 2)).collect(), 8, 4));
    let robots: Vec<_> = (0..4).map(|n| validator(n).operator).collect();
    for epoch in 0..3 {
        assert_eq!(world.drawn(epoch), robots);
    }
    assert_eq!(drawn(&mut world.host, 3), Ok(None));
    world.run_to(3 * 32, false);
    let members = world.members(3);
    assert_eq!(members.len(), 4);
    assert!(members.iter().all(|member| !robots.contains(member)));
    assert_eq!(world.ask(SystemContract::ChainInfo, chain_abi::seatCountCall {}), Ok(4));
    let leaders = world.committee(3).leaders;
    let seed = world.draw(3).seed;
    let expected = DrawSeed { chain_id: world.spec.chain_id, epoch: 3, seed }.leaders(4);
    assert_eq!(leaders.iter().map(|place| *place as usize).collect::<Vec<_>>(), expected);
}

#[test]
fn an_election_is_made_step_by_step_and_then_never_changes() {
    let mut world = World::new(spec((1..=8).map(|n| candidate(n, n.into())).collect(), 8, 4));
    world.run_to(7, false);
    assert_eq!(
        world.ask(SystemContract::Election, abi::drawCall { epoch: 3 }),
        Err(SystemError::revert(abi::UnknownEpoch { epoch: 3 }))
    );
    world.run_to(8, false);
    let fixed = world.draw(3);
    assert!(!fixed.complete && fixed.drawn.is_empty() && fixed.seed.is_zero());
    // The ranking's block was proposed in view 9; the seed's view is an eighth of the epoch later.
    assert_eq!((fixed.rankingHeight, fixed.seedView), (8, 13));
    assert_eq!(awaited_view(&mut world.host, 0), Ok(Some(13)));
    assert_eq!(world.ranked_names(3), ["c8", "c7", "c6", "c5", "c4", "c3", "c2", "c1"]);

    // A candidate that moves, and one that leaves, in the block after: the election stays as it is.
    world.host.call = CallInfo { caller: Address::repeat_byte(8), ..CallInfo::default() };
    let moved = staking_abi::setProfileCall {
        endpoint: "9.9.9.9:9".into(),
        website: String::new(),
        contact: String::new(),
        planHash: B256::ZERO,
    };
    call(&mut world.host, SystemContract::Staking, &moved.abi_encode()).unwrap();
    world.host.call.caller = Address::repeat_byte(7);
    let leave = staking_abi::requestCandidateDeactivationCall {}.abi_encode();
    call(&mut world.host, SystemContract::Staking, &leave).unwrap();
    world.run_to(16, false);
    let drawn = world.draw(3);
    assert!(drawn.complete && drawn.fallbackSeed);
    assert_eq!(awaited_view(&mut world.host, 0), Ok(None));
    assert_eq!(drawn.delegates, fixed.delegates);
    let seed = DrawSeed { chain_id: world.spec.chain_id, epoch: 3, seed: drawn.seed };
    assert_eq!(drawn.drawn, seed.committee(8, 4).iter().map(|p| *p as u64).collect::<Vec<_>>());
    world.run_to(40, false);
    assert_eq!(world.draw(3), drawn);
    assert_eq!(world.ranked_names(4), ["c8", "c6", "c5", "c4", "c3", "c2", "c1"]);
    assert_eq!(world.draw(4).delegates[0].endpoint, "9.9.9.9:9");
}

#[test]
fn a_beacon_that_is_not_the_awaited_one_changes_nothing() {
    let mut world = World::new(spec((1..=4).map(|n| candidate(n, 3)).collect(), 4, 4));
    world.run_to(9, false);
    let before = world.draw(3);
    world.host.block.number = 10;
    for beacon in [vec![1; 48], vec![0xc0; 48], vec![7; 3]] {
        let inputs = BlockInputs { view: 20, election_beacon: beacon.into(), ..BlockInputs::default() };
        end_block(&mut world.host, &inputs).unwrap();
        assert_eq!(world.draw(3), before);
    }
}

#[test]
fn bootstrap_delegates_fill_the_seats_that_are_closed_or_that_nobody_won() {
    // open seats, candidates, delegates: elected, bootstrap
    let cases = [(0, 6, 0, 4), (2, 6, 2, 4), (6, 3, 3, 3), (6, 6, 6, 0), (6, 0, 0, 4)];
    for (open, count, elected, robots) in cases {
        let mut spec = spec((1..=count).map(|n| candidate(n, 3)).collect(), 6, 4);
        spec.seat_phases =
            vec![SeatPhase { from_epoch: 3, seats: open }, SeatPhase { from_epoch: 9, seats: 1 }];
        let mut world = World::new(spec);
        world.run_to(16, false);
        let delegates = world.draw(3).delegates;
        let found = delegates.iter().filter(|delegate| delegate.candidate.is_zero()).count();
        assert_eq!((delegates.len() - found, found), (elected, robots), "{open} open, {count} candidates");
        assert_eq!(world.draw(3).drawn.len(), delegates.len().min(4));
        assert_eq!(world.ask(SystemContract::Election, abi::openSeatsCall { epoch: 9 }), Ok(1));
    }
}

#[test]
fn a_bootstrap_delegate_that_was_elected_has_one_seat() {
    let mut elected = candidate(1, 3);
    elected.operator = validator(0).operator;
    let mut world = World::new(spec(vec![elected], 4, 4));
    world.run_to(16, false);
    let delegates = world.draw(3).delegates;
    let operators: BTreeSet<_> = delegates.iter().map(|delegate| delegate.operatorKey).collect();
    assert_eq!((delegates.len(), operators.len()), (4, 4));
}

#[test]
fn who_is_short_of_votes_or_self_stake_or_has_no_node_is_not_ranked() {
    let mut spec = spec((1..=5).map(|n| candidate(n, 3)).collect(), 8, 4);
    spec.candidates[0].votes.clear();
    spec.candidates[1].votes[0].amount = coins(300_000);
    let stakes = spec.genesis_stakes();
    let mut world = World::new(spec);
    world.host.balances.insert(SystemContract::Staking.address(), stakes);
    let mut slash = |number: u64, amount: u64| {
        let amount = u128::from(amount) * RAU_PER_COIN;
        let taken = crate::staking::slash(&mut world.host, number, amount, REWARD_FUND, 0);
        assert_eq!(taken, Ok(amount));
    };
    slash(3, 200_000);
    slash(4, 200_001);
    world.run_to(8, false);
    assert_eq!(world.ranked_names(3), ["c5", "c3"]);
}

#[test]
fn equal_votes_are_ranked_by_id() {
    let mut world = World::new(spec([5, 2, 9].map(|n| candidate(n, 3)).to_vec(), 8, 4));
    world.run_to(8, false);
    assert_eq!(world.ranked_names(3), ["c2", "c5", "c9"]);
}

#[test]
fn after_a_failed_resharing_the_committee_serves_on_and_the_skipped_one_is_gone() {
    let mut world = World::new(spec((1..=8).map(|n| candidate(n, 3)).collect(), 8, 4));
    world.run_to(4 * 32 - 2, false);
    let third = world.members(3);
    world.run_to(4 * 32, true);
    world.run_to(5 * 32 - 1, true);
    let kept = world.committee(4);
    assert!(kept.kept);
    assert_eq!(world.members(4), third);
    assert_ne!(world.drawn(4), third);
    assert_eq!(world.members(5), third);
    world.run_to(6 * 32, false);
    assert_eq!(world.members(6), world.drawn(6));
    let seat = |world: &mut World, epoch, operator| seat(&mut world.host, epoch, operator).unwrap();
    let present = world.members(6);
    assert!(present.iter().all(|member| seat(&mut world, 6, *member).is_some()));
    let gone = third.iter().find(|member| !present.contains(member)).copied();
    assert!(gone.is_none_or(|member| seat(&mut world, 6, member).is_none()));
}

#[test]
fn elections_of_long_ago_are_forgotten() {
    let mut world = World::new(spec(Vec::new(), 4, 4));
    world.run_to(260 * 32, false);
    for epoch in [0, 3] {
        let question = abi::committeeCall { epoch };
        let found = world.ask(SystemContract::Election, question);
        assert_eq!(
            found.map(drop),
            Err(SystemError::Revert(abi::UnknownEpoch { epoch }.abi_encode().into()))
        );
    }
    assert_eq!(world.members(260).len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Ranking and delegates are what sorting all candidates by force gives, and the committee is drawn out of them.
    #[test]
    fn the_ranking_is_the_one_found_by_force(
        millions in prop::collection::vec(0u64..6, 0..40),
        seats in 1u64..36,
        committee in 1u64..8,
    ) {
        let candidates: Vec<_> = (1..).zip(&millions).map(|(n, votes)| candidate(n, *votes)).collect();
        let mut spec = spec(candidates, seats, committee);
        for candidate in &mut spec.candidates {
            candidate.votes.retain(|vote| !vote.amount.is_zero());
        }
        let mut world = World::new(spec.clone());
        world.run_to(16, false);
        let own: U256 = coins(1_200_000);
        let mut expected: Vec<_> = spec
            .candidates
            .iter()
            // The self-stake's bonus: 1 + ln(91 · 2) / ln(1.2) / 100, and 6 % more.
            .filter(|c| c.votes.iter().map(|vote| vote.amount).sum::<U256>() + own >= coins(2_000_000))
            .map(|c| (c.votes.iter().map(|vote| vote.amount).sum::<U256>(), c.owner, c.name.clone()))
            .collect();
        expected.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let names: Vec<_> = expected.into_iter().map(|(_, _, name)| name).collect();
        prop_assert_eq!(&world.ranked_names(3), &names);
        let draw = world.draw(3);
        let elected: Vec<_> =
            draw.delegates.iter().filter(|d| !d.candidate.is_zero()).map(|d| d.name.clone()).collect();
        prop_assert_eq!(&elected[..], &names[..names.len().min(seats as usize)]);
        let size = draw.delegates.len();
        prop_assert_eq!(size, (names.len().min(seats as usize) + 4).min((seats as usize).max(elected.len())));
        prop_assert_eq!(draw.drawn.len(), size.min(committee as usize).max(1));
        prop_assert_eq!(draw.drawn.iter().collect::<BTreeSet<_>>().len(), draw.drawn.len());
    }
}
