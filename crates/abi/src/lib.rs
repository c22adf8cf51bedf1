//! althing-abi: see ARCHITECTURE.md.
