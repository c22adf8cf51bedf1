//! The contracts of a load: an ERC-20 token, and for swaps a second one and a constant-product pair of both.
//!
//! Source and bytecode are in `assets`; `tests/compat/assets.mjs` compares them. All accounts get their tokens and
//! give their approvals before the clock starts.

use super::{LoadArgs, Workload};
use crate::{Exit, devnet, failure::Failure, terminal::Progress};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolConstructor, sol};
use althing_client::{Call, Client, TransactionRequest, Wallet, is_success};
use serde_json::{Value, json};
use std::time::Duration;

/// What `tests/compat/assets.mjs --write` made of `Swap.sol`.
const ASSETS: &str = include_str!("../../assets/swap.json");
/// Accounts that get tokens by one transaction: some 25,000 gas each, below the most gas of a transaction.
const ISSUE_ROUND: usize = 250;
/// Transactions in a request of the preparations.
const BATCH: usize = 100;
/// One token, in its smallest unit.
const UNIT: u128 = 1_000_000_000_000_000_000;
/// What a swap pays.
const SWAP_AMOUNT: u128 = UNIT;
/// Reserves of each token: a swap in one direction moves the price by two millionths.
const RESERVES: u128 = 1_000_000 * UNIT;
/// Least part of what a swap pays that it must receive, in percent. Directions alternate, so the price stays near 1.
const LEAST_PERCENT: u128 = 90;
const PATIENCE: Duration = Duration::from_secs(60);

/// Gas that a transfer of the token may use.
const TOKEN_GAS: u64 = 80_000;
/// Gas that a swap may use.
const SWAP_GAS: u64 = 160_000;
const APPROVE_GAS: u64 = 60_000;

sol! {
    interface Token {
        function issue(address[] holders, uint256 each) external;
        function approve(address spender, uint256 value) external returns (bool);
        function transfer(address to, uint256 value) external returns (bool);
    }

    interface Pair {
        constructor(address first, address second);
        function provide(uint256 amountFirst, uint256 amountSecond) external returns (uint256 shares);
        function swap(address paid, uint256 amount, uint256 limit, address to, uint256 deadline)
            external returns (uint256 received);
    }
}

/// What the transactions of a load go to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// Accounts, which receive coins.
    Coin,
    /// A token.
    Token(Address),
    /// A pair of tokens.
    Pair {
        /// The pair.
        pair: Address,
        /// Its tokens.
        tokens: [Address; 2],
    },
}

impl Target {
    /// Receiver, value, gas limit and data of one transaction of the load. `turn` and `round` say whose it is: that of
    /// the account at `turn`, its transaction `round`.
    pub(super) fn transaction(
        &self,
        next: Address,
        own: Address,
        turn: usize,
        round: usize,
    ) -> (Address, U256, u64, Bytes) {
        match *self {
            Self::Coin => (next, U256::from(1), super::plan::TRANSFER_GAS, Bytes::new()),
            Self::Token(token) => {
                let data = Token::transferCall { to: next, value: U256::from(1) }.abi_encode();
                (token, U256::ZERO, TOKEN_GAS, data.into())
            }
            Self::Pair { pair, tokens } => {
                let call = Pair::swapCall {
                    // Neighbours trade in opposite directions, and each account turns round every time.
                    paid: tokens[(turn + round) % 2],
                    amount: U256::from(SWAP_AMOUNT),
                    limit: U256::from(SWAP_AMOUNT / 100 * LEAST_PERCENT),
                    to: own,
                    deadline: U256::MAX,
                };
                (pair, U256::ZERO, SWAP_GAS, call.abi_encode().into())
            }
        }
    }

    /// Gas that one transaction of a workload may use.
    pub(super) const fn gas(workload: Workload) -> u64 {
        match workload {
            Workload::Transfer => super::plan::TRANSFER_GAS,
            Workload::Erc20 => TOKEN_GAS,
            Workload::Swaps => SWAP_GAS,
        }
    }
}

/// Deploys what a workload needs, and gives the accounts what they will spend.
pub(super) async fn prepare(
    args: &LoadArgs,
    client: &Client,
    wallets: &[Wallet],
    progress: &Progress,
) -> Result<Target, Failure> {
    if args.workload == Workload::Transfer {
        return Ok(Target::Coin);
    }
    progress.step("deploying contracts, issuing tokens");
    let owner =
        Wallet::new(client.clone(), devnet::devnet_key(0).expect("the first well-known account exists"));
    // One more than it spends, so that a balance never becomes zero, which would cost other gas.
    let per_account = u128::from(args.count.div_ceil(args.accounts)) + 1;
    let each = U256::from(per_account) * U256::from(SWAP_AMOUNT);
    let first = deploy(&owner, bytecode("Token")?).await?;
    issue(&owner, first, wallets, each).await?;
    if args.workload == Workload::Erc20 {
        return Ok(Target::Token(first));
    }
    let second = deploy(&owner, bytecode("Token")?).await?;
    issue(&owner, second, wallets, each).await?;
    let mut code = bytecode("Pair")?;
    code.extend(Pair::constructorCall { first, second }.abi_encode());
    let pair = deploy(&owner, code).await?;
    let reserves = U256::from(RESERVES);
    let approval = Bytes::from(Token::approveCall { spender: pair, value: U256::MAX }.abi_encode());
    for token in [first, second] {
        let given = Token::issueCall { holders: vec![owner.address()], each: reserves };
        send(&owner, token, given.abi_encode().into()).await?;
        send(&owner, token, approval.clone()).await?;
    }
    let provide = Pair::provideCall { amountFirst: reserves, amountSecond: reserves };
    send(&owner, pair, provide.abi_encode().into()).await?;
    progress.step(format!("approving for {} accounts", wallets.len()));
    approve(client, wallets, [first, second], &approval).await?;
    Ok(Target::Pair { pair, tokens: [first, second] })
}

/// The creation code of a contract of the assets.
fn bytecode(name: &str) -> Result<Vec<u8>, Failure> {
    let wrong = |reason: String| Failure::new(Exit::Failure, format!("assets/swap.json, {name}: {reason}"));
    let assets: Value = serde_json::from_str(ASSETS).map_err(|e| wrong(e.to_string()))?;
    let code = assets[name].as_str().ok_or_else(|| wrong("is missing".into()))?;
    hex::decode(code).map_err(|e| wrong(e.to_string()))
}

async fn deploy(owner: &Wallet, code: Vec<u8>) -> Result<Address, Failure> {
    let request = TransactionRequest::default().input(Bytes::from(code).into());
    let receipt = owner.send_and_wait(request, PATIENCE).await?;
    let created = receipt.contract_address.filter(|_| is_success(&receipt));
    created.ok_or_else(|| Failure::new(Exit::Failure, "a contract of the load was not created"))
}

async fn send(owner: &Wallet, to: Address, data: Bytes) -> Result<(), Failure> {
    let request = TransactionRequest::default().to(to).input(data.into());
    let receipt = owner.send_and_wait(request, PATIENCE).await?;
    succeeded(is_success(&receipt), receipt.transaction_hash)
}

async fn issue(owner: &Wallet, token: Address, wallets: &[Wallet], each: U256) -> Result<(), Failure> {
    for round in wallets.chunks(ISSUE_ROUND) {
        let holders = round.iter().map(Wallet::address).collect();
        send(owner, token, Token::issueCall { holders, each }.abi_encode().into()).await?;
    }
    Ok(())
}

/// Lets the pair take both tokens of every account.
async fn approve(
    client: &Client,
    wallets: &[Wallet],
    tokens: [Address; 2],
    approval: &Bytes,
) -> Result<(), Failure> {
    let chain_id = client.chain_id().await?;
    for round in wallets.chunks(BATCH) {
        let mut calls = Vec::new();
        let mut sent = Vec::new();
        for wallet in round {
            let nonce = client.nonce(wallet.address()).await?;
            for (token, nonce) in tokens.into_iter().zip(nonce..) {
                let request = super::plan::request(token, nonce, chain_id, APPROVE_GAS);
                let (raw, hash) = wallet.sign(request.input(approval.clone().into()))?;
                calls.push(Call { method: "eth_sendRawTransaction", params: json!([raw]) });
                sent.push((wallet, hash));
            }
        }
        for batch in calls.chunks(BATCH) {
            for answer in client.rpc().batch(batch).await? {
                answer?;
            }
        }
        for (wallet, hash) in sent {
            succeeded(is_success(&wallet.wait(hash, PATIENCE).await?), hash)?;
        }
    }
    Ok(())
}

fn succeeded(success: bool, hash: B256) -> Result<(), Failure> {
    if success {
        return Ok(());
    }
    Err(Failure::new(Exit::Failure, format!("transaction {hash}, which prepares the load, failed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assets_have_the_functions_that_the_load_calls() {
        let has = |code: &[u8], selector: [u8; 4]| code.windows(4).any(|window| window == selector);
        let token = bytecode("Token").unwrap();
        let pair = bytecode("Pair").unwrap();
        for selector in
            [Token::issueCall::SELECTOR, Token::approveCall::SELECTOR, Token::transferCall::SELECTOR]
        {
            assert!(has(&token, selector));
        }
        for selector in [Pair::provideCall::SELECTOR, Pair::swapCall::SELECTOR] {
            assert!(has(&pair, selector));
        }
        assert!(bytecode("Monkey").is_err());
    }

    #[test]
    fn swaps_alternate_between_neighbours_and_from_one_to_the_next() {
        let tokens = [Address::repeat_byte(1), Address::repeat_byte(2)];
        let target = Target::Pair { pair: Address::repeat_byte(3), tokens };
        for (turn, round, paid) in [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 0), (0, 2, 0)] {
            let (to, value, _, data) = target.transaction(Address::ZERO, Address::ZERO, turn, round);
            assert_eq!((to, value), (Address::repeat_byte(3), U256::ZERO));
            assert_eq!(Pair::swapCall::abi_decode(&data).unwrap().paid, tokens[paid], "{turn} {round}");
        }
    }
}
