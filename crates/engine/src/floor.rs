//! Entering consensus in the middle of the chain, with a state that is there already.

use althing_chain::{RESHARING_PLAN, STATE_PLAN};
use althing_consensus::{
    ConsensusBlock, Directory, EpochInfo, Finalization, MAX_PARTICIPANTS, Payload, Scheme, Variant,
    decode_payload, max_sharing_mode,
};
use althing_primitives::Block;
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::marshal::standard::Standard;
use commonware_glue::{
    dkg::state_sync::{Config, Plan, StateSync},
    stateful::SyncPlan,
};
use commonware_runtime::{Supervisor as _, tokio::Context};
use futures::future::BoxFuture;

/// A final block and the facts of its epoch.
#[derive(Debug)]
pub struct Floor {
    finalization: Finalization,
    info: EpochInfo,
}

impl Floor {
    /// From a block's certificate and the last block of the epoch before; `None` when they are not what they should be.
    pub fn new(certificate: &[u8], boundary: &Block) -> Option<Self> {
        let finalization = Finalization::decode(Copying(certificate)).ok()?;
        match decode_payload(&boundary.seal().resharing).ok()?? {
            Payload::EpochInfo(info) => Some(Self { finalization, info }),
            Payload::DealerLog(_) => None,
        }
    }
}

/// Notes durably that consensus begins at a floor. What consensus knew before must be gone.
pub fn lay_floor(context: &Context, floor: Floor) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let Floor { finalization, info } = floor;
        type StatePlan = SyncPlan<Context, Scheme, Standard<ConsensusBlock>>;
        let plan = StatePlan::init(context.child("floor_state"), STATE_PLAN).await;
        drop(plan.set_floor(finalization.clone()).await);
        let config = Config {
            partition_prefix: RESHARING_PLAN.to_string(),
            max_participants: MAX_PARTICIPANTS,
            max_supported_mode: max_sharing_mode(),
        };
        let material = StateSync::<_, _, Variant, Directory> { info, floor: finalization };
        drop(Plan::init(context.child("floor_resharing"), config, Some(material)).await);
    })
}
