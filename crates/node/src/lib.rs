//! althing-node: see ARCHITECTURE.md.
