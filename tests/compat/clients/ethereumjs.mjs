// @ethereumjs/block: an independent implementation of Ethereum's formats recomputes what a block claims.

import { createBlockFromRPC, createBlockHeaderFromRPC } from "@ethereumjs/block";
import { createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { bytesToHex } from "viem";
import { finish, rpc, same, settings, test } from "../lib/cases.mjs";
import { scene } from "../lib/scene.mjs";

const common = createCustomCommon({ chainId: settings.chainId, name: "network-under-test" }, Mainnet, { hardfork: Hardfork.Osaka });
const options = { common, setHardfork: false, skipConsensusFormatValidation: true };

await test("header hash", async () => {
  const block = await rpc("eth_getBlockByNumber", ["latest", false]);
  same(bytesToHex(createBlockHeaderFromRPC(block, options).hash()), block.hash, "hash");
});

await test("block with transactions: hash and transactions root", async () => {
  const made = await scene();
  const json = await rpc("eth_getBlockByHash", [made.written.blockHash, true]);
  const block = createBlockFromRPC(json, [], options);
  same(bytesToHex(block.hash()), json.hash, "hash");
  same(await block.transactionsTrieIsValid(), true, "the transactions' root is theirs");
  same(block.transactions.map((one) => bytesToHex(one.hash())), json.transactions.map(({ hash }) => hash), "transaction hashes");
  same(block.transactions.every((one) => one.verifySignature()), true, "signatures");
});

finish();
