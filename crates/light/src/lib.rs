//! Verification without a node: certificates, headers, beacons, draws, values of the state. No I/O, no clock, no state.
//!
//! This is the trust anchor of everything that does not run consensus itself: followers, clients, the CLI,
//! subchains, bridges. It needs the chain's name space and one 96-byte group key, both in the chain spec; later keys are
//! proven from there ([`KeyChain`]).
//!
//! Invariant: nothing here is taken on trust; a function that returns `Ok` has checked a signature or a proof.

mod beacon;
mod certificate;
mod draw;
mod evidence;
mod keys;
mod operator;
mod state_proof;

pub use beacon::{BEACON_BYTES, mix_hash, verify_beacon, verify_round};
pub use certificate::{
    BlockDigest, Certified, Finalization, LightError, PublicKey, Scheme, Variant, Verifier,
    proposer_namespace, verify_proposer,
};
pub use draw::{DRAW_DOMAIN, DrawSeed, LEADERS_DOMAIN, fallback_seed, seed_of_beacon, turn};
pub use evidence::{DoubleProposal, EvidenceError, Fault, MAX_EVIDENCE_BYTES, Proposal};
pub use keys::{Announcement, AnnouncementError, GroupKey, KeyChain, MAX_KEYS};
pub use operator::{OPERATOR_NAMESPACE, operator_message, verify_operator};
pub use state_proof::{MAX_PROOF_DIGESTS, StateProofError, state_of, verify_account, verify_slot};
