//! The checked-in seeds, in `fuzz/seeds/<target>/`.

use crate::seeds;
use althing_fuzz_targets::TARGETS;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target)
}

/// A target's seeds by name, those that fuzzers found included.
pub(crate) fn read(target: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder(target)).into_iter().flatten();
    let seed = |file: fs::DirEntry| {
        (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).unwrap())
    };
    files.map(|file| seed(file.unwrap())).collect()
}

#[test]
fn the_seeds_are_what_the_code_makes_today() {
    let update = std::env::var_os("UPDATE_SEEDS").is_some();
    for (target, name, bytes) in seeds::all() {
        let path = folder(target).join(name);
        if update {
            fs::create_dir_all(folder(target)).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let found = fs::read(&path).unwrap_or_default();
        assert!(found == bytes, "{target}/{name} is old: run this test with UPDATE_SEEDS=1, and say why");
    }
}

#[test]
fn every_target_understands_a_seed() {
    for target in TARGETS {
        let seeds = read(target.name);
        let understood: Vec<_> = seeds.iter().filter(|(_, bytes)| (target.run)(bytes)).collect();
        assert!(!understood.is_empty(), "{} understands none of its {} seeds", target.name, seeds.len());
        assert!(seeds.values().all(|bytes| bytes.len() <= target.max_bytes), "{}", target.name);
    }
}

#[test]
fn every_target_has_its_binary() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let source = fs::read_to_string(fuzz.join(format!("fuzz_targets/{}.rs", target.name))).unwrap();
        assert!(source.contains(&format!("run(\"{}\", data)", target.name)), "{}", target.name);
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}
