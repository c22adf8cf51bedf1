//! The `althing` binary: all of it is in `althing-cli`.

fn main() -> std::process::ExitCode {
    althing_cli::main()
}
