//! Roll-DPoS consensus: how Althing's blocks, committees and keys meet the agreement protocol.
//!
//! The protocol is simplex with threshold BLS signatures: a block is final three message delays after it was
//! proposed, by one certificate that the group's single key verifies. Members' key shares are dealt anew each
//! epoch (resharing); the group key stays. This crate says what a block, a committee, a secret and a beacon
//! are; `chain` decides what goes into a block.
//!
//! Invariants:
//! - Blocks are opaque here: nothing looks at transactions or state.
//! - The committee of an epoch comes only from [`CommitteeSource`], the seam behind which elections stand.
//! - Shares of past epochs are erased ([`Secrets`]).

mod beacon;
mod block;
pub mod ceremony;
mod committee;
mod schemes;
mod secrets;
mod tap;
mod turns;

pub use beacon::Beacons;
pub use block::{BlockError, ConsensusBlock, decode_payload, encode_payload};
pub use committee::{CommitteeSource, Participants};
pub use schemes::{Schemes, registered_scheme};
pub use secrets::{SecretVault, Secrets, VaultError};
pub use tap::{Listener, Tap, Turn};
pub use turns::{EpochTurns, Lineup, Turns};

pub use althing_light::{BlockDigest, Finalization, PublicKey, Scheme, Variant};

use commonware_consensus::simplex;
use commonware_cryptography::{bls12381::primitives::sharing::ModeVersion, ed25519};
use commonware_glue::dkg::{network::Addresses, types};
use std::num::NonZeroU32;

/// Operator secret.
pub type PrivateKey = ed25519::PrivateKey;
/// What consensus says about a proposal.
pub type Context = simplex::types::Context<BlockDigest, PublicKey>;
/// Addresses of the members of an epoch.
pub type Directory = Addresses<PublicKey>;
/// Public facts of an epoch.
pub type EpochInfo = types::EpochInfo<Variant, PublicKey, Directory>;
/// Resharing content of a block.
pub type Payload = types::Payload<Variant, PublicKey, Directory>;

/// Largest committee that messages are sized for.
pub const MAX_PARTICIPANTS: NonZeroU32 =
    NonZeroU32::new(althing_primitives::chainspec::MAX_VALIDATORS as u32).expect("a committee has members");

/// Newest sharing mode that this release understands.
pub const fn max_sharing_mode() -> ModeVersion {
    ModeVersion::v0()
}
