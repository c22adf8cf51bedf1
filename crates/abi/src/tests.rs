//! The table is consistent and the committed files are those that the sources give.

use crate::{SYSTEM_CONTRACTS, SystemContract, generated_files};
use std::{collections::BTreeSet, path::Path};

#[test]
fn every_contract_has_one_row() {
    let addresses: BTreeSet<_> = SYSTEM_CONTRACTS.iter().map(|c| c.address).collect();
    let contracts: BTreeSet<_> = SYSTEM_CONTRACTS.iter().map(|c| c.contract).collect();
    assert_eq!(addresses.len(), SYSTEM_CONTRACTS.len());
    assert_eq!(contracts.len(), SYSTEM_CONTRACTS.len());
    for row in SYSTEM_CONTRACTS {
        assert_eq!(SystemContract::at(&row.address), Some(row.contract));
        assert_eq!(row.contract.address(), row.address);
        assert!(row.source.contains(&format!("interface {} ", row.name)));
    }
}

#[test]
fn generated_files_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in generated_files() {
        let found = std::fs::read_to_string(root.join(&file.path)).unwrap_or_default();
        assert_eq!(found, file.text, "{} is stale: run `cargo run -p xtask -- gen`", file.path);
    }
}
