//! `Upgrades` on a host in memory: a committee of five, of which some know a hardfork.

use super::*;
use crate::{CallInfo, MapHost, call, genesis};
use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use althing_abi::{
    GOVERNANCE, SystemContract,
    SystemErrors::OnlyGovernance,
    Upgrades::{self as abi},
};
use althing_primitives::{ChainSpec, Validator};

const SEATS: u8 = 5;

struct World {
    host: MapHost,
    epoch: Epoch,
}

impl World {
    fn new() -> Self {
        let robot = |number: u8| Validator {
            name: format!("robot{number}"),
            operator: B256::repeat_byte(number),
            reward: Address::repeat_byte(number),
            p2p: format!("10.0.1.{number}:4000"),
        };
        let mut spec = ChainSpec::devnet((1..=SEATS).map(robot).collect(), 0);
        spec.params.set(Param::UpgradePatienceEpochs, 3).unwrap();
        let mut host = MapHost::default();
        genesis(&mut host, &spec).unwrap();
        Self { host, epoch: 0 }
    }

    /// A block of a member whose node knows a hardfork.
    fn propose(&mut self, operator: u8, known: u64) {
        self.host.call = CallInfo::default();
        let inputs = BlockInputs {
            proposer: Some(B256::repeat_byte(operator)),
            hardfork: known,
            ..BlockInputs::default()
        };
        begin_block(&mut self.host, &inputs).unwrap();
    }

    /// Ends an epoch; the same committee serves on. Gives the names of what happened.
    fn next_epoch(&mut self) -> Vec<&'static str> {
        self.host.call = CallInfo::default();
        let calendar = chain_info::calendar(&mut self.host).unwrap();
        for height in [calendar.ranking_block(self.epoch), calendar.draw_block(self.epoch)] {
            self.host.block.number = height;
            let inputs = BlockInputs { epoch: self.epoch, ..BlockInputs::default() };
            election::end_block(&mut self.host, &inputs).unwrap();
        }
        self.host.logs.clear();
        end_epoch(&mut self.host, self.epoch).unwrap();
        self.epoch += 1;
        let members = (1..=SEATS).map(B256::repeat_byte).collect();
        let next = crate::NextCommittee { members, is_kept: true };
        let inputs =
            BlockInputs { epoch: self.epoch - 1, next_committee: Some(next), ..BlockInputs::default() };
        election::end_epoch(&mut self.host, &inputs).unwrap();
        let inputs = BlockInputs { epoch: self.epoch, ..BlockInputs::default() };
        chain_info::begin_block(&mut self.host, &inputs).unwrap();
        let name = |topic: &B256| match *topic {
            Decided::SIGNATURE_HASH => Some("decided"),
            Activated::SIGNATURE_HASH => Some("activated"),
            Dropped::SIGNATURE_HASH => Some("dropped"),
            _ => None,
        };
        self.host.logs.iter().filter_map(|log| name(&log.topics()[0])).collect()
    }

    fn call<C: SolCall>(&mut self, caller: Address, question: C) -> Result<C::Return, SystemError> {
        self.host.call = CallInfo { caller, ..CallInfo::default() };
        let bytes = call(&mut self.host, SystemContract::Upgrades, &question.abi_encode())?;
        Ok(C::abi_decode_returns(&bytes).unwrap())
    }

    fn schedule(&mut self, hardfork: u64, epoch: Epoch) -> Result<(), SystemError> {
        let release = "v2.0.0".into();
        let question = abi::scheduleCall { release, artifactHash: B256::ZERO, hardfork_: hardfork, epoch };
        self.call(GOVERNANCE, question).map(drop)
    }
}

#[test]
fn an_upgrade_is_decided_one_whole_epoch_before_it_is_in_force() {
    let mut world = World::new();
    world.schedule(1, 3).unwrap();
    (1..=4).for_each(|operator| world.propose(operator, 1));
    assert!(world.next_epoch().is_empty(), "its epoch is too far");
    assert_eq!(world.next_epoch(), ["decided"]);
    assert_eq!(hardfork(&mut world.host).unwrap(), 0);
    let shown = world.call(Address::ZERO, abi::pendingCall {}).unwrap();
    assert!(shown.exists && shown.upgrade.decided);
    assert_eq!((shown.upgrade.epoch, shown.upgrade.ready, shown.upgrade.seats), (3, 4, 5));
    let refused_now = world.call(GOVERNANCE, abi::withdrawCall {}).map(drop);
    assert_eq!(refused_now, Err(refused(NothingPending {})), "what is decided stays");
    assert_eq!(world.next_epoch(), ["activated"]);
    assert_eq!((world.epoch, hardfork(&mut world.host).unwrap()), (3, 1));
    assert_eq!(pending(&mut world.host).unwrap(), None);
    assert_eq!(world.schedule(1, 9), Err(refused(NotNewer { hardfork: 1, present: 1 })));
}

#[test]
fn too_few_seats_delay_an_upgrade_and_drop_it_in_the_end() {
    for (becomes_ready, expected) in
        [(true, ["", "", "decided", "activated", "", ""]), (false, ["", "", "", "", "", "dropped"])]
    {
        let mut world = World::new();
        world.schedule(7, 3).unwrap();
        (1..=3).for_each(|operator| world.propose(operator, 7));
        let mut seen = Vec::new();
        for round in 0..6 {
            if round == 2 && becomes_ready {
                world.propose(4, 8);
            }
            seen.push(world.next_epoch().pop().unwrap_or_default());
        }
        assert_eq!(seen, expected);
        assert_eq!(pending(&mut world.host).unwrap(), None);
    }
}

#[test]
fn a_node_that_goes_back_to_an_old_release_does_not_count() {
    let mut world = World::new();
    world.schedule(1, 2).unwrap();
    (1..=5).for_each(|operator| world.propose(operator, 1));
    (1..=2).for_each(|operator| world.propose(operator, 0));
    assert!(world.next_epoch().is_empty());
    assert_eq!(world.call(Address::ZERO, abi::knownToCall { operatorKey: B256::repeat_byte(1) }), Ok(0));
}

#[test]
fn upgrades_that_cannot_be_are_refused_with_the_reason() {
    let mut world = World::new();
    let caller = Address::repeat_byte(9);
    let release = String::from("v2");
    let question = abi::scheduleCall { release, artifactHash: B256::ZERO, hardfork_: 1, epoch: 5 };
    assert_eq!(world.call(caller, question.clone()).map(drop), Err(refused(OnlyGovernance { caller })));
    assert_eq!(world.call(caller, abi::withdrawCall {}).map(drop), Err(refused(OnlyGovernance { caller })));
    assert_eq!(world.call(GOVERNANCE, abi::withdrawCall {}).map(drop), Err(refused(NothingPending {})));
    assert_eq!(world.schedule(0, 5), Err(refused(NotNewer { hardfork: 0, present: 0 })));
    assert_eq!(world.schedule(1, 1), Err(refused(TooSoon { epoch: 1, least: 2 })));
    for release in [String::new(), "x".repeat(65)] {
        let question = abi::scheduleCall { release, ..question.clone() };
        assert_eq!(world.call(GOVERNANCE, question).map(drop), Err(refused(BadRelease {})));
    }
    world.schedule(2, 5).unwrap();
    assert_eq!(world.schedule(3, 5), Err(refused(UpgradePending { hardfork: 2 })));
    world.call(GOVERNANCE, abi::withdrawCall {}).unwrap();
    assert_eq!(world.schedule(3, 5), Ok(()));
}
