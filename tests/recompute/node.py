"""A node's answers over JSON-RPC, and calls of system contracts at any height. Nothing else is asked."""

import json
import urllib.error
import urllib.request

import abi
from keccak import keccak256

SECONDS = 60
# Blocks a request; the node gives fewer when they are large.
PAGE = 64
# What a node answers that does not have so old a state or block any more.
PRUNED = 4444


class Unanswered(Exception):
    """The node did not answer: nothing is said about the chain."""


class Pruned(Unanswered):
    """The node does not keep what is needed."""


class Node:
    def __init__(self, url):
        self.url = url

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                answer = json.load(answer)
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise Unanswered(f"{self.url} {method}: {error}") from error
        if "error" in answer:
            error = answer["error"]
            kind = Pruned if error.get("code") == PRUNED else Unanswered
            raise kind(f"{self.url} refuses {method}{tuple(params)!r:.120}: {error.get('code')} {error.get('message')}")
        return answer["result"]

    def epoch(self):
        """The present epoch, and the number of blocks of all epochs."""
        answer = self.ask("althing_epoch")
        first, last = int(answer["firstHeight"], 16), int(answer["lastHeight"], 16)
        return int(answer["epoch"], 16), last - first + 1

    def spec(self):
        """The chain spec."""
        return self.ask("althing_chainSpec")["spec"]

    def blocks(self, first, last):
        """Encoded blocks with their hashes."""
        while first <= last:
            page = self.ask("althing_getBlocks", hex(first), hex(min(PAGE, last - first + 1)))
            if not page:
                raise Unanswered(f"{self.url} has no block {first}")
            for answer in page:
                if int(answer["number"], 16) != first:
                    raise Unanswered(f"{self.url} gives block {answer['number']} for {first}")
                yield bytes.fromhex(answer["block"][2:]), bytes.fromhex(answer["hash"][2:])
                first += 1


class Contract:
    """A system contract by its Solidity interface."""

    def __init__(self, node, address, interface):
        self.node, self.address, self.functions = node, address, abi.functions(interface)

    def call(self, name, *arguments, block="latest"):
        """A function's only result, or all of several; at a height, in the state after that block."""
        selector, inputs, outputs = self.functions[name]
        data = selector + abi.encode(inputs, arguments)
        block = hex(block) if isinstance(block, int) else block
        answer = self.node.ask("eth_call", {"to": self.address, "data": "0x" + data.hex()}, block)
        values = abi.decode(outputs, bytes.fromhex(answer[2:]))
        return values[0] if len(values) == 1 else values

    def logs(self, event, height):
        """Logs of an event in a block."""
        topic = "0x" + keccak256(event.encode()).hex()
        where = {"address": self.address, "fromBlock": hex(height), "toBlock": hex(height), "topics": [topic]}
        return self.node.ask("eth_getLogs", where)
