//! Logs: the query in Ethereum's form, its limits, and eth_getLogs.

use crate::api::LogQuery;
use crate::config::MAX_LOG_VALUES;
use crate::context::{Call, Context};
use crate::error::Fault;
use crate::format;
use crate::registry::{Cost::Heavy, Param, Registry, need};
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use althing_primitives::Height;

const FILTER: &[Param] = &[need("filter", "Filter")];

pub(super) fn register(r: &mut Registry) {
    r.add(
        Heavy,
        "eth_getLogs",
        FILTER,
        "Array",
        "Logs of a range of blocks, or of one block, by address and topics; system logs too.",
        get_logs,
    );
}

/// Which logs a filter asks for, and where.
#[derive(Clone, Debug)]
pub(super) struct LogFilter {
    block_hash: Option<B256>,
    /// First block; `None` means from now on.
    pub(super) from: Option<Height>,
    /// Last block; `None` means the latest at any time.
    pub(super) to: Option<Height>,
    /// Addresses and topics; its range is not used.
    pub(super) what: LogQuery,
}

impl LogFilter {
    /// Reads and bounds a filter.
    pub(super) fn new(filter: Filter, ctx: &Context) -> Result<Self, Fault> {
        let (block_hash, from, to) = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => (Some(hash), None, None),
            FilterBlockOption::Range { from_block, to_block } => {
                // A tag other than `earliest` moves on with the chain.
                let fixed = |n: alloy_eips::BlockNumberOrTag| {
                    (n.is_number() || n.is_earliest()).then(|| ctx.height_of(n))
                };
                (None, from_block.and_then(fixed), to_block.and_then(fixed))
            }
        };
        let sorted = |values: &mut Vec<B256>| values.sort_unstable();
        let mut addresses: Vec<_> = filter.address.iter().copied().collect();
        addresses.sort_unstable();
        let mut topics = filter.topics.map(|topic| topic.iter().copied().collect::<Vec<_>>());
        topics.iter_mut().for_each(sorted);
        if topics.iter().map(Vec::len).chain([addresses.len()]).any(|n| n > MAX_LOG_VALUES) {
            return Err(Fault::Limit(format!(
                "a log filter takes at most {MAX_LOG_VALUES} addresses, and as many values of a topic"
            )));
        }
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(Fault::params("invalid block range params: fromBlock is after toBlock"));
        }
        Ok(Self { block_hash, from, to, what: LogQuery { addresses, topics, ..Default::default() } })
    }

    /// All logs that match; an error when they are too many or spread too far.
    pub(super) async fn all(self, ctx: &Context) -> Result<Vec<Log>, Fault> {
        if let Some(hash) = self.block_hash {
            let block =
                ctx.find_block(hash.into()).await?.ok_or_else(|| Fault::Server("unknown block".into()))?;
            return Ok(format::block_logs(&block, |log| self.what.matches(log)));
        }
        let latest = ctx.latest_height();
        let from = self.from.unwrap_or(latest);
        let to = self.to.unwrap_or(latest).min(latest);
        if from > to {
            return Ok(Vec::new());
        }
        ctx.check_kept(from)?;
        let (range, max_logs) = (ctx.config.max_log_range, ctx.config.max_logs);
        if to - from >= range {
            return Err(Fault::Limit(format!(
                "query exceeds max block range {range}: ask for {from:#x} to {:#x} first",
                from + range - 1
            )));
        }
        let page = ctx.api.logs(LogQuery { from, to, ..self.what }, max_logs).await?;
        if page.reached < to || page.logs.len() > max_logs {
            let reached = page.reached.saturating_sub(1).max(from);
            return Err(Fault::Limit(format!(
                "query exceeds max results {max_logs}: retry with the range {from:#x} to {reached:#x}"
            )));
        }
        Ok(page.logs)
    }
}

async fn get_logs(mut call: Call) -> Result<Vec<Log>, Fault> {
    let filter = LogFilter::new(call.args.required(0)?, &call)?;
    filter.all(&call).await
}
