"""Blocks from their bytes: header, seal, and what each commits to. Signatures are not checked here."""

from dataclasses import dataclass

import rlp
from keccak import keccak256

# Places in the header's list.
PARENT_HASH, BENEFICIARY, NUMBER, GAS_USED, TIMESTAMP, EXTRA_DATA = 0, 2, 8, 10, 11, 12
# Places in the seal's list.
EVIDENCE, RESHARING = 12, 13


class Malformed(Exception):
    """Bytes that are no block, or a block that is not what its hash says."""


def _number(item):
    return int.from_bytes(item, "big")


def brief(seal):
    """The seal as its header commits to it: payloads are hashes."""
    payloads = [payload and keccak256(payload) for payload in seal[EVIDENCE : RESHARING + 1]]
    return [*seal[:EVIDENCE], *payloads, *seal[RESHARING + 1 :]]


@dataclass(frozen=True)
class Block:
    hash: bytes
    parent_hash: bytes
    number: int
    timestamp: int
    beneficiary: bytes
    epoch: int
    view: int
    parent_view: int
    proposer: bytes
    time_ms: int
    beacon: bytes
    election: bytes
    resharing: bytes


def block(encoded, told_hash):
    """A block whose header has the hash that the node told, and whose seal is the one in its header."""
    try:
        return _block(encoded, told_hash)
    except (IndexError, ValueError) as error:
        raise Malformed(f"the block with the hash {told_hash.hex()} does not decode: {error}") from error


def _block(encoded, told_hash):
    items, end = rlp.decode(encoded)
    if end != len(encoded) or len(items) != 3:
        raise Malformed("a block is a list of header, seal and transactions")
    header, seal, _ = items
    # The header's encoding is the first item inside of the block's list.
    start = 1 if encoded[0] <= 0xF7 else 1 + encoded[0] - 0xF7
    _, header_end = rlp.decode(encoded, start)
    found = keccak256(encoded[start:header_end])
    if found != told_hash:
        raise Malformed(f"block {_number(header[NUMBER])} has the hash {found.hex()}, not {told_hash.hex()}")
    if header[EXTRA_DATA] != keccak256(rlp.encode(brief(seal))):
        raise Malformed(f"block {_number(header[NUMBER])} has another seal than its header says")
    _, epoch, view, parent_view, proposer, _, _, time_ms, _, _, beacon, election, _, resharing, *_ = seal
    return Block(
        hash=found,
        parent_hash=header[PARENT_HASH],
        number=_number(header[NUMBER]),
        timestamp=_number(header[TIMESTAMP]),
        beneficiary=header[BENEFICIARY],
        epoch=_number(epoch),
        view=_number(view),
        parent_view=_number(parent_view),
        proposer=proposer,
        time_ms=_number(time_ms),
        beacon=beacon,
        election=election,
        resharing=resharing,
    )


def chain(node, first, last):
    """Blocks from `first` to `last`, each the parent of the next."""
    blocks = [block(encoded, told) for encoded, told in node.blocks(first, last)]
    for height, found in enumerate(blocks, first):
        if found.number != height:
            raise Malformed(f"block {height} says that it is {found.number}")
    for parent, child in zip(blocks, blocks[1:]):
        if child.parent_hash != parent.hash:
            raise Malformed(f"block {child.number} does not follow block {parent.number}")
    return blocks
