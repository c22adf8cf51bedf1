"""A clock that is wrong."""

import glob

from load import Load
from rpc import wait_for
from scenarios import Skip
from scenarios.outages import keeps_growing

LIBRARIES = ["/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1"]
OFFSET = "+300s"
SECONDS = 20


def clock_skew(context):
    found = [path for pattern in LIBRARIES for path in glob.glob(pattern)]
    if not found:
        raise Skip("libfaketime is not installed (Debian: apt-get install libfaketime)")
    cluster = context.cluster(start=False)
    wrong = context.random.choice(cluster.nodes)
    # Only the calendar is shifted: the clock that measures time-outs goes on as it was.
    wrong.environment.update(LD_PRELOAD=found[0], FAKETIME=OFFSET, FAKETIME_DONT_FAKE_MONOTONIC="1", FAKETIME_NO_CACHE="1")
    for node in cluster.nodes:
        node.start()
    others = [node for node in cluster.nodes if node is not wrong]
    cluster.wait_height(3, 60, others)
    with Load(cluster) as load:
        blocks = keeps_growing(cluster, others, SECONDS, 12)
        line = wait_for("a node logs that clocks differ", lambda: said(others), 30)
        cluster.wait_height(cluster.top(), 30, [wrong])
    load.check()
    cluster.agreed_blocks()
    return f"{wrong.name} {OFFSET}: {blocks} blocks in {SECONDS} s; logged: {line[-160:]}"


def said(nodes):
    lines = (line for node in nodes for line in node.log_lines())
    return next((line for line in lines if "ahead of this node's clock" in line), None)
