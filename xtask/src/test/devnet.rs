//! A devnet for tests, on free ports and in a folder of its own. It never outlives this object.

use super::fail;
use eyre::{Result, WrapErr, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Nodes of the network: the least that tolerates one faulty.
const NODES: u16 = 4;

/// How long keys, genesis and first blocks may take, for a build that is not optimized.
const START_TIMEOUT: Duration = Duration::from_secs(180);

/// How long all nodes may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two looks.
const POLL: Duration = Duration::from_millis(250);

/// How long a node may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A running network.
pub(super) struct Devnet {
    child: Child,
    log: PathBuf,
    rpc: u16,
}

impl Devnet {
    /// Starts the network and waits until each node has a block.
    pub(super) fn start(program: &Path, logs: &Path) -> Result<Self> {
        println!("\n== start a devnet");
        let started = Instant::now();
        let (dir, log) = (logs.join("devnet"), logs.join("devnet.log"));
        let output = File::create(&log).wrap_err_with(|| format!("cannot write {}", log.display()))?;
        let errors = output.try_clone().wrap_err("cannot share the log")?;
        let [rpc, p2p, metrics] = free_ports()?;
        let mut command = Command::new(program);
        command.args(["devnet", "--fresh", "--nodes", &NODES.to_string(), "--dir"]).arg(&dir);
        command.args(["--port", &rpc.to_string(), "--p2p-port", &p2p.to_string()]);
        command.args(["--metrics-port", &metrics.to_string()]);
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().wrap_err_with(|| format!("cannot start {}", program.display()))?;
        let mut devnet = Self { child, log, rpc };
        devnet.wait_for_blocks()?;
        println!("== start a devnet: ok, {} s", started.elapsed().as_secs());
        Ok(devnet)
    }

    /// Addresses of the nodes.
    pub(super) fn urls(&self) -> Vec<String> {
        self.addresses().map(|address| format!("http://{address}")).collect()
    }

    /// Stops the network as an operator does, and sees that it ends well.
    pub(super) fn stop(mut self) -> Result<()> {
        println!("\n== stop the devnet");
        let started = Instant::now();
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).wrap_err("cannot signal the devnet")?;
        while started.elapsed() < STOP_TIMEOUT {
            let Some(status) = self.child.try_wait().wrap_err("cannot wait for the devnet")? else {
                thread::sleep(POLL);
                continue;
            };
            if !status.success() {
                return fail(&format!("the devnet ended with {status}"), &self.log);
            }
            println!("== stop the devnet: ok, {} s, exit code 0", started.elapsed().as_secs());
            return Ok(());
        }
        fail(&format!("the devnet did not end within {} s", STOP_TIMEOUT.as_secs()), &self.log)
    }

    fn addresses(&self) -> impl Iterator<Item = SocketAddr> + use<> {
        let first = self.rpc;
        (0..NODES).map(move |node| SocketAddr::from(([127, 0, 0, 1], first + node)))
    }

    fn wait_for_blocks(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_TIMEOUT {
            if let Some(status) = self.child.try_wait().wrap_err("cannot wait for the devnet")? {
                return fail(&format!("the devnet ended at once with {status}"), &self.log);
            }
            if self.addresses().all(|node| height(node).is_ok_and(|height| height > 0)) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        fail(&format!("no blocks on all nodes within {} s", START_TIMEOUT.as_secs()), &self.log)
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        // Only after a failure something is left to end; the nodes stop when their supervisor is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// First ports of three runs of free ports, one port a node.
fn free_ports() -> Result<[u16; 3]> {
    /// Below the ports that systems give to outgoing connections, so that no client takes one meanwhile.
    const FIRST: u16 = 20_000;
    /// Starting points that are tried; runs beside each other begin at different ones.
    const PLACES: u16 = 900;
    let own = u16::try_from(std::process::id() % u32::from(PLACES)).unwrap_or_default();
    for place in 0..PLACES {
        let first = FIRST + (own + place) % PLACES * 3 * NODES;
        // All are held until all were had, so that they are free together.
        let ports = first..first + 3 * NODES;
        let held: Vec<_> = ports.map_while(|port| TcpListener::bind(("127.0.0.1", port)).ok()).collect();
        if held.len() == usize::from(3 * NODES) {
            return Ok([first, first + NODES, first + 2 * NODES]);
        }
    }
    bail!("no {} free ports in a row from {FIRST} on", 3 * NODES)
}

/// The height that a node answers with. Plain sockets: a test of HTTP clients must not depend on one.
fn height(node: SocketAddr) -> Result<u64> {
    let mut stream = TcpStream::connect_timeout(&node, ANSWER_TIMEOUT)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}).to_string();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {node}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES).read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let answer: Value = serde_json::from_str(body)?;
    let quantity = answer["result"].as_str().unwrap_or_default();
    ensure!(quantity.starts_with("0x"), "no height in {answer}");
    Ok(u64::from_str_radix(&quantity[2..], 16)?)
}
