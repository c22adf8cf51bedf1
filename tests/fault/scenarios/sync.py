"""A follower that fetches the state of a block from a node that stands still and lies, and follows from there."""

import rpc
from cluster import Broken
from keccak import keccak256
from load import KEYS, Account, Load
from proxy import Relay
from rpc import Refused, wait_for
from scenarios.follow import RECEIVER, SECONDS, new_follower, taken
from transactions import rlp, transfer

# Enough for several answers; a transaction's gas is 2^24 at most.
CONTRACTS, SLOTS = 3, 700
DEPLOY_GAS = 16_700_000
# Bytes of answers after which the cable stands still: in the middle of the slots.
MIDDLE = 150_000
PRUNED = 4444
REFUSAL = "is not what the certified block commits to"

# Stores n at slot n, from SLOTS down to 1, and leaves 32 bytes of code.
CONSTRUCTOR = bytes.fromhex(f"61{SLOTS:04x}5b8080556001900380600357602a60005260206000f3")


def deploy(cluster, sender, chain_id):
    """Contracts with slots; their addresses."""
    node, hashes = cluster.nodes[0], []
    for _ in range(CONTRACTS):
        raw, sent = transfer(sender.key, chain_id, sender.nonce, b"", 0, gas=DEPLOY_GAS, data=CONSTRUCTOR)
        rpc.call(node.rpc, "eth_sendRawTransaction", raw)
        hashes.append((sent, "0x" + keccak256(rlp([sender.address, sender.nonce]))[12:].hex()))
        sender.nonce += 1
    for sent, _ in hashes:
        receipt = wait_for("a contract is there", lambda: rpc.call(node.rpc, "eth_getTransactionReceipt", sent), SECONDS)
        if receipt["status"] != "0x1":
            raise Broken(f"a contract was not created: {receipt}")
    return [address for _, address in hashes]


def compare(node, other, addresses, contracts):
    """Both say the same of everything at a height that both have."""
    height = hex(min(node.height(), other.height()))
    queries = [(method, [a, height]) for a in addresses for method in ("eth_getBalance", "eth_getTransactionCount")]
    queries += [("eth_getCode", [a, height]) for a in contracts]
    queries += [("eth_getStorageAt", [a, hex(slot), height]) for a in contracts for slot in (0, 1, SLOTS // 2, SLOTS)]
    for method, params in queries:
        ours, theirs = (rpc.call(n.rpc, method, *params) for n in (node, other))
        if ours != theirs:
            raise Broken(f"{method} {params}: {node.name} says {ours}, {other.name} says {theirs}")
    stored = rpc.call(node.rpc, "eth_getStorageAt", contracts[-1], hex(SLOTS), height)
    if int(stored, 16) != SLOTS:
        raise Broken(f"the follower says that {stored} is stored, not {SLOTS}")


def refused(node, oldest, method, *params):
    """The node says that it does not have this, and names the oldest that it has."""
    try:
        answer = rpc.call(node.rpc, method, *params)
    except Refused as error:
        if error.code != PRUNED or str(oldest) not in error.message:
            raise Broken(f"{method} {params} is refused with {error}") from error
    else:
        raise Broken(f"{method} {params} gave {answer} though {oldest} is the oldest")


def sync(context):
    cluster = context.cluster()
    chain_id = cluster.spec()["chainId"]
    sender = Account(KEYS[-1])
    with Load(cluster, accounts=len(KEYS) - 1) as load:
        contracts = deploy(cluster, sender, chain_id)
        relay = Relay(cluster.nodes[0].rpc, limit=MIDDLE)
        node = new_follower(cluster, [relay.address], "--sync", "state")
        node.start()
        if not relay.stands.wait(SECONDS):
            raise Broken(f"the state was fetched with {relay.carried} bytes: nothing was interrupted\n{node.tail()}")
        node.kill()
        relay.limit, relay.spoils = None, True
        node.start()
        wait_for("a spoiled answer is refused", lambda: any(REFUSAL in line for line in node.log_lines()), SECONDS)
        node.kill()
        relay.spoils = False
        joined = cluster.restart(node, SECONDS)
        oldest = int(rpc.call(node.rpc, "althing_nodeStatus")["oldestBlock"], 16)
        if oldest < 2:
            raise Broken(f"the follower has replayed the chain: its oldest block is {oldest}")
        raw, sent = transfer(sender.key, chain_id, sender.nonce, RECEIVER, 1)
        wait_for("the follower takes a transfer", lambda: taken(node, raw), SECONDS)
        wait_for("the transfer is final", lambda: rpc.call(node.rpc, "eth_getTransactionReceipt", sent), SECONDS)
        node.kill()
        cluster.restart(node, SECONDS)
    load.check()
    addresses = [account.hex for account in load.accounts] + [sender.hex, "0x" + RECEIVER.hex(), *contracts]
    compare(node, cluster.nodes[1], addresses, contracts)
    for method, params in (
        ("eth_getBalance", [sender.hex, hex(oldest - 1)]),
        ("eth_getBlockByNumber", [hex(oldest - 1), False]),
        ("eth_getLogs", [{"fromBlock": hex(oldest - 1)}]),
        ("althing_getBlocks", [hex(1), hex(4)]),
    ):
        refused(node, oldest, method, *params)
    if len(rpc.call(node.rpc, "althing_getBlocks", hex(oldest), hex(4))) != 4:
        raise Broken("the follower does not serve the blocks that it has")
    cluster.nodes.append(node)
    blocks = cluster.agreed_blocks(first=oldest)
    relay.stop()
    return f"killed in the middle, refused a spoiled answer, began at {oldest} in {joined:.1f} s; {len(blocks)} blocks equal"
