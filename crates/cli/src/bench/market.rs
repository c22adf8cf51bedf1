//! The contracts of a load: an ERC-20 token, and for swaps a second one and a constant-product pair of both.
//!
//! Source and bytecode are in `assets`; `tests/compat/assets.mjs` compares them. All accounts get their tokens and
//! give their approvals before the clock starts.

use super::LoadArgs;
use crate::{Exit, devnet, failure::Failure, terminal::Progress};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolConstructor, sol};
use althing_client::{Call, Client, TransactionReceipt, TransactionRequest, Wallet, is_success};
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

/// Two tokens and the pair that trades them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Market {
    pub(super) tokens: [Address; 2],
    pub(super) pair: Address,
}

impl Market {
    /// Deploys tokens and pair, and gives the accounts what they will spend.
    pub(super) async fn prepare(
        args: &LoadArgs,
        client: &Client,
        wallets: &[Wallet],
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let owner = owner(client, 0);
        let tokens = [token(args, &owner, wallets).await?, token(args, &owner, wallets).await?];
        let mut code = bytecode(ASSETS, "Pair")?;
        code.extend(Pair::constructorCall { first: tokens[0], second: tokens[1] }.abi_encode());
        let pair = deploy(&owner, code).await?;
        let reserves = U256::from(RESERVES);
        let approval = Bytes::from(Token::approveCall { spender: pair, value: U256::MAX }.abi_encode());
        for token in tokens {
            let given = Token::issueCall { holders: vec![owner.address()], each: reserves };
            send(&owner, token, given.abi_encode().into()).await?;
            send(&owner, token, approval.clone()).await?;
        }
        let provide = Pair::provideCall { amountFirst: reserves, amountSecond: reserves };
        send(&owner, pair, provide.abi_encode().into()).await?;
        progress.step(format!("approving for {} accounts", wallets.len()));
        for token in tokens {
            let calls = vec![(U256::ZERO, approval.clone()); wallets.len()];
            from_each(client, wallets, token, APPROVE_GAS, &calls).await?;
        }
        Ok(Self { tokens, pair })
    }

    /// A swap; with every `turn` the direction changes.
    pub(super) fn swap(&self, own: Address, turn: usize) -> Bytes {
        let call = Pair::swapCall {
            paid: self.tokens[turn % 2],
            amount: U256::from(SWAP_AMOUNT),
            limit: U256::from(SWAP_AMOUNT / 100 * LEAST_PERCENT),
            to: own,
            deadline: U256::MAX,
        };
        call.abi_encode().into()
    }
}

/// Deploys a token and issues it to the accounts.
pub(super) async fn token(args: &LoadArgs, owner: &Wallet, wallets: &[Wallet]) -> Result<Address, Failure> {
    // One more than it spends, so that a balance never becomes zero, which would cost other gas.
    let per_account = u128::from(args.count.div_ceil(args.accounts)) + 1;
    let token = deploy(owner, bytecode(ASSETS, "Token")?).await?;
    issue(owner, token, wallets, U256::from(per_account) * U256::from(SWAP_AMOUNT)).await?;
    Ok(token)
}

/// A transfer of a token's smallest unit.
pub(super) fn token_transfer(to: Address) -> Bytes {
    Token::transferCall { to, value: U256::from(1) }.abi_encode().into()
}

/// One of the well-known accounts, which pay for the preparations.
pub(super) fn owner(client: &Client, index: usize) -> Wallet {
    let key = devnet::devnet_key(index).expect("the first well-known accounts exist");
    Wallet::new(client.clone(), key)
}

/// The creation code of a contract of a file in `assets`.
pub(super) fn bytecode(assets: &str, name: &str) -> Result<Vec<u8>, Failure> {
    let wrong = |reason: String| Failure::new(Exit::Failure, format!("assets, {name}: {reason}"));
    let assets: Value = serde_json::from_str(assets).map_err(|e| wrong(e.to_string()))?;
    let code = assets[name].as_str().ok_or_else(|| wrong("is missing".into()))?;
    hex::decode(code).map_err(|e| wrong(e.to_string()))
}

pub(super) async fn deploy(owner: &Wallet, code: Vec<u8>) -> Result<Address, Failure> {
    let request = TransactionRequest::default().input(Bytes::from(code).into());
    let receipt = send_filled(owner, request).await?;
    let created = receipt.contract_address.filter(|_| is_success(&receipt));
    created.ok_or_else(|| Failure::new(Exit::Failure, "a contract of the load was not created"))
}

/// Sends and waits, with half more gas than was estimated: a call may cost more in the next block's epoch.
async fn send_filled(owner: &Wallet, request: TransactionRequest) -> Result<TransactionReceipt, Failure> {
    let mut request = owner.fill(request).await?;
    request.gas = request.gas.map(|gas| gas + gas / 2);
    Ok(owner.send_and_wait(request, PATIENCE).await?)
}

pub(super) async fn send(owner: &Wallet, to: Address, data: Bytes) -> Result<(), Failure> {
    let request = TransactionRequest::default().to(to).input(data.into());
    let receipt = send_filled(owner, request).await?;
    succeeded(is_success(&receipt), receipt.transaction_hash)
}

async fn issue(owner: &Wallet, token: Address, wallets: &[Wallet], each: U256) -> Result<(), Failure> {
    for round in wallets.chunks(ISSUE_ROUND) {
        let holders = round.iter().map(Wallet::address).collect();
        send(owner, token, Token::issueCall { holders, each }.abi_encode().into()).await?;
    }
    Ok(())
}

/// Sends one transaction from every account, each with its value and data, and waits for all. The receipts are in the
/// order of the accounts.
pub(super) async fn from_each(
    client: &Client,
    wallets: &[Wallet],
    to: Address,
    gas: u64,
    calls: &[(U256, Bytes)],
) -> Result<Vec<TransactionReceipt>, Failure> {
    let chain_id = client.chain_id().await?;
    let mut receipts = Vec::new();
    for (wallets, calls) in wallets.chunks(BATCH).zip(calls.chunks(BATCH)) {
        let (mut requests, mut sent) = (Vec::new(), Vec::new());
        for (wallet, (value, data)) in wallets.iter().zip(calls) {
            let nonce = client.nonce(wallet.address()).await?;
            let request = super::plan::request(to, nonce, chain_id, gas).value(*value);
            let (raw, hash) = wallet.sign(request.input(data.clone().into()))?;
            requests.push(Call { method: "eth_sendRawTransaction", params: json!([raw]) });
            sent.push((wallet, hash));
        }
        for answer in client.rpc().batch(&requests).await? {
            answer?;
        }
        for (wallet, hash) in sent {
            let receipt = wallet.wait(hash, PATIENCE).await?;
            succeeded(is_success(&receipt), hash)?;
            receipts.push(receipt);
        }
    }
    Ok(receipts)
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
        let token = bytecode(ASSETS, "Token").unwrap();
        let pair = bytecode(ASSETS, "Pair").unwrap();
        for selector in
            [Token::issueCall::SELECTOR, Token::approveCall::SELECTOR, Token::transferCall::SELECTOR]
        {
            assert!(has(&token, selector));
        }
        for selector in [Pair::provideCall::SELECTOR, Pair::swapCall::SELECTOR] {
            assert!(has(&pair, selector));
        }
        assert!(bytecode(ASSETS, "Monkey").is_err());
    }
}
