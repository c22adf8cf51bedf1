//! The executor as its users see it, over state in memory.

mod blocks;
mod calls;
mod conformance;
mod features;
mod support;
mod traces;
