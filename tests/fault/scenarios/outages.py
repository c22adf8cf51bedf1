"""Nodes that are gone, frozen or cut off: the chain goes on with three of four, stands with two, and never forks."""

import time

from cluster import BLOCK_MS, CATCH_UP_SECONDS, Broken
from load import Load
from proxy import Mesh
from rpc import Down, Late, wait_for

ONE_DOWN_SECONDS = 60
FROZEN_SECONDS = 20
CUT_SECONDS = 15
HALTED_INTERVALS = 10
RESUME_SECONDS = 60
# Epochs whose votes are kept: the present one, the one before, and the next when it begins.
JOURNALS = 3


def keeps_growing(cluster, nodes, seconds, longest_gap):
    """For so many seconds a new block comes at least every `longest_gap` seconds; how many came."""
    begun = last_change = time.monotonic()
    first = top = max(node.height() for node in nodes)
    while (now := time.monotonic()) < begun + seconds:
        try:
            height = max(node.height() for node in nodes)
        except Down as error:
            raise Broken(f"a running node does not answer: {error}") from error
        if height > top:
            top, last_change = height, now
        elif now - last_change > longest_gap:
            raise Broken(f"no block after {top} for {longest_gap} s with {len(nodes)} nodes of {len(cluster.nodes)}")
        time.sleep(0.2)
    return top - first


def stands(nodes, intervals=HALTED_INTERVALS):
    """No new height for so many intervals, after what was under way has come to its end; the height."""

    def quiet():
        before = [node.height() for node in nodes]
        end = time.monotonic() + intervals * BLOCK_MS / 1000
        while time.monotonic() < end:
            if [node.height() for node in nodes] != before:
                return None
            time.sleep(0.2)
        return max(before)

    return wait_for("the chain stands", quiet, 30)


def one_down(context):
    cluster = context.cluster()
    with Load(cluster) as load:
        victim = context.random.choice(cluster.nodes)
        victim.kill()
        others = [node for node in cluster.nodes if node is not victim]
        blocks = keeps_growing(cluster, others, ONE_DOWN_SECONDS, 12)
        seconds = cluster.restart(victim)
    load.check()
    cluster.agreed_blocks()
    for node in cluster.nodes:
        journals = list(node.folder.glob("consensus/simplex_consensus_*"))
        if not 0 < len(journals) <= JOURNALS:
            raise Broken(f"{node.name} keeps the votes of {len(journals)} epochs")
    return f"{victim.name} away: {blocks} blocks in {ONE_DOWN_SECONDS} s without it, {len(load.seen)} transfers; caught up in {seconds:.1f} s"


def two_down(context):
    cluster = context.cluster()
    with Load(cluster) as load:
        gone = context.random.sample(cluster.nodes, 2)
        for node in gone:
            node.kill()
        here = [node for node in cluster.nodes if node not in gone]
        height = stands(here)
        # One returns: three of four are enough again.
        begun = time.monotonic()
        gone[0].start()
        cluster.wait_height(height + 3, RESUME_SECONDS, here + gone[:1])
        resumed = time.monotonic() - begun
        cluster.restart(gone[1])
    load.check()
    cluster.agreed_blocks()
    return f"stood at {height} for {HALTED_INTERVALS} intervals, resumed {resumed:.1f} s after the third came back"


def pause(context):
    cluster = context.cluster()
    with Load(cluster) as load:
        victim = context.random.choice(cluster.nodes)
        others = [node for node in cluster.nodes if node is not victim]
        victim.freeze()
        try:
            blocks = keeps_growing(cluster, others, FROZEN_SECONDS, 12)
        finally:
            victim.thaw()
        begun = time.monotonic()
        cluster.wait_height(max(node.height() for node in others), CATCH_UP_SECONDS, [victim])
        seconds = time.monotonic() - begun
    load.check()
    cluster.agreed_blocks()
    return f"{victim.name} frozen {FROZEN_SECONDS} s: {blocks} blocks without it; caught up in {seconds:.1f} s"


def partition(context):
    cluster = context.cluster(start=False)
    for node in cluster.nodes:
        node.environment["ALTHING_P2P__LISTEN"] = f"127.0.0.1:{cluster.spare + node.index}"
    routes = {node.index: (node.p2p, cluster.spare + node.index) for node in cluster.nodes}
    mesh = Mesh(routes, lambda: {node.index: node.process.pid for node in cluster.running})
    try:
        cluster.start()
        with Load(cluster) as load:
            alone = context.random.choice(cluster.nodes)
            others = [node for node in cluster.nodes if node is not alone]
            mesh.split({alone.index}, {node.index for node in others})
            blocks = keeps_growing(cluster, others, CUT_SECONDS, 12)
            behind = max(node.height() for node in others) - alone.height()
            if behind < blocks // 2:
                raise Broken(f"{alone.name} is cut off but only {behind} blocks behind: the cut does not cut")
            healed = heal(cluster, mesh)
            mesh.split({0, 1}, {2, 3})
            height = stands(cluster.nodes, HALTED_INTERVALS)
            healed_two = heal(cluster, mesh)
        load.check()
        cluster.agreed_blocks()
    finally:
        mesh.stop()
    return (
        f"1|3: {alone.name} missed {behind} blocks, back in {healed:.1f} s; 2|2: stood at {height}, went on in {healed_two:.1f} s; "
        f"{len(load.seen)} transfers"
    )


def heal(cluster, mesh):
    """Joins all; the seconds until all nodes have what was final and three blocks more."""
    begun = time.monotonic()
    mesh.heal()
    try:
        cluster.wait_height(cluster.top() + 3, RESUME_SECONDS, cluster.nodes)
    except Late as error:
        raise Broken(f"the network does not heal: {error}") from error
    return time.monotonic() - begun
