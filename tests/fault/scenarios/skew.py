"""A clock that is wrong."""

import glob

from load import Load
from rpc import wait_for
from scenarios import Skip
from scenarios.outages import keeps_growing

LIBRARIES = ["/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1"]
# Only the calendar is shifted: the clock that measures time-outs goes on as it was.
SETTINGS = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
SECONDS = 12
DIFFER = "ahead of this node's clock"


def clock_skew(context):
    found = [path for pattern in LIBRARIES for path in glob.glob(pattern)]
    if not found:
        raise Skip("libfaketime is not installed (Debian: apt-get install libfaketime)")
    cluster = context.cluster(start=False)
    wrong = context.random.choice(cluster.nodes)
    others = [node for node in cluster.nodes if node is not wrong]
    facts = []
    with Load(cluster) as load:
        # Ahead, the others refuse its blocks; behind, it refuses theirs.
        for offset, tellers in (("+300s", others), ("-300s", [wrong])):
            wrong.environment.update(SETTINGS, LD_PRELOAD=found[0], FAKETIME=offset)
            before = {node.name: count(node) for node in tellers}
            for node in cluster.nodes:
                if not node.running:
                    node.start()
            cluster.wait_height(3, 60, others)
            blocks = keeps_growing(cluster, others, SECONDS, 12)
            wait_for("a node logs that clocks differ", lambda: any(count(n) > before[n.name] for n in tellers), 30)
            cluster.wait_height(cluster.top(), 30, [wrong])
            facts.append(f"{offset}: {blocks} blocks in {SECONDS} s, log says so")
            wrong.kill()
        wrong.environment.clear()
        cluster.restart(wrong)
    load.check()
    cluster.agreed_blocks()
    return f"{wrong.name} " + "; ".join(facts)


def count(node):
    return sum(DIFFER in line for line in node.log_lines())
