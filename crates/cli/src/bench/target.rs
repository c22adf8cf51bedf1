//! What the transactions of a load are: who receives them, with which value, gas limit and data.

use super::fill::{ACCOUNTS_EACH, FILL_GAS, Filler};
use super::market::{self, Market};
use super::staking::{STAKE_GAS, Stakes};
use super::{LoadArgs, Workload};
use crate::{failure::Failure, terminal::Progress};
use alloy_primitives::{Address, Bytes, U256};
use althing_abi::SystemContract;
use althing_client::{Client, Wallet};

/// Gas of a transfer of coins.
const TRANSFER_GAS: u64 = 21_000;
/// Gas that a transfer of the token may use.
const TOKEN_GAS: u64 = 80_000;
/// Gas that a swap may use.
const SWAP_GAS: u64 = 160_000;

/// The mix: of twenty transactions ten are transfers, four of tokens, four swaps (two in each direction), two stakings.
/// Staking stands at every [`STAKING_EVERY`]th place.
const MIX: [Workload; 20] = {
    use Workload::{Erc20 as E, Staking as P, Swaps as S, Transfer as T};
    [P, E, T, S, T, T, E, T, S, T, P, E, T, S, T, T, E, T, S, T]
};
const STAKING_EVERY: usize = 10;

/// What the transactions of a load go to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// Accounts, which receive coins.
    Coin,
    /// A token.
    Token(Address),
    /// A pair of tokens.
    Market(Market),
    /// The staking contract.
    Staking(Stakes),
    /// All of them.
    Mix(Market, Stakes),
    /// The contract that makes accounts.
    Accounts(Filler),
}

/// Where in the load a transaction stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spot {
    /// Who sends it.
    pub(super) own: Address,
    /// Who receives what it transfers.
    pub(super) receiver: Address,
    /// Which of the sending accounts it is.
    pub(super) turn: usize,
    /// Which of this account's transactions.
    pub(super) round: usize,
    /// Which of all transactions.
    pub(super) place: usize,
}

/// Receiver, value, gas limit and data.
type Transaction = (Address, U256, u64, Bytes);

impl Target {
    /// Deploys what a workload needs, and gives the accounts what they will spend.
    pub(super) async fn prepare(
        args: &LoadArgs,
        client: &Client,
        wallets: &[Wallet],
        progress: &Progress,
    ) -> Result<Self, Failure> {
        progress.step(format!("preparing {}", args.workload.name()));
        Ok(match args.workload {
            Workload::Transfer => Self::Coin,
            Workload::Erc20 => Self::Token(market::token(args, &market::owner(client, 0), wallets).await?),
            Workload::Swaps => Self::Market(Market::prepare(args, client, wallets, progress).await?),
            Workload::Staking => Self::Staking(Stakes::prepare(client, wallets, progress).await?),
            Workload::Mix => {
                let market = Market::prepare(args, client, wallets, progress).await?;
                Self::Mix(market, Stakes::prepare(client, wallets, progress).await?)
            }
            Workload::Accounts => {
                Self::Accounts(Filler::deploy(&market::owner(client, 0), args.first_account).await?)
            }
        })
    }

    /// One transaction of the load.
    pub(super) fn transaction(&self, spot: Spot) -> Transaction {
        let Spot { own, receiver, turn, round, place } = spot;
        // Neighbours do different things, and each account goes on with every transaction.
        let step = turn + round;
        match self {
            Self::Coin => coin(receiver),
            Self::Token(token) => token_transfer(*token, receiver),
            Self::Market(market) => swap(market, own, step),
            Self::Staking(stakes) => staking(stakes, turn, turn, step),
            Self::Mix(market, stakes) => match MIX[step % MIX.len()] {
                Workload::Erc20 => token_transfer(market.tokens[0], receiver),
                Workload::Swaps => swap(market, own, step),
                Workload::Staking => {
                    staking(stakes, turn, turn.div_ceil(STAKING_EVERY), step / STAKING_EVERY)
                }
                Workload::Transfer | Workload::Mix | Workload::Accounts => coin(receiver),
            },
            Self::Accounts(filler) => {
                let (to, value, data) = filler.transaction(place);
                (to, value, FILL_GAS, data)
            }
        }
    }

    /// Most gas that one transaction of a workload may use.
    const fn gas(workload: Workload) -> u64 {
        match workload {
            Workload::Transfer => TRANSFER_GAS,
            Workload::Erc20 => TOKEN_GAS,
            Workload::Swaps => SWAP_GAS,
            Workload::Staking | Workload::Mix => STAKE_GAS,
            Workload::Accounts => FILL_GAS,
        }
    }

    /// Gas and coins beside it (in Rau) that an account needs at most for so many transactions.
    pub(super) fn budget(workload: Workload, transactions: u32) -> (u64, U256) {
        let coins = match workload {
            Workload::Staking => Stakes::budget(transactions),
            Workload::Mix => Stakes::budget(transactions.div_ceil(STAKING_EVERY as u32)),
            Workload::Accounts => U256::from(transactions) * U256::from(ACCOUNTS_EACH),
            Workload::Transfer | Workload::Erc20 | Workload::Swaps => U256::ZERO,
        };
        (u64::from(transactions) * Self::gas(workload), coins + U256::from(transactions))
    }
}

fn coin(to: Address) -> Transaction {
    (to, U256::from(1), TRANSFER_GAS, Bytes::new())
}

fn token_transfer(token: Address, to: Address) -> Transaction {
    (token, U256::ZERO, TOKEN_GAS, market::token_transfer(to))
}

fn swap(market: &Market, own: Address, step: usize) -> Transaction {
    (market.pair, U256::ZERO, SWAP_GAS, market.swap(own, step))
}

fn staking(stakes: &Stakes, turn: usize, first: usize, step: usize) -> Transaction {
    let (value, gas, data) = stakes.operation(turn, first, step);
    (SystemContract::Staking.address(), value, gas, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swaps_alternate_between_neighbours_and_from_one_to_the_next() {
        let tokens = [Address::repeat_byte(1), Address::repeat_byte(2)];
        let market = Market { tokens, pair: Address::repeat_byte(3) };
        let target = Target::Market(market);
        for (turn, round, paid) in [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 0), (0, 2, 0)] {
            let (to, value, _, data) = target.transaction(Spot { turn, round, ..Spot::default() });
            assert_eq!((to, value), (market.pair, U256::ZERO));
            assert_eq!(data, market.swap(Address::ZERO, paid), "{turn} {round}");
        }
    }

    #[test]
    fn the_mix_has_its_proportions_and_swaps_as_often_in_each_direction() {
        let count = |of| MIX.iter().filter(|part| **part == of).count();
        let parts = [Workload::Transfer, Workload::Erc20, Workload::Swaps, Workload::Staking, Workload::Mix];
        assert_eq!(parts.map(count), [10, 4, 4, 2, 0]);
        let swaps = MIX.iter().enumerate().filter(|(_, part)| **part == Workload::Swaps);
        assert_eq!(swaps.filter(|(place, _)| place % 2 == 0).count(), 2);
    }

    #[test]
    fn staking_in_the_mix_goes_on_step_by_step_from_an_accounts_first() {
        for turn in 0..45 {
            let steps = (turn..turn + 100).filter(|step| MIX[step % MIX.len()] == Workload::Staking);
            let steps: Vec<_> = steps.map(|step| step / STAKING_EVERY).collect();
            let first = turn.div_ceil(STAKING_EVERY);
            assert_eq!(steps, (first..first + steps.len()).collect::<Vec<_>>(), "{turn}");
        }
    }
}
