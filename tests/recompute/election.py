"""Ranking, seed and draw of a committee, from candidates' votes and blocks alone (docs/spec/roll-dpos.md)."""

import ipaddress
import re
from hashlib import sha256

import shuffle

LEAD_EPOCHS = 3
MAX_RANKED = 100
MAX_COMMITTEE = 64
BLOCKS_A_MEMBER = 4
PAGE = 100
# A self-stake that its endorser is taking back: neither "not endorsed" nor "endorsed for good".
NOT_ENDORSED, ENDORSED = 0, 2**63 - 1


class Different(Exception):
    """The chain says something else than what follows from its rules."""


def same(what, told, recomputed):
    if told != recomputed:
        raise Different(f"{what}: the contract says {shown(told)}, recomputed is {shown(recomputed)}")


def shown(value):
    if isinstance(value, (bytes, bytearray)):
        return "0x" + value.hex()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    return str(value)


def endpoint(text):
    """An `ip:port` as the network writes it; nothing when the text is none."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})", text)
    if not match or int(match[3]) > 65_535:
        return None
    try:
        ip = ipaddress.ip_address(match[1] or match[2])
    except ValueError:
        return None
    if (ip.version == 6) != bool(match[1]):
        return None
    return f"[{ip}]:{int(match[3])}" if match[1] else f"{ip}:{int(match[3])}"


def candidates(staking, height):
    """Everything about all candidates after a block."""
    found = []
    while True:
        page = staking.call("candidatesV3", len(found), PAGE, block=height)
        found += [staking.call("candidateInfo", entry.id, block=height) for entry in page]
        if len(page) < PAGE:
            return found


def is_active(staking, candidate, height):
    if not candidate.hasSelfStake or candidate.leaving:
        return False
    bucket = staking.call("compositeBucketsByIndexesV3", [candidate.selfStakeBucket], block=height)[0]
    return bucket.endorsementExpireBlockHeight in (NOT_ENDORSED, ENDORSED)


def ranking(network, block):
    """(votes that count, candidate, on probation) after a ranking's block, best first."""
    params, found = network.params(block.number), []
    for candidate in candidates(network.staking, block.number):
        if (
            candidate.votes < params["minVotes"]
            or candidate.selfStake < params["minActiveSelfStake"]
            or candidate.jailedUntil > block.timestamp
            or not any(candidate.operatorKey)
            or endpoint(candidate.endpoint) is None
            or not is_active(network.staking, candidate, block.number)
        ):
            continue
        on_probation = network.probation_until(candidate.id, block.number) > block.epoch
        votes = candidate.votes * params["probationVotes"] // 10_000 if on_probation else candidate.votes
        found.append((votes, candidate, on_probation))
    return sorted(found, key=lambda row: (-row[0], row[1].id))[:MAX_RANKED]


def delegates(network, ranked, open_seats, height):
    """(operator key, candidate, votes, endpoint): the first of the ranking, then bootstrap delegates."""
    seats = network.params(height)["delegateSeats"]
    found = [(row.operatorKey, row.id, votes, endpoint(row.endpoint)) for votes, row, _ in ranked[:open_seats]]
    for bootstrap in network.bootstrap:
        if len(found) < seats and bootstrap.operatorKey not in [operator for operator, *_ in found]:
            found.append((bootstrap.operatorKey, bytes(20), 0, bootstrap.endpoint))
    return found


def seed(network, blocks, draw):
    """The seed, the block that revealed it (0: none did), and remarks. `blocks` are those of the election's epoch."""
    first, length, remarks = blocks[0].number, network.epoch_blocks, []
    wanted = blocks[length // 4].view + length // 8
    same(f"seed view of epoch {draw.epoch}", draw.seedView, wanted)
    # The child of a block that was proposed in the seed view carries the same beacon: independent of the election.
    known = next((child.beacon for child in blocks if child.parent_view == wanted and child.beacon), None)
    revealed = None
    for block in blocks[length // 4 + 1 : length // 2 + 1]:
        if not block.election or revealed:
            continue
        if block.number == draw.seedHeight or block.election == known:
            revealed = block
        else:
            # Only who holds the group key can tell a wrong beacon; `althing chain committee --verify` does.
            remarks.append(f"block {block.number} carries a beacon that the contract refused")
    if revealed is None:
        before = network.election.call("draw", draw.epoch - 1, block=first + length // 2).seed
        return shuffle.fallback_seed(before, draw.epoch), 0, remarks
    if known and revealed.election != known:
        raise Different(f"block {revealed.number} carries another beacon than the view's own child block")
    return sha256(revealed.election).digest(), revealed.number, remarks


def check(network, blocks):
    """The election that was held in the epoch of these blocks; a line about it."""
    length = network.epoch_blocks
    at, target = blocks[length // 4], blocks[0].epoch + LEAD_EPOCHS
    drawn_at = blocks[length // 2].number
    draw = network.election.call("draw", target)
    of = f"of epoch {target}"
    same(f"ranking height {of}", draw.rankingHeight, at.number)

    ranked = ranking(network, at)
    told = network.election.call("ranking", target)
    same(
        f"ranking {of}",
        [(row.candidate, row.name, row.votes, row.onProbation) for row in told],
        [(row.id, row.name, votes, on_probation) for votes, row, on_probation in ranked],
    )
    open_seats = network.open_seats(target, at.number)
    same(f"open seats {of}", draw.openSeats, open_seats)
    members = delegates(network, ranked, open_seats, at.number)
    same(f"delegates {of}", [(d.operatorKey, d.candidate, d.votes, d.endpoint) for d in draw.delegates], members)

    found, height, remarks = seed(network, blocks, draw)
    same(f"seed {of}", draw.seed, found)
    same(f"seed height {of}", draw.seedHeight, height)
    same(f"fallback seed {of}", draw.fallbackSeed, height == 0)

    seats = max(1, min(network.params(drawn_at)["committeeSeats"], length // BLOCKS_A_MEMBER, MAX_COMMITTEE))
    places = shuffle.drawn(network.chain_id, target, found, len(members), seats)
    same(f"draw {of}", draw.drawn, places)
    how = f"block {height}" if height else "the fallback"
    return "; ".join([f"elects {target}: {len(ranked)} ranked, seed by {how}, drawn {places}", *remarks])
