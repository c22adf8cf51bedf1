//! What tests of several contracts share: accounts, coins, and transactions on a host in memory.

use crate::{CallInfo, Host, MapHost, SystemError, call};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use althing_abi::{Staking, SystemContract};
use althing_primitives::RAU_PER_COIN;

/// Coins as Rau.
pub(crate) fn coins(coins: u64) -> U256 {
    U256::from(coins) * U256::from(RAU_PER_COIN)
}

pub(crate) fn account(number: u8) -> Address {
    Address::repeat_byte(number)
}

/// The call that stakes without a lock.
pub(crate) fn unlocked_stake(name: &str, amount: U256, auto: bool) -> Staking::createStakeCall {
    Staking::createStakeCall { candName: name.into(), amount, duration: 0, autoStake: auto, data: Vec::new() }
}

impl MapHost {
    /// A transaction; what it did is undone when it fails.
    pub(crate) fn transact<C: SolCall>(
        &mut self,
        contract: SystemContract,
        caller: Address,
        value: U256,
        question: C,
    ) -> Result<C::Return, SystemError> {
        let before = self.clone();
        self.call = CallInfo { caller, value, ..CallInfo::default() };
        let paid = self.transfer(caller, contract.address(), value);
        let answer = paid.and_then(|()| call(self, contract, &question.abi_encode()));
        if answer.is_err() {
            *self = before;
        }
        answer.map(|bytes| C::abi_decode_returns(&bytes).unwrap())
    }

    /// The transaction fails with an error.
    pub(crate) fn refuses<C: SolCall>(
        &mut self,
        contract: SystemContract,
        caller: Address,
        question: C,
        error: impl SolError,
    ) {
        let found = self.transact(contract, caller, U256::ZERO, question).map(drop);
        assert_eq!(found, Err(SystemError::revert(error)));
    }

    /// Logs of one kind that a contract wrote, in order.
    pub(crate) fn logs_of<E: SolEvent>(&self, contract: SystemContract) -> Vec<E> {
        let own = self.logs.iter().filter(|log| log.address == contract.address());
        own.filter(|log| log.topics()[0] == E::SIGNATURE_HASH)
            .map(|log| E::decode_log(log).unwrap().data)
            .collect()
    }
}
