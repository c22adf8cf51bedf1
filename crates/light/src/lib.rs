//! althing-light: see ARCHITECTURE.md.
