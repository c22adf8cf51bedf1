"""Who served in an epoch, who led each view, and what members produced and missed (docs/spec/roll-dpos.md, conduct.md)."""

import shuffle
from election import LEAD_EPOCHS, Different, same, shown

# First bytes of the payload of an epoch's last block: who serves next, and whether resharing failed.
NEXT_COMMITTEE, FAILED = 1, 1



def committee(network, epoch, last_before):
    """Operator keys of those who serve in an epoch, sorted, and whether they serve on. `last_before` is the block before."""
    if epoch == 0:
        return sorted(bootstrap.operatorKey for bootstrap in network.bootstrap), False
    payload = last_before.resharing
    if len(payload) < 2 or payload[0] != NEXT_COMMITTEE:
        raise Different(f"block {last_before.number} ends an epoch and does not say who serves next")
    kept, draw = payload[1] == FAILED, network.election.call("draw", epoch)
    if epoch >= LEAD_EPOCHS:
        places = shuffle.drawn(network.chain_id, epoch, draw.seed, len(draw.delegates), len(draw.drawn))
        same(f"draw of epoch {epoch}", draw.drawn, places)
    if kept:
        members = sorted(m.operatorKey for m in network.election.call("committee", epoch - 1).members)
    else:
        members = sorted(draw.delegates[place].operatorKey for place in draw.drawn)
    if bytes([len(members)]) + b"".join(members) not in payload:
        raise Different(f"block {last_before.number} gives key shares to others than {shown(members)}")
    return members, kept


def rewards_of(network, epoch, members):
    """The account of each member's tips: a candidate's as it is when the committee is installed."""
    if epoch == 0:
        return {m.operatorKey: m.reward for m in network.bootstrap_members}
    at, accounts = epoch * network.epoch_blocks - 1, {}
    known = {m.operatorKey: m.candidate for m in network.election.call("committee", epoch - 1).members}
    known |= {d.operatorKey: d.candidate for d in network.election.call("draw", epoch).delegates}
    bootstrap = {m.operatorKey: m.reward for m in network.bootstrap_members}
    for member in members:
        candidate = known[member]
        is_bootstrap = not any(candidate)
        accounts[member] = bootstrap[member] if is_bootstrap else network.staking.call("candidateInfo", candidate, block=at).reward
    return accounts


def tally(blocks, order):
    """(produced, missed) by member, from final blocks alone. `order[(view - 1) % n]` leads a view."""
    produced, missed = dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    for block in blocks:
        produced[block.proposer] += 1
        for view in range(block.parent_view + 1, block.view):
            missed[order[(view - 1) % len(order)]] += 1
    return produced, missed


def check_views(blocks, order, accounts):
    """Each block is its view's leader's, names its parent's view, and pays tips to the leader's account."""
    before = 0
    for block in blocks:
        if block.parent_view != before or block.view <= before:
            raise Different(f"block {block.number} is of view {block.view} after view {block.parent_view}; its parent is of view {before}")
        leader = order[(block.view - 1) % len(order)]
        if block.proposer != leader:
            raise Different(f"block {block.number} of view {block.view} is by {shown(block.proposer)}, not by its leader {shown(leader)}")
        if block.beneficiary != accounts[leader]:
            raise Different(f"block {block.number} pays tips to {shown(block.beneficiary)}, not to {shown(accounts[leader])}")
        before = block.view


def check(network, blocks, last_before):
    """The service of the epoch of these blocks: a line about it, and the tally."""
    epoch = blocks[0].epoch
    members, kept = committee(network, epoch, last_before)
    told = network.election.call("committee", epoch)
    of = f"of epoch {epoch}"
    same(f"committee {of}", [m.operatorKey for m in told.members], members)
    same(f"kept {of}", told.kept, kept)
    accounts = rewards_of(network, epoch, members)
    same(f"reward accounts {of}", [m.reward for m in told.members], [accounts[member] for member in members])
    seed = network.election.call("draw", epoch).seed
    if epoch < LEAD_EPOCHS:
        same(f"seed {of}", seed, shuffle.fallback_seed(network.spec_hash, epoch))
    places = shuffle.leaders(network.chain_id, epoch, seed, len(members))
    same(f"leaders {of}", told.leaders, places)
    order = [members[place] for place in places]
    proposed = [block for block in blocks if block.number > 0]
    check_views(proposed, order, accounts)
    produced, missed = tally(proposed, order)
    names = {m.operatorKey: m.name for m in told.members}
    turns = ", ".join(f"{names[m]} {produced[m]}/{produced[m] + missed[m]}" for m in order)
    state = "serves on" if kept else "serves"
    return f"{state}: {turns}", (members, produced, missed)
