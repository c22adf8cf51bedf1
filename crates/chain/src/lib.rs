//! althing-chain: see ARCHITECTURE.md.
