"""Keccak-256, which Python's standard library lacks (its SHA-3 pads differently)."""

MASK = (1 << 64) - 1
RATE = 136


def _round_constants():
    """The 24 constants of the iota step, from the specification's shift register."""
    state, constants = 1, []
    for _ in range(24):
        value = 0
        for j in range(7):
            if state & 1:
                value |= 1 << ((1 << j) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(value)
    return constants


def _rotations():
    """Where each lane goes in the rho and pi steps: (target, source, bits)."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for t in range(24):
        bits = (t + 1) * (t + 2) // 2 % 64
        moves.append((y + 5 * ((2 * x + 3 * y) % 5), x + 5 * y, bits))
        x, y = y, (2 * x + 3 * y) % 5
    return moves


CONSTANTS, MOVES = _round_constants(), _rotations()


def _permute(a):
    for constant in CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & MASK) for x in range(5)]
        b = [0] * 25
        for target, source, bits in MOVES:
            lane = a[source] ^ d[source % 5]
            b[target] = (lane << bits | lane >> (64 - bits)) & MASK
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def keccak256(data):
    padded = bytearray(data) + b"\x01"
    padded += bytes(-len(padded) % RATE)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE):
        for i in range(RATE // 8):
            state[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])
