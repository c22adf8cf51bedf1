//! The server as clients see it: over real sockets, against a node that holds a few blocks in memory.

#![expect(clippy::unwrap_used, reason = "tests")]

mod client;
mod mock;

mod althing;
mod calls;
mod details;
mod fees;
mod filters;
mod golden;
mod governance;
mod limits;
mod ots;
mod submit;
mod subscriptions;
mod system_logs;
mod table;
