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
const POLL: Duration = Duration::from_millis(100);
/// Kinds of ports that a node may need: JSON-RPC, p2p, metrics.
const KINDS: u16 = 3;

/// Processes that belong together.
pub(super) struct Network {
    nodes: Nodes,
    running: Vec<Running>,
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
    /// Starts the validators of a scenario.
    pub(super) fn ours(scenario: &Scenario, dir: &Path) -> Result<Self, Failure> {
        let mut network = Self::empty(scenario.nodes, dir)?;
        let own = own_program()?;
        let count = network.count();
        let (port, dir) = (network.port, network.dir.join("devnet"));
        let (nodes, block_ms) = (scenario.nodes.validators(), scenario.block_ms);
        network.start("althing devnet", move || {
            let mut command = Command::new(&own);
            command.args(["devnet", "--fresh", "--supervised", "--log", "warn", "--dir"]).arg(&dir);
            command.args(["--param", &format!("blockGasLimit={BLOCK_GAS}")]);
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
        })?;
        Ok(network)
    }

    /// Starts one node of the peer, with the parameters of our networks.
    pub(super) fn peer(peer: &Peer, scenario: &Scenario, dir: &Path) -> Result<Self, Failure> {
        let mut network = Self::empty(Nodes::One, dir)?;
        let (peer, port, block_ms) = (peer.clone(), network.port, scenario.block_ms);
        network.start("anvil", move || peer.command(port, block_ms))?;
        Ok(network)
    }

    fn empty(nodes: Nodes, dir: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(dir).map_err(Failure::io("create", dir))?;
        let port = free_ports(KINDS * (nodes.validators() + nodes.followers()))?;
        Ok(Self { nodes, running: Vec::new(), port, dir: dir.into() })
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

    /// Waits until every node has a block; starts the followers when the validators have.
    pub(super) async fn ready(&mut self) -> Result<(), Failure> {
        self.wait_for_blocks(self.nodes.validators()).await?;
        for index in self.nodes.validators()..self.count() {
            self.follow(index).await?;
        }
        self.wait_for_blocks(self.count()).await
    }

    async fn wait_for_blocks(&mut self, nodes: u16) -> Result<(), Failure> {
        let end = Instant::now() + START_PATIENCE;
        for index in 0..nodes {
            let url = self.url(index);
            let client = Client::new(&url)?;
            while !client.height().await.is_ok_and(|height| height > 0) {
                self.check()?;
                if Instant::now() > end {
                    let seconds = START_PATIENCE.as_secs();
                    return Err(Failure::new(Exit::Timeout, format!("{url} has no block after {seconds} s")));
                }
                sleep(POLL).await;
            }
        }
        Ok(())
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
    async fn follow(&mut self, index: u16) -> Result<(), Failure> {
        let (own, dir) = (own_program()?, self.dir.join(format!("follower-{index}")));
        let mut init = Command::new(&own);
        init.args(["node", "init", "--role", "follower", "--dir"]).arg(&dir);
        init.arg("--genesis").arg(self.dir.join("devnet/genesis.json"));
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

    /// Stops all processes and removes the folder.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        // Followers first: the last started goes first.
        while let Some(mut running) = self.running.pop() {
            terminate(&mut running.child, STOP_PATIENCE * 2).await;
        }
        fs::remove_dir_all(&self.dir).map_err(Failure::io("remove", &self.dir))
    }
}

fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|e| Failure::new(Exit::Failure, format!("cannot find the program itself: {e}")))
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
        let mut network = Network::empty(Nodes::One, &dir.path().join("network")).unwrap();
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
