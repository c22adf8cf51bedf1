//! The `althing` binary: all of it is in `althing-cli`.

/// A node frees on other threads than it allocates on; the system's allocator takes a tenth of its time for that, and its
/// memory grows (bench/RESULTS.md).
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    althing_cli::main()
}
