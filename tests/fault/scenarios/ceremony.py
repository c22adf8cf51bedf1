"""A network from nothing: four operators make keys, hold the key ceremony through its troubles, and start their nodes."""

import json
import os
import signal
import subprocess

from cluster import Broken, Cluster
from rpc import wait_for

SECONDS = 60
# Exit codes of the command.
FAILURE, NETWORK, TIMEOUT, VERIFICATION = 1, 5, 7, 8
# How long the operators wait for one that does not come.
PATIENCE = 8


class Operator:
    """A validator's folder, and the ceremony's process on it."""

    def __init__(self, cluster, node):
        self.binary, self.node, self.name = cluster.binary, node, node.name
        self.spec, self.log, self.process = node.folder / "genesis.json", node.folder / "ceremony.log", None
        node.environment = {
            "ALTHING_RPC__LISTEN": f"127.0.0.1:{node.rpc}",
            "ALTHING_METRICS__LISTEN": f"127.0.0.1:{node.metrics}",
            "ALTHING_P2P__LISTEN": f"127.0.0.1:{node.p2p}",
        }
        self.processes = cluster.processes
        node.folder.mkdir(parents=True)
        password = node.folder / "password"
        password.write_text("horse\n", encoding="utf-8")
        init = ["node", "init", "--dir", node.folder, "--password-file", password, "--scrypt-cost", "10"]
        self.key = self.run(*init)["operator"]

    def run(self, *words, code=0):
        """Runs a command to its end; what it gave, or said when it is to fail."""
        command = [self.binary, "--json", *map(str, words)]
        environment = {**os.environ, **self.node.environment}
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment, check=False)
        if done.returncode != code:
            raise Broken(f"{self.name}: `{' '.join(command[1:4])}` ended with {done.returncode}, not {code}: {done.stderr[-800:]}")
        return json.loads(done.stdout) if code == 0 else done.stderr

    def begin(self, timeout=SECONDS):
        """Starts the ceremony."""
        words = ["--json", "genesis", "ceremony", self.spec, "--node", self.node.folder, "--timeout", timeout]
        environment = {**os.environ, **self.node.environment}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.binary, *map(str, words)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        self.processes.append(self.process)

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def last_line(self):
        return (self.said().splitlines() or [""])[-1]

    def says(self, text):
        wait_for(lambda: f"{self.name} says `{text}` (said {self.said()[-400:]!r})", lambda: text in self.said(), SECONDS)

    def ends(self, codes, *expected):
        """Waits for the ceremony's end with one of these exit codes."""
        try:
            ended = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"{self.name} does not end; it said {self.said()[-800:]}") from error
        said = self.said()
        if ended not in codes or any(text not in said for text in expected) or "panicked" in said:
            raise Broken(f"{self.name} ended with {ended}, not {codes} and {expected}: {said[-1500:]}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(SECONDS)


def write_spec(cluster, operators):
    """The file that all operators agreed on, and its copies in their folders."""
    spec = cluster.dir / "draft.json"
    first = operators[0]
    first.run("genesis", "new", spec, "--preset", "devnet", "--name", "ceremony", "--chain-id", "77001")
    for operator in operators:
        words = ["--name", operator.name, "--operator", operator.key, "--p2p", f"127.0.0.1:{operator.node.p2p}"]
        first.run("genesis", "add-validator", spec, *words, "--reward", "0x00000000000000000000000000000000000000f0")
    for operator in operators:
        operator.spec.write_bytes(spec.read_bytes())
    return spec.read_bytes()


def one_is_missing(operators, draft):
    for operator in operators[:3]:
        operator.begin(timeout=PATIENCE)
    for operator in operators[:3]:
        operator.ends([TIMEOUT], "waiting for node-3", "missing: node-3. Nothing was written")
        if operator.spec.read_bytes() != draft:
            raise Broken(f"{operator.name} changed its chain spec though the ceremony failed")


def one_has_another_spec(operators, draft):
    """The odd one is refused; the others are left waiting for it."""
    odd = operators[3]
    odd.spec.write_bytes(draft.replace(b'"baseFee": ', b'"baseFee": 1'))
    for operator in operators:
        operator.begin()
    odd.ends([VERIFICATION], "is not the one here")
    heard = "node-3 has another chain spec"
    wait_for(f"somebody says `{heard}`", lambda: any(heard in operator.said() for operator in operators[:3]), SECONDS)
    odd.spec.write_bytes(draft)
    odd.begin()


def one_falls_in_the_middle(operators):
    """It is killed while keys are made and comes back. Whoever failed for that runs the command again; if somebody had
    ended well before the kill was felt, the others take that file. Returns how many ran the command again."""
    fallen, failed = operators[2], []
    fallen.says("of 4 have dealt")
    fallen.kill()
    fallen.begin()

    def settled():
        ended = [operator for operator in operators if operator.process.poll() == 0]
        pending = [operator for operator in operators if operator not in ended]
        for operator in pending:
            if operator.process.poll() is not None:
                operator.ends([FAILURE, NETWORK], "run it again on all nodes")
                failed.append(operator.name)
                operator.begin()
        if ended and all(f"{len(pending)} of 4 validators are here; waiting" in operator.last_line() for operator in pending):
            for operator in pending:
                operator.kill()
                operator.spec.write_bytes(ended[0].spec.read_bytes())
            return True
        return not pending

    wait_for("all have ended the ceremony", settled, SECONDS)
    return len(failed)


def all_agree(operators):
    if len({operator.spec.read_bytes() for operator in operators}) != 1:
        raise Broken("the operators have different chain specs")
    checks = [operator.run("genesis", "check", operator.spec, "--node", operator.node.folder) for operator in operators]
    agreed = checks[0]["hash"]
    ended = [operator for operator in operators if operator.process.poll() == 0]
    for operator in ended:
        if agreed not in operator.last_line():
            raise Broken(f"{operator.name} has the chain spec {agreed}, and its ceremony said {operator.said()[-400:]}")
    left = [operator.name for operator in ended if (operator.node.folder / "ceremony").exists()]
    if left:
        raise Broken(f"journals of the ceremony were left at {left}")
    return agreed


def ceremony(context):
    cluster = Cluster(context.options.binary, context.random, context.note)
    context.clusters.append(cluster)
    operators = [Operator(cluster, node) for node in cluster.nodes]
    draft = write_spec(cluster, operators)
    one_is_missing(operators, draft)
    one_has_another_spec(operators, draft)
    failed = one_falls_in_the_middle(operators)
    agreed = all_agree(operators)
    first = operators[0]
    again = ["genesis", "ceremony", first.spec, "--node", first.node.folder]
    if agreed not in (refused := first.run(*again, code=FAILURE)):
        raise Broken(f"a finished chain spec is not refused as such: {refused}")
    cluster.start()
    blocks = cluster.agreed_blocks()
    first.node.kill(signal.SIGTERM)
    if "a node has run" not in (refused := first.run(*again, "--again", code=FAILURE)):
        raise Broken(f"a ceremony may replace the share of a node that has run: {refused}")
    return f"one missing, one with another spec, one killed in the middle ({failed} began anew); then all agreed, and {len(blocks)} blocks are equal"
