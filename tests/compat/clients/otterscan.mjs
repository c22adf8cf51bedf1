// Otterscan is a page: this makes the calls of its views of a block, a transaction, an address and a contract.

import { decodeErrorResult } from "viem";
import { assert, finish, rpc, same, test } from "../lib/cases.mjs";
import { scene } from "../lib/scene.mjs";

/** The level of the ots_ namespace that the page needs at least. */
const API_LEVEL = 8;
const PAGE = 25;
let made;
const lower = (text) => text.toLowerCase();

await test("start: level of the interface", async () => {
  made = await scene();
  assert((await rpc("ots_getApiLevel")) >= API_LEVEL, "too low a level");
  assert(await rpc("eth_getBlockByNumber", ["latest", false]), "no block");
});

await test("view of a block", async () => {
  const number = Number(made.written.blockNumber);
  const details = await rpc("ots_getBlockDetails", [number]);
  same(details.block.hash, made.written.blockHash, "hash");
  assert(details.issuance && details.totalFees, "no issuance or fees");
  assert(!details.block.transactions && Number(details.block.transactionCount) > 0, "the details must count the transactions, not list them");
  same((await rpc("ots_getBlockDetailsByHash", [made.written.blockHash])).block.number, details.block.number, "details by hash");
  const page = await rpc("ots_getBlockTransactions", [number, 0, PAGE]);
  assert(page.fullblock.transactions.some(({ hash }) => hash === made.written.transactionHash), "the page lacks the transaction");
  same(page.receipts.length, page.fullblock.transactions.length, "receipts");
});

await test("view of a transaction: calls and internal operations", async () => {
  const { transactionHash } = made.written;
  const trace = await rpc("ots_traceTransaction", [transactionHash]);
  same(trace.map(({ type, depth }) => [type, depth]), [["CALL", 0], ["CALL", 1]], "calls");
  same([lower(trace[0].from), lower(trace[1].to)], [lower(made.sender), lower(made.address)], "parties");
  assert(Array.isArray(await rpc("ots_getInternalOperations", [transactionHash])), "internal operations");
  same(await rpc("ots_getTransactionError", [transactionHash]), "0x", "error of a transaction that succeeded");
});

await test("view of a reverted transaction", async () => {
  const data = await rpc("ots_getTransactionError", [made.reverted.transactionHash]);
  same(decodeErrorResult({ data }).args, ["the reason is a string"], "error");
});

await test("view of an address: its transactions, both ways", async () => {
  const before = await rpc("ots_searchTransactionsBefore", [made.sender, 0, PAGE]);
  const hashes = before.txs.map(({ hash }) => hash);
  for (const one of [made.deployed, made.written, made.reverted, made.paid]) {
    assert(hashes.includes(one.transactionHash), "a transaction is missing before");
  }
  same(before.receipts.length, before.txs.length, "receipts");
  assert(before.firstPage === true, "it must be the first page");
  const after = await rpc("ots_searchTransactionsAfter", [made.address, Number(made.deployed.blockNumber) - 1, PAGE]);
  assert(after.txs.some(({ hash }) => hash === made.paid.transactionHash), "a transaction is missing after");
  const first = await rpc("ots_getTransactionBySenderAndNonce", [made.sender, 0]);
  same(first, made.deployed.transactionHash, "the sender's first transaction");
});

await test("view of a contract: code and creator", async () => {
  same(await rpc("ots_hasCode", [made.address, "latest"]), true, "code of the contract");
  same(await rpc("ots_hasCode", [made.sender, "latest"]), false, "code of the sender");
  const { hash, creator } = await rpc("ots_getContractCreator", [made.address]);
  same([hash, lower(creator)], [made.deployed.transactionHash, lower(made.sender)], "creation");
});

finish();
