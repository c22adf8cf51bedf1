// cast: the command line of Foundry, one process per command.

import { getContractAddress, keccak256, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { assert, contract, failure, finish, same, settings, test, url } from "../lib/cases.mjs";
import { command, foundry } from "../lib/foundry.mjs";

const [key, secondKey, thirdKey] = settings.keys;
const [alice, bob, carol] = settings.keys.map((one) => privateKeyToAccount(one).address);
const probe = contract("Probe");
const cast = (...args) => command(foundry("cast"), args, { ETH_RPC_URL: url });
const json = async (...args) => JSON.parse(await cast(...args, "--json"));
const send = (...args) => json("send", "--private-key", key, ...args);
const fresh = () => privateKeyToAccount(keccak256(`0x${Buffer.from(`${key}${Math.random()}`).toString("hex")}`)).address;
let address;
let deployedIn;

await test("chain id, client version, block number, gas price, base fee", async () => {
  same(Number(await cast("chain-id")), settings.chainId, "chain id");
  for (const what of ["client", "block-number", "gas-price", "base-fee"]) assert((await cast(what)).length > 0, `no ${what}`);
});

await test("transfer with EIP-1559 fees", async () => {
  const to = fresh();
  const receipt = await send(to, "--value", "1ether");
  same([receipt.status, receipt.type], ["0x1", "0x2"], "status and type");
  same(BigInt(await cast("balance", to)), parseEther("1"), "balance");
});

await test("legacy transfer with a chain id", async () => {
  const receipt = await send(fresh(), "--value", "1", "--legacy");
  same([receipt.status, receipt.type], ["0x1", "0x0"], "status and type");
  same(Number((await json("tx", receipt.transactionHash)).chainId), settings.chainId, "chain id");
});

await test("deploy", async () => {
  const receipt = await send("--create", `${probe.bytecode}${"7".padStart(64, "0")}`);
  address = receipt.contractAddress;
  deployedIn = Number(receipt.blockNumber);
  const { nonce } = await json("tx", receipt.transactionHash);
  same(address.toLowerCase(), getContractAddress({ from: alice, nonce: BigInt(nonce) }).toLowerCase(), "address");
  assert((await cast("code", address)).length > 2, "no code");
  assert(Number(await cast("codesize", address)) > 0, "no size of code");
});

await test("call, storage, nonce", async () => {
  same(await cast("call", address, "value()(uint256)"), "7", "value");
  same(BigInt(await cast("storage", address, "0")), 7n, "slot 0");
  assert(Number(await cast("nonce", alice)) >= 3, "nonce");
});

await test("transaction with an access list (EIP-2930)", async () => {
  const found = await json("access-list", address, "set(uint256)", "8", "--from", alice);
  assert(JSON.stringify(found).toLowerCase().includes(address.toLowerCase()), "the list lacks the contract");
  const receipt = await send(address, "set(uint256)", "8", "--access-list", JSON.stringify(found.accessList));
  same(receipt.status, "0x1", "status");
  same((await json("tx", receipt.transactionHash)).accessList.length, found.accessList.length, "entries");
});

await test("write, receipt and logs", async () => {
  const receipt = await send(address, "set(uint256)", "9");
  same(receipt.logs.length, 1, "logs in the receipt");
  const logs = await json("logs", "--address", address, "--from-block", String(deployedIn), "ValueSet(address indexed,uint256)");
  assert(logs.length >= 2, `found ${logs.length} logs`);
  const again = await json("receipt", receipt.transactionHash);
  same(again.blockHash, receipt.blockHash, "receipt");
});

await test("fee estimation", async () => {
  const gas = Number(await cast("estimate", address, "set(uint256)", "10", "--from", alice));
  assert(gas > 21_000 && gas < 100_000, `estimated ${gas}`);
  const history = await json("rpc", "eth_feeHistory", "0x4", "latest", "[25, 75]");
  same(history.baseFeePerGas.length, history.gasUsedRatio.length + 1, "base fees");
});

await test("revert reasons: string, custom error, panic", async () => {
  const expect = async (pattern, ...call) => {
    const error = await failure(cast("call", address, ...call), call[0]);
    assert(pattern.test(error.message), `${call[0]}: ${error.message}`);
  };
  await expect(/the reason is a string/, "failString()");
  await expect(/TooSmall|0x[0-9a-f]*0000000000000003/i, "failCustom(uint256)", "3");
  await expect(/division or modulo by zero|0x12|panic/i, "failPanic(uint256)", "0");
});

await test("authorisation of code (EIP-7702)", async () => {
  const batcher = (await send("--create", contract("Batcher").bytecode)).contractAddress;
  const receipt = await json("send", "--private-key", secondKey, bob, "--value", "0", "--auth", batcher);
  same([receipt.status, receipt.type], ["0x1", "0x4"], "status and type");
  same((await cast("code", bob)).toLowerCase(), `0xef0100${batcher.slice(2).toLowerCase()}`, "code");
  const to = fresh();
  await json("send", "--private-key", secondKey, bob, "execute((address,uint256,bytes)[])", `[(${to},5,0x)]`);
  same(BigInt(await cast("balance", to)), 5n, "balance");
});

await test("sponsored authorisation (EIP-7702)", async () => {
  const zero = `0x${"0".repeat(40)}`;
  const signed = await cast("wallet", "sign-auth", zero, "--private-key", thirdKey);
  const receipt = await send(carol, "--auth", signed);
  same([receipt.status, receipt.type], ["0x1", "0x4"], "status and type");
  same(Number(await cast("nonce", carol)), 1, "nonce of the authority");
});

await test("signed apart, published later", async () => {
  const raw = await cast("mktx", "--private-key", key, fresh(), "--value", "1");
  const receipt = JSON.parse(await cast("publish", raw));
  same(receipt.status, "0x1", "status");
});

await test("nonces: several sent without waiting", async () => {
  const nonce = Number(await cast("nonce", alice, "--block", "pending"));
  const sent = [];
  for (const step of [1, 0]) {
    sent.push(await cast("send", "--async", "--private-key", key, "--nonce", String(nonce + step), "--gas-limit", "21000", fresh(), "--value", "1"));
  }
  for (const hash of sent) same((await json("receipt", hash)).status, "0x1", "status");
});

await test("errors: nonce too low, insufficient funds", async () => {
  const low = await failure(send(bob, "--value", "1", "--nonce", "0", "--gas-limit", "21000"), "an old nonce");
  assert(/nonce too low/i.test(low.message), low.message);
  const poor = await failure(send(bob, "--value", "1000000000ether", "--gas-limit", "21000"), "too large a value");
  assert(/insufficient funds/i.test(poor.message), poor.message);
});

await test("state at a height, and block by tag and hash", async () => {
  const block = await json("block", "latest");
  same((await json("block", block.hash)).number, block.number, "number");
  same(await cast("call", address, "value()(uint256)", "--block", String(deployedIn)), "7", "value when deployed");
  for (const tag of ["safe", "finalized", "earliest"]) assert((await json("block", tag)).hash, `no ${tag} block`);
});

await test("traces over RPC, and a replay with cast run", async () => {
  const { transactionHash } = await send(address, "setThroughSelf(uint256)", "11");
  const trace = await json("rpc", "debug_traceTransaction", transactionHash, '{"tracer":"callTracer"}');
  same(trace.calls.length, 1, "inner calls");
  const before = await json("rpc", "debug_traceTransaction", transactionHash, '{"tracer":"prestateTracer"}');
  assert(before[address.toLowerCase()], "the prestate lacks the contract");
  const replay = await cast("run", transactionHash, "--quick");
  assert(/setThroughSelf|0x[0-9a-f]{8}/.test(replay) && /successfully executed/i.test(replay), replay);
});

await test("state overrides in a call", async () => {
  const value = await cast("call", address, "value()(uint256)", "--override-state-diff", `${address}:0:99`);
  same(value, "99", "value");
});

await test("header hash recomputed from cast's RLP", async () => {
  const { hash, number } = await json("block", "latest");
  const raw = await cast("block", String(Number(number)), "--raw");
  same(keccak256(raw.trim()), hash, "hash");
});

finish();
