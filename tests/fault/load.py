"""Sends transfers all the time, remembers which were seen in a final block, and checks later that none was lost."""

import threading
import time

import rpc
from cluster import Broken
from rpc import Down, Refused, wait_for
from transactions import KEYS, address_of, transfer

CHAIN_ID = 930931
TICK_SECONDS = 0.1
# So long an account's transfer may wait before it is sent again to another node.
RESEND_SECONDS = 3
IN_FLIGHT = 4
EXPECTED = ("already known", "nonce too low")


class Account:
    def __init__(self, key):
        self.key, self.address = key, address_of(key)
        self.hex, self.nonce, self.open = "0x" + self.address.hex(), 0, {}


class Load:
    def __init__(self, cluster, accounts=len(KEYS)):
        self.cluster, self.random = cluster, cluster.random
        self.accounts = [Account(key) for key in KEYS[:accounts]]
        self.seen, self.sent, self.refused, self.failure = {}, 0, [], None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._guard, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def _guard(self):
        try:
            while not self.stopping.wait(TICK_SECONDS):
                self._tick()
        except Exception as error:  # Reported by `check`; a thread must not die unnoticed.
            self.failure = error

    def _tick(self):
        account = self.random.choice(self.accounts)
        nodes = self.cluster.running
        if not nodes:
            return
        node = self.random.choice(nodes)
        self._receipts(account, node)
        now = time.monotonic()
        for entry in list(account.open.values()):
            if now - entry["at"] > RESEND_SECONDS:
                entry["at"] = now
                self._send(node, entry)
        if len(account.open) < IN_FLIGHT:
            to = self.random.choice(self.accounts).address
            raw, hash_ = transfer(account.key, CHAIN_ID, account.nonce, to, self.random.randrange(1, 10**9))
            entry = account.open[hash_] = {"raw": raw, "at": now, "nonce": account.nonce}
            account.nonce += 1
            self.sent += 1
            self._send(node, entry)

    def _send(self, node, entry):
        try:
            rpc.call(node.rpc, "eth_sendRawTransaction", entry["raw"], seconds=2)
        except Refused as error:
            if not any(text in error.message for text in EXPECTED):
                self.refused.append(f"{node.name} nonce {entry['nonce']}: {error}")
        except Down:
            pass

    def _receipts(self, account, node):
        try:
            for hash_ in list(account.open):
                receipt = rpc.call(node.rpc, "eth_getTransactionReceipt", hash_, seconds=2)
                if receipt:
                    self.seen[hash_] = (receipt["blockHash"], int(receipt["blockNumber"], 16), node.name)
                    del account.open[hash_]
        except (Down, Refused):
            pass

    @property
    def last_final(self):
        return max((height for _, height, _ in self.seen.values()), default=0)

    def check(self):
        """Every transfer that any node ever called final is in the same block on all nodes; what is open ends too."""
        if self.failure:
            raise Broken(f"the load ended: {self.failure!r}")
        if self.refused:
            raise Broken(f"{len(self.refused)} valid transfers refused, first: {self.refused[0]}")
        wait_for(lambda: f"{self._open()} of {self.sent} transfers become final", self._drained, 60)
        # A block is final on one node a moment before it is on the others.
        self.cluster.wait_height(self.last_final, 60, self.cluster.nodes)
        hashes = list(self.seen)
        for node in self.cluster.nodes:
            receipts = rpc.batch(node.rpc, "eth_getTransactionReceipt", [[h] for h in hashes])
            for hash_, receipt in zip(hashes, receipts):
                block, height, by = self.seen[hash_]
                if receipt is None:
                    raise Broken(f"LOST: {hash_} was final at {height} on {by}, {node.name} does not know it")
                if receipt["blockHash"] != block:
                    raise Broken(f"MOVED: {hash_} was in {block} on {by}, {node.name} has it in {receipt['blockHash']}")
        nonces = {account.hex: account.nonce for account in self.accounts}
        for node in self.cluster.nodes:
            got = rpc.batch(node.rpc, "eth_getTransactionCount", [[a, "latest"] for a in nonces])
            if [int(n, 16) for n in got] != list(nonces.values()):
                raise Broken(f"{node.name} has other nonces than were sent: {got}")

    def _open(self):
        return sum(len(account.open) for account in self.accounts)

    def _drained(self):
        """Called when the thread has ended."""
        node = self.random.choice(self.cluster.running)
        for account in self.accounts:
            self._receipts(account, node)
            for entry in list(account.open.values()):
                if time.monotonic() - entry["at"] > RESEND_SECONDS:
                    entry["at"] = time.monotonic()
                    self._send(node, entry)
        return self._open() == 0
