// Uniswap v2 as it was published: factory, wrapped coin, router; a pair with liquidity, and swaps.

import { createRequire } from "node:module";
import { getContractAddress, getCreate2Address, keccak256, encodePacked, maxUint256, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { contract, finish, same, settings, test, assert } from "../lib/cases.mjs";
import { reader, walletOf } from "../lib/viem.mjs";

const require = createRequire(import.meta.url);
const published = (path) => {
  const { abi, bytecode } = require(path);
  return { abi, bytecode: bytecode.startsWith("0x") ? bytecode : `0x${bytecode}` };
};
const factory = published("@uniswap/v2-core/build/UniswapV2Factory.json");
const pair = published("@uniswap/v2-core/build/UniswapV2Pair.json");
const router = published("@uniswap/v2-periphery/build/UniswapV2Router02.json");
const wrapped = published("@uniswap/v2-periphery/build/WETH9.json");
const token = contract("VotesToken");

const alice = privateKeyToAccount(settings.keys[0]);
const wallet = walletOf(alice);
const SUPPLY = parseEther("1000000");

const mined = async (hash) => {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  same(receipt.status, "success", "status");
  return receipt;
};
const deploy = async ({ abi, bytecode }, args = []) => {
  const nonce = await reader.getTransactionCount({ address: alice.address, blockTag: "pending" });
  const hash = await wallet.deployContract({ abi, bytecode, args, nonce });
  return { abi, hash, address: getContractAddress({ from: alice.address, nonce: BigInt(nonce) }) };
};
const read = ({ address, abi }, functionName, args = []) => reader.readContract({ address, abi, functionName, args });
/** With a half more gas than estimated, as wallets do: the pair writes its price sums only when time has passed since its last change. */
const write = async ({ address, abi }, functionName, args, options = {}) => {
  const request = { account: alice, address, abi, functionName, args, ...options };
  const estimated = await reader.estimateContractGas(request);
  return mined(await wallet.writeContract({ ...request, gas: (estimated * 3n) / 2n }));
};
const deadline = async () => (await reader.getBlock()).timestamp + 600n;
const at = {};

await test("deploy factory, wrapped coin, two tokens and router", async () => {
  at.factory = await deploy(factory, [alice.address]);
  at.wrapped = await deploy(wrapped);
  at.one = await deploy(token, [alice.address, SUPPLY]);
  at.two = await deploy(token, [alice.address, SUPPLY]);
  at.router = await deploy(router, [at.factory.address, at.wrapped.address]);
  const receipts = [];
  for (const made of Object.values(at)) receipts.push(await mined(made.hash));
  at.since = receipts[0].blockNumber;
  same(await read(at.router, "WETH"), at.wrapped.address, "the router's wrapped coin");
});

await test("create a pair by CREATE2", async () => {
  await write(at.factory, "createPair", [at.one.address, at.two.address]);
  const sorted = [at.one.address, at.two.address].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const salt = keccak256(encodePacked(["address", "address"], sorted));
  const expected = getCreate2Address({ from: at.factory.address, salt, bytecode: pair.bytecode });
  same(await read(at.factory, "getPair", [at.one.address, at.two.address]), expected, "address");
  at.pair = { address: expected, abi: pair.abi };
});

await test("add liquidity", async () => {
  const nonce = await reader.getTransactionCount({ address: alice.address });
  const hashes = [];
  for (const [index, made] of [at.one, at.two].entries()) {
    const request = { address: made.address, abi: token.abi, functionName: "approve", args: [at.router.address, maxUint256] };
    hashes.push(await wallet.writeContract({ ...request, nonce: nonce + index }));
  }
  for (const hash of hashes) await mined(hash);
  const amounts = [parseEther("1000"), parseEther("4000")];
  await write(at.router, "addLiquidity", [at.one.address, at.two.address, ...amounts, 0n, 0n, alice.address, await deadline()]);
  same(await read(at.pair, "totalSupply"), parseEther("2000"), "shares: the root of the product");
});

await test("swap tokens at the quoted price", async () => {
  const path = [at.one.address, at.two.address];
  const amount = parseEther("10");
  const [, quoted] = await read(at.router, "getAmountsOut", [amount, path]);
  const before = await read(at.two, "balanceOf", [alice.address]);
  await write(at.router, "swapExactTokensForTokens", [amount, quoted, path, alice.address, await deadline()]);
  same((await read(at.two, "balanceOf", [alice.address])) - before, quoted, "received");
});

await test("swap the chain's coin for a token", async () => {
  const liquidity = [at.one.address, parseEther("1000"), 0n, 0n, alice.address, await deadline()];
  await write(at.router, "addLiquidityETH", liquidity, { value: parseEther("5") });
  const path = [at.wrapped.address, at.one.address];
  const before = await read(at.one, "balanceOf", [alice.address]);
  await write(at.router, "swapExactETHForTokens", [1n, path, alice.address, await deadline()], { value: parseEther("1") });
  const received = (await read(at.one, "balanceOf", [alice.address])) - before;
  assert(received > parseEther("160") && received < parseEther("170"), `received ${received}`);
});

await test("events of the pair", async () => {
  const events = await reader.getContractEvents({ address: at.pair.address, abi: pair.abi, fromBlock: at.since });
  const names = events.map((event) => event.eventName);
  same(["Mint", "Swap", "Sync"].every((name) => names.includes(name)), true, `events ${names}`);
});

await test("a swap below its limit reverts with the router's reason", async () => {
  const path = [at.one.address, at.two.address];
  const args = [parseEther("1"), parseEther("1000"), path, alice.address, await deadline()];
  const request = { account: alice, address: at.router.address, abi: router.abi, functionName: "swapExactTokensForTokens", args };
  const error = await reader.simulateContract(request).then(() => null, (thrown) => thrown);
  assert(error?.message.includes("UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT"), `another reason: ${error?.message}`);
});

finish();
