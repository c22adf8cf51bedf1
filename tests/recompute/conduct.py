"""What an epoch's missed turns cost its candidates: probation and slashes (docs/spec/conduct.md)."""

from election import same

WHOLE = 10_000


def check(network, epoch, turns):
    """The turns that the contract counted, and its judgement at the epoch's end; a line about it."""
    members, produced, missed = turns
    height, of, on_probation = (epoch + 1) * network.epoch_blocks - 1, f"of epoch {epoch}", []
    rows = network.conduct.call("productivity", epoch)
    share = {m: WHOLE * produced[m] // (produced[m] + missed[m]) if produced[m] + missed[m] else WHOLE for m in members}
    same(
        f"turns {of}",
        [(row.operatorKey, row.produced, row.missed, row.basisPoints) for row in rows],
        [(member, produced[member], missed[member], share[member]) for member in members],
    )
    params, fair_share = network.params(height), -(-network.epoch_blocks // len(members))
    for row in rows:
        if not any(row.candidate):
            continue
        before, after = (network.conduct.call("conductOf", row.candidate, block=at) for at in (height - 1, height))
        name = f"{row.name} {of}"
        same(f"missed turns of {name}", after.missed, before.missed + row.missed)
        until = before.probationUntil
        if row.missed and share[row.operatorKey] < params["productivityBps"] and params["probationEpochs"]:
            until = max(until, epoch + 1 + params["probationEpochs"])
            on_probation.append(f"{row.name} until {until}")
        same(f"probation of {name}", after.probationUntil, until)
        if after.doubleProposals != before.doubleProposals:
            continue  # The same block punished evidence too: what that took is not told apart.
        taken = after.slashed - before.slashed
        price = params["missedBlockSlash"] * min(row.missed, fair_share)
        had = network.staking.call("candidateInfo", row.candidate, block=height).selfStake + taken
        same(f"slash of {name}", taken, min(price, had))
    return f"probation: {', '.join(on_probation) or 'none'}"
