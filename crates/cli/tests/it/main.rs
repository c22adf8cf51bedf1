//! The command tree and its page: arguments as people type them, and a reference that is never stale.

mod output;
mod parsing;
mod reference;
