"""What the fund pays at the end of an epoch, from turns, ranking and plans (docs/spec/rewards.md).

What single buckets earn out of the voters' part is not recomputed: only
how the sum per vote grows.
"""

from election import same

BLOCK, EPOCH, BONUS, VOTERS = range(4)
BONUS_PLACES = 36
PER_VOTE_BITS = 112
WHOLE = 10_000
NOBODY = bytes(20)
REWARDED = "Rewarded(uint64,address,uint8,address,uint256)"


def per_blocks(network, params, name, blocks):
    """The part of a reward for a day that falls on so many blocks."""
    return params[name] * network.spec["blockIntervalMs"] * blocks // (params["daySeconds"] * 1_000)


def portion(amount, part, whole):
    return amount * part // whole if whole else 0


def due(network, epoch, turns, height):
    """Rewards by kind before anything is cut or shared: of bootstrap delegates by account, of candidates by id."""
    params, bootstrap, candidates = network.params(height), [], {}
    _, produced, _ = turns
    block_reward = per_blocks(network, params, "blockRewardPerDay", 1)
    for member in network.election.call("committee", epoch, block=height).members:
        amount = block_reward * produced[member.operatorKey]
        if member.candidate == NOBODY:
            bootstrap.append((member.reward, amount))
        else:
            candidates[member.candidate] = [amount, 0, 0]
    ranking = network.election.call("ranking", epoch, block=height)
    total = sum(row.votes for row in ranking)
    reward = per_blocks(network, params, "epochRewardPerDay", network.epoch_blocks)
    bonus = params["foundationBonus"] if epoch < params["foundationBonusUntil"] else 0
    for place, row in enumerate(ranking):
        if row.votes:
            amounts = candidates.setdefault(row.candidate, [0, 0, 0])
            amounts[EPOCH] = portion(reward, row.votes, total)
            amounts[BONUS] = bonus if place < BONUS_PLACES else 0
    return bootstrap, candidates


def total(bootstrap, candidates):
    """Block rewards, and all else."""
    blocks = sum(amount for _, amount in bootstrap) + sum(amounts[BLOCK] for amounts in candidates.values())
    return blocks, sum(sum(amounts[EPOCH:]) for amounts in candidates.values())


def cut(bootstrap, candidates, fund):
    """To what the fund holds: block rewards first, the rest in proportion."""
    blocks, rest = total(bootstrap, candidates)
    for_blocks = min(blocks, fund)
    for_rest = min(rest, fund - for_blocks)
    bootstrap = [(account, portion(amount, for_blocks, blocks)) for account, amount in bootstrap]
    for amounts in candidates.values():
        amounts[BLOCK] = portion(amounts[BLOCK], for_blocks, blocks)
        amounts[EPOCH:] = [portion(amount, for_rest, rest) for amount in amounts[EPOCH:]]
    return bootstrap, candidates


def share(network, candidate, amounts, height):
    """The voters' part of each kind; checks how the sum per vote grew."""
    rewards = network.rewards
    plan = rewards.call("planOf", candidate, block=height).present
    parts = [portion(amount, part, WHOLE) for amount, part in zip(amounts, (plan.blockShare, plan.epochShare, plan.bonusShare))]
    before = rewards.call("shares", candidate, block=height - 1)
    after = rewards.call("shares", candidate, block=height)
    if not after.earning:
        parts = [0, 0, 0]
    grown = (sum(parts) << PER_VOTE_BITS) // after.earning if after.earning else 0
    name = f"of candidate 0x{candidate.hex()} at block {height}"
    same(f"growth of the sum per vote {name}", after.perVote - before.perVote, grown)
    same(f"growth of what voters got {name}", after.shared - before.shared, sum(parts))
    return parts


def paid(network, bootstrap, candidates, height):
    """(candidate, kind, account, amount) of each payment, and sums by kind with the voters' part."""
    payments, sums, to_voters = [], [0, 0, 0], 0
    for account, amount in bootstrap:
        if amount and any(account):
            payments.append((NOBODY, BLOCK, account, amount))
            sums[BLOCK] += amount
    for candidate, amounts in candidates.items():
        account = network.staking.call("candidateInfo", candidate, block=height).reward
        parts = share(network, candidate, amounts, height)
        for kind, (amount, part) in enumerate(zip(amounts, parts)):
            own = amount - part if any(account) else 0
            if own:
                payments.append((candidate, kind, account, own))
            sums[kind] += own + part
        if sum(parts):
            payments.append((candidate, VOTERS, bytes.fromhex(network.rewards.address[2:]), sum(parts)))
            to_voters += sum(parts)
    return payments, sums, to_voters


def logged(network, epoch, height):
    """The same payments as the block's logs tell them."""
    found = []
    for log in network.rewards.logs(REWARDED, height):
        of_epoch, candidate, kind = (bytes.fromhex(topic[2:]) for topic in log["topics"][1:])
        same(f"epoch in a log of block {height}", int.from_bytes(of_epoch, "big"), epoch)
        data = bytes.fromhex(log["data"][2:])
        found.append((candidate[12:], kind[-1], data[12:32], int.from_bytes(data[32:64], "big")))
    return found


def check(network, epoch, turns):
    """All that was paid for an epoch; a line about it."""
    height = (epoch + 1) * network.epoch_blocks - 1
    told, of = network.rewards.call("epochRewards", epoch), f"of epoch {epoch}"
    bootstrap, candidates = due(network, epoch, turns, height)
    wanted = sum(total(bootstrap, candidates))
    same(f"rewards due {of}", told.due, wanted)
    fund = told.fundAfter + told.blockRewards + told.epochRewards + told.bonuses
    same(f"fund after {of}", told.fundAfter, network.rewards.call("availableBalance", block=height))
    same(f"fund short {of}", told.short, wanted > fund)
    if wanted > fund:
        bootstrap, candidates = cut(bootstrap, candidates, fund)
    payments, sums, to_voters = paid(network, bootstrap, candidates, height)
    same(f"sums by kind {of}", [told.blockRewards, told.epochRewards, told.bonuses], sums)
    same(f"voters' part {of}", told.toVoters, to_voters)
    same(f"payments {of}", sorted(logged(network, epoch, height)), sorted(payments))
    return f"pays {sum(sums)} of {wanted} due, {to_voters} of it to voters"
