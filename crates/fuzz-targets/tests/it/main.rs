//! Every target over its seeds and their mutations, in every test run.

#![expect(clippy::unwrap_used, reason = "tests")]

mod corpus;
mod mutations;
mod seeds;
