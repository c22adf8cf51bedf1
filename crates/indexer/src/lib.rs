//! althing-indexer: see ARCHITECTURE.md.
