//! althing-system: see ARCHITECTURE.md.
