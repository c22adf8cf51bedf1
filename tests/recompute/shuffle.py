"""The draw's rules from docs/spec/roll-dpos.md, written from the page and not from the code."""

from hashlib import sha256

DRAW, LEADERS, FALLBACK = b"ALTHING/DRAW/1", b"ALTHING/LEADERS/1", b"ALTHING/FALLBACK/1"


def u64(number):
    return number.to_bytes(8, "big")


def words(domain, chain_id, epoch, seed):
    counter = 0
    while True:
        block = sha256(domain + u64(chain_id) + u64(epoch) + seed + u64(counter)).digest()
        for start in range(0, 32, 8):
            yield int.from_bytes(block[start : start + 8], "big")
        counter += 1


def shuffled(domain, chain_id, epoch, seed, count):
    stream, order = words(domain, chain_id, epoch, seed), list(range(count))
    for i in range(count - 1, 0, -1):
        bound = i + 1
        other = next(word for word in stream if word < 2**64 - 2**64 % bound) % bound
        order[i], order[other] = order[other], order[i]
    return order


def drawn(chain_id, epoch, seed, delegates, seats):
    """Places of the drawn among the delegates, in order of the draw."""
    return shuffled(DRAW, chain_id, epoch, seed, delegates)[:seats]


def leaders(chain_id, epoch, seed, members):
    """Places in the committee sorted by operator key, in order of their turns."""
    return shuffled(LEADERS, chain_id, epoch, seed, members)


def fallback_seed(before, epoch):
    return sha256(FALLBACK + before + u64(epoch)).digest()


# The page's known answers: whoever changes a line above hears of it at once.
assert drawn(930931, 3, b"\x11" * 32, 8, 4) == [4, 6, 3, 0]
assert leaders(930931, 3, b"\x11" * 32, 4) == [3, 2, 1, 0]
