"""Malformed bytes at every port of a node: each is refused, the node lives on and does not grow."""

import json
import os
import socket
import struct

import rpc
from cluster import Broken
from load import CHAIN_ID
from rpc import Down, Refused, raw_exchange, wait_for
from transactions import GWEI, KEYS, N, address_of, transfer

MAX_GROWTH_KIB = 50 * 1024
MIB = 1 << 20
ROUNDS = 3
# No answer may be a failure of the node itself.
INTERNAL = -32603
SUBSCRIBE = b'{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'
UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
)


def malformed(context):
    cluster = context.cluster()
    victim, random, problems = cluster.nodes[0], context.random, []
    done = burst(cluster, victim, random, problems)  # The first fills caches and arenas.
    memory = {node.name: node.memory_kib() for node in cluster.nodes}
    for _ in range(ROUNDS):
        done += burst(cluster, victim, random, problems)
    growth = {node.name: (node.memory_kib() - memory[node.name]) // 1024 for node in cluster.nodes}
    cluster.grows(3, 30, cluster.nodes)
    if growth[victim.name] * 1024 > MAX_GROWTH_KIB:
        problems.append(f"memory grew by {growth[victim.name]} MiB (all nodes: {growth})")
    peers = int(rpc.call(victim.rpc, "net_peerCount"), 16)
    if peers != len(cluster.nodes) - 1:
        problems.append(f"{victim.name} has {peers} peers")
    if problems:
        unique = list(dict.fromkeys(problems))
        raise Broken(f"{len(unique)} problems:\n" + "\n".join(unique[:30]))
    cluster.agreed_blocks()
    return f"{done} malformed messages refused; memory {growth[victim.name]:+d} MiB in {ROUNDS} rounds"


def burst(cluster, victim, random, problems):
    count = 0
    for attack in (transactions, json_bodies, http_bytes, websockets, peers):
        for label, check in attack(victim, random):
            try:
                check()
            except Broken as error:
                problems.append(f"[{label}] {error}")
            except Down as error:
                problems.append(f"[{label}] no answer: {error}")
            count += 1
            if not victim.running:
                raise Broken(f"{victim.name} died of: {label}\n{victim.tail()}")
    cluster.top()
    return count


def refused(port, method, params, *words):
    """The call is answered with an error that says one of the words, and is not the node's own failure."""
    try:
        result = rpc.call(port, method, *params, seconds=20)
    except Refused as error:
        if error.code == INTERNAL or (words and not any(word in error.message.lower() for word in words)):
            raise Broken(f"unexpected refusal {error}") from error
        return
    raise Broken(f"accepted: {str(result)[:100]}")


def transactions(node, random):
    key, to = KEYS[9], address_of(KEYS[8])
    used = KEYS[7]

    def raw(label, text, *words):
        return label, lambda: refused(node.rpc, "eth_sendRawTransaction", [text], *words)

    def tx(label, *words, chain_id=CHAIN_ID, nonce=0, signer=key, **more):
        return raw(label, transfer(signer, chain_id, nonce, to, more.pop("value", 1), **more)[0], *words)

    yield tx("wrong chain id", "chain id", chain_id=1)
    yield tx("high s", "signature", "invalid", spoil=lambda r, s, v: (r, N - s, v ^ 1))
    yield tx("r = 0", "signature", "invalid", spoil=lambda r, s, v: (0, s, v))
    yield tx("s above the order", "signature", "invalid", "overflow", spoil=lambda r, s, v: (r, 2**256 - 1, v))
    yield tx("r of 40 bytes", spoil=lambda r, s, v: (r << 64, s, v))
    yield tx("parity 7", spoil=lambda r, s, v: (r, s, 7))
    yield tx("too large", "oversized", "size", data=bytes(200_000), gas=16_000_000)
    yield tx("gas too low", "intrinsic gas", gas=20_999)
    yield tx("gas too high", "gas", gas=2**63)
    yield tx("fee too low", "underpriced", fee=0, tip=0)
    yield tx("tip above fee", "tip", "priority", fee=GWEI, tip=2 * GWEI)
    yield tx("value above balance", "insufficient funds", value=10**30)
    yield tx("nonce far ahead", "nonce too high", nonce=10**6)
    yield tx("largest nonce", "nonce", nonce=2**64 - 1)
    yield tx("value above 256 bits", value=2**256)
    yield "nonce too low", lambda: nonce_too_low(node, used, to)
    good = transfer(key, CHAIN_ID, 0, to, 1)[0]
    yield raw("truncated", good[:-20])
    yield raw("with a tail", good + "00")
    yield raw("empty", "0x")
    yield raw("no hex", "0xzz")
    yield raw("a type that is not there", "0x7f" + good[4:])
    yield raw("a blob transaction", "0x03" + good[4:])
    yield raw("nested lists", "0x" + "f9ffff" * 2000)
    for i in range(20):
        yield raw(f"random bytes {i}", "0x" + random.randbytes(random.randrange(1, 400)).hex())


def nonce_too_low(node, key, to):
    """A nonce that is used in a final block."""
    account = "0x" + address_of(key).hex()
    if int(rpc.call(node.rpc, "eth_getTransactionCount", account, "latest"), 16) == 0:
        raw, hash_ = transfer(key, CHAIN_ID, 0, to, 1)
        rpc.call(node.rpc, "eth_sendRawTransaction", raw)
        wait_for("the first transfer is final", lambda: rpc.call(node.rpc, "eth_getTransactionReceipt", hash_), 30)
    refused(node.rpc, "eth_sendRawTransaction", [transfer(key, CHAIN_ID, 0, to, 2)[0]], "nonce too low")


def error_answer(node, body):
    """The body is answered with JSON-RPC errors only, or a 4xx."""
    status, answer = rpc.post(node.rpc, body, seconds=30)
    if 400 <= status < 500:
        return
    try:
        answers = json.loads(answer)
    except ValueError as error:
        raise Broken(f"HTTP {status} {answer[:100]!r}") from error
    for one in answers if isinstance(answers, list) else [answers]:
        if "error" not in one or one["error"]["code"] == INTERNAL:
            raise Broken(f"answered {str(one)[:120]}")


def json_bodies(node, random):
    request = '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}'
    one = request % ("eth_blockNumber", "[]")
    bodies = {
        "no JSON": b"hello",
        "empty body": b"",
        "no UTF-8": b"\xff\xfe\x00" * 10,
        "deep arrays": b"[" * 200_000,
        "deep arrays, closed": (request % ("eth_call", "[" * 100_000 + "]" * 100_000)).encode(),
        "deep objects": b'{"a":' * 100_000,
        "empty batch": b"[]",
        "batch of 1001": ("[" + ",".join([one] * 1001) + "]").encode(),
        "batch of no requests": b"[1,2,3]",
        "unknown method": (request % ("eth_nothing", "[]")).encode(),
        "method of 1 MiB": (request % ("a" * MIB, "[]")).encode(),
        "no version": b'{"id":1,"method":"eth_blockNumber"}',
        "body of 6 MiB": (request % ("eth_call", '["' + "0" * (6 * MIB) + '"]')).encode(),
        "number of 10000 digits": (request % ("eth_getBlockByNumber", "[" + "9" * 10_000 + ",false]")).encode(),
    }
    yield from ((label, lambda body=body: error_answer(node, body)) for label, body in bodies.items())
    wrong = ("{}", "[null,null]", '["0x"]', "[-1,true]", '["0xg"]', "[[[[]]]]", '["' + "f" * 5000 + '",{}]')
    for method in ("eth_getBlockByNumber", "eth_getBalance", "eth_call", "eth_estimateGas", "eth_getLogs", "eth_feeHistory",
                   "eth_getProof", "debug_traceTransaction", "debug_traceCall", "eth_getStorageAt", "althing_getBlocks"):  # fmt: skip
        for params in wrong:
            # Some are allowed to mean something; they must only be answered.
            yield f"{method} {params[:20]}", lambda m=method, p=params: answered(node, request % (m, p))


def answered(node, body):
    status, answer = rpc.post(node.rpc, body.encode(), seconds=30)
    if status >= 500 or (b'"code":%d' % INTERNAL) in answer:
        raise Broken(f"HTTP {status} {answer[:160]!r}")


def http_bytes(node, random):
    for port, what in ((node.rpc, "RPC"), (node.metrics, "metrics")):
        for label, data in (
            ("random bytes", random.randbytes(2000)),
            ("long request line", b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n"),
            ("many headers", b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: y\r\n" % i for i in range(5000)) + b"\r\n"),
            ("length of 1 TiB", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1099511627776\r\n\r\n{"),
            ("negative length", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n{}"),
            ("broken chunks", b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}"),
            ("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(500)),
            ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + random.randbytes(200)),
        ):
            yield f"{what}: {label}", lambda port=port, data=data: not_ok(port, data)
    yield "half requests", lambda: half_requests(node.rpc)


def not_ok(port, data):
    answer = raw_exchange(port, data, 1, half_close=False)
    if answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 5")):
        raise Broken(f"answered {answer[:80]!r}")


def half_requests(port):
    """Fifty connections that send half a request: the next client is served all the same."""
    held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(50)]
    for connection in held:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
    rpc.call(port, "eth_blockNumber")
    for connection in held:
        connection.close()


def frame(opcode, payload, masked=True, declared=None, final=True):
    length = len(payload) if declared is None else declared
    head = bytes([(0x80 if final else 0) | opcode])
    bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([bit | length])
    elif length < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + payload
    return head + bytes(4) + payload  # A mask of zeros changes nothing.


def websockets(node, random):
    for label, data in (
        ("random frames", random.randbytes(3000)),
        ("frame of 2^62 bytes", frame(1, b"x", declared=2**62)),
        ("frame of 10 MiB", frame(1, bytes(10 * MIB))),
        ("unmasked", frame(1, b"{}", masked=False)),
        ("no UTF-8", frame(1, b"\xff\xff")),
        ("no JSON", frame(1, b"hello")),
        ("reserved opcode", frame(5, b"")),
        ("long ping", frame(9, bytes(1000))),
        ("endless fragments", frame(1, b"[", final=False) + b"".join(frame(0, b"[" * 1000, final=False) for _ in range(6000))),
        ("300 subscriptions", frame(1, SUBSCRIBE) * 300),
    ):
        yield f"WebSocket: {label}", lambda data=data: websocket(node.rpc, data)


def websocket(port, data):
    """The connection is refused, closed or answered with errors; others are served."""
    answer = raw_exchange(port, UPGRADE + data, 1)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise Broken(f"no WebSocket: {answer[:80]!r}")
    rpc.call(port, "eth_blockNumber")


def peers(node, random):
    for i in range(10):
        yield f"p2p: random bytes {i}", lambda: raw_exchange(node.p2p, random.randbytes(random.randrange(1, 5000)), 0.3)
    yield "p2p: announced length of 4 GiB", lambda: raw_exchange(node.p2p, b"\xff\xff\xff\xff" + bytes(1000), 0.3)
    yield "p2p: varint without end", lambda: raw_exchange(node.p2p, b"\x80" * 5000, 0.3)
    yield "p2p: 5 MiB", lambda: raw_exchange(node.p2p, os.urandom(5 * MIB), 0.3)
    yield "p2p: connections that say nothing", lambda: silent(node.p2p)


def silent(port):
    held = []
    for _ in range(100):
        try:
            held.append(socket.create_connection(("127.0.0.1", port), timeout=2))
        except OSError:
            break
    for connection in held:
        connection.close()
