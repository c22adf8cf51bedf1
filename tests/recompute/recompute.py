#!/usr/bin/env python3
"""Recomputes elections, draws, leaders, turns and rewards of past epochs from what a node answers. See README.md."""

import argparse
import functools
import json
import pathlib
import sys

sys.dont_write_bytecode = True

import conduct  # noqa: E402
import election  # noqa: E402
import rewards  # noqa: E402
import service  # noqa: E402
from blocks import Malformed, chain  # noqa: E402
from election import Different, same  # noqa: E402
from keccak import keccak256  # noqa: E402
from node import Contract, Node, Pruned, Unanswered  # noqa: E402

INTERFACES = pathlib.Path(__file__).resolve().parents[2] / "crates" / "abi" / "src"
ADDRESSES = {
    "ChainInfo": "0x00000000000000000000000000000000a1740001",
    "Params": "0x00000000000000000000000000000000a1740002",
    "Election": "0x00000000000000000000000000000000a1740003",
    "Staking": "0x04c22afae6a03438b8fed74cb1cf441168df3f12",
    "Conduct": "0x00000000000000000000000000000000a1740004",
    "Rewards": "0xa576c141e5659137ddda4223d209d4744b2106be",
}
DIFFERENT, CANNOT_SAY = 1, 2


def compact(spec):
    """A chain spec as its hash is made of."""
    return json.dumps(spec, separators=(",", ":"), ensure_ascii=False).encode()


class Network:
    """What does not change within a run, and contracts at any height."""

    def __init__(self, url):
        self.node = Node(url)
        self.spec = self.node.spec()
        self.chain_id = int(self.node.ask("eth_chainId"), 16)
        self.epoch, self.epoch_blocks = self.node.epoch()
        self.election, self.staking = self.contract("Election"), self.contract("Staking")
        self.conduct = self.contract("Conduct")
        self.rewards = self.contract("Rewards")
        self.spec_hash = self.contract("ChainInfo").call("specHash")
        same("the chain spec's hash", keccak256(compact(self.spec)), self.spec_hash)
        # Epoch 0 is the bootstrap delegates'. It is forgotten after 256 epochs; an archive node has it at height 0.
        at = "latest" if self.epoch < 250 else 0
        self.bootstrap = self.election.call("draw", 0, block=at).delegates
        self.bootstrap_members = self.election.call("committee", 0, block=at).members

    def contract(self, name):
        return Contract(self.node, ADDRESSES[name], INTERFACES / f"{name}.sol")

    @functools.cache
    def params(self, height):
        rows = self.contract("Params").call("all", block=height)
        return {row.name: row.value for row in rows}

    def open_seats(self, epoch, height):
        """By the chain spec's phases."""
        open_seats = [phase["seats"] for phase in self.spec["seatPhases"] if phase["fromEpoch"] <= epoch]
        return min(open_seats[-1] if open_seats else 0, self.params(height)["delegateSeats"])

    def probation_until(self, candidate, height):
        return self.conduct.call("conductOf", candidate, block=height).probationUntil


def check(network, epoch):
    """All of one epoch that is over; lines about it."""
    length = network.epoch_blocks
    first = epoch * length
    blocks = chain(network.node, max(first - 1, 0), first + length - 1)
    last_before = blocks.pop(0) if first else None
    for block in blocks:
        if block.epoch != epoch:
            raise Different(f"block {block.number} says that it is of epoch {block.epoch}, not {epoch}")
    elected = election.check(network, blocks)
    served, turns = service.check(network, blocks, last_before)
    return "; ".join((served, elected, conduct.check(network, epoch, turns), rewards.check(network, epoch, turns)))


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rpc", default="http://127.0.0.1:8545", help="the node to ask (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=20, help="so many of the last finished epochs (default: %(default)s)")
    return parser.parse_args()


def main():
    options, checked, wrong = parse(), 0, 0
    try:
        network = Network(options.rpc)
        for epoch in range(max(0, network.epoch - options.epochs), network.epoch):
            try:
                print(f"ok epoch {epoch} {check(network, epoch)}", flush=True)
            except (Different, Malformed) as difference:
                wrong += 1
                print(f"DIFFERENT epoch {epoch}: {difference}", flush=True)
            checked += 1
    except Different as difference:
        print(f"DIFFERENT {difference}")
        return DIFFERENT
    except Unanswered as error:
        hint = "; past states are needed: ask a node with more `state.history_blocks` or with `state.archive`, or for fewer epochs"
        print(f"cannot say: {error}{hint if isinstance(error, Pruned) else ''}", file=sys.stderr)
        return CANNOT_SAY
    if not checked:
        print("cannot say: no epoch is over yet", file=sys.stderr)
        return CANNOT_SAY
    print(f"{checked} epochs recomputed, {wrong} different")
    return DIFFERENT if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
