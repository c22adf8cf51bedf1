"""kill -9 under load: nothing that was final may be lost, nobody may contradict himself."""

import shutil
import time

import rpc
from cluster import Broken
from load import CHAIN_ID, Load
from rpc import wait_for
from transactions import KEYS, address_of, transfer

# A node that is killed again while it starts: so often in 100.
KILLED_AT_START = 25
HEADS_ADVANCE_SECONDS = 60


def kill_under_load(context):
    cluster, slowest, at_start = context.cluster(), 0.0, 0
    with Load(cluster) as load:
        wait_for("the first transfers become final", lambda: len(load.seen) >= 5, 30)
        for kill in range(context.options.kills):
            node = context.random.choice(cluster.nodes)
            wait_for_moment(context.random, 1.2)
            node.kill()
            if context.random.randrange(100) < KILLED_AT_START:
                at_start += 1
                node.start()
                wait_for_moment(context.random, 1.5, unless=lambda: not node.running)
                node.kill()
            seconds = cluster.restart(node)
            slowest = max(slowest, seconds)
            cluster.grows(1, HEADS_ADVANCE_SECONDS)
            if context.options.verbose:
                context.note(f"kill {kill + 1}: {node.name}, follows after {seconds:.1f} s, heights {cluster.heights()}")
    load.check()
    blocks = cluster.agreed_blocks()
    return (
        f"{context.options.kills} kills (+{at_start} during start), {len(load.seen)} transfers final, {len(blocks)} blocks equal, "
        f"slowest return {slowest:.1f} s"
    )


def wait_for_moment(random, longest, unless=lambda: False):
    """Some moment, so that kills hit all phases of a view and of a start."""
    end = time.monotonic() + random.uniform(0, longest)
    wait_for("a random moment", lambda: time.monotonic() >= end or unless(), longest + 5)


def kill_all(context):
    cluster = context.cluster()
    epoch = cluster.spec()["epochBlocks"]
    # Within an epoch, at its end while the next key is made, at its begin.
    targets, rounds = (epoch // 3, epoch - 2, epoch + 1, 2 * epoch - 1), []
    with Load(cluster) as load:
        for target in targets:
            enough = len(load.seen) + 5
            wait_for("transfers become final", lambda: len(load.seen) >= enough, 60)
            cluster.wait_height(target, 60)
            wait_for_moment(context.random, 1)
            rounds.append(all_fall(cluster, load))
    load.check()
    blocks = cluster.agreed_blocks()
    if len(blocks) <= rounds[-1]:
        raise Broken(f"final was {rounds[-1]}, now there are {len(blocks)} blocks")
    return f"killed all at heights {rounds}; {len(load.seen)} transfers final, {len(blocks)} blocks equal"


def all_fall(cluster, load):
    """Kills all nodes at once and starts them; waits until all go on. The last height that was final before."""
    top = cluster.top()
    for node in cluster.nodes:
        node.process.kill()  # All at once; then each is waited for.
    for node in cluster.nodes:
        node.kill()
    last = max(load.last_final, top)
    for node in cluster.nodes:
        node.start()
    cluster.wait_height(last + 1, 60, cluster.nodes)
    return last


def first_start(context):
    """Killed while genesis is laid, again and again: the next start must not be misled by what is half there."""
    cluster, rounds = context.cluster(start=False), 5
    for node in cluster.nodes:
        wipe(node)
    for _ in range(rounds):
        for node in cluster.nodes:
            node.start()
        for node in context.random.sample(cluster.nodes, len(cluster.nodes)):
            wait_for_moment(context.random, 0.15, unless=lambda node=node: not node.running)
            if not node.running:
                raise Broken(f"{node.name} does not start after a kill at its first start:\n{node.tail()}")
            node.kill()
    cluster.start()
    blocks = cluster.agreed_blocks()
    return f"{rounds} first starts of all nodes killed, then {len(blocks)} blocks equal"


def wipe(node):
    """As before its first start: with keys, configuration and chain spec only."""
    for path in node.folder.iterdir():
        if path.name in ("consensus", "BEGUN", "LOCK", "NETWORK") or path.name.startswith(("index.", "transactions.")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def kill_with_pool(context):
    """What a node accepted from a client survives its kill, though no other node has heard of it."""
    cluster, count = context.cluster(), 5
    keeper, *others = context.random.sample(cluster.nodes, len(cluster.nodes))
    for node in others:
        node.kill()
    hashes = []
    for nonce in range(count):
        raw, hash_ = transfer(KEYS[0], CHAIN_ID, nonce, address_of(KEYS[1]), 1)
        rpc.call(keeper.rpc, "eth_sendRawTransaction", raw)
        hashes.append([hash_])
    keeper.kill()
    for node in cluster.nodes:
        node.start()

    def final():
        return all(rpc.batch(cluster.nodes[0].rpc, "eth_getTransactionReceipt", hashes))

    wait_for("the accepted transfers become final", final, 60)
    cluster.agreed_blocks()
    return f"{count} transfers that only {keeper.name} had were final after its kill"
