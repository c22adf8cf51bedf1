// Blockscout is a server with a database: this makes the calls of its indexer in the variant for geth.

import { toHex } from "viem";
import { assert, finish, rpc, same, socketUrl, test } from "../lib/cases.mjs";
import { scene } from "../lib/scene.mjs";
import { createSocket } from "../lib/socket.mjs";

let made;

await test("catch up: blocks, counts, receipts, traces of blocks", async () => {
  made = await scene();
  const height = toHex(made.written.blockNumber);
  const block = await rpc("eth_getBlockByNumber", [height, true]);
  same(Number(await rpc("eth_getBlockTransactionCountByNumber", [height])), block.transactions.length, "count");
  same(await rpc("eth_getUncleCountByBlockNumber", [height]), "0x0", "uncles");
  same((await rpc("eth_getBlockReceipts", [height])).length, block.transactions.length, "receipts");
  const traces = await rpc("debug_traceBlockByNumber", [height, { tracer: "callTracer" }]);
  same(traces.map(({ txHash }) => txHash), block.transactions.map(({ hash }) => hash), "traced transactions");
  const index = block.transactions.findIndex(({ hash }) => hash === made.written.transactionHash);
  same(traces[index].result.calls.length, 1, "inner calls");
});

await test("trace of a reverted transaction", async () => {
  const trace = await rpc("debug_traceTransaction", [made.reverted.transactionHash, { tracer: "callTracer" }]);
  assert(/revert/i.test(trace.error), `error: ${trace.error}`);
  assert(trace.output.startsWith("0x08c379a0"), "the output is not the reason");
});

await test("state at past heights: balances and storage", async () => {
  const height = toHex(made.paid.blockNumber);
  same(BigInt(await rpc("eth_getBalance", [made.address, height])), 3n, "balance after the payment");
  same(BigInt(await rpc("eth_getBalance", [made.address, toHex(made.paid.blockNumber - 1n)])), 0n, "balance before it");
  same(BigInt(await rpc("eth_getStorageAt", [made.address, "0x0", toHex(made.written.blockNumber)])), 9n, "storage");
  assert(BigInt(await rpc("eth_getTransactionCount", [made.sender, height])) >= 4n, "nonce");
});

await test("pool and new heads", async () => {
  for (const part of ["pending", "queued"]) assert((await rpc("txpool_content"))[part], `txpool_content lacks ${part}`);
  assert((await rpc("txpool_status")).pending !== undefined, "txpool_status lacks pending");
  const socket = await createSocket(socketUrl);
  const head = await socket.notification(await socket.call("eth_subscribe", ["newHeads"]));
  same((await rpc("eth_getBlockByHash", [head.hash, false])).number, head.number, "the head");
  socket.close();
});

finish();
