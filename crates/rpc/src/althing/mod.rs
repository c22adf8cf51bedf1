//! The `althing_` namespace: what other chains do not have. Certificates and blocks come as bytes, so that a client
//! verifies them itself instead of trusting this node.

mod certificate;
mod feed;
mod info;
mod proof;
mod proposal;
mod state;

pub use proposal::answer as simulation;

use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    info::register(registry);
    certificate::register(registry);
    proof::register(registry);
    feed::register(registry);
    state::register(registry);
    proposal::register(registry);
}
