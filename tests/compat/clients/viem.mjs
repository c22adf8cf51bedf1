// viem: a wallet and a reader with default settings, except that they look for new blocks more often.

import { generateKeyPairSync, sign } from "node:crypto";
import {
  concatHex, createPublicClient, decodeFunctionResult, encodeFunctionData, getContractAddress, http,
  InsufficientFundsError, keccak256, NonceTooLowError, parseEther, parseGwei, toHex, webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { assert, contract, failure, finish, rpc, same, settings, socketUrl, test, until, url } from "../lib/cases.mjs";
import { headerHash } from "../lib/header.mjs";
import { chain, reader, walletOf } from "../lib/viem.mjs";

const probe = contract("Probe");
const batcher = contract("Batcher");
const [alice, bob, carol] = settings.keys.map((key) => privateKeyToAccount(key));
const wallet = walletOf(alice);
let address;
let deployedIn;

const mined = async (hash) => {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  same(receipt.status, "success", "status");
  return receipt;
};
const fresh = () => privateKeyToAccount(keccak256(toHex(`${settings.keys[0]}${Math.random()}`))).address;
const set = (value, options = {}) =>
  wallet.writeContract({ address, abi: probe.abi, functionName: "set", args: [value], ...options });

await test("transfer with EIP-1559 fees", async () => {
  const to = fresh();
  const receipt = await mined(await wallet.sendTransaction({ to, value: parseEther("1") }));
  same(receipt.type, "eip1559", "type");
  same(receipt.gasUsed, 21_000n, "gas used");
  same(await reader.getBalance({ address: to }), parseEther("1"), "balance");
});

await test("legacy transfer with a chain id", async () => {
  const receipt = await mined(await wallet.sendTransaction({ to: fresh(), value: 1n, type: "legacy" }));
  same(receipt.type, "legacy", "type");
  const sent = await reader.getTransaction({ hash: receipt.transactionHash });
  same(sent.chainId, settings.chainId, "chain id");
});

await test("deploy", async () => {
  const hash = await wallet.deployContract({ abi: probe.abi, bytecode: probe.bytecode, args: [7n] });
  const receipt = await mined(hash);
  address = receipt.contractAddress;
  deployedIn = receipt.blockNumber;
  const nonce = (await reader.getTransaction({ hash })).nonce;
  same(address.toLowerCase(), getContractAddress({ from: alice.address, nonce: BigInt(nonce) }).toLowerCase(), "address");
  assert((await reader.getCode({ address })).length > 2, "no code at the new address");
});

await test("call and storage", async () => {
  same(await reader.readContract({ address, abi: probe.abi, functionName: "value" }), 7n, "value");
  same(BigInt(await reader.getStorageAt({ address, slot: "0x0" })), 7n, "slot 0");
});

await test("transaction with an access list (EIP-2930)", async () => {
  const data = encodeFunctionData({ abi: probe.abi, functionName: "set", args: [8n] });
  const { accessList } = await reader.createAccessList({ account: alice.address, to: address, data });
  assert(accessList.some((entry) => entry.address.toLowerCase() === address.toLowerCase()), "the list lacks the contract");
  const hash = await wallet.sendTransaction({ to: address, data, type: "eip2930", accessList, gasPrice: await reader.getGasPrice() });
  same((await mined(hash)).type, "eip2930", "type");
  same((await reader.getTransaction({ hash })).accessList.length, accessList.length, "entries");
});

await test("write, and the event in the receipt", async () => {
  const receipt = await mined(await set(9n));
  const events = await reader.getContractEvents({ address, abi: probe.abi, eventName: "ValueSet", blockHash: receipt.blockHash });
  same(events.map((event) => event.args), [{ who: alice.address, value: 9n }], "events");
});

await test("fee estimation", async () => {
  const fees = await reader.estimateFeesPerGas();
  assert(fees.maxFeePerGas > 0n && fees.maxPriorityFeePerGas >= 0n, "no fees");
  const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [10, 50, 90] });
  same(history.baseFeePerGas.length, history.gasUsedRatio.length + 1, "base fees");
  same(history.reward.length, history.gasUsedRatio.length, "rewards");
  const gas = await reader.estimateContractGas({ account: alice, address, abi: probe.abi, functionName: "set", args: [10n] });
  const used = (await mined(await set(10n, { gas }))).gasUsed;
  assert(gas >= used && gas < used * 2n, `estimated ${gas}, used ${used}`);
  assert((await reader.estimateMaxPriorityFeePerGas()) >= 0n, "no priority fee");
});

const simulate = (functionName, args = []) =>
  reader.simulateContract({ account: alice, address, abi: probe.abi, functionName, args });

await test("revert reason: string", async () => {
  const error = await failure(simulate("failString"), "failString");
  same(error.walk((part) => part.name === "ContractFunctionRevertedError")?.reason, "the reason is a string", "reason");
});

await test("revert reason: custom error", async () => {
  const error = await failure(simulate("failCustom", [3n]), "failCustom");
  const { data } = error.walk((part) => part.name === "ContractFunctionRevertedError");
  same([data.errorName, data.args], ["TooSmall", [3n, 10n]], "error");
});

await test("revert reason: panic", async () => {
  const error = await failure(simulate("failPanic", [0n]), "failPanic");
  const { data, reason } = error.walk((part) => part.name === "ContractFunctionRevertedError");
  same([data.errorName, data.args], ["Panic", [18n]], `panic (${reason})`);
});

await test("revert reason: by estimateGas, and in a block", async () => {
  const request = { account: alice, address, abi: probe.abi, functionName: "failCustom", args: [3n] };
  const error = await failure(reader.estimateContractGas(request), "estimate");
  same(error.walk((part) => part.name === "ContractFunctionRevertedError")?.data?.errorName, "TooSmall", "error");
  const hash = await wallet.writeContract({ ...request, gas: 100_000n });
  same((await reader.waitForTransactionReceipt({ hash })).status, "reverted", "status");
});

await test("logs by range, topic and filter", async () => {
  const filter = await reader.createContractEventFilter({ address, abi: probe.abi, eventName: "ValueSet" });
  await mined(await set(11n));
  const found = await until(async () => {
    const changes = await reader.getFilterChanges({ filter });
    return changes.length > 0 && changes;
  }, "the filter's changes");
  same(found.map((log) => log.args.value), [11n], "changes");
  assert(await reader.uninstallFilter({ filter }), "the filter was not there to remove");
  const query = { address, abi: probe.abi, eventName: "ValueSet", fromBlock: deployedIn, toBlock: "latest" };
  assert((await reader.getContractEvents({ ...query, args: { who: alice.address } })).length >= 3, "events by topic");
  same(await reader.getContractEvents({ ...query, args: { who: bob.address } }), [], "events of another sender");
});

await test("block filter and pending-transaction filter", async () => {
  const blocks = await reader.createBlockFilter();
  const pending = await reader.createPendingTransactionFilter();
  const hash = await wallet.sendTransaction({ to: fresh(), value: 1n });
  const seen = [];
  await until(async () => {
    seen.push(...(await reader.getFilterChanges({ filter: pending })));
    return seen.includes(hash);
  }, "the pending transaction");
  const { blockHash } = await mined(hash);
  const hashes = [];
  await until(async () => {
    hashes.push(...(await reader.getFilterChanges({ filter: blocks })));
    return hashes.includes(blockHash);
  }, "the block");
});

await test("subscriptions newHeads, logs, newPendingTransactions", async () => {
  const live = createPublicClient({ chain, transport: webSocket(socketUrl) });
  const heads = [];
  const logs = [];
  const pending = [];
  const errors = [];
  const onError = (error) => errors.push(error);
  const stops = [
    live.watchBlocks({ onBlock: (block) => heads.push(block), onError }),
    live.watchContractEvent({ address, abi: probe.abi, onLogs: (part) => logs.push(...part), onError }),
    live.watchPendingTransactions({ onTransactions: (part) => pending.push(...part), onError }),
  ];
  await until(() => heads.length > 0 || errors.length > 0, "the first head");
  const hash = await set(12n);
  const receipt = await mined(hash);
  await until(() => logs.some((log) => log.args.value === 12n), "the log");
  await until(() => pending.includes(hash), "the pending transaction");
  await until(() => heads.some((head) => head.hash === receipt.blockHash), "the head");
  same(errors.map((error) => error.message), [], "errors");
  stops.forEach((stop) => stop());
});

await test("traces: callTracer, prestateTracer, struct logs", async () => {
  const hash = await wallet.writeContract({ address, abi: probe.abi, functionName: "setThroughSelf", args: [13n] });
  await mined(hash);
  const trace = (options) => reader.request({ method: "debug_traceTransaction", params: [hash, options] });
  const calls = await trace({ tracer: "callTracer", tracerConfig: { withLog: true } });
  same([calls.type, calls.calls.length, calls.calls[0].type], ["CALL", 1, "CALL"], "frames");
  same(calls.calls[0].logs.length, 1, "logs of the inner call");
  const before = await trace({ tracer: "prestateTracer" });
  assert(before[address.toLowerCase()]?.storage, "the prestate lacks the contract's storage");
  const change = await trace({ tracer: "prestateTracer", tracerConfig: { diffMode: true } });
  assert(change.post[address.toLowerCase()].storage, "the difference lacks the contract's storage");
  const steps = await trace({});
  assert(steps.structLogs.some((step) => step.op === "SSTORE"), "no SSTORE among the steps");
  const selectors = await trace({ tracer: "4byteTracer" });
  assert(Object.keys(selectors).length > 0, "no selectors");
});

await test("traces of calls and blocks", async () => {
  const data = encodeFunctionData({ abi: probe.abi, functionName: "setThroughSelf", args: [14n] });
  const call = { from: alice.address, to: address, data };
  const traced = await reader.request({ method: "debug_traceCall", params: [call, "latest", { tracer: "callTracer" }] });
  same(traced.calls.length, 1, "inner calls");
  const receipt = await mined(await set(14n));
  const block = await reader.request({ method: "debug_traceBlockByHash", params: [receipt.blockHash, { tracer: "callTracer" }] });
  assert(block.some((entry) => entry.txHash === receipt.transactionHash), "the block's trace lacks the transaction");
});

await test("authorisation of code (EIP-7702)", async () => {
  const deployed = await mined(await wallet.deployContract({ abi: batcher.abi, bytecode: batcher.bytecode }));
  const delegate = deployed.contractAddress;
  const owner = walletOf(bob);
  const to = fresh();
  const calls = [
    { to, value: 5n, data: "0x" },
    { to: address, value: 0n, data: encodeFunctionData({ abi: probe.abi, functionName: "set", args: [15n] }) },
  ];
  const authorization = await owner.signAuthorization({ contractAddress: delegate, executor: "self" });
  const data = encodeFunctionData({ abi: batcher.abi, functionName: "execute", args: [calls] });
  const receipt = await mined(await owner.sendTransaction({ to: bob.address, data, authorizationList: [authorization] }));
  same(receipt.type, "eip7702", "type");
  same((await reader.getCode({ address: bob.address }))?.toLowerCase(), `0xef0100${delegate.slice(2).toLowerCase()}`, "code");
  same(await reader.getBalance({ address: to }), 5n, "balance");
  same(await reader.readContract({ address, abi: probe.abi, functionName: "value" }), 15n, "value");
  const sponsored = await walletOf(carol).signAuthorization({ contractAddress: `0x${"0".repeat(40)}` });
  await mined(await wallet.sendTransaction({ to: carol.address, authorizationList: [sponsored] }));
  same(await reader.getTransactionCount({ address: carol.address }), 1, "nonce of the authority");
  const clear = await owner.signAuthorization({ contractAddress: `0x${"0".repeat(40)}`, executor: "self" });
  await mined(await owner.sendTransaction({ to: bob.address, authorizationList: [clear] }));
  same(await reader.getCode({ address: bob.address }), undefined, "code after it is cleared");
});

await test("batched requests and multicall", async () => {
  const batching = createPublicClient({ chain, transport: http(url, { batch: { wait: 5 } }) });
  const answers = await Promise.all([
    batching.getChainId(), batching.getBlockNumber({ cacheTime: 0 }), batching.getBalance({ address: alice.address }), batching.getGasPrice(),
  ]);
  same(answers[0], settings.chainId, "chain id");
  const read = { address, abi: probe.abi, functionName: "value" };
  const many = await reader.multicall({ contracts: [read, read], deployless: true, allowFailure: false });
  same(many[0], many[1], "multicall");
});

await test("nonces: sent out of order, all included in order", async () => {
  const sender = walletOf(carol);
  const nonce = await reader.getTransactionCount({ address: carol.address, blockTag: "pending" });
  const hashes = [];
  for (const step of [2, 1, 0]) {
    hashes.push(await sender.sendTransaction({ to: fresh(), value: 1n, nonce: nonce + step, gas: 21_000n }));
  }
  const pending = await reader.getTransactionCount({ address: carol.address, blockTag: "pending" });
  same(pending, nonce + 3, "pending nonce");
  for (const hash of hashes) await mined(hash);
  same(await reader.getTransactionCount({ address: carol.address }), nonce + 3, "nonce");
});

await test("receipts of a block", async () => {
  const one = await mined(await set(16n));
  const receipts = await reader.request({ method: "eth_getBlockReceipts", params: [toHex(one.blockNumber)] });
  const found = receipts.find((receipt) => receipt.transactionHash === one.transactionHash);
  const alone = await reader.request({ method: "eth_getTransactionReceipt", params: [one.transactionHash] });
  same(found, alone, "receipt");
  const byHash = await reader.request({ method: "eth_getBlockReceipts", params: [one.blockHash] });
  same(byHash, receipts, "receipts by hash");
});

await test("state at a block hash (EIP-1898) and at a height", async () => {
  const before = await mined(await set(17n));
  await mined(await set(18n));
  const call = { to: address, data: encodeFunctionData({ abi: probe.abi, functionName: "value" }) };
  const at = (block) => reader.request({ method: "eth_call", params: [call, block] });
  same(BigInt(await at({ blockHash: before.blockHash, requireCanonical: true })), 17n, "at the hash");
  same(BigInt(await at({ blockNumber: toHex(before.blockNumber) })), 17n, "at the number");
  same(await reader.readContract({ address, abi: probe.abi, functionName: "value", blockNumber: before.blockNumber }), 17n, "at the height");
});

await test("block tags", async () => {
  for (const blockTag of ["latest", "safe", "finalized", "pending", "earliest"]) {
    assert((await reader.getBlock({ blockTag })).gasLimit > 0n, `no ${blockTag} block`);
  }
});

await test("state overrides in a call", async () => {
  const data = encodeFunctionData({ abi: probe.abi, functionName: "value" });
  const value = async (stateOverride) =>
    decodeFunctionResult({ abi: probe.abi, functionName: "value", data: (await reader.call({ to: address, data, stateOverride })).data });
  const slot = toHex(0, { size: 32 });
  same(await value([{ address, stateDiff: [{ slot, value: toHex(99, { size: 32 }) }] }]), 99n, "with another slot");
  const answer42 = "0x602a60005260206000f3";
  same(await value([{ address, code: answer42 }]), 42n, "with other code");
  const poor = fresh();
  const rich = await reader.call({
    account: poor, to: alice.address, value: parseEther("5"), stateOverride: [{ address: poor, balance: parseEther("6") }],
  });
  same(rich.data, undefined, "result of a transfer with a borrowed balance");
});

await test("block overrides in a call", async () => {
  const data = encodeFunctionData({ abi: probe.abi, functionName: "environment" });
  const call = { to: address, data };
  const raw = await reader.request({ method: "eth_call", params: [call, "latest", {}, { number: "0x7b" }] });
  const [chainId, height] = decodeFunctionResult({ abi: probe.abi, functionName: "environment", data: raw });
  same([chainId, height], [BigInt(settings.chainId), 123n], "environment");
});

await test("blocks of calls simulated, each on what the one before did", async () => {
  const write = (next) => ({ account: alice, to: address, abi: probe.abi, functionName: "set", args: [next] });
  const look = { to: address, abi: probe.abi, functionName: "value" };
  const fail = { to: address, abi: probe.abi, functionName: "failCustom", args: [3n] };
  const base = await reader.getBlock();
  const blocks = await reader.simulateBlocks({
    blockNumber: base.number,
    blocks: [
      { calls: [write(71n), write(72n), look] },
      {
        blockOverrides: { number: base.number + 2n, time: base.timestamp + 100n },
        stateOverrides: [{ address, stateDiff: [{ slot: toHex(0, { size: 32 }), value: toHex(99, { size: 32 }) }] }],
        calls: [look, fail],
      },
    ],
  });
  same(blocks.map((block) => block.number - base.number), [1n, 2n], "heights");
  same(blocks[0].parentHash, base.hash, "parent of the first");
  same(blocks[1].parentHash, blocks[0].hash, "parent of the last");
  same(blocks[0].calls.map((call) => call.status), ["success", "success", "success"], "status");
  same(blocks[0].calls[1].result, 71n, "what a write returned");
  same(blocks[0].calls[2].result, 72n, "what the last call of the block saw");
  same(blocks[0].calls[0].logs.length, 1, "logs");
  same(blocks[1].calls[0].result, 99n, "overridden state");
  same(blocks[1].calls[1].status, "failure", "status of the revert");
  same(blocks[1].calls[1].error.cause.data.errorName, "TooSmall", "error of the revert");
  same(await reader.readContract({ address, abi: probe.abi, functionName: "value" }) === 72n, false, "kept nothing");
  const order = await failure(reader.simulateBlocks({ blocks: [{ blockOverrides: { number: 1n }, calls: [] }] }), "an old height");
  same(order.walk((part) => part.code === -38020) !== null, true, "code of blocks out of order");
  const strict = reader.simulateBlocks({ validation: true, blocks: [{ calls: [{ ...write(1n), nonce: 0, maxFeePerGas: parseGwei("5000") }] }] });
  const low = await failure(strict, "an old nonce under validation");
  same(low.walk((part) => part.code === -38010) !== null, true, "code of a low nonce");
});

await test("calls simulated with changes of assets", async () => {
  const to = fresh();
  const { results, assetChanges } = await reader.simulateCalls({
    account: alice.address,
    calls: [{ to, value: parseEther("1.5") }, { to: address, abi: probe.abi, functionName: "value" }],
    traceAssetChanges: true,
  });
  same(results.map((result) => result.status), ["success", "success"], "status");
  same(assetChanges[0].value.diff, -parseEther("1.5"), "change of the coin");
  const [{ calls }] = await reader.simulateBlocks({
    traceTransfers: true, blocks: [{ calls: [{ account: alice, to, value: 7n }] }],
  });
  same(calls[0].logs[0].address, `0x${"e".repeat(40)}`, "emitter of a traced transfer");
  same(BigInt(calls[0].logs[0].data), 7n, "amount of a traced transfer");
});

await test("errors: nonce too low, insufficient funds, wrong chain id", async () => {
  const low = await failure(wallet.sendTransaction({ to: bob.address, value: 1n, nonce: 0, gas: 21_000n }), "an old nonce");
  assert(low.walk((part) => part instanceof NonceTooLowError), `not a NonceTooLowError: ${low.details}`);
  const request = { to: bob.address, value: parseEther("1000000000"), gas: 21_000n };
  const poor = await failure(wallet.sendTransaction(request), "too large a value");
  assert(poor.walk((part) => part instanceof InsufficientFundsError), `not an InsufficientFundsError: ${poor.details}`);
  const nonce = await reader.getTransactionCount({ address: alice.address });
  const signed = await alice.signTransaction({
    chainId: settings.chainId + 1, nonce, to: bob.address, gas: 21_000n, maxFeePerGas: parseGwei("100"), maxPriorityFeePerGas: 1n,
  });
  const foreign = await failure(reader.sendRawTransaction({ serializedTransaction: signed }), "another chain's transaction");
  assert(/chain/i.test(foreign.details), `the error does not speak of the chain: ${foreign.details}`);
});

await test("errors: unknown method, unknown hash", async () => {
  const error = await failure(rpc("eth_noSuchMethod"), "an unknown method");
  same(error.code, -32601, "code");
  for (const method of ["eth_getTransactionByHash", "eth_getTransactionReceipt"]) {
    same(await rpc(method, [keccak256("0x00")]), null, method);
  }
  same(await rpc("eth_getBlockByHash", [keccak256("0x00"), false]), null, "eth_getBlockByHash");
});

await test("header hash recomputed, and PREVRANDAO in a contract", async () => {
  const block = await reader.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  same(headerHash(block), block.hash, "hash");
  const [, , random] = await reader.readContract({
    address, abi: probe.abi, functionName: "environment", blockNumber: BigInt(block.number),
  });
  same(toHex(random, { size: 32 }), block.mixHash, "PREVRANDAO");
});

await test("P-256 signature checked by the precompile", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const message = Buffer.from("althing");
  const signature = sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const digest = await crypto.subtle.digest("SHA-256", message);
  const parts = [new Uint8Array(digest), signature, Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  const to = `0x${"100".padStart(40, "0")}`;
  const data = concatHex(parts.map((part) => toHex(part)));
  same(BigInt((await reader.call({ to, data })).data ?? 0n), 1n, "a good signature");
  const bad = `${data.slice(0, 4)}${data[4] === "0" ? "1" : "0"}${data.slice(5)}`;
  same((await reader.call({ to, data: bad })).data, undefined, "a bad signature");
});

finish();
