//! A whole network in one process: the real node stack on a deterministic runtime, with faults, from one seed.
//!
//! What runs is what runs on a validator: consensus, blocks and backfill, resharing, application, execution, state
//! databases, pool. Only sockets, RPC and the SQL index are not there. Time is virtual, and chance comes from the seed
//! alone, so that a run repeats event by event.
//!
//! | file | what |
//! |---|---|
//! | `scenario.rs` | a simulation as data |
//! | `world.rs` | keys, chain spec, state of the first block |
//! | `disk.rs`, `host.rs` | a machine: its disk, its clock |
//! | `wire/` | links between machines |
//! | `node.rs`, `committees.rs` | a node on a machine |
//! | `book.rs` | the final chain, and properties of every block |
//! | `clients.rs` | who sends transactions |
//! | `faults.rs` | what goes wrong |
//! | `check.rs` | properties at the end |
//! | `swarm.rs` | many scenarios, and making a failing one smaller |
//! | `figures.rs` | what a network costs |
//! | `run.rs` | from a scenario to a report or a broken property |

#![recursion_limit = "256"]

mod book;
mod check;
mod clients;
mod committees;
pub mod disk;
mod faults;
mod figures;
mod host;
mod node;
mod run;
mod scenario;
mod swarm;
pub(crate) mod wire;
mod world;

pub use book::Violation;
pub use figures::{Figure, Sizes, figure};
pub use run::{Failure, Report, run};
pub use scenario::{Byzantine, Conduct, Event, Fault, Flaw, MAX_NODES, Scenario, ScenarioError};
pub use swarm::{Finding, SwarmOptions, SwarmReport, attempt, crashes, random, swarm};
pub use wire::Place;
