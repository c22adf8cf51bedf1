"""web3.py 8: the same cases as the other libraries, printed in the same form as lib/cases.mjs does."""

import asyncio
import json
import os
import re
import sys
import time
import traceback
from pathlib import Path

import rlp
from eth_account import Account
from eth_utils import keccak
from web3 import AsyncWeb3, HTTPProvider, Web3, WebSocketProvider
from web3.exceptions import (
    ContractCustomError,
    ContractLogicError,
    ContractPanicError,
    Web3RPCError,
)

CLIENT = os.environ["COMPAT_CLIENT"]
URL = os.environ["COMPAT_URLS"].split(",")[0]
CHAIN_ID = int(os.environ["COMPAT_CHAIN_ID"])
ALICE, BOB, CAROL = (Account.from_key(key) for key in os.environ["COMPAT_KEYS"].split(","))
CONTRACTS = json.loads((Path(__file__).parent.parent / ".out" / "contracts.json").read_text())["contracts"]
# How often and how long it looks for a receipt or an event, in seconds.
POLL = 0.1
DEADLINE = 30
# The longest reason that is printed, in characters.
REASON_LENGTH = 300
# Receives coins and has no code.
NOBODY = Account.create().address

w3 = Web3(HTTPProvider(URL))
cases = []
state = {}


def case(scenario):
    def keep(body):
        cases.append((scenario, body))
        return body

    return keep


def same(given, expected, what):
    assert given == expected, f"{what}: got {given}, expected {expected}"


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"succeeded, but must raise {kind}")


def mined(tx_hash, status=1):
    receipt = w3.eth.wait_for_transaction_receipt(tx_hash, timeout=DEADLINE, poll_latency=POLL)
    same(receipt["status"], status, "status")
    return receipt


def signed(account, **fields):
    fields = {"from": account.address, "chainId": CHAIN_ID, **fields}
    fields.setdefault("nonce", w3.eth.get_transaction_count(account.address, "pending"))
    if "gasPrice" not in fields and "maxFeePerGas" not in fields:
        tip = w3.eth.max_priority_fee
        base = w3.eth.get_block("latest")["baseFeePerGas"]
        fields |= {"maxPriorityFeePerGas": tip, "maxFeePerGas": 2 * base + tip}
    if "gas" not in fields:
        fields["gas"] = w3.eth.estimate_gas(fields)
    fields.pop("from")
    return account.sign_transaction(fields)


def send(account, **fields):
    return w3.eth.send_raw_transaction(signed(account, **fields).raw_transaction)


def deploy(name, *args):
    factory = w3.eth.contract(abi=CONTRACTS[name]["abi"], bytecode=CONTRACTS[name]["bytecode"])
    receipt = mined(send(ALICE, data=factory.constructor(*args).data_in_transaction))
    return w3.eth.contract(address=receipt["contractAddress"], abi=CONTRACTS[name]["abi"]), receipt


def set_value(value):
    probe = state["probe"]
    return mined(send(ALICE, to=probe.address, data=probe.encode_abi("set", [value])))


@case("transfer with EIP-1559 fees")
def _():
    to = Account.create().address
    receipt = mined(send(ALICE, to=to, value=10**18))
    same((receipt["type"], receipt["gasUsed"]), (2, 21_000), "type and gas")
    same(w3.eth.get_balance(to), 10**18, "balance")


@case("legacy transfer with a chain id")
def _():
    receipt = mined(send(ALICE, to=NOBODY, value=1, gasPrice=w3.eth.gas_price))
    same(receipt["type"], 0, "type")
    same(w3.eth.get_transaction(receipt["transactionHash"])["chainId"], CHAIN_ID, "chain id")


@case("deploy")
def _():
    state["probe"], receipt = deploy("Probe", 7)
    state["since"] = receipt["blockNumber"]
    assert len(w3.eth.get_code(state["probe"].address)) > 0, "no code"


@case("call and storage")
def _():
    same(state["probe"].functions.value().call(), 7, "value")
    same(int.from_bytes(w3.eth.get_storage_at(state["probe"].address, 0)), 7, "slot 0")


@case("transaction with an access list (EIP-2930)")
def _():
    data = state["probe"].encode_abi("set", [8])
    call = {"from": ALICE.address, "to": state["probe"].address, "data": data}
    found = w3.eth.create_access_list(call)["accessList"]
    entries = [{"address": one["address"], "storageKeys": one["storageKeys"]} for one in found]
    receipt = mined(send(ALICE, to=call["to"], data=data, accessList=entries, gasPrice=w3.eth.gas_price))
    same(receipt["type"], 1, "type")


@case("write, and the event in the receipt")
def _():
    events = state["probe"].events.ValueSet().process_receipt(set_value(9))
    same([dict(event["args"]) for event in events], [{"who": ALICE.address, "value": 9}], "events")


@case("fee estimation")
def _():
    history = w3.eth.fee_history(4, "latest", [25, 75])
    same(len(history["baseFeePerGas"]), len(history["gasUsedRatio"]) + 1, "base fees")
    assert w3.eth.max_priority_fee >= 0 and w3.eth.gas_price > 0, "no price"
    gas = state["probe"].functions.set(10).estimate_gas({"from": ALICE.address})
    assert set_value(10)["gasUsed"] <= gas, "more gas used than estimated"


@case("revert reason: string")
def _():
    error = raises(ContractLogicError, state["probe"].functions.failString().call)
    assert "the reason is a string" in str(error), str(error)


@case("revert reason: custom error")
def _():
    error = raises(ContractCustomError, state["probe"].functions.failCustom(3).call)
    selector = keccak(text="TooSmall(uint256,uint256)")[:4].hex()
    assert selector in str(error), str(error)


@case("revert reason: panic")
def _():
    error = raises(ContractPanicError, state["probe"].functions.failPanic(0).call)
    assert "0x12" in str(error), str(error)


@case("logs by range, topic and filter")
def _():
    event = state["probe"].events.ValueSet
    created = event.create_filter(from_block="latest", argument_filters={"who": ALICE.address})
    set_value(11)
    end = time.monotonic() + DEADLINE
    found = []
    while not found and time.monotonic() < end:
        found = created.get_new_entries()
        time.sleep(POLL)
    assert 11 in [entry["args"]["value"] for entry in found], "the filter missed the event"
    assert w3.eth.uninstall_filter(created.filter_id), "the filter was not there to remove"
    assert len(event.get_logs(from_block=state["since"])) >= 3, "too few logs"
    same(len(event.get_logs(from_block=state["since"], argument_filters={"who": BOB.address})), 0, "logs of another")


async def subscribed():
    """Two subscriptions on one socket; sends a transaction and waits for both to show it."""
    address = state["probe"].address
    async with AsyncWeb3(WebSocketProvider(URL.replace("http", "ws", 1))) as live:
        heads = await live.eth.subscribe("newHeads")
        logs = await live.eth.subscribe("logs", {"address": address})
        pending = await live.eth.subscribe("newPendingTransactions")
        sent = await asyncio.to_thread(set_value, 12)
        wanted = {heads: sent["blockHash"], logs: sent["transactionHash"], pending: sent["transactionHash"]}
        read = {heads: lambda r: r["hash"], logs: lambda r: r["transactionHash"], pending: lambda r: r}
        async with asyncio.timeout(DEADLINE):
            async for message in live.socket.process_subscriptions():
                kind = message["subscription"]
                if kind in wanted and bytes(read[kind](message["result"])) == bytes(wanted[kind]):
                    del wanted[kind]
                if not wanted:
                    break
        await live.eth.unsubscribe(heads)


@case("subscriptions newHeads, logs, newPendingTransactions")
def _():
    asyncio.run(subscribed())


@case("trace")
def _():
    probe = state["probe"]
    receipt = mined(send(ALICE, to=probe.address, data=probe.encode_abi("setThroughSelf", [13])))
    request = [w3.to_hex(receipt["transactionHash"]), {"tracer": "callTracer"}]
    trace = w3.provider.make_request("debug_traceTransaction", request)["result"]
    same(len(trace["calls"]), 1, "inner calls")


@case("authorisation of code (EIP-7702)")
def _():
    batcher, _ = deploy("Batcher")
    nonce = w3.eth.get_transaction_count(BOB.address)
    authorization = BOB.sign_authorization({"chainId": CHAIN_ID, "address": batcher.address, "nonce": nonce + 1})
    to = Account.create().address
    data = batcher.encode_abi("execute", [[(to, 5, b"")]])
    receipt = mined(send(BOB, to=BOB.address, data=data, gas=200_000, authorizationList=[authorization]))
    same(receipt["type"], 4, "type")
    same(w3.eth.get_code(BOB.address).hex(), "ef0100" + batcher.address[2:].lower(), "code")
    same(w3.eth.get_balance(to), 5, "balance")


@case("batched requests")
def _():
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_block("latest"))
        batch.add(w3.eth.get_balance(ALICE.address))
        batch.add(state["probe"].functions.value())
        block, balance, value = batch.execute()
    assert block["number"] > 0 and balance > 0 and value > 0, "an empty answer"


@case("nonces: sent out of order, all included in order")
def _():
    nonce = w3.eth.get_transaction_count(CAROL.address)
    hashes = [send(CAROL, to=NOBODY, value=1, nonce=nonce + step, gas=21_000) for step in (2, 1, 0)]
    for sent in hashes:
        mined(sent)
    same(w3.eth.get_transaction_count(CAROL.address), nonce + 3, "nonce")


@case("receipts of a block")
def _():
    one = set_value(16)
    receipts = w3.eth.get_block_receipts(one["blockNumber"])
    same([r for r in receipts if r["transactionHash"] == one["transactionHash"]], [one], "receipt")


@case("state at a block hash (EIP-1898) and at a height")
def _():
    before = set_value(17)
    set_value(18)
    value = state["probe"].functions.value()
    same(value.call(block_identifier=before["blockNumber"]), 17, "at the height")
    same(value.call(block_identifier=before["blockHash"]), 17, "at the hash")
    call = {"to": state["probe"].address, "data": state["probe"].encode_abi("value")}
    result = w3.provider.make_request("eth_call", [call, {"blockHash": w3.to_hex(before["blockHash"])}])["result"]
    same(int(result, 16), 17, "at the object")


@case("state overrides in a call")
def _():
    word = "0x" + "0" * 62
    override = {state["probe"].address: {"stateDiff": {word + "00": word + "63"}}}
    same(state["probe"].functions.value().call(state_override=override), 99, "value")


@case("errors: nonce too low, insufficient funds, wrong chain id")
def _():
    error = raises(Web3RPCError, lambda: send(ALICE, to=NOBODY, value=1, nonce=0, gas=21_000))
    assert "nonce too low" in str(error).lower(), str(error)
    error = raises(Web3RPCError, lambda: send(ALICE, to=NOBODY, value=10**30, gas=21_000))
    assert "insufficient funds" in str(error).lower(), str(error)
    error = raises(Web3RPCError, lambda: send(ALICE, to=NOBODY, value=1, gas=21_000, chainId=CHAIN_ID + 1))
    assert "chain" in str(error).lower(), str(error)


@case("header hash recomputed")
def _():
    block = w3.provider.make_request("eth_getBlockByNumber", ["latest", False])["result"]
    raw = lambda name: bytes.fromhex(block[name][2:])
    number = lambda name: rlp.sedes.big_endian_int.serialize(int(block[name], 16))
    fields = [
        *[(name, raw) for name in "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom".split()],
        *[(name, number) for name in "difficulty number gasLimit gasUsed timestamp".split()],
        *[("extraData", raw), ("mixHash", raw), ("nonce", raw), ("baseFeePerGas", number), ("withdrawalsRoot", raw)],
        *[("blobGasUsed", number), ("excessBlobGas", number), ("parentBeaconBlockRoot", raw), ("requestsHash", raw)],
    ]
    header = [encode(name) for name, encode in fields if block.get(name) is not None]
    same("0x" + keccak(rlp.encode(header)).hex(), block["hash"], "hash")


def main():
    failed = 0
    for scenario, body in cases:
        start = time.monotonic()
        reason = ""
        try:
            body()
        except Exception as error:  # a failing case must not end the others
            failed += 1
            reason = " " + re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:REASON_LENGTH]
            if os.environ.get("COMPAT_VERBOSE"):
                traceback.print_exc()
        milliseconds = int((time.monotonic() - start) * 1000)
        print(f"{'FAIL' if reason else 'ok'} {CLIENT} {scenario} ({milliseconds} ms){reason}", flush=True)
    sys.exit(1 if failed else 0)


main()
