//! althing-rpc: see ARCHITECTURE.md.
