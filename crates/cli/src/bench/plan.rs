//! Everything before the clock starts: accounts, funds, contracts, signatures.

use super::LoadArgs;
use super::fill::scattered;
use super::target::{Spot, Target};
use crate::{Exit, devnet, failure::Failure, terminal::Progress};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use althing_client::{Client, TransactionRequest, Wallet, is_success};
use althing_primitives::chainspec::DEVNET_ACCOUNTS;
use std::time::{Duration, Instant};

/// Highest fee that a transaction of the load pays, in Rau per gas: a full network makes the base fee rise.
const MAX_FEE: u128 = 1_000_000_000_000;
/// An account that receives coins for the first time costs no more on this chain.
const FUND_GAS: u64 = 30_000;
/// What an account may spend on its part of the preparations, in gas.
const PREPARATION_GAS: u64 = 800_000;
/// Unconfirmed transactions of one funder: pools bound what one sender may have waiting.
const FUND_ROUND: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);

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
pub(super) async fn prepare(args: &LoadArgs, progress: &Progress) -> Result<Plan, Failure> {
    let client = Client::new(&args.endpoints[0])?;
    let chain_id = client.chain_id().await?;
    let keys = accounts(args);
    progress.step(format!("funding {} accounts", keys.len()));
    let per_account = args.count.div_ceil(args.accounts);
    let (gas, coins) = Target::budget(args.workload, per_account);
    let fees = U256::from(MAX_FEE) * U256::from(gas + PREPARATION_GAS);
    fund(&client, chain_id, &keys, fees + coins).await?;
    let wallets: Vec<_> = keys.into_iter().map(|key| Wallet::new(client.clone(), key)).collect();
    let target = Target::prepare(args, &client, &wallets, progress).await?;
    progress.step(format!("signing {} transactions", args.count));
    let mut senders = Vec::new();
    for wallet in wallets {
        let nonce = client.nonce(wallet.address()).await?;
        senders.push((wallet, nonce));
    }
    let start = Instant::now();
    let (count, receivers) = (args.count as usize, args.receivers);
    let signing =
        tokio::task::spawn_blocking(move || sign_all(&senders, (count, receivers), chain_id, &target));
    let signed = signing.await;
    let transactions = signed.map_err(|e| Failure::new(Exit::Failure, format!("signing stopped: {e}")))??;
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
    let funders: Vec<_> = (0..DEVNET_ACCOUNTS.len()).filter_map(devnet::devnet_key).collect();
    let mut nonces = Vec::new();
    for funder in &funders {
        nonces.push(client.nonce(funder.address()).await?);
    }
    for round in keys.chunks(FUND_ROUND * funders.len()) {
        let mut last = Vec::new();
        for (index, key) in round.iter().enumerate() {
            let turn = index % funders.len();
            let wallet = Wallet::new(client.clone(), funders[turn].clone());
            let request = request(key.address(), nonces[turn], chain_id, FUND_GAS).value(budget);
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

/// A request to which only value and data may still be added.
pub(super) fn request(to: Address, nonce: u64, chain_id: u64, gas: u64) -> TransactionRequest {
    let mut request = TransactionRequest::default().to(to);
    request.nonce = Some(nonce);
    request.chain_id = Some(chain_id);
    request.gas = Some(gas);
    request.max_fee_per_gas = Some(MAX_FEE);
    request.max_priority_fee_per_gas = Some(1);
    request
}

/// Signs so many transactions on all cores; the order is that of the accounts' turns. Who receives is one of the
/// `receivers` accounts that were made, or without them the next of the senders.
fn sign_all(
    senders: &[(Wallet, u64)],
    (count, receivers): (usize, u64),
    chain_id: u64,
    target: &Target,
) -> Result<Vec<Signed>, Failure> {
    let sign = |place: usize| {
        let (turn, round) = (place % senders.len(), place / senders.len());
        let (wallet, first) = &senders[turn];
        let receiver = match receivers {
            0 => senders[(turn + 1) % senders.len()].0.address(),
            many => scattered(place, many),
        };
        let spot = Spot { own: wallet.address(), receiver, turn, round, place };
        let (to, value, gas, data) = target.transaction(spot);
        let request = request(to, first + round as u64, chain_id, gas).value(value).input(data.into());
        let (raw, hash) = wallet.sign(request)?;
        Ok(Signed { raw, hash })
    };
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
        let signed = sign_all(&wallets, (7, 0), 5, &Target::Coin).unwrap();
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
}
