//! Operations of the databases' logs with their proofs, for nodes that synchronize the state.
//!
//! Whoever asks is a stranger: sizes and places are checked against the log, and an answer is bounded.

use crate::{Databases, StateError};
use althing_primitives::{Bytes, OperationsRequest, StateDatabase};
use commonware_codec::Encode as _;
use commonware_runtime::Spawner;
use commonware_storage::{
    Context,
    mmr::{self, Location},
    qmdb::sync::{Request, Source},
};
use std::num::NonZeroU64;

/// Most operations in one answer: about 300 KiB of records of code.
pub const MAX_OPERATIONS: NonZeroU64 = NonZeroU64::new(512).expect("not zero");

/// The request as the library has it, with the bound applied.
pub(crate) fn bounded(request: &OperationsRequest) -> Request<mmr::Family> {
    let (size, start) = (Location::new(request.size), Location::new(request.start));
    match request.count {
        Some(count) => Request::Operations { size, start, max_ops: count.min(MAX_OPERATIONS) },
        None => Request::Boundary { size, start },
    }
}

/// The operations that are asked for, encoded with their proof.
pub async fn operations<E: Context + Spawner>(
    databases: &Databases<E>,
    request: OperationsRequest,
) -> Result<Bytes, StateError> {
    let (accounts, slots, codes) = databases;
    let answer = match request.database {
        _ if request.start >= request.size => Err("the first is beyond the size".to_string()),
        StateDatabase::Accounts => answer(accounts, &request).await,
        StateDatabase::Slots => answer(slots, &request).await,
        StateDatabase::Codes => answer(codes, &request).await,
    };
    let OperationsRequest { database, size, start, .. } = request;
    answer.map_err(|reason| StateError::Operations { database, size, start, reason })
}

async fn answer<S>(source: &S, request: &OperationsRequest) -> Result<Bytes, String>
where
    S: Source<Family = mmr::Family>,
    S::Op: commonware_codec::Write + commonware_codec::EncodeSize,
{
    match source.serve(bounded(request)).await {
        Ok((response, _)) => Ok(response.encode().to_vec().into()),
        Err(error) => Err(error.to_string()),
    }
}
