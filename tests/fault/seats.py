"""Who serves, who is drawn, and whether all nodes say the same of it: what scenarios of elections ask for."""

import pathlib
import subprocess
import sys

import rpc
from cluster import Broken
from node import Contract, Node
from recompute import ADDRESSES, INTERFACES

RECOMPUTE = pathlib.Path(__file__).resolve().parents[1] / "recompute"
SECONDS = 120
# The first epoch whose committee is drawn.
FIRST_DRAWN = 3


class Seats:
    """The elections of a network; epochs by number, members by node."""

    def __init__(self, cluster):
        spec = cluster.spec()
        self.cluster, self.epoch_blocks = cluster, spec["epochBlocks"]
        self.genesis = str(cluster.network / "genesis.json")
        by_port = {str(node.p2p): node for node in cluster.nodes}
        self.node_of = {row["operator"]: by_port[row["p2p"].rsplit(":", 1)[1]] for row in spec["candidates"]}

    def epoch(self, node=None):
        return (node.height() if node else self.cluster.top()) // self.epoch_blocks

    def first_block(self, epoch):
        return epoch * self.epoch_blocks

    @staticmethod
    def told(node, epoch):
        """What a node says of a committee; nothing before its draw."""
        return rpc.call(node.rpc, "althing_committee", hex(epoch))

    def members(self, node, epoch):
        """The nodes that serve in an epoch, or are drawn for it; nothing before the draw."""
        told = self.told(node, epoch)
        return told and {self.node_of[member["operator"]] for member in told["members"]}

    def draw(self, node, epoch):
        """The draw as the contract tells it."""
        contract = Contract(Node(f"http://127.0.0.1:{node.rpc}"), ADDRESSES["Election"], INTERFACES / "Election.sol")
        return contract.call("draw", epoch)

    def proposals(self, node, epoch):
        """Blocks of an epoch by the account that gets their tips; the first nodes' accounts differ."""
        first = max(1, self.first_block(epoch))
        heights = range(first, min(self.first_block(epoch + 1), node.height() + 1))
        blocks = rpc.batch(node.rpc, "eth_getBlockByNumber", [[hex(height), False] for height in heights])
        return [block["miner"] for block in blocks]

    def check(self, last):
        """All nodes have the same elections up to an epoch, and they are what the contract drew. How many were kept."""
        kept, reference = 0, self.cluster.nodes[0]
        for epoch in range(last + 1):
            told = self.told(reference, epoch)
            draw = self.draw(reference, epoch)
            for node in self.cluster.nodes[1:]:
                if (there := self.told(node, epoch)) != told:
                    raise Broken(f"epoch {epoch}: {node.name} has the committee {there}, {reference.name} {told}")
                if (there := self.draw(node, epoch)) != draw:
                    raise Broken(f"epoch {epoch}: {node.name} has the draw {there}, {reference.name} {draw}")
            members = {member["operator"] for member in told["members"]}
            if told["kept"]:
                kept += 1
                expected = {member["operator"] for member in self.told(reference, epoch - 1)["members"]}
            else:
                expected = {"0x" + draw.delegates[place].operatorKey.hex() for place in draw.drawn}
            if members != expected:
                raise Broken(f"epoch {epoch}, kept {told['kept']}: {members} serve, and {expected} must")
            strangers = set(self.proposals(reference, epoch)) - {member["reward"] for member in told["members"]}
            if strangers:
                raise Broken(f"epoch {epoch}: blocks are by {strangers}, who are no members")
        return kept

    def verify(self, epochs):
        """A user with the chain spec alone is convinced of each draw."""
        for epoch in epochs:
            node = self.cluster.random.choice(self.cluster.nodes)
            url = f"http://127.0.0.1:{node.rpc}"
            self.run([self.cluster.binary, "chain", "committee", str(epoch), "--verify", "--genesis", self.genesis, "--rpc", url])

    def recompute(self, epochs):
        """Rankings, seeds, draws, leaders and turns, recomputed by a second implementation."""
        return self.run_script("recompute.py", epochs)

    def lies(self):
        """The same notices when a node does not tell the truth."""
        return self.run_script("lies.py", 1)

    def run_script(self, name, epochs):
        url = f"http://127.0.0.1:{self.cluster.random.choice(self.cluster.nodes).rpc}"
        command = [sys.executable, RECOMPUTE / name, "--rpc", url, "--epochs", str(epochs)]
        return self.run(list(map(str, command))).splitlines()[-1]

    @staticmethod
    def run(command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode != 0:
            raise Broken(f"`{' '.join(command)}` ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout
