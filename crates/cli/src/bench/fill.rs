//! Accounts by the hundreds in a transaction: a state as large as a network's that is used by many.

use super::market::{bytecode, deploy};
use crate::failure::Failure;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, sol};
use althing_client::Wallet;

/// What `tests/compat/assets.mjs --write` made of `Fill.sol`.
const ASSETS: &str = include_str!("../../assets/fill.json");
/// Accounts that a transaction makes: some 34,500 gas each, below the most gas of a transaction.
pub(super) const ACCOUNTS_EACH: u64 = 450;
/// Gas that such a transaction may use.
pub(super) const FILL_GAS: u64 = 16_500_000;

sol! {
    interface Fill {
        function fill(uint256 first, uint256 count) external payable;
    }
}

/// The contract that makes accounts, and the number of the first one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filler {
    contract: Address,
    first: u64,
}

impl Filler {
    pub(super) async fn deploy(owner: &Wallet, first: u64) -> Result<Self, Failure> {
        Ok(Self { contract: deploy(owner, bytecode(ASSETS, "Fill")?).await?, first })
    }

    /// Where the transaction at a place of the load goes, with which value and data.
    pub(super) fn transaction(&self, place: usize) -> (Address, U256, Bytes) {
        let count = U256::from(ACCOUNTS_EACH);
        let first = U256::from(self.first + place as u64 * ACCOUNTS_EACH);
        (self.contract, count, Fill::fillCall { first, count }.abi_encode().into())
    }
}

/// Address of an account that was made, by its number.
fn account(number: u64) -> Address {
    Address::from_word(keccak256(B256::from(U256::from(number))))
}

/// One of the first so many accounts, all over them, by a place of the load.
pub(super) fn scattered(place: usize, accounts: u64) -> Address {
    let word = keccak256((place as u64).to_be_bytes());
    let (number, _) = word.split_first_chunk().expect("a word is longer than a number");
    account(u64::from_be_bytes(*number) % accounts.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn receivers_are_accounts_that_were_made_and_not_always_the_same() {
        let made: BTreeSet<_> = (0..50).map(account).collect();
        let paid: BTreeSet<_> = (0..200).map(|place| scattered(place, 50)).collect();
        assert!(paid.is_subset(&made) && paid.len() > 40, "{}", paid.len());
    }

    #[test]
    fn transactions_make_accounts_one_after_the_other() {
        let filler = Filler { contract: Address::ZERO, first: 1_000 };
        let firsts = [0, 1, 2].map(|place| {
            let (_, value, data) = filler.transaction(place);
            let call = Fill::fillCall::abi_decode(&data).unwrap();
            assert_eq!((value, call.count), (U256::from(ACCOUNTS_EACH), U256::from(ACCOUNTS_EACH)));
            call.first.to::<u64>()
        });
        assert_eq!(firsts, [1_000, 1_000 + ACCOUNTS_EACH, 1_000 + 2 * ACCOUNTS_EACH]);
        assert!(bytecode(ASSETS, "Fill").unwrap().windows(4).any(|part| part == Fill::fillCall::SELECTOR));
    }
}
