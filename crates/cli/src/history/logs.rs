//! Logs of a range of blocks, in parts that the node allows.

use crate::{Exit, failure::Failure};
use alloy_rpc_types_eth::{Filter, Log};
use althing_client::{Client, ClientError};
use althing_primitives::Height;

/// Blocks of one log query, at most: what nodes allow.
const LOG_SPAN: u64 = 100_000;
/// JSON-RPC's code for a question that is too large; a smaller range may do.
const LIMIT_CODE: i64 = -32005;
/// The node's code for what it does not have any more, or never had.
const PRUNED_CODE: i64 = 4444;

/// Gives the logs of a range to `take`, in the order of the chain, each with its height.
pub(crate) async fn read(
    client: &Client,
    filter: &Filter,
    first: Height,
    last: Height,
    mut take: impl FnMut(Height, &Log) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut next, mut span) = (first, LOG_SPAN);
    while next <= last {
        let end = last.min(next.saturating_add(span - 1));
        let found = match client.logs(&filter.clone().select(next..=end)).await {
            Ok(found) => found,
            Err(ClientError::Rpc { code: LIMIT_CODE, .. }) if span > 1 => {
                span /= 2;
                continue;
            }
            Err(ClientError::Rpc { code: PRUNED_CODE, message, .. }) => {
                return Err(Failure::new(
                    Exit::Network,
                    format!(
                        "{message}. Voters' votes are worked out from all logs since the first block: name such a node by --rpc; an archive is not needed"
                    ),
                ));
            }
            Err(error) => return Err(error.into()),
        };
        for log in &found {
            take(log.block_number.unwrap_or(end), log)?;
        }
        (next, span) = (end.saturating_add(1), span.saturating_mul(2).min(LOG_SPAN));
    }
    Ok(())
}

/// The failure of answers that contradict each other.
pub(crate) fn broken(what: &str) -> Failure {
    Failure::new(Exit::Failure, format!("the node's answers do not fit together: {what}"))
}
