//! althing-client: see ARCHITECTURE.md.
