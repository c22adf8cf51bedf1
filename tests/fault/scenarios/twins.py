"""An operator's key on two machines at once: it proposes twice, pays for it by itself, and nobody else is harmed.

A node talks with one of the two only, whichever was there first. So cables decide: three nodes
talk with the first machine, which is enough to agree on its block; the last one, far away from them, has seen the block of the second by then.
"""

import shutil

from cluster import Broken, Node, Size
from load import Load
from node import Contract
from node import Node as Told
from proxy import Mesh
from recompute import ADDRESSES, INTERFACES
from rpc import Late, wait_for
from seats import FIRST_DRAWN, Seats

# Five seats go on when one member contradicts itself.
SIZE = Size(5, seats=5, block_ms=250)
TWIN = 4
SECONDS = 240
PATIENCE_SECONDS = 20
# Index of the second machine.
SECOND = SIZE.nodes
FAR, FAR_SECONDS = 3, 0.1
SIDES = [{TWIN, 0, 1, 2}, {SECOND, 3}, {0, 1, 2, 3}]


def twins(context):
    cluster = context.cluster(start=False, size=SIZE)
    for node in cluster.nodes:
        node.environment["ALTHING_P2P__LISTEN"] = f"127.0.0.1:{cluster.spare + node.index}"
    routes = {node.index: (node.p2p, cluster.spare + node.index) for node in cluster.nodes}
    mesh = Mesh(routes, lambda: {node.index: node.process.pid for node in cluster.nodes + cluster.twins if node.running})
    try:
        cluster.start()
        return contradict(cluster, mesh)
    finally:
        mesh.stop()


def contradict(cluster, mesh):
    seats, first = Seats(cluster), cluster.nodes[TWIN]
    wait_for("elected candidates serve", lambda: seats.epoch() > FIRST_DRAWN, SECONDS)
    first.kill()
    second = copy(cluster, first)
    cluster.contradicts = True
    self_stake = candidate(cluster, first).selfStakingTokens
    mesh.split(*SIDES)
    mesh.delays = {frozenset({FAR, other}): FAR_SECONDS for other in range(FAR)}
    first.start()
    second.start()
    others = [node for node in cluster.nodes if node is not first]
    # Without transactions both machines could propose the very same block.
    with Load(cluster) as load:
        record = wait_for_punishment(cluster, first)
    second.kill()
    cluster.grows(10, 60, others)
    taken = record.slashed
    twentieth = self_stake * 5 // 100
    # Only blocks that it missed meanwhile cost a little more.
    most = twentieth * 101 // 100 if record.missed else twentieth
    if not twentieth <= taken <= most:
        raise AssertionError(f"{taken} of a self-stake of {self_stake} were taken, not a twentieth; missed blocks: {record.missed}")
    load.check()
    blocks = cluster.agreed_blocks()
    return (
        f"{first.name} ran twice: {record.doubleProposals} double proposal punished with {taken} Rau of {self_stake}, in jail until "
        f"{record.jailedUntil}; {len(blocks)} blocks equal"
    )


def wait_for_punishment(cluster, node):
    """A node blocks whom it saw vote twice, maybe before it had both blocks; started again, it listens anew."""
    for _ in range(SECONDS // PATIENCE_SECONDS):
        try:
            return wait_for("its double proposal is punished", lambda: punished(cluster, node), PATIENCE_SECONDS)
        except Late:
            cluster.nodes[FAR].kill()
            cluster.nodes[FAR].start()
    raise Broken(f"no double proposal was punished within {SECONDS} s")


def copy(cluster, node):
    """The same node in another folder, on ports of its own; it dials the others."""
    folder = cluster.network / "twin"
    shutil.copytree(node.folder, folder)
    ports = [cluster.spare + SIZE.nodes + kind for kind in range(3)]
    twin = Node(cluster.binary, folder, SECOND, *ports)
    for section, port in zip(("RPC", "P2P", "METRICS"), ports):
        twin.environment[f"ALTHING_{section}__LISTEN"] = f"127.0.0.1:{port}"
    cluster.twins = [twin]
    return twin


def contract(cluster, name):
    told = Told(f"http://127.0.0.1:{cluster.nodes[0].rpc}")
    return Contract(told, ADDRESSES[name], INTERFACES / f"{name}.sol")


def candidate(cluster, node):
    page = contract(cluster, "Staking").call("candidatesV3", 0, SIZE.nodes)
    return next(row for row in page if row.name == node.name.replace("-", ""))


def punished(cluster, node):
    """What is held against the node's candidate, once a double proposal is."""
    record = contract(cluster, "Conduct").call("conductOf", candidate(cluster, node).id)
    return record if record.doubleProposals else None
