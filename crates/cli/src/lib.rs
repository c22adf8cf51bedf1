//! althing-cli: see ARCHITECTURE.md.
