"""A network of processes: starts, kills, freezes and watches its nodes; ends every one of them whatever happens."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field

import rpc
from rpc import Down, Late, wait_for

BLOCK_MS = 500
START_SECONDS = 60
CATCH_UP_SECONDS = 60
LOG_TAIL = 12

# What consensus says when a validator contradicts itself, and what must never be in a log.
CONTRADICTION = re.compile(
    r"conflicting (notarize|nullify|finalize)|nullify after finalize|finalize after nullify|signer mismatch|equivocat", re.I
)
PANIC = re.compile(r"panicked at|an actor of consensus failed|a part of the node ended")


@dataclass(frozen=True)
class Size:
    """How many nodes a network has, and how many seats the committee that is drawn out of them each epoch; 0: all serve."""

    nodes: int
    seats: int = 0
    block_ms: int = BLOCK_MS
    # First values of parameters that are not the devnet's own.
    params: dict = field(default_factory=dict)

    @property
    def flags(self):
        params = [f"--param={name}={value}" for name, value in self.params.items()]
        if self.seats:
            return ["--candidates", str(self.nodes), "--committee", str(self.seats), *params]
        return ["--nodes", str(self.nodes), *params]


VALIDATORS = Size(4)
# Half the time, because what elections do takes epochs.
CANDIDATES = Size(8, seats=4, block_ms=250)


class Broken(Exception):
    """The network broke a promise."""


# Ports of all networks of this run: a node that is down leaves its own free.
TAKEN, TAKING = set(), threading.Lock()


def free_ports(random, count, tries=200):
    """The first of so many adjacent free ports, below those that systems give to clients."""
    for _ in range(tries):
        first = random.randrange(20_000, 31_000)
        held, ports = [], range(first, first + count)
        try:
            for port in ports:
                held.append(socket.create_server(("127.0.0.1", port)))
            with TAKING:
                if TAKEN.isdisjoint(ports):
                    TAKEN.update(ports)
                    return first
        except OSError:
            continue
        finally:
            for listener in held:
                listener.close()
    raise Late("no free ports found")


class Node:
    def __init__(self, binary, folder, index, rpc_port, p2p_port, metrics_port):
        self.binary, self.folder, self.index = binary, folder, index
        self.name = f"node-{index}"
        self.rpc, self.p2p, self.metrics = rpc_port, p2p_port, metrics_port
        self.environment, self.process, self.exits = {}, None, []
        self.log = folder / "fault.log"

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """The supervisor's command line: the node also ends when this test does, because its standard input closes."""
        assert not self.running, self.name
        environment = {**os.environ, "RUST_BACKTRACE": "1", **self.environment}
        command = [self.binary, "node", "run", "--supervised", "--dir", str(self.folder)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
            )

    def kill(self, how=signal.SIGKILL, seconds=20):
        if self.process is None:
            return None
        self.process.send_signal(how)
        if how == signal.SIGKILL:
            self.process.send_signal(signal.SIGCONT)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise Late(f"{self.name} did not end within {seconds} s of signal {how}") from error
        finally:
            self.process.stdin.close()
        self.process = None
        return code

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def height(self):
        return int(rpc.call(self.rpc, "eth_blockNumber"), 16)

    def height_or_none(self):
        if not self.running:
            self.exits += [self.process.returncode] if self.process else []
            if self.process:
                raise Broken(f"{self.name} ended by itself with code {self.process.returncode}:\n{self.tail()}")
            return None
        try:
            return self.height()
        except Down:
            return None

    def metric(self, name):
        """The value of a metric without labels."""
        _, page = rpc.get(self.metrics, "/metrics")
        return float(re.search(rf"^{name} (\S+)$", page, re.M)[1])

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def log_lines(self):
        try:
            return self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def tail(self):
        return "\n".join(line[:300] for line in self.log_lines()[-LOG_TAIL:])


class Cluster:
    def __init__(self, binary, random, note, size=VALIDATORS):
        self.binary, self.random, self.note, self.size = binary, random, note, size
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="fault-"))
        self.network = self.dir / "network"
        base = free_ports(random, 5 * size.nodes)
        self.first_rpc, self.first_p2p, self.first_metrics = base, base + size.nodes, base + 2 * size.nodes
        self.spare = base + 3 * size.nodes
        self.processes = []
        # Nodes with the key of another one, and whether contradictions are meant.
        self.twins, self.contradicts = [], False
        self.nodes = [
            Node(binary, self.network / f"node-{i}", i, self.first_rpc + i, self.first_p2p + i, self.first_metrics + i)
            for i in range(size.nodes)
        ]

    def devnet_command(self, *more):
        return [
            self.binary, "devnet", "--dir", str(self.network), "--port", str(self.first_rpc), "--metrics-port",
            str(self.first_metrics), *more,
        ]  # fmt: skip

    def create(self):
        """Lets the supervisor make keys and spec, and ends it while the nodes start for the first time."""
        command = self.devnet_command(*self.size.flags, "--p2p-port", str(self.first_p2p), "--fresh")
        command += ["--block-time", str(self.size.block_ms)]
        with open(self.dir / "devnet.log", "ab") as log:
            supervisor = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(supervisor)
        manifest = self.network / "devnet.json"

        def made():
            if supervisor.poll() is not None:
                raise Broken(f"althing devnet failed:\n{(self.dir / 'devnet.log').read_text()[-2000:]}")
            return manifest.exists() and manifest.read_text().strip().endswith("}")

        wait_for("the devnet's folder is made", made, START_SECONDS)
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(30)
        self.processes.remove(supervisor)
        wait_for("the devnet's ports are free", lambda: all(self.free(n) for n in self.nodes), 30)

    @staticmethod
    def free(node):
        for port in (node.rpc, node.p2p, node.metrics):
            try:
                socket.create_server(("127.0.0.1", port)).close()
            except OSError:
                return False
        return True

    def start(self, height=3):
        for node in self.nodes:
            node.start()
        self.wait_height(height, START_SECONDS)

    @property
    def running(self):
        return [node for node in self.nodes if node.running]

    def heights(self):
        return {node.name: node.height_or_none() for node in self.nodes}

    def top(self):
        return max((h for h in self.heights().values() if h is not None), default=0)

    def wait_height(self, height, seconds, nodes=None):
        nodes = nodes or self.running

        def reached():
            return all((node.height_or_none() or 0) >= height for node in nodes)

        names = ", ".join(node.name for node in nodes)
        wait_for(lambda: f"{names} at height {height} (heights {self.heights()})", reached, seconds)

    def restart(self, node, seconds=CATCH_UP_SECONDS):
        """Starts a node and waits until it has a block that was made after that; the seconds it took."""
        begun, height = time.monotonic(), self.top() + 1
        node.start()
        self.wait_height(height, seconds, [node])
        return time.monotonic() - begun

    def grows(self, blocks, seconds, nodes=None):
        """Waits until the given nodes have so many more blocks than any has now."""
        self.wait_height(self.top() + blocks, seconds, nodes)

    def agreed_blocks(self, seconds=CATCH_UP_SECONDS, first=0):
        """All nodes reach the top, and have the same hash and state root at every height from `first` on; the hashes."""
        top = self.top()
        self.wait_height(top, seconds, self.nodes)
        chains = {}
        for node in self.nodes:
            blocks = rpc.batch(node.rpc, "eth_getBlockByNumber", [[hex(h), False] for h in range(first, top + 1)])
            missing = [h for h, block in enumerate(blocks, first) if block is None]
            if missing:
                raise Broken(f"{node.name} lacks final blocks {missing[:10]}")
            chains[node.name] = [(b["hash"], b["stateRoot"], b["parentHash"]) for b in blocks]
        reference = chains[self.nodes[0].name]
        for name, chain in chains.items():
            for place, (block, expected) in enumerate(zip(chain, reference)):
                height = first + place
                if block != expected:
                    raise Broken(f"FORK at height {height}: {name} has {block}, node-0 has {expected}")
                if place and block[2] != chain[place - 1][0]:
                    raise Broken(f"{name}: block {height} does not follow block {height - 1}")
        return [block[0] for block in reference]

    def check_logs(self):
        """No validator contradicted itself, nothing panicked."""
        for node in self.nodes:
            for line in node.log_lines():
                if PANIC.search(line) or (not self.contradicts and CONTRADICTION.search(line)):
                    raise Broken(f"{node.name} logged: {line[-600:]}")

    def stop(self, keep=False):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        for node in [*self.nodes, *self.twins]:
            if node.running:
                node.kill()
        if keep:
            self.note(f"folder kept: {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def spec(self):
        return json.loads((self.network / "genesis.json").read_text())
