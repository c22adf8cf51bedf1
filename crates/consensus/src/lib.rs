//! althing-consensus: see ARCHITECTURE.md.
