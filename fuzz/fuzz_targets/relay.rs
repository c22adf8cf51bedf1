//! Gives the target of this name to libFuzzer; what it does is in `crates/fuzz-targets`.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    althing_fuzz_targets::run("relay", data);
});
