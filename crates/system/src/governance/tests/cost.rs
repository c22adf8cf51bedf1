//! What a block, and a call on one proposal, cost while thousands are open.

use super::*;
use crate::{BlockInfo, Host, end_block};
use alloy_primitives::Log;

/// A host that counts what it is asked for.
#[derive(Debug)]
struct Counting {
    host: MapHost,
    work: Work,
}

/// How often a host was asked: slots read and written, balances and transfers, logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    loads: u64,
    prefetched: u64,
    stores: u64,
    coins: u64,
    logs: u64,
}

impl Host for Counting {
    fn block(&self) -> BlockInfo {
        self.host.block()
    }

    fn call(&self) -> CallInfo {
        self.host.call()
    }

    fn load(&mut self, account: Address, slot: U256) -> Result<U256, SystemError> {
        self.work.loads += 1;
        self.host.load(account, slot)
    }

    fn prefetch(&mut self, account: Address, slots: &[U256]) -> Result<(), SystemError> {
        self.work.prefetched += slots.len() as u64;
        self.host.prefetch(account, slots)
    }

    fn store(&mut self, account: Address, slot: U256, value: U256) -> Result<(), SystemError> {
        self.work.stores += 1;
        self.host.store(account, slot, value)
    }

    fn balance(&mut self, account: Address) -> Result<U256, SystemError> {
        self.work.coins += 1;
        self.host.balance(account)
    }

    fn transfer(&mut self, from: Address, to: Address, amount: U256) -> Result<(), SystemError> {
        self.work.coins += 1;
        self.host.transfer(from, to, amount)
    }

    fn emit(&mut self, log: Log) -> Result<(), SystemError> {
        self.work.logs += 1;
        self.host.emit(log)
    }

    fn charge(&mut self, gas: u64) -> Result<(), SystemError> {
        self.host.charge(gas)
    }
}

impl Counting {
    /// A network in which so many proposals were submitted in the present second: the last gathers support, the others are
    /// voted on.
    fn with_open(count: u64) -> Self {
        let mut host = World::new().host;
        host.balances.insert(account(10), coins(1_000 * (count + 1)));
        let mut counting = Self { host, work: Work::default() };
        for number in 1..=count {
            counting.send(10, propose(&[pay(20, 1)], &format!("Proposal {number}")));
            if number < count {
                counting.send(9, abi::supportCall { number });
            }
        }
        counting
    }

    fn send<C: SolCall>(&mut self, caller: u8, question: C) -> C::Return {
        C::abi_decode_returns(&self.send_encoded(caller, &question.abi_encode())).unwrap()
    }

    fn send_encoded(&mut self, caller: u8, input: &[u8]) -> Bytes {
        self.host.call = CallInfo { caller: account(caller), ..CallInfo::default() };
        call(self, SystemContract::Governance, input).unwrap()
    }

    /// The work of a step.
    fn work_of(&mut self, step: impl FnOnce(&mut Self)) -> Work {
        let before = std::mem::take(&mut self.work);
        step(self);
        std::mem::replace(&mut self.work, before)
    }
}

/// The work of everything that there is to do with the last of so many open proposals.
fn work_with_open(number: u64) -> Vec<(&'static str, Work)> {
    let mut world = Counting::with_open(number);
    let id = world.send(0, abi::proposalCall { number }).id;
    let vote = |support| abi::castVoteCall { proposalId: id, support }.abi_encode();
    let calls = [
        ("propose", 10, propose(&[pay(20, 1)], "One more").abi_encode()),
        ("call it spam", 1, abi::markSpamCall { number }.abi_encode()),
        ("support it, which opens the vote", 9, abi::supportCall { number }.abi_encode()),
        ("vote", 9, vote(1)),
        ("change the vote", 9, vote(0)),
        ("show it", 0, abi::proposalCall { number }.abi_encode()),
    ];
    let mut done: Vec<_> = calls
        .into_iter()
        .map(|(name, caller, input)| (name, world.work_of(|world| drop(world.send_encoded(caller, &input)))))
        .collect();
    world.host.call = CallInfo::default();
    let inputs = BlockInputs { epoch_start: 32, epoch: 1, ..BlockInputs::default() };
    let block = world.work_of(|world| {
        begin_block(world, &inputs).unwrap();
        end_block(world, &inputs).unwrap();
    });
    let epoch = world.work_of(|world| end_epoch(world, &inputs).unwrap());
    done.extend([("an ordinary block", block), ("the end of an epoch", epoch)]);
    done
}

#[test]
fn thousands_of_open_proposals_cost_what_one_does() {
    let (one, many) = (work_with_open(1), work_with_open(3_000));
    assert!(one.iter().all(|(_, work)| work.loads > 0), "{one:?}");
    assert_eq!(one, many);
}

#[test]
fn a_page_of_proposals_has_a_longest_length_whatever_is_asked_for() {
    let mut world = Counting::with_open(150);
    let mut read = |offset, limit| {
        let mut page = Vec::new();
        let work = world.work_of(|world| page = world.send(0, abi::proposalsCall { offset, limit }));
        (page.iter().map(|proposal| proposal.number).collect::<Vec<_>>(), work)
    };
    let (longest, work) = read(0, 100);
    assert_eq!(longest, (1..=100).collect::<Vec<u64>>());
    for limit in [101, 150, u64::MAX] {
        assert_eq!(read(0, limit), (longest.clone(), work), "a page of {limit}");
    }
    assert_eq!(read(140, u64::MAX).0, (141..=150).collect::<Vec<u64>>());
    for offset in [150, 151, u64::MAX] {
        assert!(read(offset, u64::MAX).0.is_empty(), "from {offset}");
    }
}
