//! A network of real processes for one run: ours by `althing devnet`, or one node of the peer.
//!
//! It has ports and a folder of its own. Whoever starts one must stop it, else its processes are killed when it is
//! dropped, and the folder stays.

use super::peer::Peer;
use super::scenario::{BLOCK_GAS, Nodes, Scenario};
use crate::bench::usage;
use crate::devnet::{Program, STOP_PATIENCE, start, tail, terminate};
use crate::{Exit, failure::Failure};
use althing_client::Client;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep};

/// How long keys, chain spec and first blocks may take, for a build that is not optimized.
const START_PATIENCE: Duration = Duration::from_secs(180);
/// Time between two looks for a first block.
const POLL: Duration = Duration::from_millis(50);
/// How long a node that comes later may take to get to the head, and a large network to start again.
const JOIN_PATIENCE: Duration = Duration::from_secs(1_800);
/// Folder of the validators.
const DEVNET: &str = "devnet";
/// Name of the peer's process.
const PEER: &str = "anvil";
/// Kinds of ports that a node may need: JSON-RPC, p2p, metrics.
const KINDS: u16 = 3;

/// Processes that belong together.
pub(super) struct Network {
    nodes: Nodes,
    running: Vec<Running>,
    block_ms: u64,
    /// First of the ports, which are in a row: JSON-RPC of all nodes, then p2p, then metrics.
    port: u16,
    dir: PathBuf,
}

struct Running {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// Closes when this process is gone; ours then stop by themselves.
    _stdin: Option<ChildStdin>,
}

impl Network {
    /// Starts the validators of a network.
    pub(super) fn ours(nodes: Nodes, block_ms: u64, dir: &Path) -> Result<Self, Failure> {
        let mut network = Self::empty(nodes, block_ms, dir)?;
        network.start_validators(true)?;
        Ok(network)
    }

    /// Starts the validators, with a new chain or with the one that is there.
    fn start_validators(&mut self, is_new: bool) -> Result<(), Failure> {
        let own = own_program()?;
        let (count, port, block_ms) = (self.count(), self.port, self.block_ms);
        let (nodes, dir) = (self.nodes.validators(), self.dir.join(DEVNET));
        self.start("althing devnet", move || {
            let mut command = Command::new(&own);
            command.args(["devnet", "--supervised", "--log", "warn", "--dir"]).arg(&dir);
            command.args(["--param", &format!("blockGasLimit={BLOCK_GAS}")]);
            if is_new {
                command.arg("--fresh");
            }
            for (flag, value) in [
                ("--nodes", u64::from(nodes)),
                ("--block-time", block_ms),
                ("--port", port.into()),
                ("--p2p-port", (port + count).into()),
                ("--metrics-port", (port + 2 * count).into()),
            ] {
                command.args([flag, &value.to_string()]);
            }
            command
        })
    }

    /// Starts one node of the peer, with the parameters of our networks.
    pub(super) fn peer(peer: &Peer, scenario: &Scenario, dir: &Path) -> Result<Self, Failure> {
        let block_ms = scenario.block_ms;
        let mut network = Self::empty(Nodes::One, block_ms, dir)?;
        let (peer, port) = (peer.clone(), network.port);
        network.start(PEER, move || peer.command(port, block_ms))?;
        Ok(network)
    }

    fn empty(nodes: Nodes, block_ms: u64, dir: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(dir).map_err(Failure::io("create", dir))?;
        let port = free_ports(KINDS * (nodes.validators() + nodes.followers()))?;
        Ok(Self { nodes, running: Vec::new(), block_ms, port, dir: dir.into() })
    }

    pub(super) fn is_peer(&self) -> bool {
        self.running.iter().any(|running| running.name == PEER)
    }

    fn count(&self) -> u16 {
        self.nodes.validators() + self.nodes.followers()
    }

    fn start(
        &mut self,
        name: &'static str,
        command: impl Fn() -> Command + Send + Sync + 'static,
    ) -> Result<(), Failure> {
        let log = self.dir.join(format!("{}-{}.log", name.replace(' ', "-"), self.running.len()));
        let program = Program { name: name.into(), command: Box::new(command), log };
        let started = start(&program);
        let (child, stdin) =
            started.map_err(|e| Failure::new(Exit::Failure, format!("cannot start {name}: {e}")))?;
        self.running.push(Running { name, child, log: program.log, _stdin: stdin });
        Ok(())
    }

    /// Waits until every node has a block; starts the followers when the validators have, but for one that is to be
    /// started later.
    pub(super) async fn ready(&mut self) -> Result<(), Failure> {
        for index in 0..self.nodes.validators() {
            self.reach(index, 1, START_PATIENCE).await?;
        }
        if self.nodes == Nodes::OneFollowed {
            return Ok(());
        }
        for index in self.nodes.validators()..self.count() {
            self.follow(index, "blocks").await?;
        }
        for index in self.nodes.validators()..self.count() {
            self.reach(index, 1, START_PATIENCE).await?;
        }
        Ok(())
    }

    /// Waits until a node has a block of a height.
    async fn reach(&mut self, index: u16, height: u64, patience: Duration) -> Result<(), Failure> {
        let end = Instant::now() + patience;
        let url = self.url(index);
        let client = Client::new(&url)?;
        while !client.height().await.is_ok_and(|reached| reached >= height) {
            self.check()?;
            if Instant::now() > end {
                let seconds = patience.as_secs();
                return Err(Failure::new(
                    Exit::Timeout,
                    format!("{url} has no block {height} after {seconds} s"),
                ));
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Starts the follower of a network with one; returns how long it took to get to the validators' head of now.
    pub(super) async fn join(&mut self, sync: &str) -> Result<Duration, Failure> {
        let height = Client::new(&self.url(0))?.height().await?;
        let index = self.nodes.validators();
        self.follow(index, sync).await?;
        let start = Instant::now();
        self.reach(index, height, JOIN_PATIENCE).await?;
        Ok(start.elapsed())
    }

    /// Stops the follower and removes what it has.
    pub(super) async fn leave(&mut self) -> Result<(), Failure> {
        if let Some(mut follower) = self.running.pop() {
            terminate(&mut follower.child, STOP_PATIENCE * 2).await;
        }
        let dir = self.follower_dir(self.nodes.validators());
        fs::remove_dir_all(&dir).map_err(Failure::io("remove", &dir))
    }

    /// Stops all nodes and starts the validators again; returns how long that start took until there was a new block.
    pub(super) async fn restart(&mut self) -> Result<Duration, Failure> {
        let height = Client::new(&self.url(0))?.height().await?;
        self.terminate_all().await;
        let start = Instant::now();
        self.start_validators(false)?;
        self.reach(0, height + 1, JOIN_PATIENCE).await?;
        Ok(start.elapsed())
    }

    fn follower_dir(&self, index: u16) -> PathBuf {
        self.dir.join(format!("follower-{index}"))
    }

    /// What the first validator keeps.
    pub(super) fn on_disk(&self) -> OnDisk {
        let mut found = OnDisk::default();
        found.add(&self.dir.join(DEVNET).join("node-0"));
        found
    }

    /// Fails when a process has ended, with the end of its log.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        for Running { name, child, log, .. } in &mut self.running {
            if let Ok(Some(status)) = child.try_wait() {
                let message = format!("{name} ended with {status}; the end of its log:\n\n{}", tail(log));
                return Err(Failure::new(Exit::Failure, message));
            }
        }
        Ok(())
    }

    /// Makes a follower of all validators, and starts it.
    async fn follow(&mut self, index: u16, sync: &str) -> Result<(), Failure> {
        let (own, dir) = (own_program()?, self.follower_dir(index));
        let mut init = Command::new(&own);
        init.args(["node", "init", "--role", "follower", "--sync", sync, "--dir"]).arg(&dir);
        init.arg("--genesis").arg(self.dir.join(DEVNET).join("genesis.json"));
        for validator in 0..self.nodes.validators() {
            init.args(["--follow", &self.url(validator).replacen("http", "ws", 1)]);
        }
        let made = init.kill_on_drop(true).output().await;
        let made =
            made.map_err(|e| Failure::new(Exit::Failure, format!("cannot run althing node init: {e}")))?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr).trim().to_string();
            return Err(Failure::new(Exit::Failure, format!("althing node init failed: {said}")));
        }
        let (rpc, metrics) = (self.port + index, self.port + 2 * self.count() + index);
        self.start("althing node", move || {
            let mut command = Command::new(&own);
            command.args(["node", "run", "--supervised", "--dir"]).arg(&dir);
            command.env("ALTHING_RPC__LISTEN", format!("127.0.0.1:{rpc}"));
            command.env("ALTHING_METRICS__LISTEN", format!("127.0.0.1:{metrics}"));
            command.env("ALTHING_LOG__LEVEL", "warn");
            command
        })
    }

    fn url(&self, index: u16) -> String {
        format!("http://127.0.0.1:{}", self.port + index)
    }

    /// Where the load goes: to all validators.
    pub(super) fn endpoints(&self) -> Vec<String> {
        (0..self.nodes.validators()).map(|index| self.url(index)).collect()
    }

    /// The nodes' processes: those that a supervisor started, else those that were started here.
    pub(super) fn pids(&self) -> Vec<u32> {
        let mut pids = Vec::new();
        for pid in self.running.iter().filter_map(|running| running.child.id()) {
            let children = usage::children(pid);
            if children.is_empty() {
                pids.push(pid);
            }
            pids.extend(children);
        }
        pids
    }

    async fn terminate_all(&mut self) {
        // Followers first: the last started goes first.
        while let Some(mut running) = self.running.pop() {
            terminate(&mut running.child, STOP_PATIENCE * 2).await;
        }
    }

    /// Stops all processes and removes the folder.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        self.terminate_all().await;
        fs::remove_dir_all(&self.dir).map_err(Failure::io("remove", &self.dir))
    }
}

fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|e| Failure::new(Exit::Failure, format!("cannot find the program itself: {e}")))
}

/// Bytes of a node on disk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OnDisk {
    /// State databases.
    pub(super) state: u64,
    /// Blocks, receipts, look-ups, old state.
    pub(super) index: u64,
}

impl OnDisk {
    /// Adds what is in a folder; what vanishes meanwhile counts nothing.
    fn add(&mut self, dir: &Path) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            match path.is_dir() {
                true if name.starts_with("state-") => self.state += bytes_of(&path),
                _ if name.starts_with("index.") => self.index += bytes_of(&path),
                true => self.add(&path),
                false => {}
            }
        }
    }
}

fn bytes_of(path: &Path) -> u64 {
    let Ok(facts) = fs::symlink_metadata(path) else { return 0 };
    match facts.is_dir() {
        false => facts.len(),
        true => fs::read_dir(path).into_iter().flatten().flatten().map(|entry| bytes_of(&entry.path())).sum(),
    }
}

/// The first of so many free ports in a row.
fn free_ports(count: u16) -> Result<u16, Failure> {
    /// Below the ports that systems give to outgoing connections, so that no client takes one meanwhile.
    const FIRST: u16 = 20_000;
    /// Starting points that are tried; runs beside each other begin at different ones.
    const PLACES: u16 = 400;
    /// Ports between two of them: enough for the largest network.
    const STEP: u16 = 24;
    let own = u16::try_from(std::process::id() % u32::from(PLACES)).unwrap_or_default();
    for place in 0..PLACES {
        let first = FIRST + (own + place) % PLACES * STEP;
        // All are held until all were had, so that they are free together.
        let held: Vec<_> =
            (first..first + count).map_while(|port| TcpListener::bind(("127.0.0.1", port)).ok()).collect();
        if held.len() == usize::from(count) {
            return Ok(first);
        }
    }
    Err(Failure::new(Exit::Failure, format!("no {count} free ports in a row from {FIRST} on")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_in_use_are_passed_over() {
        let first = free_ports(KINDS).unwrap();
        let _held = TcpListener::bind(("127.0.0.1", first + 1)).unwrap();
        assert_ne!(free_ports(KINDS).unwrap(), first);
    }

    #[tokio::test]
    async fn a_process_that_ends_is_reported_with_its_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let mut network = Network::empty(Nodes::One, 500, &dir.path().join("network")).unwrap();
        let words = "echo the disk is full; exit 3";
        network
            .start("sh", move || {
                let mut command = Command::new("sh");
                command.args(["-c", words]);
                command
            })
            .unwrap();
        let failure = network.ready().await.unwrap_err();
        assert!(failure.message.contains("the disk is full") && failure.message.contains('3'));
        network.stop().await.unwrap();
        assert!(!dir.path().join("network").exists());
    }
}
