//! althing-txpool: see ARCHITECTURE.md.
