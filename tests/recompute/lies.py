#!/usr/bin/env python3
"""Shows that the recomputation notices: a node's true answers are changed one by one, and each change must be found."""

import itertools
import sys

sys.dont_write_bytecode = True

from blocks import Malformed  # noqa: E402
from election import Different  # noqa: E402
from node import Node  # noqa: E402
from recompute import Network, check, parse  # noqa: E402


def swapped(values, one=0, other=1):
    values[one], values[other] = values[other], values[one]
    return values


def first(values, **fields):
    """With some fields of the first entry changed by a function."""
    values[0].update({name: change(values[0][name]) for name, change in fields.items()})
    return values


def record(value, **fields):
    value.update({name: change(value[name]) for name, change in fields.items()})
    return value


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


# What the lie is, whose answer, to which function, and how it is changed.
LIES = [
    ("two places of the ranking are swapped", "election", "ranking", swapped),
    ("the first of the ranking has a vote more", "election", "ranking", lambda rows: first(rows, votes=lambda v: v + 1)),
    ("the first of the ranking is on probation", "election", "ranking", lambda rows: first(rows, onProbation=lambda p: not p)),
    ("a candidate has a vote more", "staking", "candidateInfo", lambda info: record(info, votes=lambda v: v + 1)),
    ("all candidates are in jail", "staking", "candidateInfo", lambda info: record(info, jailedUntil=lambda _: 2**63)),
    ("two delegates are swapped", "election", "draw", lambda d: record(d, delegates=swapped)),
    ("a delegate has another node", "election", "draw", lambda d: record(d, delegates=lambda r: first(r, endpoint=lambda e: e + "1"))),
    ("two drawn are swapped", "election", "draw", lambda d: record(d, drawn=swapped)),
    ("fewer are drawn", "election", "draw", lambda d: record(d, drawn=lambda places: places[:-1])),
    ("the seed is another", "election", "draw", lambda d: record(d, seed=lambda seed: flipped(seed, 31))),
    ("the seed's view is another", "election", "draw", lambda d: record(d, seedView=lambda view: view + 1)),
    ("the seed's block is another", "election", "draw", lambda d: record(d, seedHeight=lambda height: height + 1)),
    ("the seed is a fallback", "election", "draw", lambda d: record(d, fallbackSeed=lambda f: not f)),
    ("another seat is open", "election", "draw", lambda d: record(d, openSeats=lambda seats: seats + 1)),
    ("the committee was kept", "election", "committee", lambda c: record(c, kept=lambda kept: not kept)),
    ("two members are swapped", "election", "committee", lambda c: record(c, members=swapped)),
    ("a member has another account", "election", "committee", lambda c: record(c, members=lambda m: first(m, reward=lambda a: flipped(a, 0)))),
    ("two leaders are swapped", "election", "committee", lambda c: record(c, leaders=swapped)),
    ("a member missed a turn more", "conduct", "productivity", lambda rows: first(rows, missed=lambda turns: turns + 1)),
    ("a member made a block more", "conduct", "productivity", lambda rows: first(rows, produced=lambda turns: turns + 1)),
    ("less was due", "rewards", "epochRewards", lambda paid: record(paid, due=lambda amount: amount - 1)),
    ("the fund has more", "rewards", "epochRewards", lambda paid: record(paid, fundAfter=lambda amount: amount + 1)),
    ("voters got more", "rewards", "epochRewards", lambda paid: record(paid, toVoters=lambda amount: amount + 1)),
    ("a plan gives voters more", "rewards", "planOf", lambda p: record(p, present=lambda q: record(q, epochShare=lambda s: s ^ 64))),
]


def notices(network, epoch):
    """What was said of the present lie; nothing when it was believed."""
    try:
        check(network, epoch)
    except (Different, Malformed) as found:
        return str(found)
    return None


def contract_lies(options, epoch):
    for lie, contract, function, change in LIES:
        network = Network(options.rpc)
        place = getattr(network, contract)
        truth = place.call

        def call(name, *arguments, truth=truth, function=function, change=change, **at):
            answer = truth(name, *arguments, **at)
            return change(answer) if name == function else answer

        place.call = call
        yield lie, notices(network, epoch)


def spec_lies(options):
    """The chain spec, from which block interval and open seats are taken, is another."""
    truth = Node.spec
    for lie, change in (
        ("the block interval is longer", lambda spec: record(spec, blockIntervalMs=lambda ms: ms + 1)),
        ("all seats are open", lambda spec: record(spec, seatPhases=lambda _: [{"fromEpoch": 0, "seats": 36}])),
    ):
        Node.spec = lambda node, change=change: change(truth(node))
        try:
            yield lie, notices(Network(options.rpc), 0)
        except Different as found:
            yield lie, str(found)
        finally:
            Node.spec = truth


def block_lies(options, epoch):
    """A bit of a block is flipped: in its header, in its seal."""
    for lie, place in (("a header is another", 0.2), ("a seal is another", 0.9)):
        network = Network(options.rpc)
        truth = network.node.blocks

        def blocks(*heights, truth=truth, place=place):
            return ((flipped(encoded, int(len(encoded) * place)), told) for encoded, told in truth(*heights))

        network.node.blocks = blocks
        yield lie, notices(network, epoch)


def main():
    options, told, believed = parse(), 0, 0
    epoch = Network(options.rpc).epoch - 1
    for lie, said in itertools.chain(contract_lies(options, epoch), spec_lies(options), block_lies(options, epoch)):
        told += 1
        believed += said is None
        print(f"{'ok' if said else 'BELIEVED'} {lie}: {said or '-'}"[:240])
    print(f"{told} lies, {believed} believed")
    return 1 if believed else 0


if __name__ == "__main__":
    sys.exit(main())
