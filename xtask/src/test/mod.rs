//! `cargo xtask test`: every test of the repository, on a machine that has only cargo and Node.
//!
//! Each step says what it does, how long it took and how it ended; its whole output is in `target/test-logs`.

mod devnet;
mod step;

use clap::ValueEnum;
use devnet::Devnet;
use eyre::{Result, WrapErr, bail, eyre};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};
use step::Step;

/// The test runner, pinned: its output and rules are part of what we rely on.
const NEXTEST_VERSION: &str = "0.9.143";

/// What `cargo xtask test` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leaves out a part; several with several flags.
    #[arg(long, value_enum)]
    skip: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Unit and integration tests.
    Unit,
    /// Examples in documentation.
    Doc,
    /// Published Ethereum clients against a running devnet.
    Compat,
    /// Processes that are killed, frozen and cut off.
    Fault,
    /// Random networks, simulated with faults.
    Swarm,
}

/// Networks of processes that are tormented at the same time; most of their time they wait.
const FAULT_JOBS: &str = "2";

/// Minutes for which random networks are simulated on all cores, and the seed of the first: another commit runs other
/// schedules of the same scenarios, so that a failure is one of the commit. Swarms from other seeds are run by hand.
const SWARM_MINUTES: &str = "10";
const SWARM_SEED: &str = "4915294852730552154";

/// Only every so many syncs of a node's disk one loses power, which takes another minute; `1` tries all.
const CRASH_STEP: &str = "16";

/// Runs all parts that are not skipped, one after another; the first that fails ends the run.
pub(crate) fn run(root: &Path, args: &Args) -> Result<()> {
    let started = Instant::now();
    let place = Place::new(root)?;
    let asked = |part| !args.skip.contains(&part);
    place.set_up(asked(Part::Unit), asked(Part::Compat), asked(Part::Fault))?;
    if asked(Part::Unit) {
        let mut command = place.cargo(&["nextest", "run", "--workspace", "--locked"]);
        command.env("PATH", place.path_with_tools()?);
        place.step("unit and integration tests", "unit").run(&mut command)?;
    }
    if asked(Part::Doc) {
        let mut command = place.cargo(&["test", "--workspace", "--doc", "--locked"]);
        place.step("examples in documentation", "doc").run(&mut command)?;
    }
    if asked(Part::Compat) {
        place.build()?;
        place.compatibility()?;
    }
    if asked(Part::Fault) {
        place.build()?;
        place.faults()?;
    }
    if asked(Part::Swarm) {
        place.build()?;
        place.swarm()?;
    }
    println!("\nall tests passed in {} s", started.elapsed().as_secs());
    Ok(())
}

/// Where things are.
struct Place {
    root: PathBuf,
    target: PathBuf,
    logs: PathBuf,
}

impl Place {
    fn new(root: &Path) -> Result<Self> {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        let logs = target.join("test-logs");
        std::fs::create_dir_all(&logs).wrap_err_with(|| format!("cannot create {}", logs.display()))?;
        Ok(Self { root: root.into(), target, logs })
    }

    fn step(&self, title: &str, log: &str) -> Step {
        Step::new(title, self.logs.join(log).with_extension("log"))
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// Installs the test runner and, where it may, the system's packages that the parts need.
    fn set_up(&self, unit: bool, compat: bool, fault: bool) -> Result<()> {
        if compat {
            self.need("node", "nodejs npm")?;
            self.need("npm", "npm")?;
        }
        if compat || fault {
            self.need("python3", "python3 python3-venv")?;
        }
        let mut version = Command::new("cargo-nextest");
        version.args(["nextest", "--version"]).env("PATH", self.path_with_tools()?);
        if unit && !version.output().is_ok_and(|output| output.status.success()) {
            let root = self.tools().display().to_string();
            let version = ["--version", NEXTEST_VERSION];
            let mut command = self.cargo(&["install", "--locked", "--root", &root, "cargo-nextest"]);
            // It runs for minutes: it is built to be there soon.
            let quick = [("LTO", "off"), ("OPT_LEVEL", "1"), ("CODEGEN_UNITS", "16")];
            command.envs(quick.map(|(key, value)| (format!("CARGO_PROFILE_RELEASE_{key}"), value)));
            self.step("install the test runner", "nextest").run(command.args(version))?;
        }
        Ok(())
    }

    /// Installs the packages of a program that is missing.
    fn need(&self, program: &str, packages: &str) -> Result<()> {
        if Command::new(program).arg("--version").output().is_ok() {
            return Ok(());
        }
        let script = format!("apt-get update -q && apt-get install -q -y --no-install-recommends {packages}");
        self.step(&format!("install {program}"), "apt")
            .run(Command::new("sh").args(["-c", &script]))
            .wrap_err_with(|| format!("{program} is missing; install it: apt-get install {packages}"))
    }

    /// Where tools are installed: beside the build, never into the user's folders.
    fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    fn path_with_tools(&self) -> Result<std::ffi::OsString> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let tools = std::iter::once(self.tools().join("bin"));
        std::env::join_paths(tools.chain(std::env::split_paths(&path))).wrap_err("PATH has an odd folder")
    }

    /// Builds the node with the same features as the tests, so that nothing is compiled twice.
    fn build(&self) -> Result<()> {
        let mut command = self.cargo(&["build", "--locked", "--workspace", "--bins", "--tests"]);
        self.step("build the node", "build").run(&mut command)
    }

    /// Kills, freezes and cuts off the processes of a network of its own.
    fn faults(&self) -> Result<()> {
        let mut command = Command::new("python3");
        command
            .arg(self.root.join("tests/fault/run.py"))
            .args(["--jobs", FAULT_JOBS])
            .current_dir(&self.root);
        command.env("ALTHING_BIN", self.target.join("debug/althing"));
        self.step("faults", "fault").run(&mut command)
    }

    /// Simulates random networks, each twice, and networks of which a node loses power in a sync.
    fn swarm(&self) -> Result<()> {
        let run = |title, log, arguments: &[&str]| {
            let mut command = Command::new(self.target.join("debug/althing"));
            command.arg("sim").args(arguments).args(["--seed", SWARM_SEED, "--keep"]);
            command.arg(self.logs.join("findings")).current_dir(&self.root);
            self.step(title, log).run(&mut command)
        };
        run("swarm of simulated networks", "swarm", &["swarm", "--minutes", SWARM_MINUTES])?;
        run("power lost in syncs", "crashes", &["crashes", "--once", "--step", CRASH_STEP])
    }

    /// Runs a small load, all of which must become final and succeed.
    fn load(&self, program: &Path, devnet: &Devnet, workload: &str) -> Result<()> {
        let mut command = Command::new(program);
        command.args([
            "bench",
            "load",
            "--json",
            "--workload",
            workload,
            "--count",
            "400",
            "--accounts",
            "40",
        ]);
        for url in devnet.urls() {
            command.args(["--to", &url]);
        }
        let log = self.logs.join(format!("bench-{workload}.log"));
        self.step(&format!("load of {workload}"), &format!("bench-{workload}")).run(&mut command)?;
        let text = std::fs::read_to_string(&log).wrap_err("the load left no log")?;
        let found = |fact: &str| text.contains(fact);
        match found(r#""final":"400""#) && found(r#""failed":"0""#) && found(r#""dropped":"0""#) {
            true => Ok(()),
            false => fail(&format!("not all transactions of {workload} became final and succeeded"), &log),
        }
    }

    /// Proves an account and a slot from the chain spec's key on.
    fn proof(&self, program: &Path, devnet: &Devnet) -> Result<()> {
        let spec = self.logs.join("devnet/genesis.json");
        for url in devnet.urls() {
            let mut command = Command::new(program);
            command.args(["chain", "proof", HISTORY_CONTRACT, "--slot", "0", "--verify", "--rpc", &url]);
            self.step("proof of state", "proof").run(command.arg("--genesis").arg(&spec))?;
        }
        Ok(())
    }

    /// Runs the published clients against a devnet of its own, and sees that the devnet ends cleanly.
    fn compatibility(&self) -> Result<()> {
        let program = self.target.join("debug/althing");
        let devnet = Devnet::start(&program, &self.logs)?;
        let mut command = Command::new(self.root.join("tests/compat/run.sh"));
        command.env("ALTHING_RPC_URLS", devnet.urls().join(",")).current_dir(&self.root);
        let outcome = self
            .step("published clients", "compat")
            .run(&mut command)
            .and_then(|()| WORKLOADS.iter().try_for_each(|name| self.load(&program, &devnet, name)))
            .and_then(|()| self.proof(&program, &devnet));
        let ended = devnet.stop();
        match (outcome, ended) {
            (Err(clients), Err(network)) => Err(eyre!("{clients:#}; and {network:#}")),
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(()), Ok(())) => Ok(()),
        }
    }
}

/// Loads that the generator makes; each runs once, small, and must end without a loss.
const WORKLOADS: [&str; 5] = ["transfer", "erc20", "swaps", "staking", "mix"];

/// The contract of EIP-2935, whose slot 0 holds the hash of genesis from block 1 on.
const HISTORY_CONTRACT: &str = "0x0000F90827F1C53a10cb7A02335B175320002935";

/// The last lines of a log, for people.
fn tail(log: &Path, lines: usize) -> Result<String> {
    let bytes = std::fs::read(log).wrap_err_with(|| format!("cannot read {}", log.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    Ok(all[all.len().saturating_sub(lines)..].iter().map(|line| format!("    {line}\n")).collect())
}

/// Fails with the end of a log.
fn fail<T>(what: &str, log: &Path) -> Result<T> {
    /// Lines of a log that are shown when its step failed.
    const LINES: usize = 60;
    eprint!("{}", tail(log, LINES)?);
    bail!("{what}; the whole output is in {}", log.display())
}
