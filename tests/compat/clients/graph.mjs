// graph-node has no build to run here: this makes the calls of its Ethereum adapter, for following the chain, reading events and
// calling contracts at a block's hash.

import { encodeFunctionData, keccak256, toHex } from "viem";
import { assert, finish, rpc, same, settings, test } from "../lib/cases.mjs";
import { scene } from "../lib/scene.mjs";

let made;
const TOPIC = keccak256(toHex("ValueSet(address,uint256)"));

await test("start: network id and genesis block", async () => {
  made = await scene();
  same(await rpc("net_version"), String(settings.chainId), "network id");
  const genesis = await rpc("eth_getBlockByNumber", ["0x0", false]);
  assert(/^0x[0-9a-f]{64}$/.test(genesis.hash), "the genesis block has no hash");
});

await test("follow the head: blocks with transactions, and their receipts", async () => {
  const head = await rpc("eth_getBlockByNumber", ["latest", false]);
  const parent = await rpc("eth_getBlockByHash", [head.parentHash, true]);
  same(BigInt(parent.number) + 1n, BigInt(head.number), "the parent's height");
  const block = await rpc("eth_getBlockByHash", [made.written.blockHash, true]);
  const found = block.transactions.find(({ hash }) => hash === made.written.transactionHash);
  for (const field of ["from", "to", "value", "gas", "input", "nonce", "transactionIndex", "blockHash", "blockNumber"]) {
    assert(found[field] !== undefined, `a transaction lacks ${field}`);
  }
  const receipts = await rpc("eth_getBlockReceipts", [made.written.blockHash]);
  same(receipts.length, block.transactions.length, "receipts");
  assert(receipts.every((receipt) => receipt.blockHash === block.hash), "a receipt of another block");
  same((await rpc("eth_getTransactionReceipt", [made.written.transactionHash])).blockHash, block.hash, "receipt");
});

await test("events by range and by block hash", async () => {
  const range = { fromBlock: toHex(made.deployed.blockNumber), toBlock: toHex(made.paid.blockNumber) };
  const all = await rpc("eth_getLogs", [{ ...range, address: [made.address], topics: [[TOPIC]] }]);
  same(all.length, 2, "events");
  same(await rpc("eth_getLogs", [{ ...range, topics: [[TOPIC, keccak256("0x01")], null] , address: [made.address] }]), all, "events by alternative topics");
  same(await rpc("eth_getLogs", [{ ...range, address: [made.address], topics: [[keccak256("0x01")]] }]), [], "events of another topic");
  const block = await rpc("eth_getLogs", [{ blockHash: made.written.blockHash, address: [made.address] }]);
  same(block.length, 1, "events of one block");
  same(block[0].transactionHash, made.written.transactionHash, "their transaction");
});

await test("calls, balances and code at a block's hash (EIP-1898)", async () => {
  const data = encodeFunctionData({ abi: made.abi, functionName: "value" });
  const at = (receipt) => ({ blockHash: receipt.blockHash });
  same(BigInt(await rpc("eth_call", [{ to: made.address, data }, at(made.written)])), 9n, "value after the first write");
  same(BigInt(await rpc("eth_call", [{ to: made.address, data }, at(made.paid)])), 10n, "value after the second");
  same(BigInt(await rpc("eth_getBalance", [made.address, at(made.written)])), 0n, "balance before");
  same(BigInt(await rpc("eth_getBalance", [made.address, at(made.paid)])), 3n, "balance after");
  assert((await rpc("eth_getCode", [made.address, at(made.deployed)])).length > 2, "no code");
});

await test("a failing call carries its revert data", async () => {
  const data = encodeFunctionData({ abi: made.abi, functionName: "failString" });
  const error = await rpc("eth_call", [{ to: made.address, data }, { blockHash: made.paid.blockHash }]).then(() => null, (thrown) => thrown);
  same([error?.code, error?.data?.slice(0, 10)], [3, "0x08c379a0"], "code and data");
});

finish();
