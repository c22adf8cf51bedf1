"""A node outside the mesh: it proves and executes what another node gives it, through kills and a change of that node."""

import os
import subprocess

import rpc
from cluster import Broken, Node
from load import KEYS, Account, Load
from rpc import Refused, wait_for
from transactions import transfer

KILLS = 3
SECONDS = 60
RECEIVER = bytes.fromhex("00000000000000000000000000000000000000f0")


def new_follower(cluster, ports, *more):
    """A follower of the first of these ports that answers."""
    folder = cluster.dir / "follower"
    command = [cluster.binary, "node", "init", "--dir", str(folder), "--role", "follower"]
    command += ["--genesis", str(cluster.network / "genesis.json")]
    for port in ports:
        command += ["--follow", f"ws://127.0.0.1:{port}"]
    command += more
    made = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=os.environ, check=False)
    if made.returncode != 0:
        raise Broken(f"althing node init failed: {made.stderr}")
    node = Node(cluster.binary, folder, len(cluster.nodes), cluster.spare, cluster.spare + 2, cluster.spare + 1)
    node.environment = {
        "ALTHING_RPC__LISTEN": f"127.0.0.1:{node.rpc}",
        "ALTHING_METRICS__LISTEN": f"127.0.0.1:{node.metrics}",
    }
    return node


def taken(node, raw):
    """Whether the follower passed a transfer on; just after a start it may not be connected yet."""
    try:
        return rpc.call(node.rpc, "eth_sendRawTransaction", raw)
    except Refused as refused:
        if "not connected" in refused.message:
            return None
        raise


def follow(context):
    cluster = context.cluster()
    chain_id = cluster.spec()["chainId"]
    with Load(cluster, accounts=len(KEYS) - 1) as load:
        node = new_follower(cluster, [node.rpc for node in cluster.nodes[:2]])
        joined = cluster.restart(node, SECONDS)
        sender = Account(KEYS[-1])
        for nonce in range(KILLS):
            raw, sent = transfer(sender.key, chain_id, nonce, RECEIVER, 1)
            wait_for("the follower takes a transfer", lambda: taken(node, raw), SECONDS)
            wait_for("the transfer is final", lambda: rpc.call(node.rpc, "eth_getTransactionReceipt", sent), SECONDS)
            node.kill()
            cluster.restart(node, SECONDS)
        cluster.nodes[0].kill()
        cluster.wait_height(cluster.top() + 8, SECONDS, [node])
        cluster.restart(cluster.nodes[0])
    load.check()
    cluster.nodes.append(node)
    blocks = cluster.agreed_blocks()
    received = int(rpc.call(node.rpc, "eth_getBalance", "0x" + RECEIVER.hex(), "latest"), 16)
    if received != KILLS:
        raise Broken(f"the follower says that {received} arrived, not {KILLS}")
    return f"joined in {joined:.1f} s, {KILLS} kills, followed another node meanwhile; {len(blocks)} blocks equal"
