//! The `eth_` namespace: what every Ethereum wallet, library and tool calls.

mod block;
mod call;
mod chain;
mod fees;
mod fill;
mod filter;
mod log;
mod simulate;
mod state;
mod submit;
mod subscribe;
mod tx;

pub(crate) use filter::FilterStore;

use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    chain::register(registry);
    block::register(registry);
    tx::register(registry);
    state::register(registry);
    fees::register(registry);
    call::register(registry);
    simulate::register(registry);
    fill::register(registry);
    submit::register(registry);
    log::register(registry);
    filter::register(registry);
    subscribe::register(registry);
}
