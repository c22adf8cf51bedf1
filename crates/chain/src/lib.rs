//! The chain: what goes into a block, when a block is valid, and what happens when it is final.
//!
//! | step | file | in → out |
//! |---|---|---|
//! | propose | `propose.rs` | pool and parent's state → block |
//! | relay | `relay/` | block → the same block at the others, from their own transactions |
//! | verify | `verify.rs` | block and parent → the same state roots, or a reason to refuse |
//! | watch | `evidence.rs` | blocks seen → proof of double proposals |
//! | finalize | `app.rs` | final block → archive, pool, subscribers |
//! | elect | `elections.rs` | final state → committees, leaders, peers |
//! | connect | `peers.rs` | committees and delegates of an epoch → peers of the transport |
//! | follow | `follow.rs` | certified blocks of another node → the same state, without consensus |
//! | begin in the middle | `anchor.rs` | a certified block and its receipts → where a synchronized state belongs |
//! | wire up | `engine.rs` | actors of consensus around the application |
//!
//! Invariants:
//! - A block that is proposed is executed by the very code that verifies it.
//! - What a node archives as final is durable before consensus is told so.
//! - Nothing here is undone: there is no reorganization.

mod anchor;
mod app;
mod context;
mod elections;
mod engine;
mod evidence;
mod executed;
mod follow;
mod genesis;
mod header;
mod peers;
mod propose;
mod relay;
mod sabotage;
mod upgrade;
mod verify;

pub use anchor::{AnchorError, check_anchor};
pub use app::App;
pub use context::{Chain, ChainConfig, Head, Operator, Sink, next_block, next_committee};
pub use elections::Elections;
pub use engine::{
    Channel, Ends, Engine, EngineConfig, Network, RESHARING_PLAN, Runtime, STATE_PLAN, channels,
    max_message_size, state_retention,
};
pub use follow::{CheckedRun, FollowError, Follower, MAX_UNCERTIFIED};
pub use genesis::{GenesisError, genesis_block};
pub use header::{HeaderError, MAX_CLOCK_DRIFT_MS};
pub use peers::{DelegatePeers, MissingAddress};
pub use propose::unix_ms;
pub use relay::{
    Compact as CompactBlock, Message as RelayMessage, MessageError as RelayMessageError, ShortId,
};
pub use sabotage::Sabotage;
pub use verify::InvalidBlock;
