//! The executor as its users see it, over state in memory.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod blocks;
mod calls;
mod conformance;
mod features;
mod governance;
mod rewards;
mod simulated_blocks;
mod support;
mod system_logs;
mod traces;
