"""A candidate that keeps its rewards pays its voters by hand, and the program dies in the middle: everybody is paid once."""

import json
import os
import signal
import subprocess
import time

import rpc
from cluster import Broken, Size
from rpc import wait_for
from seats import FIRST_DRAWN, Seats

SIZE = Size(4, seats=4, block_ms=250)
SECONDS = 60
EPOCH_SECONDS = 120
# Both vote before the ranking for this epoch is fixed, in epoch 1, and earn from it on.
FIRST = FIRST_DRAWN + 1
NAME, OWNER, VOTERS = "node1", 1, (8, 9)
# So many get a bucket of the first voter's as a gift: more owners than transfers are on their way at a time.
GIFTS = 20
GAS = 1_000_000
# Account 1 of every devnet.
OWNER_ADDRESS = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
SHARE = 80


class Program:
    """The command line of an operator, whose home is the scenario's folder."""

    def __init__(self, cluster):
        self.binary, self.node = cluster.binary, cluster.nodes[0]
        self.environment = {**os.environ, "HOME": str(cluster.dir), "ALTHING_RPC_URL": f"http://127.0.0.1:{self.node.rpc}"}

    def command(self, *words):
        return [self.binary, "--json", *map(str, words)]

    def run(self, *words):
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=SECONDS, check=False, env=self.environment
        )
        if done.returncode != 0:
            raise Broken(f"`althing {' '.join(map(str, words))}` ended with {done.returncode}: {done.stderr[-1500:]}")
        return json.loads(done.stdout)

    def start(self, *words):
        return subprocess.Popen(
            self.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment
        )


def payout(context):
    cluster = context.cluster(size=SIZE)
    program, node, seats = Program(cluster), cluster.nodes[0], Seats(cluster)
    plan = program.run("delegate", "plan", "set", "--block", 0, "--epoch", 0, "--dev-account", OWNER, "--yes")
    for voter, words in zip(VOTERS, (("50000", "--days", 91, "--auto"), ("300000", "--days", 14))):
        program.run("stake", "create", NAME, *words, "--dev-account", voter, "--yes")
    give_buckets(program)
    begun = seats.epoch()
    first = max(FIRST, begun + 4)
    wait_for("two epochs of the voters are over", lambda: seats.epoch() > first + 1, EPOCH_SECONDS)
    asked = (NAME, "--first", first, "--last", first + 1, "--share", SHARE)
    before = program.run("delegate", "payout", "preview", *asked)
    check_votes(program, seats, before)
    voters = [row["owner"] for row in before["owners"] if row["owner"].lower() != OWNER_ADDRESS]
    balances = {owner: balance(node, owner) for owner in voters}
    deaths, unpaid = die_in_the_middle(context, program, node, asked, balances)
    told = program.run("delegate", "payout", "run", *asked, "--dev-account", OWNER, "--yes")
    again = program.run("delegate", "payout", "run", *asked, "--dev-account", OWNER, "--yes")
    if told["left"] or again["sent"] or again["total"]["open"] != "0":
        raise Broken(f"something is left to pay: {again}")
    check_balances(node, before, balances)
    lost = list((cluster.dir / ".althing" / "payout").glob("*.jsonl"))
    if len(lost) != 1:
        raise Broken(f"ledgers: {lost}")
    lost[0].unlink()
    anew = program.run("delegate", "payout", "run", *asked, "--dev-account", OWNER, "--yes")
    if anew["sent"]:
        raise Broken(f"without the ledger {anew['sent']} transfers were made again")
    check_balances(node, before, balances)
    check_export(cluster, program, asked, anew)
    cluster.agreed_blocks()
    return (
        f"plan in block {int(plan['blockNumber'], 16)}, voters in epoch {begun}; {len(before['owners'])} owners, "
        f"{before['total']['due']} Rau for epochs {first} and {first + 1}; killed {deaths} times, "
        f"{unpaid} voters not paid then; all paid once, and found again without the ledger"
    )


def balance(node, owner):
    return int(rpc.call(node.rpc, "eth_getBalance", owner, "latest"), 16)


def check_votes(program, seats, statement):
    """Nothing changes after the votes, so what buckets have now is what earned; the amounts follow from it."""
    first, last = statement["first"], statement["last"]
    buckets = {row["index"]: row for row in program.run("stake", "list", "--candidate", NAME)}
    votes = {index: int(program.run("stake", "show", index)["votes"]) for index in buckets}
    due = dict.fromkeys((row["owner"].lower() for row in buckets.values()), 0)
    for epoch in range(first, last + 1):
        paid = rewards(program.node, seats, epoch, statement["candidateId"])
        part = sum(amount * SHARE // 100 for amount in paid)
        for index, row in buckets.items():
            due[row["owner"].lower()] += part * votes[index] // sum(votes.values())
    told = {row["owner"].lower(): int(row["due"]) for row in statement["owners"]}
    if told != due or not all(due.values()) or len(due) < GIFTS + len(VOTERS):
        raise Broken(f"due is {due}, and the program says {told}")


def rewards(node, seats, epoch, candidate):
    """What the contract paid a candidate for an epoch, by its logs."""
    height = hex(seats.first_block(epoch + 1) - 1)
    where = {"fromBlock": height, "toBlock": height, "topics": [None, None, "0x" + candidate[2:].rjust(64, "0")]}
    logs = rpc.call(node.rpc, "eth_getLogs", where)
    return [int(log["data"][66:], 16) for log in logs if int(log["topics"][3], 16) < 3]


def give_buckets(program):
    """The first voter makes buckets, and gives them to accounts that never did anything."""
    # An estimate does not know what waits in the pool.
    signed = ("--dev-account", VOTERS[0], "--yes", "--gas", GAS)
    for _ in range(GIFTS):
        sent = program.run("stake", "create", NAME, "200", "--days", 7, *signed, "--no-wait")
    wait_for_receipt(program, sent["hash"])
    owner = program.run("stake", "show", max(int(row["index"]) for row in program.run("stake", "list")))["owner"]
    gifts = [row["index"] for row in program.run("stake", "list", "--owner", owner) if row["amount"] == str(200 * 10**18)]
    for number, index in enumerate(gifts):
        sent = program.run("stake", "transfer", index, f"0x{0xA1700000 + number:040x}", *signed, "--no-wait")
    wait_for_receipt(program, sent["hash"])


def wait_for_receipt(program, hash_):
    wait_for("the last transaction is final", lambda: rpc.call(program.node.rpc, "eth_getTransactionReceipt", hash_), SECONDS)


def die_in_the_middle(context, program, node, asked, balances):
    """Kills runs: one when the first voters have their coins, the others at any time. How many, and who was not paid then."""
    deaths = 0
    for attempt in range(3):
        process = program.start("delegate", "payout", "run", *asked, "--dev-account", OWNER, "--yes")
        moment = time.monotonic() + context.random.uniform(0.01, 0.2)

        def due():
            paid = attempt == 1 and any(balance(node, owner) != had for owner, had in balances.items())
            return process.poll() is not None or paid or (attempt != 1 and time.monotonic() >= moment)

        wait_for("a transfer is in a block", due, SECONDS)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            deaths += 1
        process.wait(SECONDS)
        if attempt == 1:
            unpaid = sum(balance(node, owner) == had for owner, had in balances.items())
    return deaths, unpaid


def check_balances(node, statement, balances):
    due = {row["owner"]: int(row["due"]) for row in statement["owners"]}
    for owner, had in balances.items():
        if (got := balance(node, owner) - had) != due[owner]:
            raise Broken(f"{owner} has {got} Rau more, and {due[owner]} were due")


def check_export(cluster, program, asked, statement):
    path = cluster.dir / "payout.csv"
    program.run("delegate", "payout", "export", *asked, "--output", path)
    header, *rows = (line.split(",") for line in path.read_text().splitlines())
    paid = {row[0].lower(): int(row[header.index("paid_rau")]) for row in rows}
    if paid != {row["owner"].lower(): int(row["paid"]) for row in statement["owners"]} or not sum(paid.values()):
        raise Broken(f"the spreadsheet says {paid}")
