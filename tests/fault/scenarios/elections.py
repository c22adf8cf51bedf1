"""Committees that change every epoch, while their members fall, are frozen, come late or all fall at once."""

import time

import abi
import rpc
from cluster import CANDIDATES, Broken
from load import CHAIN_ID, Load
from recompute import ADDRESSES, INTERFACES
from rpc import wait_for
from scenarios.kills import all_fall, wait_for_moment
from scenarios.outages import RESUME_SECONDS, stands
from seats import FIRST_DRAWN, Seats
from transactions import transfer

ROTATION_EPOCHS = 8
# The longest time between two blocks while members are away.
GAP_SECONDS = 20
EPOCH_SECONDS = 180
AWAY_EPOCHS = 4
# A candidate is drawn in every second epoch; this many without it is one run in 4,096.
PATIENCE_EPOCHS = 12
PLAN_GAS = 200_000
WARNING = "the committee before serves on"
FAILED = "althing_failed_resharings_total"


def reaches(nodes, height, gap=GAP_SECONDS):
    """Waits until one of the nodes has a height; a block must come at least every `gap` seconds."""
    top, since = 0, time.monotonic()

    def there():
        nonlocal top, since
        now = max(node.height() for node in nodes)
        if now > top:
            top, since = now, time.monotonic()
        elif time.monotonic() - since > gap:
            raise Broken(f"no block after {top} for {gap} s")
        return top >= height

    wait_for(lambda: f"height {height} (is {top})", there, EPOCH_SECONDS)


def rotation(context):
    cluster, kills, outside = context.cluster(size=CANDIDATES), 0, 0
    seats, load = Seats(cluster), Load(cluster)
    share_with_voters(cluster, load.accounts[:2])
    with load:
        while (epoch := seats.epoch()) < ROTATION_EPOCHS:
            committees = [seats.members(cluster.nodes[0], e) for e in (epoch, epoch + 1)]
            victims = some_victims(context.random, cluster.nodes, committees)
            for node in victims:
                node.kill()
            kills += len(victims)
            outside += sum(node not in committees[0] for node in victims)
            wait_for_moment(context.random, 1.5)
            for node in victims:
                node.start()
            cluster.grows(1, 60, cluster.nodes)
            wait_for_moment(context.random, 4)
    load.check()
    blocks = cluster.agreed_blocks()
    last = seats.epoch()
    kept = seats.check(last)
    committees = [seats.members(cluster.nodes[0], epoch) for epoch in range(FIRST_DRAWN - 1, last + 1)]
    changes = [len(after - before) for before, after in zip(committees, committees[1:])]
    if not any(changes):
        raise Broken(f"the same committee served in all epochs up to {last}")
    seats.verify(range(last + 1))
    recomputed, lies = seats.recompute(last), seats.lies()
    return (
        f"{kills} kills ({outside} outside of committees), {len(load.seen)} transfers final, {len(blocks)} blocks equal; seats changed by "
        f"epoch {changes}, {kept} kept; all draws verified; {recomputed}; {lies}"
    )


def share_with_voters(cluster, accounts):
    """The owners of two candidates give parts of their rewards to voters; the recomputation sees who gets what."""
    selector, inputs, _ = abi.functions(INTERFACES / "Rewards.sol")["setPlan"]
    hashes = []
    for number, account in enumerate(accounts):
        data = selector + abi.encode(inputs, (10_000 - number, 3_333, 0))
        to = bytes.fromhex(ADDRESSES["Rewards"][2:])
        raw, hash_ = transfer(account.key, CHAIN_ID, account.nonce, to, 0, gas=PLAN_GAS, data=data)
        account.nonce += 1
        rpc.call(cluster.nodes[0].rpc, "eth_sendRawTransaction", raw)
        hashes.append([hash_])
    receipts = wait_for("plans are announced", lambda: all(found := receipts_of(cluster, hashes)) and found, 30)
    if any(receipt["status"] != "0x1" for receipt in receipts):
        raise Broken(f"a plan was refused: {receipts}")


def receipts_of(cluster, hashes):
    return rpc.batch(cluster.nodes[0].rpc, "eth_getTransactionReceipt", hashes)


def some_victims(random, nodes, committees):
    """One to three nodes, of each committee at most one."""
    victims = []
    for node in random.sample(nodes, random.randint(1, 3)):
        if all(sum(victim in committee for victim in [*victims, node]) <= 1 for committee in committees):
            victims.append(node)
    return victims


def absent_players(context):
    """Two who are to get key shares are frozen for that epoch: the chain must not stop, whatever comes of the shares."""
    cluster = context.cluster(size=CANDIDATES)
    seats = Seats(cluster)
    with Load(cluster) as load:
        earliest = context.random.randint(FIRST_DRAWN, FIRST_DRAWN + 2)
        term, absent = wait_for("an epoch has two new players", lambda: two_new_players(seats, earliest), 600)
        others = [node for node in cluster.nodes if node not in absent]
        before = {node: node.metric(FAILED) for node in others}
        reaches(cluster.nodes, seats.first_block(term - 1) - 2)
        for node in absent:
            node.freeze()
        try:
            # Until the last block before their term: if they got shares, their term stands without them.
            reaches(others, seats.first_block(term) - 1)
        finally:
            for node in absent:
                node.thaw()
        told = seats.told(others[0], term)
        if told["kept"]:
            failed_as_it_must(seats, others, term, before)
        cluster.wait_height(seats.first_block(term) + 3, 60, cluster.nodes)
        back = wait_for("a drawn committee serves", lambda: drawn_again(seats, term), EPOCH_SECONDS)
        stood, resumed = two_members_away(context.random, seats)
    load.check()
    cluster.agreed_blocks()
    kept = seats.check(seats.epoch())
    recomputed = seats.recompute(seats.epoch())
    names = " and ".join(node.name for node in absent)
    outcome = "the committee before served on" if told["kept"] else "resharing succeeded without them"
    return (
        f"{names} frozen in epoch {term - 1}: {outcome}; drawn committee again in epoch {back}; two of a term frozen at its begin: stood at "
        f"{stood}, resumed in {resumed:.1f} s; {kept} kept in all; {recomputed}"
    )


def two_new_players(seats, earliest):
    """In the epoch before resharing: a term, not before the earliest, and two of its members who do not serve before it.
    At most one of them serves now: they are frozen some blocks before it ends."""
    node = seats.cluster.nodes[0]
    height = node.height()
    term = height // seats.epoch_blocks + 2
    if height % seats.epoch_blocks > seats.epoch_blocks - 6 or term < earliest:
        return None
    now, dealers, players = (seats.members(node, epoch) for epoch in (term - 2, term - 1, term))
    new = sorted(players - dealers, key=lambda node: (node in now, node.index))[:2]
    return (term, new) if len(new) == 2 and sum(node in now for node in new) <= 1 else None


def failed_as_it_must(seats, others, term, before):
    """The same members serve on; metric and log of all who were there say so."""
    node = others[0]
    if seats.members(node, term) != seats.members(node, term - 1):
        raise Broken(f"epoch {term} is kept but has other members than epoch {term - 1}")
    wait_for("the metric counts the failure", lambda: all(n.metric(FAILED) == before[n] + 1 for n in others), 30)
    wait_for("the log warns", lambda: all(any(WARNING in line for line in n.log_lines()) for n in others), 30)


def drawn_again(seats, term):
    """The first epoch after a term whose drawn committee serves; the next ones must not all fail too."""
    node = seats.cluster.nodes[0]
    for epoch in range(term + 1, seats.epoch(node) + 1):
        if not seats.told(node, epoch)["kept"]:
            return epoch
    if seats.epoch(node) > term + 2:
        raise Broken(f"no drawn committee serves though all nodes are there since epoch {term}")
    return None


def two_members_away(random, seats):
    """Two who got shares are frozen when their term begins: the chain stands, and goes on when they are back. Where it
    stood, and the seconds until all have three more blocks."""
    cluster = seats.cluster
    term = seats.epoch() + 1
    reaches(cluster.nodes, seats.first_block(term))
    members = sorted(seats.members(cluster.nodes[0], term), key=lambda node: node.index)
    away = random.sample(members, 2)
    for node in away:
        node.freeze()
    try:
        stood = stands([node for node in cluster.nodes if node not in away])
    finally:
        for node in away:
            node.thaw()
    begun = time.monotonic()
    cluster.wait_height(stood + 3, RESUME_SECONDS, cluster.nodes)
    return stood, time.monotonic() - begun


def late_joiner(context):
    cluster = context.cluster(size=CANDIDATES)
    seats = Seats(cluster)
    with Load(cluster) as load:
        victim = context.random.choice(cluster.nodes[CANDIDATES.seats :])
        others = [node for node in cluster.nodes if node is not victim]
        gone = cluster.top()
        victim.kill()
        reaches(others, seats.first_block(gone // seats.epoch_blocks + AWAY_EPOCHS))
        seconds = cluster.restart(victim)
        missed = max(node.height() for node in others) - gone
        # It must have been there when the shares were dealt.
        first, served = seats.epoch(victim) + 2, None
        for epoch in range(first, first + PATIENCE_EPOCHS):
            reaches(others, seats.first_block(epoch))
            if victim in seats.members(others[0], epoch) and not seats.told(others[0], epoch)["kept"]:
                served = epoch
                break
        if served is None:
            raise Broken(f"{victim.name} did not serve in {PATIENCE_EPOCHS} epochs after its return")
        reaches(others, seats.first_block(served + 1))
        account = next(m["reward"] for m in seats.told(victim, served)["members"] if seats.node_of[m["operator"]] is victim)
        made = seats.proposals(victim, served).count(account)
        if not made:
            raise Broken(f"{victim.name} serves in epoch {served} and made none of its blocks")
    load.check()
    cluster.agreed_blocks()
    seats.check(seats.epoch())
    return f"{victim.name} away for {missed} blocks, follows after {seconds:.1f} s; drawn for epoch {served}, it made {made} blocks"


def first_epochs(context):
    """All fall around each step of the first elections."""
    cluster, rounds = context.cluster(start=False, size=CANDIDATES), []
    seats, random = Seats(cluster), context.random
    length = seats.epoch_blocks
    targets = [
        random.randrange(1, length // 4),
        random.randrange(length // 4, length // 2 - 1),
        length // 2,
        length - 1,
        length + random.randrange(length // 4, length // 2),
        3 * length - random.randrange(3),
    ]
    cluster.start(height=1)
    with Load(cluster) as load:
        for target in targets:
            cluster.wait_height(target, 120)
            wait_for_moment(random, 2 * CANDIDATES.block_ms / 1000)
            rounds.append(all_fall(cluster, load))
        cluster.wait_height(3 * length + length // 4, 120)
    load.check()
    blocks = cluster.agreed_blocks()
    kept = seats.check(FIRST_DRAWN + 2 if seats.epoch() < FIRST_DRAWN + 2 else seats.epoch())
    return f"killed all at heights {rounds}; {len(load.seen)} transfers final, {len(blocks)} blocks and all elections equal, {kept} kept"
