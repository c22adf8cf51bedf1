"""Signs transfers with the devnet's well-known accounts: secp256k1, EIP-1559. For tests only: nothing here is constant-time."""

from keccak import keccak256
from rlp import encode as rlp

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
GWEI = 10**9
TRANSFER_GAS = 21_000

# Public keys to nothing: every devnet of every Ethereum tool has them.
KEYS = [
    int(key, 16)
    for key in (
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
        "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
        "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
        "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
        "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
        "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
        "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    )
]


def _add(p, q):
    if p is None or q is None:
        return q if p is None else p
    (x1, y1), (x2, y2) = p, q
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = 3 * x1 * x1 * pow(2 * y1, -1, P) if p == q else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def _table():
    """15 multiples of G for each of the 64 hex digits of a factor."""
    rows, base = [], G
    for _ in range(64):
        row = [None, base]
        for _ in range(14):
            row.append(_add(row[-1], base))
        rows.append(row)
        base = _add(row[-1], base)
    return rows


TABLE = _table()


def _times_g(factor):
    point = None
    for i, row in enumerate(TABLE):
        point = _add(point, row[factor >> (4 * i) & 15])
    return point


def address_of(key):
    x, y = _times_g(key)
    return keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]


def _sign(key, digest):
    z, attempt = int.from_bytes(digest, "big"), 0
    while True:
        k = int.from_bytes(keccak256(key.to_bytes(32, "big") + digest + bytes([attempt])), "big") % N
        x, y = _times_g(k)
        r, parity = x % N, y & 1
        s = pow(k, -1, N) * (z + r * key) % N
        if r and s and x < N:
            return (r, s, parity) if s <= N // 2 else (r, N - s, parity ^ 1)
        attempt += 1


def transfer(key, chain_id, nonce, to, value, gas=TRANSFER_GAS, data=b"", fee=20 * GWEI, tip=GWEI, spoil=None):
    """A signed transfer and its hash, as the RPC takes them. `spoil` changes (r, s, parity) before it is encoded."""
    fields = [chain_id, nonce, tip, fee, gas, to, value, data, []]
    r, s, parity = _sign(key, keccak256(b"\x02" + rlp(fields)))
    if spoil:
        r, s, parity = spoil(r, s, parity)
    raw = b"\x02" + rlp(fields + [parity, r, s])
    return "0x" + raw.hex(), "0x" + keccak256(raw).hex()
