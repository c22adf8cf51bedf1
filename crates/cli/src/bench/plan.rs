//! Everything before the clock starts: accounts, funds, the token, signatures.

use super::{LoadArgs, Workload};
use crate::{Exit, devnet, failure::Failure, terminal::Progress};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolCall, sol};
use althing_client::{Client, TransactionRequest, Wallet, is_success};
use std::time::{Duration, Instant};

/// Highest fee that a transaction of the load pays, in Rau per gas: a full network makes the base fee rise.
const MAX_FEE: u128 = 1_000_000_000_000;
const TRANSFER_GAS: u64 = 21_000;
const TOKEN_GAS: u64 = 80_000;
/// An account that receives coins for the first time costs no more on this chain.
const FUND_GAS: u64 = 30_000;
/// Unconfirmed transactions of one funder: pools bound what one sender may have waiting.
const FUND_ROUND: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);

sol! {
    function transfer(address to, uint256 amount) external returns (bool);
}

/// A token reduced to `transfer`, in bytecode: two balances are read and written, `Transfer` is logged, true is
/// returned, as in an ERC-20. Balances wrap instead of running out: nothing but a benchmark may use it.
const TOKEN: [u8; 76] = hex!(
    "60438060095f395ff3"   // constructor: return the 67 bytes that follow
    "602435805f52"         // amount, kept in memory for the log
    "803354033355"         // balance[caller] -= amount
    "60043590815401815533" // balance[to] += amount; topics: to, caller
    "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef" // topic: Transfer
    "60205fa3"             // log
    "60015f5260205ff3"     // return true
);

/// A signed transaction.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) raw: Bytes,
    pub(super) hash: B256,
}

/// What will be sent.
#[derive(Debug)]
pub(super) struct Plan {
    /// In order of sending. The accounts take turns, so that the nonces of each are in order.
    pub(super) transactions: Vec<Signed>,
    /// Time that signing took.
    pub(super) signing: Duration,
}

/// Funds the accounts, deploys what is needed, and signs.
pub(super) async fn prepare(args: &LoadArgs) -> Result<Plan, Failure> {
    let progress = Progress::start();
    let client = Client::new(&args.endpoints[0])?;
    let chain_id = client.chain_id().await?;
    let keys = accounts(args);
    progress.step(format!("funding {} accounts", keys.len()));
    let per_account = args.count.div_ceil(args.accounts);
    let budget = U256::from(MAX_FEE) * U256::from(TOKEN_GAS) * U256::from(per_account);
    fund(&client, chain_id, &keys, budget).await?;
    let token = match args.workload {
        Workload::Transfer => None,
        Workload::Erc20 => Some(deploy_token(&client).await?),
    };
    progress.step(format!("signing {} transactions", args.count));
    let mut wallets = Vec::new();
    for key in keys {
        let nonce = client.nonce(key.address()).await?;
        wallets.push((Wallet::new(client.clone(), key), nonce));
    }
    let start = Instant::now();
    let count = args.count;
    let signed = tokio::task::spawn_blocking(move || sign_all(&wallets, count, chain_id, token)).await;
    let transactions = signed.map_err(|e| Failure::new(Exit::Failure, format!("signing stopped: {e}")))??;
    progress.finish();
    Ok(Plan { transactions, signing: start.elapsed() })
}

/// Accounts that only this load uses, the same again for the same seed.
fn accounts(args: &LoadArgs) -> Vec<PrivateKeySigner> {
    let key = |index: u32| {
        let secret = keccak256(format!("althing bench account {}/{index}", args.seed));
        PrivateKeySigner::from_bytes(&secret).expect("a hash is a valid key but for one in 2^127")
    };
    (0..args.accounts).map(key).collect()
}

async fn fund(
    client: &Client,
    chain_id: u64,
    keys: &[PrivateKeySigner],
    budget: U256,
) -> Result<(), Failure> {
    let funders: Vec<_> = (0..).map_while(devnet::devnet_key).collect();
    let mut nonces = Vec::new();
    for funder in &funders {
        nonces.push(client.nonce(funder.address()).await?);
    }
    for round in keys.chunks(FUND_ROUND * funders.len()) {
        let mut last = Vec::new();
        for (index, key) in round.iter().enumerate() {
            let turn = index % funders.len();
            let wallet = Wallet::new(client.clone(), funders[turn].clone());
            let request = transfer(key.address(), budget, nonces[turn], chain_id, FUND_GAS);
            nonces[turn] += 1;
            let (raw, hash) = wallet.sign(request)?;
            client.send_raw(&raw).await?;
            last.push((wallet, hash));
        }
        for (wallet, hash) in last {
            if !is_success(&wallet.wait(hash, PATIENCE).await?) {
                return Err(Failure::new(
                    Exit::Failure,
                    "a devnet account cannot pay for the load: start anew with --fresh, or lower --count",
                ));
            }
        }
    }
    Ok(())
}

async fn deploy_token(client: &Client) -> Result<Address, Failure> {
    let deployer = devnet::devnet_key(0).expect("the first well-known account exists");
    let request = TransactionRequest::default().input(Bytes::from(TOKEN).into());
    let receipt = Wallet::new(client.clone(), deployer).send_and_wait(request, PATIENCE).await?;
    receipt.contract_address.ok_or_else(|| Failure::new(Exit::Failure, "the token was not created"))
}

fn transfer(to: Address, value: U256, nonce: u64, chain_id: u64, gas: u64) -> TransactionRequest {
    let mut request = TransactionRequest::default().to(to).value(value);
    request.nonce = Some(nonce);
    request.chain_id = Some(chain_id);
    request.gas = Some(gas);
    request.max_fee_per_gas = Some(MAX_FEE);
    request.max_priority_fee_per_gas = Some(1);
    request
}

/// Signs on all cores; the order is that of the accounts' turns.
fn sign_all(
    wallets: &[(Wallet, u64)],
    count: u32,
    chain_id: u64,
    token: Option<Address>,
) -> Result<Vec<Signed>, Failure> {
    let sign = |index: usize| {
        let (wallet, first) = &wallets[index % wallets.len()];
        let nonce = first + (index / wallets.len()) as u64;
        let to = wallets[(index + 1) % wallets.len()].0.address();
        let request = match token {
            None => transfer(to, U256::from(1), nonce, chain_id, TRANSFER_GAS),
            Some(token) => {
                let data = transferCall { to, amount: U256::from(1) }.abi_encode();
                transfer(token, U256::ZERO, nonce, chain_id, TOKEN_GAS).input(Bytes::from(data).into())
            }
        };
        let (raw, hash) = wallet.sign(request)?;
        Ok(Signed { raw, hash })
    };
    let count = count as usize;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = count.div_ceil(threads);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|t| (t * part).min(count)..((t + 1) * part).min(count))
            .map(|range| scope.spawn(|| range.map(sign).collect::<Result<Vec<_>, Failure>>()))
            .collect();
        let parts = workers.into_iter().map(|worker| worker.join().expect("signing does not panic"));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_signed_in_order_of_turns_and_nonces() {
        let client = Client::new("http://127.0.0.1:1").unwrap();
        let key = |n: u8| PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).unwrap();
        let wallets: Vec<_> =
            (1..=3).map(|n| (Wallet::new(client.clone(), key(n)), u64::from(n) * 10)).collect();
        let signed = sign_all(&wallets, 7, 5, None).unwrap();
        assert_eq!(signed.len(), 7);
        for (index, signed) in signed.iter().enumerate() {
            use alloy_consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
            use alloy_eips::eip2718::Decodable2718;
            let tx = TxEnvelope::decode_2718_exact(&signed.raw).unwrap();
            let (wallet, first) = &wallets[index % 3];
            assert_eq!(tx.recover_signer().unwrap(), wallet.address());
            assert_eq!(tx.nonce(), first + index as u64 / 3);
            assert_eq!(*tx.tx_hash(), signed.hash);
        }
    }

    #[test]
    fn the_constructor_returns_all_that_follows_it() {
        assert_eq!(usize::from(TOKEN[1]), TOKEN.len() - usize::from(TOKEN[4]));
        let topic = keccak256("Transfer(address,address,uint256)");
        assert!(TOKEN.windows(32).any(|window| window == topic.as_slice()));
    }
}
