// MetaMask cannot run without a screen: this makes the calls its core packages make, in their order, for adding a network,
// showing balances, and sending a transfer, a token transfer and a contract call.

import { createSocket } from "../lib/socket.mjs";
import { decodeFunctionResult, encodeFunctionData, erc20Abi, numberToHex, parseEther, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { assert, contract, finish, rpc, same, settings, socketUrl, test, until, url } from "../lib/cases.mjs";

const [alice, bob] = settings.keys.map((key) => privateKeyToAccount(key));
const token = contract("VotesToken");
let tokenAddress;

/** Fees as its gas-fee controller takes them from the history. */
async function fees() {
  const history = await rpc("eth_feeHistory", [numberToHex(5), "latest", [10, 20, 30]]);
  same(history.reward.every((row) => row.length === 3), true, "three rewards a block");
  const tips = history.reward.map((row) => BigInt(row[1]));
  const tip = tips.reduce((sum, one) => sum + one, 0n) / BigInt(tips.length || 1);
  const base = BigInt(history.baseFeePerGas.at(-1));
  return { maxPriorityFeePerGas: tip + 1_000_000n, maxFeePerGas: 2n * base + tip + 1_000_000n };
}

/** What happens between "confirm" and the entry in the activity list. */
async function send(request) {
  const from = alice.address;
  const block = await rpc("eth_getBlockByNumber", ["latest", false]);
  const code = request.to ? await rpc("eth_getCode", [request.to, "latest"]) : "0x";
  const call = { from, to: request.to, value: toHex(request.value ?? 0n), data: request.data ?? "0x" };
  const simple = code === "0x" && !request.data;
  const estimated = simple ? 21_000n : BigInt(await rpc("eth_estimateGas", [{ ...call, gas: toHex((BigInt(block.gasLimit) * 95n) / 100n) }]));
  const gas = simple ? estimated : (estimated * 3n) / 2n;
  const nonce = Number(await rpc("eth_getTransactionCount", [from, "pending"]));
  same(Number(await rpc("eth_chainId")), settings.chainId, "chain id");
  const price = await fees();
  const signed = await alice.signTransaction({ ...request, chainId: settings.chainId, type: "eip1559", gas, nonce, ...price });
  const hash = await rpc("eth_sendRawTransaction", [signed]);
  assert(await rpc("eth_getTransactionByHash", [hash]), "the transaction just sent is not known");
  const receipt = await until(() => rpc("eth_getTransactionReceipt", [hash]), "the receipt");
  same(receipt.status, "0x1", "status");
  const mined = await rpc("eth_getBlockByHash", [receipt.blockHash, false]);
  assert(mined.timestamp && mined.baseFeePerGas && receipt.effectiveGasPrice, "the block or receipt lacks a field the activity list shows");
  return receipt;
}

await test("add a network: chain id, network id, first block", async () => {
  same(Number(await rpc("eth_chainId")), settings.chainId, "chain id");
  same(await rpc("net_version"), String(settings.chainId), "network id");
  assert(/^0x(0|[1-9a-f][0-9a-f]*)$/.test(await rpc("eth_blockNumber")), "the height has leading zeros");
  const block = await rpc("eth_getBlockByNumber", ["latest", false]);
  assert(block.baseFeePerGas, "no base fee: MetaMask would take the network for one without EIP-1559");
});

await test("show balances", async () => {
  for (const account of [alice, bob]) assert(BigInt(await rpc("eth_getBalance", [account.address, "latest"])) > 0n, "no balance");
  assert(BigInt(await rpc("eth_gasPrice")) > 0n, "no gas price");
});

await test("send a transfer", async () => {
  same((await send({ to: bob.address, value: parseEther("1") })).gasUsed, "0x5208", "gas used");
});

await test("deploy a contract from a page", async () => {
  const supply = parseEther("1000");
  const args = `${alice.address.slice(2).padStart(64, "0")}${supply.toString(16).padStart(64, "0")}`;
  tokenAddress = (await send({ data: `${token.bytecode}${args}` })).contractAddress;
});

await test("add a token and send it", async () => {
  const read = async (functionName, args = []) => {
    const data = encodeFunctionData({ abi: erc20Abi, functionName, args });
    return decodeFunctionResult({ abi: erc20Abi, functionName, data: await rpc("eth_call", [{ to: tokenAddress, data }, "latest"]) });
  };
  same([await read("symbol"), await read("decimals")], ["CVT", 18], "symbol and decimals");
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [bob.address, 5n] });
  const receipt = await send({ to: tokenAddress, data });
  same(await read("balanceOf", [bob.address]), 5n, "balance");
  const logs = await rpc("eth_getLogs", [{ fromBlock: receipt.blockNumber, toBlock: receipt.blockNumber, address: tokenAddress }]);
  same(logs.length, 1, "Transfer events");
});

await test("follow blocks over WebSocket", async () => {
  const socket = await createSocket(socketUrl);
  const id = await socket.call("eth_subscribe", ["newHeads"]);
  const head = await socket.notification(id);
  assert(head.number && head.hash && head.parentHash, "the head lacks a field");
  same(await socket.call("eth_unsubscribe", [id]), true, "unsubscribed");
  socket.close();
});

await test("a page in a browser may call: CORS", async () => {
  const origin = "http://localhost:5173";
  const asked = { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
  const preflight = await fetch(url, { method: "OPTIONS", headers: asked });
  assert(preflight.ok, `preflight answered ${preflight.status}`);
  const allowed = preflight.headers.get("access-control-allow-origin");
  assert(allowed === "*" || allowed === origin, `access-control-allow-origin is ${allowed}`);
  assert(/content-type|\*/i.test(preflight.headers.get("access-control-allow-headers") ?? ""), "content-type is not allowed");
});

finish();
