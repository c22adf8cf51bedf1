"""kill -9 under load: nothing that was final may be lost, nobody may contradict himself."""

import time

from cluster import Broken
from load import Load
from rpc import wait_for

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
            top = cluster.top()
            for node in cluster.nodes:
                node.process.kill()  # All at once; then each is waited for.
            for node in cluster.nodes:
                node.kill()
            last = max(load.last_final, top)
            for node in cluster.nodes:
                node.start()
            cluster.wait_height(last + 1, 60, cluster.nodes)
            rounds.append(last)
    load.check()
    blocks = cluster.agreed_blocks()
    if len(blocks) <= rounds[-1]:
        raise Broken(f"final was {rounds[-1]}, now there are {len(blocks)} blocks")
    return f"killed all at heights {rounds}; {len(load.seen)} transfers final, {len(blocks)} blocks equal"
