//! What fuzzers throw bytes at: one function for each decoder that meets bytes of strangers.
//!
//! `fuzz/` runs them under libFuzzer, the tests of this crate over a seed corpus and its mutations in every test run.
//! A target panics when an invariant is broken, and tells whether it could use the bytes, so that a seed that no
//! longer reaches the code behind the decoder is noticed.
//!
//! Invariants of every target: no panic below; what decodes has one encoding, which decodes to the same; no input
//! longer than [`Target::max_bytes`] is given, and none makes the code hold much more than that.

mod blocks;
mod committee;
mod documents;
#[cfg(feature = "node")]
mod network;
mod rpc;
mod silent_node;
mod state;
mod system;
mod transactions;

pub use committee::{Committee, NAMESPACE, committee};

/// A decoder with what must hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, that of its binary in `fuzz/` and of its folder of seeds.
    pub name: &'static str,
    /// Longest input in bytes that a fuzzer should try.
    pub max_bytes: usize,
    /// Takes any bytes; tells whether they were understood.
    pub run: fn(&[u8]) -> bool,
}

const KIB: usize = 1024;

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "block", max_bytes: 64 * KIB, run: blocks::block },
    Target { name: "consensus_block", max_bytes: 64 * KIB, run: blocks::consensus_block },
    Target { name: "certificate", max_bytes: KIB, run: blocks::certificate },
    Target { name: "announcement", max_bytes: 4 * KIB, run: blocks::announcement },
    Target { name: "beacon", max_bytes: KIB, run: blocks::beacon },
    Target { name: "evidence", max_bytes: 4 * KIB, run: blocks::evidence },
    Target { name: "transaction", max_bytes: 16 * KIB, run: transactions::transaction },
    Target { name: "admission", max_bytes: 16 * KIB, run: transactions::admission },
    Target { name: "rpc", max_bytes: 16 * KIB, run: rpc::rpc },
    Target { name: "system_call", max_bytes: 4 * KIB, run: system::system_call },
    Target { name: "state_codec", max_bytes: 16 * KIB, run: state::state_codec },
    Target { name: "chain_spec", max_bytes: 16 * KIB, run: documents::chain_spec },
    Target { name: "address", max_bytes: KIB, run: documents::address },
    #[cfg(feature = "node")]
    Target { name: "gossip", max_bytes: 64 * KIB, run: network::gossip },
    #[cfg(feature = "node")]
    Target { name: "relay", max_bytes: 64 * KIB, run: network::relay },
    #[cfg(feature = "node")]
    Target { name: "feed", max_bytes: 64 * KIB, run: network::feed },
    #[cfg(feature = "node")]
    Target { name: "config", max_bytes: 16 * KIB, run: documents::config },
    #[cfg(feature = "node")]
    Target { name: "operator_key", max_bytes: 4 * KIB, run: documents::operator_key },
    #[cfg(feature = "node")]
    Target { name: "account_key", max_bytes: 4 * KIB, run: documents::account_key },
];

/// Runs a target by its name: what the binaries in `fuzz/` do.
///
/// # Panics
/// When there is no such target, or an invariant does not hold.
pub fn run(name: &str, data: &[u8]) -> bool {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("the binary is named like its target").run)(data)
}
