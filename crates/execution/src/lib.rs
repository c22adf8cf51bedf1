//! althing-execution: see ARCHITECTURE.md.
