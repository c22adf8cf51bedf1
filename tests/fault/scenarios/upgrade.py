"""A protocol upgrade by proposal on a network that runs, with one node that was not upgraded in time."""

import subprocess

import rpc
from cluster import Broken, Size
from rpc import wait_for
from scenarios.payout import Program
from seats import Seats

# Four of five seats are enough, and the network goes on without the fifth.
SIZE = Size(
    5, seats=5, block_ms=250, params={"daySeconds": 1, "supportDays": 60, "voteDays": 12, "timeLockDays": 0, "noticeEpochs": 0}
)
LAGGARD = 4
HARDFORK = 1
RELEASE = "v2.0.0-rehearsal"
ARTIFACT = "0x" + "5a" * 32
VOTE_SECONDS, EPOCH_SECONDS = 90, 180
# From the proposal to the hardfork: two for the vote at full speed, two for decision and notice, one in reserve.
EPOCHS = 5
# Creation code of a contract of 30,000 zeros, which is longer than Ethereum's rules allow.
LARGE_CONTRACT = "0x6175305ff3"


def upgrade(context):
    cluster = context.cluster(size=SIZE)
    laggard, others = cluster.nodes[LAGGARD], [node for node in cluster.nodes if node.index != LAGGARD]
    lag(cluster, laggard)
    program, seats = Program(cluster), Seats(cluster)
    code = cluster.dir / "large.hex"
    code.write_text(LARGE_CONTRACT)
    refusal = why_not_deployed(program, code)
    if not refusal:
        raise Broken("the large contract could be deployed under the old rules")
    number = pass_proposal(program)
    pending = program.run("chain", "upgrade")["pending"]
    if (pending["hardfork"], pending["release"], pending["artifact_hash"]) != (HARDFORK, RELEASE, ARTIFACT):
        raise Broken(f"proposal {number} was executed, and what is pending is {pending}")
    wait_for("the laggard stops by itself", lambda: not laggard.running, EPOCH_SECONDS)
    last, ended = laggard.tail(), laggard.kill()
    if RELEASE not in last or ended != 1:
        raise Broken(f"the laggard ended with {ended}, and did not say what to do:\n{last}")
    stopped = seats.epoch()
    cluster.grows(5, 60, others)
    if program.run("chain", "upgrade")["hardfork"] != HARDFORK:
        raise Broken("the laggard stopped before the hardfork was in force")
    if reason := why_not_deployed(program, code):
        raise Broken(f"the large contract cannot be deployed under the new rules: {reason}")
    laggard.environment.pop("ALTHING_NODE__UNKNOWN_HARDFORKS")
    seconds = cluster.restart(laggard)
    blocks = cluster.agreed_blocks()
    return (
        f"proposal {number} for epoch {pending['epoch']}: large contract refused before, deployed after; the laggard stopped with advice at the end "
        f"of epoch {stopped}, and was back {seconds:.1f} s after its upgrade; {len(blocks)} blocks equal"
    )


def lag(cluster, node):
    """The node does as if its release did not know the newest hardfork."""
    node.kill()
    node.environment["ALTHING_NODE__UNKNOWN_HARDFORKS"] = "1"
    cluster.restart(node)


def pass_proposal(program):
    """Submits, supports, votes for and executes the upgrade; the number of its proposal."""
    words = ["--upgrade", RELEASE, "--hardfork", HARDFORK, "--artifact", ARTIFACT, "--epoch", f"+{EPOCHS}"]
    number = program.run("gov", "new", "--title", "Larger contracts", *words, "--dev-account", 1, "--yes")["proposal"]
    program.run("gov", "support", number, "--dev-account", 0, "--yes")
    for voter in range(SIZE.nodes):
        program.run("gov", "vote", number, "yes", "--dev-account", voter, "--yes")
    wait_for(
        "the vote is over", lambda: program.run("gov", "show", number)["stage"] == "executable", VOTE_SECONDS
    )
    program.run("gov", "execute", number, "--dev-account", 3, "--yes")
    return number


def why_not_deployed(program, code):
    """Why a contract cannot be deployed that is larger than Ethereum's rules allow; nothing if it was."""
    try:
        program.run("deploy", code, "--dev-account", 9, "--yes")
    except (Broken, subprocess.TimeoutExpired) as reason:
        return str(reason)
    return ""
