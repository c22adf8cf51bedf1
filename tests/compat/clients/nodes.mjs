// Several nodes of one network: what is sent to one is seen by all, and all tell the same.

import { keccak256, parseEther, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { contract, finish, rpc, same, settings, test, until } from "../lib/cases.mjs";
import { createSocket } from "../lib/socket.mjs";
import { reader, readerAt, walletOf } from "../lib/viem.mjs";

const accounts = settings.keys.map((key) => privateKeyToAccount(key));
const nodes = settings.urls.map((at) => ({ at, reader: readerAt(at) }));
const others = nodes.slice(1);
/** Nodes are some milliseconds apart: what one has, the next may ask for too early. */
const everywhere = (hash) =>
  Promise.all(nodes.map((node) => node.reader.waitForTransactionReceipt({ hash, timeout: 20_000 })));
/** Waits until every node has the first one's height, and returns that. */
async function level() {
  const top = await reader.getBlockNumber();
  for (const node of nodes) await until(async () => (await node.reader.getBlockNumber()) >= top, `height ${top} at ${node.at}`);
  return top;
}
const fresh = () => privateKeyToAccount(keccak256(toHex(`${settings.keys[0]}${Math.random()}`))).address;

await test("every node is on the same chain", async () => {
  const chains = await Promise.all(nodes.map(({ at }) => rpc("eth_chainId", [], at)));
  same(chains.map(Number), nodes.map(() => settings.chainId), "chain ids");
  const genesis = await Promise.all(nodes.map(({ at }) => rpc("eth_getBlockByNumber", ["0x0", false], at)));
  same(new Set(genesis.map(({ hash }) => hash)).size, 1, "genesis blocks");
  await level();
});

await test("sent to each of the others, read from the first", async () => {
  for (const { at } of others) {
    const to = fresh();
    const hash = await walletOf(accounts[0], at).sendTransaction({ to, value: parseEther("1") });
    const receipts = await everywhere(hash);
    same(new Set(receipts.map((receipt) => `${receipt.status} in ${receipt.blockHash}`)).size, 1, "receipts");
    same(receipts[0].status, "success", "status");
    same(await reader.getBalance({ address: to }), parseEther("1"), "balance on the first node");
  }
});

await test("a contract deployed at one node answers at all", async () => {
  const { abi, bytecode } = contract("Probe");
  const hash = await walletOf(accounts[1], others[0].at).deployContract({ abi, bytecode, args: [7n] });
  const [{ contractAddress: address, blockHash }] = await everywhere(hash);
  for (const node of nodes) {
    same(await node.reader.readContract({ address, abi, functionName: "value" }), 7n, `value at ${node.at}`);
    same((await node.reader.getBlock({ blockHash })).hash, blockHash, `block at ${node.at}`);
  }
});

await test("nonces in a row, each sent to another node", async () => {
  const sender = accounts[2];
  const start = await reader.getTransactionCount({ address: sender.address });
  const hashes = [];
  for (const [index, { at }] of nodes.entries()) {
    hashes.push(await walletOf(sender, at).sendTransaction({ to: fresh(), value: 1n, gas: 21_000n, nonce: start + index }));
  }
  for (const hash of hashes) await everywhere(hash);
  for (const node of nodes) {
    same(await node.reader.getTransactionCount({ address: sender.address }), start + nodes.length, `nonce at ${node.at}`);
  }
});

await test("the same blocks at every node", async () => {
  const top = await level();
  for (let height = top > 5n ? top - 5n : 0n; height <= top; height += 1n) {
    const blocks = await Promise.all(nodes.map(({ at }) => rpc("eth_getBlockByNumber", [toHex(height), false], at)));
    same(new Set(blocks.map(({ hash }) => hash)).size, 1, `hashes at height ${height}`);
  }
});

await test("the same new heads at every node", async () => {
  const sockets = await Promise.all(nodes.map(({ at }) => createSocket(at.replace(/^http/, "ws"))));
  const ids = await Promise.all(sockets.map((socket) => socket.call("eth_subscribe", ["newHeads"])));
  const heads = await Promise.all(sockets.map((socket, index) => socket.notification(ids[index])));
  for (const head of heads) {
    await until(async () => (await reader.getBlockNumber()) >= BigInt(head.number), "the head's height");
    same((await rpc("eth_getBlockByNumber", [head.number, false])).hash, head.hash, `head at ${head.number}`);
  }
  sockets.forEach((socket) => socket.close());
});

await test("every node says that it listens", async () => {
  for (const { at } of nodes) same(await rpc("net_listening", [], at), true, at);
});

finish();
