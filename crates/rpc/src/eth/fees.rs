//! What a transaction should pay. Suggestions follow the tips of the last blocks; history is exact.

use crate::api::BlockKey;
use crate::config::MAX_FEE_HISTORY;
use crate::context::{Call, Context};
use crate::error::Fault;
use crate::format::gas_used;
use crate::registry::{
    Cost::{Heavy, Light},
    Param, Registry, may, need,
};
use alloy_consensus::Transaction as _;
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{U64, U128, U256};
use alloy_rpc_types_eth::FeeHistory;
use althing_primitives::FinalizedBlock;

const HISTORY: &[Param] =
    &[need("blockCount", "Quantity"), need("newestBlock", "Block"), may("rewardPercentiles", "Array")];

/// Blocks that the suggested tip looks at.
const SAMPLED_BLOCKS: u64 = 20;
/// Of each sampled block, so many of its lowest tips are taken: a few senders who overpay must not set the price.
const SAMPLED_TIPS: usize = 3;
/// The suggested tip is at this percentile of the sampled tips.
const TIP_PERCENTILE: usize = 60;
/// Highest tip that is ever suggested, in Rau per gas (500 Grau).
const MAX_SUGGESTED_TIP: u128 = 500_000_000_000;
/// Suggested tip when the sampled blocks are empty, in Rau per gas, unless the pool asks for more.
const DEFAULT_TIP: u128 = 1_000_000;
/// Most percentiles in one request.
const MAX_PERCENTILES: usize = 100;
/// Fee per blob gas: the least there is, as no block carries blobs.
const BLOB_BASE_FEE: u128 = 1;

pub(super) fn register(r: &mut Registry) {
    r.add(
        Light,
        "eth_gasPrice",
        &[],
        "Quantity",
        "Gas price with which a legacy transaction is included soon.",
        gas_price,
    );
    r.add(
        Light,
        "eth_maxPriorityFeePerGas",
        &[],
        "Quantity",
        "Tip with which a transaction is included soon.",
        max_priority_fee,
    );
    r.add(Light, "eth_baseFee", &[], "Quantity", "Base fee of the next block.", base_fee);
    r.add(Light, "eth_blobBaseFee", &[], "Quantity", "1: there are no blob transactions.", blob_base_fee);
    r.add(
        Heavy,
        "eth_feeHistory",
        HISTORY,
        "Object",
        "Base fees, fullness, and tips at given percentiles of the gas used, of a range of blocks.",
        fee_history,
    );
}

impl Context {
    /// Tip with which a transaction is included soon.
    pub(super) async fn suggested_tip(&self) -> Result<u128, Fault> {
        let latest = self.latest_height();
        let mut tips = Vec::new();
        let first = latest.saturating_sub(SAMPLED_BLOCKS - 1).max(self.api.oldest_block());
        for height in first..=latest {
            let Some(block) = self.find_block(height.into()).await? else { continue };
            let mut of_block = tips_of(&block);
            of_block.sort_unstable();
            tips.extend(of_block.into_iter().take(SAMPLED_TIPS).map(|(tip, _)| tip));
        }
        tips.sort_unstable();
        let floor = self.api.min_tip().max(1);
        let usual = match tips.len().checked_sub(1) {
            None => DEFAULT_TIP,
            Some(last) => tips[last * TIP_PERCENTILE / 100],
        };
        Ok(usual.min(MAX_SUGGESTED_TIP).max(floor))
    }
}

/// Effective tip and gas used of each transaction of a block.
fn tips_of(block: &FinalizedBlock) -> Vec<(u128, u64)> {
    let base_fee = block.block.header().base_fee_per_gas.unwrap_or_default();
    let transactions = block.block.transactions().iter().enumerate();
    transactions
        .map(|(i, t)| (t.effective_tip_per_gas(base_fee).unwrap_or_default(), gas_used(&block.receipts, i)))
        .collect()
}

async fn gas_price(call: Call) -> Result<U256, Fault> {
    Ok(U256::from(call.suggested_tip().await?) + U256::from(call.api.next_base_fee().await?))
}

async fn max_priority_fee(call: Call) -> Result<U128, Fault> {
    Ok(U128::from(call.suggested_tip().await?))
}

async fn base_fee(call: Call) -> Result<U64, Fault> {
    Ok(U64::from(call.api.next_base_fee().await?))
}

async fn blob_base_fee(_: Call) -> Result<U128, Fault> {
    Ok(U128::from(BLOB_BASE_FEE))
}

async fn fee_history(mut call: Call) -> Result<FeeHistory, Fault> {
    let count = call.args.number(0)?;
    let newest: BlockNumberOrTag = call.args.required(1)?;
    let percentiles: Option<Vec<f64>> = call.args.optional(2)?;
    if let Some(percentiles) = &percentiles {
        check_percentiles(percentiles)?;
    }
    let newest = call.height_of(newest);
    if newest > call.latest_height() {
        return Err(Fault::Server(format!(
            "request beyond head block: requested {newest}, head {}",
            call.latest_height()
        )));
    }
    call.check_kept(newest)?;
    let count = count.min(MAX_FEE_HISTORY).min(newest - call.api.oldest_block() + 1);
    if count == 0 {
        return Ok(FeeHistory::default());
    }
    let oldest = newest + 1 - count;
    let mut history = FeeHistory {
        oldest_block: oldest,
        reward: percentiles.as_ref().map(|_| Vec::new()),
        base_fee_per_blob_gas: vec![BLOB_BASE_FEE; count as usize + 1],
        blob_gas_used_ratio: vec![0.0; count as usize],
        ..Default::default()
    };
    for height in oldest..=newest {
        let block = call.find_block(height.into()).await?.ok_or_else(Fault::no_header)?;
        let header = block.block.header();
        history.base_fee_per_gas.push(header.base_fee_per_gas.unwrap_or_default().into());
        history.gas_used_ratio.push(header.gas_used as f64 / header.gas_limit.max(1) as f64);
        if let (Some(rewards), Some(percentiles)) = (&mut history.reward, &percentiles) {
            rewards.push(rewards_at(tips_of(&block), header.gas_used, percentiles));
        }
    }
    let next = match call.api.block(BlockKey::Height(newest + 1)).await? {
        Some(block) => block.block.header().base_fee_per_gas.unwrap_or_default(),
        None => call.api.next_base_fee().await?,
    };
    history.base_fee_per_gas.push(next.into());
    Ok(history)
}

fn check_percentiles(percentiles: &[f64]) -> Result<(), Fault> {
    if percentiles.len() > MAX_PERCENTILES {
        return Err(Fault::params(format!("more than {MAX_PERCENTILES} reward percentiles")));
    }
    if percentiles.iter().any(|p| !(0.0..=100.0).contains(p)) || percentiles.windows(2).any(|w| w[0] > w[1]) {
        return Err(Fault::params("reward percentiles must be from 0 to 100 and must not fall"));
    }
    Ok(())
}

/// Tips at percentiles of the gas used, transactions ordered by tip.
fn rewards_at(mut tips: Vec<(u128, u64)>, total_gas: u64, percentiles: &[f64]) -> Vec<u128> {
    tips.sort_unstable();
    let Some((last, _)) = tips.split_last() else { return vec![0; percentiles.len()] };
    let mut cumulative = 0u64;
    let steps: Vec<(u64, u128)> = tips
        .iter()
        .map(|(tip, gas)| {
            cumulative = cumulative.saturating_add(*gas);
            (cumulative, *tip)
        })
        .collect();
    let at = |percentile: &f64| {
        let threshold = (total_gas as f64 * percentile / 100.0) as u64;
        steps.iter().find(|(gas, _)| *gas >= threshold).map_or(last.0, |(_, tip)| *tip)
    };
    percentiles.iter().map(at).collect()
}
